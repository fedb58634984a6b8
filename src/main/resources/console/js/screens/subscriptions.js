/** Who takes the messages of a queue: keys that receive, and subscriptions to which they are pushed. */
import { html, nothing } from '../html.js';
import { call, get, path } from '../api.js';
import { duration, number, plural, rate, time } from '../format.js';
import { scroll } from '../parts.js';

const BADGES = { active: 'good', paused: 'warn', disabled: 'bad' };

export function subscriptionsTab(frame, name) {
  let items = null;
  let receivers = [];
  const refresh = () => frame.act(async () => {
    const [list, seen] = await Promise.all([get(path`v1/queues/${name}/subscriptions`),
      get(path`v1/queues/${name}/receivers`)]);
    receivers = seen.items;
    items = await Promise.all(list.items.map((one) => get(path`v1/queues/${name}/subscriptions/${one.name}`)));
  });
  refresh();

  async function change(one, verb, word, means) {
    const request = { method: 'POST', path: path`v1/queues/${name}/subscriptions/${one.name}/${verb}` };
    const answer = await frame.ask({ title: `${word} ${one.name}`, text: means, button: `${word} ${one.name}`,
      call: request });
    if (answer && await frame.act(() => call(request.method, request.path))) {
      refresh();
    }
  }

  async function remove(one) {
    const removal = { method: 'DELETE', path: path`v1/queues/${name}/subscriptions/${one.name}` };
    const answer = await frame.ask({ title: `Delete the subscription ${one.name}`, danger: true, typed: one.name,
      text: 'Messages are no longer pushed to it; they stay in the queue.', button: `Delete ${one.name}`,
      call: removal });
    if (answer && await frame.act(() => call(removal.method, removal.path))) {
      refresh();
    }
  }

  const attempt = (one) => html`<tr><td>${time(one.at)}</td><td class="n">${one.status ?? '–'}</td>
    <td class="n">${number(one.messages)}</td><td class="n">${duration(one.took)}</td>
    <td class="name mono">${one.id}</td><td class="name">${one.error ?? ''}</td></tr>`;

  const card = (one) => html`<section class="card">
    <div class="row"><h2>${one.name}</h2><span class=${'badge ' + BADGES[one.state]}>${one.state}</span>
      ${one.deliveries?.circuit === 'open' ? html`<span class="badge bad">circuit open</span>` : nothing}
      ${frame.may('admin') ? html`<span class="row end">
        ${one.state === 'active' ? html`<button @click=${() => change(one, 'pause', 'Pause',
          'Messages are not pushed until it is resumed; they stay in the queue.')}>Pause…</button>`
          : html`<button @click=${() => change(one, 'resume', 'Resume',
            'Messages are pushed again.')}>Resume…</button>`}
        <button class="danger" @click=${() => remove(one)}>Delete…</button></span>` : nothing}</div>
    <dl class="facts"><dt>URL</dt><dd class="mono">${one.url}</dd>
      <dt>Workers</dt><dd>${number(one.workers)}, up to ${plural(one.batchSize, 'message')} a call</dd>
      ${one.disabledBecause ? html`<dt>Disabled</dt><dd>${one.disabledBecause}</dd>` : nothing}
      ${one.deliveries ? html`<dt>Last hour</dt><dd>${number(one.deliveries.lastHour.succeeded)} calls succeeded,
        ${number(one.deliveries.lastHour.failed)} failed</dd>` : nothing}</dl>
    ${one.deliveries?.lastAttempts.length > 0 ? scroll(`Last calls of ${one.name}`, html`<table>
      <caption>Last calls</caption><thead><tr><th scope="col">Time</th><th scope="col" class="n">Status</th>
      <th scope="col" class="n">Messages</th><th scope="col" class="n">Took</th><th scope="col">First id</th>
      <th scope="col">Error</th></tr></thead><tbody>${one.deliveries.lastAttempts.map(attempt)}</tbody></table>`)
      : nothing}</section>`;

  const receiver = (one) => html`<tr><td>${one.key ?? html`<span class="soft">without a key</span>`}</td>
    <td>${time(one.lastAskedAt)}</td><td class="n">${rate(one.receivesPerSecond)}</td>
    <td class="n">${rate(one.messagesPerSecond)}</td></tr>`;

  return {
    refresh,
    view: () => html`
      <h2>Receivers</h2>
      ${receivers.length === 0 ? html`<p>Nobody asked this instance for messages in the last five minutes.</p>`
        : scroll('Receivers', html`<table><caption>Receivers</caption><thead><tr><th scope="col">API key</th>
        <th scope="col">Last asked</th><th scope="col" class="n">Receives/s</th>
        <th scope="col" class="n">Messages/s</th></tr></thead><tbody>${receivers.map(receiver)}</tbody></table>`)}
      <h2>Subscriptions</h2>
      ${items === null ? html`<p>Loading…</p>` : items.length === 0
        ? html`<p>Messages of this queue are not pushed anywhere.</p>` : items.map(card)}`,
  };
}
