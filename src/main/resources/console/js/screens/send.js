/** The form that sends a message, new or like another one. */
import { html, nothing } from '../html.js';
import { call, curl, get, path } from '../api.js';
import { textOf } from '../body.js';
import { pretty, Raw } from '../lossless.js';
import { copyButton } from '../parts.js';
import { addressOf } from '../routes.js';

const OPTIONS = [['id', 'Id: a repeated one is a duplicate'], ['group', 'Message group'], ['priority', 'Priority'],
  ['delay', 'Delay, such as 10s'], ['ttl', 'Lifetime (ttl), such as 1h']];

export function open(frame, { parameters }) {
  const message = { queue: parameters.get('queue') ?? '', topic: parameters.get('topic') ?? '', kind: 'text', body: '',
    metadata: '' };
  let sent = null;

  if (parameters.get('like')) {
    const kind = parameters.get('dead') === 'true' ? 'dead-letters' : 'messages';
    frame.act(async () => {
      const like = await get(path`v1/queues/${message.queue}/${kind}/${parameters.get('like')}`);
      message.kind = like.bodyBase64 !== undefined ? 'base64' : like.body instanceof Raw ? 'json' : 'text';
      message.body = textOf(like);
      message.metadata = Object.entries(like.metadata ?? {}).map(([key, value]) => `${key}: ${value}`).join('\n');
      message.group = like.group ?? '';
      message.priority = like.priority ? String(like.priority) : '';
    });
  }

  /** The request as JSON text: a body that is JSON is sent as it was typed, with all digits of its numbers. */
  function request() {
    const fields = [];
    const add = (name, json) => fields.push(`${JSON.stringify(name)}: ${json}`);
    if (message.kind === 'json') {
      pretty(message.body);
      add('body', message.body.trim());
    } else {
      add(message.kind === 'base64' ? 'bodyBase64' : 'body', JSON.stringify(message.body));
    }
    for (const [key] of OPTIONS.filter(([name]) => message[name])) {
      add(key, key === 'priority' ? String(Number(message[key])) : JSON.stringify(message[key]));
    }
    const lines = message.metadata.split('\n').filter((line) => line.trim() !== '');
    const metadata = Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon < 0 ? line.length : colon).trim(), colon < 0 ? '' : line.slice(colon + 1).trim()];
    }));
    if (Object.keys(metadata).length > 0) {
      add('metadata', JSON.stringify(metadata));
    }
    return `{${fields.join(', ')}}`;
  }

  const where = () => (message.topic
    ? path`v1/topics/${message.topic}/messages` : path`v1/queues/${message.queue}/messages`);

  const submit = (event) => {
    event.preventDefault();
    sent = null;
    frame.act(async () => {
      let raw;
      try {
        raw = request();
      } catch (error) {
        throw Object.assign(new Error(`The body is ${error.message}.`), { name: 'CallError' });
      }
      sent = (await call('POST', where(), { raw })).value;
    });
  };

  const set = (key) => (event) => {
    message[key] = event.target.value;
    frame.update();
  };

  const result = () => (message.topic
    ? html`<p class="card good" role="status">Sent to ${sent.results.length === 0 ? 'no queue: no filter takes it'
      : sent.results.map((one) => `${one.queue} (${one.status})`).join(', ')}.</p>`
    : html`<p class="card good" role="status">
      ${sent.status === 'duplicate' ? 'A duplicate: nothing was stored.' : 'Sent.'}
      <a class="mono" href=${addressOf(message.queue, 'messages', sent.id)}>${sent.id}</a></p>`);

  const view = () => html`
    <h1>Send a message</h1>
    ${sent ? result() : nothing}
    <form class="card" @submit=${submit}>
      <div class="form">
        ${message.topic ? html`<label><span>Topic</span><input required .value=${message.topic} @input=${set('topic')}>
          </label>` : html`<label><span>Queue</span><input required .value=${message.queue} @input=${set('queue')}>
          </label>`}
        <label><span>Kind of body</span><select @change=${set('kind')}>${[['text', 'text'], ['json', 'JSON'],
          ['base64', 'bytes, as base64']].map(([key, name]) => html`
          <option value=${key} ?selected=${message.kind === key}>${name}</option>`)}</select></label>
        <label class="wide"><span>Body</span><textarea required .value=${message.body} @input=${set('body')}></textarea>
        </label>
        <label class="wide"><span>Metadata, a line each: name: value</span>
          <textarea .value=${message.metadata} @input=${set('metadata')}></textarea></label>
        ${OPTIONS.map(([key, name]) => html`<label><span>${name}</span>
          <input .value=${message[key] ?? ''} @input=${set(key)}></label>`)}
      </div>
      <div class="row"><button class="main" type="submit" ?disabled=${!frame.may('admin', 'send')}>Send</button>
        ${copyButton(() => curl('POST', where(), request()), 'Copy as curl')}</div>
    </form>`;
  return { view };
}
