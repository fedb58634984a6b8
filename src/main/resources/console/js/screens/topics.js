/** Topics: which queues get a copy of what is sent to them. */
import { html, nothing } from '../html.js';
import { get, path, query } from '../api.js';
import { time } from '../format.js';
import { Pages, scroll } from '../parts.js';
import { addressOf } from '../routes.js';

export function open(frame) {
  let tried = null;
  const pages = new Pages((cursor) => get('v1/topics' + query({ limit: 50, cursor })));
  const refresh = () => frame.act(() => pages.first());
  refresh();

  const binding = ({ queue, filter }) => html`<li><a href=${addressOf(queue)}>${queue}</a>${
    filter && Object.keys(filter).length > 0
      ? html` when ${Object.entries(filter).map(([key, values], i) => html`${i > 0 ? ' and ' : ''}<span class="mono">${
        key}</span> is ${values.join(' or ')}`)}` : nothing}${tried === null ? nothing
      : html` <span class=${'badge ' + (takes({ filter }) ? 'good' : 'warn')}>${
        takes({ filter }) ? 'gets it' : 'does not get it'}</span>`}</li>`;

  /** Metadata that is typed in, name=value for each line; null = none is tried. */
  const read = (text) => (text.trim() === '' ? null : Object.fromEntries(text.split('\n')
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])));

  /** Whether a message with the tried metadata gets into the queue, as the service decides it. */
  const takes = ({ filter }) => Object.entries(filter ?? {}).every(([key, values]) => values.includes(tried[key]));

  return {
    refresh,
    view: () => html`
      <h1>Topics</h1>
      <details><summary>Try metadata</summary><label><span>One name=value a line: which queues would get a message with
        it?</span><textarea name="tried" @input=${(event) => {
          tried = read(event.target.value);
          frame.update();
        }}></textarea></label></details>
      ${pages.page ? scroll('Topics', html`<table><caption>Topics</caption><thead><tr><th scope="col">Name</th>
        <th scope="col">Queues</th><th scope="col">Created</th><th scope="col"><span class="hidden">Actions</span></th>
        </tr></thead><tbody>${pages.page.items.map((topic) => html`<tr>
        <td class="name">${topic.name}</td>
        <td><ul class="story">${topic.bindings.map(binding)}</ul></td>
        <td>${time(topic.createdAt)}</td>
        <td>${frame.may('admin', 'send') ? html`<a href=${'#/send' + query({ topic: topic.name })}>Send</a>` : nothing}
        </td></tr>`)}</tbody></table>`) : html`<p>Loading…</p>`}
      ${pages.page?.items.length === 0 ? html`<p>There is no topic. Make one with
        <code>PUT /${path`v1/topics/${'NAME'}`}</code>.</p>` : nothing}
      ${pages.view(frame)}`,
  };
}
