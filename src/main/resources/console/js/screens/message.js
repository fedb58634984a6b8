/** One message or dead letter: its body, its metadata, and its story from what is stored. */
import { html, nothing } from '../html.js';
import { call, get, path } from '../api.js';
import { number, time } from '../format.js';
import { addressOf } from '../routes.js';
import { BodyView } from '../body.js';
import { copyButton } from '../parts.js';
import { curl } from '../api.js';

const STATES = { ready: 'ready', inFlight: 'in flight', delayed: 'delayed' };

/** What is known of a message, the earliest first. */
export function storyOf(message) {
  const story = [[message.enqueuedAt, 'accepted']];
  if (message.firstReceivedAt) {
    story.push([message.firstReceivedAt, 'first received']);
  }
  if (message.deadAt) {
    story.push([message.deadAt, `became a dead letter (${message.reason}) after ${message.deliveries} deliveries`]);
    return story;
  }
  if (message.state === 'inFlight') {
    story.push([message.visibleAt, `lease of delivery ${message.deliveries} ends, unless it is settled before`]);
  } else if (message.state === 'delayed') {
    story.push([message.visibleAt, message.deliveries > 0 ? 'is delivered again' : 'becomes visible']);
  } else if (message.deliveries > 0) {
    story.push([message.visibleAt, `was given back after delivery ${message.deliveries}`]);
  } else {
    story.push([message.visibleAt, 'visible']);
  }
  story.push([message.expiresAt, 'expires']);
  return story;
}

export function open(frame, { parts: [, name, kind, id] }) {
  const dead = kind === 'dead-letters';
  const where = dead ? path`v1/queues/${name}/dead-letters/${id}` : path`v1/queues/${name}/messages/${id}`;
  let message = null;
  let body = null;
  let gone = null;

  const refresh = () => frame.act(async () => {
    try {
      message = await get(where);
      body = new BodyView(frame, message);
      gone = null;
    } catch (error) {
      if (error.status !== 404) {
        throw error;
      }
      message = null;
      gone = { detail: error.message };
      gone.processed = await get(path`v1/queues/${name}/processed/${id}`).catch(() => null);
      gone.dead = !dead && await get(path`v1/queues/${name}/dead-letters/${id}`).catch(() => null);
    }
  });
  refresh();

  async function redrive() {
    const request = { method: 'POST', path: path`v1/queues/${name}/dead-letters/redrive`, body: { ids: [id] } };
    const answer = await frame.ask({ title: 'Redrive this dead letter', call: request, button: 'Redrive dead letter',
      text: 'It goes back into the queue, as if it had never been delivered.' });
    await (answer && frame.act(async () => {
      await call(request.method, request.path, { body: request.body });
      frame.toast('The message is in the queue again.');
      frame.go(addressOf(name, 'messages', id));
    }));
  }

  async function remove() {
    const request = { method: 'DELETE', path: where };
    const answer = await frame.ask({ title: 'Delete this dead letter', danger: true, call: request,
      text: `${id} of ${name} is removed for good.`, button: 'Delete dead letter' });
    if (answer && await frame.act(() => call(request.method, request.path))) {
      frame.go(addressOf(name, 'dead-letters'));
    }
  }

  async function change(what, options) {
    const request = options.request;
    const answer = await frame.ask({ title: options.title, danger: options.danger, button: options.title,
      text: options.text, values: options.values, fields: options.fields,
      call: (values) => ({ ...request, body: options.body?.(values) }) });
    if (answer && await frame.act(() => call(request.method, request.path, { body: options.body?.(answer) }))) {
      frame.toast(what);
      refresh();
    }
  }

  const removeMessage = () => change('The message was deleted.', { title: 'Delete this message', danger: true,
    text: `${id} of ${name} is removed for good.`, request: { method: 'DELETE', path: where } });

  const makeReady = () => change('The message is ready.', { title: 'Make this message ready',
    text: 'It is delivered now, and not at its time.', request: { method: 'POST', path: where + '/make-ready' } });

  const move = () => change('The message was moved.', { title: 'Move this message',
    text: 'It goes to the other queue, as if it were sent there now with the same id.',
    values: { destination: '' }, body: (values) => ({ destination: values.destination }),
    fields: (values, update) => html`<label><span>Other queue</span><input name="destination" required
      autocomplete="off" @input=${(event) => {
        values.destination = event.target.value;
        update();
      }}></label>`,
    request: { method: 'POST', path: where + '/move' } });

  function missing() {
    return html`
      <p class="card">${gone.detail}</p>
      ${gone.processed ? html`<p class="card">A message with this id was processed at
        ${time(gone.processed.processedAt)}.</p>` : nothing}
      ${gone.dead ? html`<p class="card">It is a <a href=${addressOf(name, 'dead-letters', id)}>dead letter</a>.</p>`
        : nothing}`;
  }

  function facts() {
    const rows = [['State', dead ? `dead letter (${message.reason})` : STATES[message.state]],
      ['Deliveries', number(message.deliveries)], ['Priority', number(message.priority)], ['Group', message.group],
      ['Last error', message.lastError]].filter(([, value]) => value !== undefined && value !== null);
    return html`
      <section class="card"><dl class="facts">${rows.map(([what, value]) => html`
        <dt>${what}</dt><dd>${value}</dd>`)}</dl></section>
      <section class="card"><h2>Story</h2><ol class="story">${storyOf(message).map(([at, what]) => html`
        <li>${time(at)} ${what}</li>`)}</ol></section>
      <section class="card"><h2>Metadata</h2>${Object.keys(message.metadata ?? {}).length === 0
        ? html`<p class="soft">None.</p>`
        : html`<dl class="facts">${Object.entries(message.metadata).map(([key, value]) => html`
          <dt class="mono">${key}</dt><dd class="mono">${value}</dd>`)}</dl>`}</section>
      <section class="card">${body.view()}</section>`;
  }

  const view = () => html`
    <p><a href=${addressOf(name, kind)}>${name}</a></p>
    <div class="row"><h1 class="mono">${id}</h1>
      ${message ? html`<span class="row end">
        ${copyButton(() => curl('GET', where), 'Copy as curl')}
        ${frame.may('admin', 'send') ? html`<a class="button" href=${'#/send?'
          + new URLSearchParams({ queue: name, like: id, dead })}>${dead ? 'Edit and resend' : 'Duplicate'}</a>`
          : nothing}
        ${message.state === 'ready' || message.state === 'delayed' ? frame.may('admin') ? html`
          ${message.state === 'delayed' ? html`<button @click=${makeReady}>Make ready…</button>` : nothing}
          <button @click=${move}>Move…</button>
          <button class="danger" @click=${removeMessage}>Delete…</button>` : nothing : nothing}
        ${dead && frame.may('admin') ? html`<button @click=${redrive}>Redrive…</button>
          <button class="danger" @click=${remove}>Delete…</button>` : nothing}</span>` : nothing}</div>
    ${message ? facts() : gone ? missing() : html`<p>Loading…</p>`}`;
  return { view, refresh };
}
