/** A queue: its figures, why nothing moves, its actions, and tabs for what is in it. */
import { html, nothing } from '../html.js';
import { call, get, path } from '../api.js';
import { duration, number, plural, rate } from '../format.js';
import { attentionList } from '../parts.js';
import { addressOf } from '../routes.js';
import { Chart } from '../chart.js';
import { messagesTab } from './messages.js';
import { deadLettersTab } from './deadletters.js';
import { liveTab } from './livetab.js';
import { settingsTab } from './settings.js';
import { subscriptionsTab } from './subscriptions.js';

const TABS = { messages: ['Messages', messagesTab], 'dead-letters': ['Dead letters', deadLettersTab],
  live: ['Live', liveTab], settings: ['Settings', settingsTab],
  subscriptions: ['Receivers', subscriptionsTab] };

export function open(frame, address) {
  const name = address.parts[1];
  const tab = address.parts[2] in TABS ? address.parts[2] : 'messages';
  let queue = null;
  let live = null;
  let reasons = [];
  let drawn = 0;
  const chart = new Chart({ label: `Messages of ${name} over time`, series: [
    { key: 'ready', name: 'ready' }, { key: 'inFlight', name: 'in flight' }, { key: 'dead', name: 'dead' }] });
  const inside = TABS[tab][1](frame, name, address);

  async function look() {
    drawn = Date.now();
    const [course, found] = await Promise.all([
      get('v1/figures/series?queue=' + encodeURIComponent(name)), get(path`v1/queues/${name}/diagnosis`)]);
    chart.show(course);
    reasons = found.reasons;
  }

  const refresh = () => frame.act(async () => {
    queue = await get(path`v1/queues/${name}`);
    await look();
    inside.refresh?.();
  });
  frame.act(async () => {
    queue = await get(path`v1/queues/${name}`);
    await look();
  });
  const stop = frame.follow([name], (figures) => {
    live = figures.queues[0] ?? live;
    frame.update();
    if (Date.now() - drawn > 4_000) {
      look().then(frame.update, () => {});
    }
  });

  async function change(verb, word, means) {
    const request = { method: 'POST', path: path`v1/queues/${name}/${verb}` };
    const answer = await frame.ask({ title: `${word} ${name}`, text: means, button: `${word} ${name}`, call: request });
    await (answer && frame.act(async () => {
      const changed = await call(request.method, request.path);
      queue.paused = changed.value.paused;
      live = null;
      await look();
    }));
  }

  async function purge() {
    const { ready, delayed, inFlight } = (await get(path`v1/queues/${name}`)).stats;
    const count = plural(ready + delayed + inFlight, 'message');
    const request = { method: 'DELETE', path: path`v1/queues/${name}/messages` };
    const answer = await frame.ask({ title: `Purge ${name}`, danger: true, typed: name, call: request,
      text: `Removes every message in it, also those in flight: ${count}. Dead letters stay. This cannot be undone.`,
      button: `Purge ${count} of ${name}` });
    if (answer && await frame.act(async () => {
      const { messages, running } = (await call(request.method, request.path)).value;
      frame.toast(`${plural(messages, 'message')} removed${running ? ' so far; it goes on' : ''}.`);
    })) {
      refresh();
    }
  }

  async function remove() {
    const { stats } = await get(path`v1/queues/${name}`);
    const count = plural(stats.ready + stats.delayed + stats.inFlight, 'message');
    const request = { method: 'DELETE', path: path`v1/queues/${name}` };
    const answer = await frame.ask({ title: `Delete ${name}`, danger: true, typed: name, call: request,
      text: `Removes the queue with ${count} and ${plural(stats.dead, 'dead letter')}. This cannot be undone.`,
      button: `Delete ${name}` });
    if (answer && await frame.act(() => call(request.method, request.path))) {
      frame.go('#/queues');
    }
  }

  function view() {
    if (queue === null) {
      return html`<h1>${name}</h1><p>Loading…</p>`;
    }
    const now = live ?? { ...queue.stats, paused: queue.paused, sentPerSecond: 0, ackedPerSecond: 0 };
    const figures = [[number(now.ready), 'ready'], [number(now.inFlight), 'in flight'],
      [number(now.delayed), 'delayed'], [number(now.dead), 'dead letters'], [duration(now.oldestAge), 'oldest'],
      [rate(now.sentPerSecond), 'sent/s'], [rate(now.ackedPerSecond), 'acked/s'],
      [duration(now.drainsIn), 'drains in']];
    return html`
      <div class="row"><h1>${name}</h1>
        ${now.paused ? html`<span class="badge warn">paused</span>` : nothing}
        ${queue.notice ? html`<span class="badge" title=${queue.notice}>memory</span>` : nothing}
        ${frame.may('admin') ? html`<span class="row end">
          ${now.paused ? html`<button @click=${() => change('resume', 'Resume',
            'Receivers get messages again.')}>Resume…</button>`
            : html`<button @click=${() => change('pause', 'Pause',
              'Receivers get no more messages until it is resumed. Sends go on.')}>Pause…</button>`}
          <a class="button" href=${'#/send?queue=' + encodeURIComponent(name)}>Send</a>
          <button class="danger" @click=${() => frame.act(purge)}>Purge…</button>
          <button class="danger" @click=${() => frame.act(remove)}>Delete…</button></span>` : nothing}</div>
      ${reasons.length > 0 ? html`<section class="card" aria-labelledby="why">
        <h2 id="why">What holds it up</h2>${attentionList(reasons)}</section>` : nothing}
      <div class="tiles">${figures.map(([value, what]) => html`
        <div class="tile"><b>${value}</b><span>${what}</span></div>`)}</div>
      <div class="card">${chart.view()}</div>
      <nav class="tabs" aria-label="Parts of the queue">${Object.entries(TABS).map(([key, [title]]) => html`
        <a href=${addressOf(name, key)} aria-current=${tab === key ? 'page' : nothing}>${title}</a>`)}</nav>
      ${inside.view()}`;
  }

  return { view, refresh, close: () => {
    stop();
    inside.close?.();
  } };
}
