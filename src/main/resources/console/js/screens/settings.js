/** The settings of a queue: a form, and the difference before it is saved. */
import { html, nothing } from '../html.js';
import { call, get, path } from '../api.js';
import { bytes } from '../format.js';
import { Raw } from '../lossless.js';

/** Field, name, kind, default, bounds and consequence. */
export const FIELDS = [
  ['visibilityTimeout', 'Visibility timeout', 'duration', '30s', '0s to 12h: how long a receiver has a message'],
  ['maxDeliveries', 'Maximum deliveries', 'number', '5', '0 to 1000: then it is a dead letter; 0 = no limit'],
  ['delay', 'Delay', 'duration', '0s', '0s to 365d: before the first delivery'],
  ['retention', 'Retention', 'duration', '4d', '60s to 365d: then a message expires'],
  ['deadLetterExpired', 'Expired messages become dead letters', 'boolean', 'false', 'otherwise they are removed'],
  ['deadLetterQueue', 'Dead letter queue', 'text', '', 'another queue; empty = the own list'],
  ['deadLetterRetention', 'Retention of dead letters', 'duration', '14d', '60s to 365d'],
  ['priorities', 'Priority levels', 'number', '1', '1 to 10; 0 is delivered first'],
  ['processedRetention', 'Ids are remembered', 'duration', '30d', '60s to 365d: a repeated id is a duplicate'],
  ['maxMessages', 'Maximum messages', 'number', '0', '0 to 1,000,000,000: then sends are refused; 0 = no limit'],
  ['maxMessageSize', 'Maximum size', 'size', '1MB', '1 kB to 10 MB: body and metadata'],
];

/** At creation only. */
const FIXED = [
  ['storage', 'Storage', 'choice', 'durable', 'durable, or memory: lost with the process', ['durable', 'memory']],
  ['fifo', 'FIFO', 'boolean', 'false', 'in order within each message group'],
];

const shown = (value) => (value === null || value === undefined ? ''
  : value instanceof Raw ? value.text : String(value));

/** Inputs that write the texts of changed fields into `values`, and then call `changed`. */
export function queueForm(values, settings, changed = () => {}) {
  const fields = settings ? FIELDS : [...FIELDS, ...FIXED];
  return html`<div class="form">${fields.map(([key, name, kind, standard, means, choices]) => {
    const value = key in values ? values[key] : settings ? shown(settings[key]) : '';
    const set = (next) => {
      values[key] = next;
      changed();
    };
    if (kind === 'boolean') {
      return html`<label class="check"><input type="checkbox" .checked=${String(value) === 'true'}
        @change=${(event) => set(String(event.target.checked))}> <span>${name} – ${means}</span></label>`;
    }
    if (kind === 'choice') {
      return html`<label><span>${name}: ${means}</span><select @change=${(event) => set(event.target.value)}>
        ${choices.map((one) => html`<option ?selected=${one === value}>${one}</option>`)}</select></label>`;
    }
    return html`<label><span>${name} (${standard || 'none'}): ${means}</span>
      <input inputmode=${kind === 'number' ? 'numeric' : 'text'} pattern=${kind === 'number' ? '[0-9]*' : '.*'}
        .value=${shown(value)} placeholder=${standard}
        @input=${(event) => set(event.target.value.trim())}></label>`;
  })}</div>`;
}

/** The request for the changed fields. */
export function requestOf(values) {
  const request = {};
  for (const [key, , kind] of [...FIELDS, ...FIXED]) {
    const text = values[key];
    if (text === undefined || (text === '' && key !== 'deadLetterQueue')) {
      continue;
    }
    request[key] = kind === 'boolean' ? text === 'true' : kind === 'number' ? Number(text)
      : text === '' ? null : text;
  }
  return request;
}

/** The tab of a queue's page. */
export function settingsTab(frame, name) {
  let queue = null;
  let tag = null;
  let values = {};
  const load = async () => {
    const answer = await call('GET', path`v1/queues/${name}`);
    queue = answer.value;
    tag = answer.headers.get('ETag');
    values = {};
  };
  frame.act(load);

  async function save(event) {
    event.preventDefault();
    const request = requestOf(values);
    const changes = Object.entries(request).filter(([key, value]) => shown(value) !== shown(queue.settings[key]));
    if (changes.length === 0) {
      frame.toast('Nothing was changed.');
      return;
    }
    const body = Object.fromEntries(changes);
    const answer = await frame.ask({
      title: `Change ${name}`,
      text: html`<table><caption>Changes</caption><thead><tr><th scope="col">Setting</th><th scope="col">Now</th>
        <th scope="col">Then</th></tr></thead><tbody>${changes.map(([key, value]) => html`
        <tr><th scope="row">${FIELDS.find(([field]) => field === key)[1]}</th>
        <td>${shown(queue.settings[key]) || 'none'}</td><td>${shown(value) || 'none'}</td></tr>`)}</tbody></table>`,
      button: 'Save',
      call: { method: 'PUT', path: path`v1/queues/${name}`, body, headers: { 'If-Match': tag } },
    });
    if (answer === null) {
      return;
    }
    const saved = await frame.act(() => call('PUT', path`v1/queues/${name}`, { body, headers: { 'If-Match': tag } }));
    if (saved && await frame.act(load)) {
      frame.toast('Saved.');
    }
  }

  return {
    refresh: () => frame.act(load),
    view: () => (queue === null ? html`<p>Loading…</p>` : html`
      <form class="card" @submit=${save}>
        <fieldset ?disabled=${!frame.may('admin')}><legend class="hidden">Settings</legend>
          ${queueForm(values, queue.settings)}</fieldset>
        ${frame.may('admin') ? html`<div class="row"><button class="main" type="submit">Save…</button>
          <button type="button" @click=${() => frame.act(load)}>Discard</button></div>` : nothing}
        <p class="soft">Backoff: ${shown(queue.settings.retry?.initial)} × ${shown(queue.settings.retry?.multiplier)},
          at most ${shown(queue.settings.retry?.max)}. Storage: ${shown(queue.settings.storage)}.
          Mean size: ${bytes(queue.stats.averageMessageSize)}.</p>
      </form>`),
  };
}
