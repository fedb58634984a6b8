/** Topics: which queues get a copy of what is sent to them. */
import { html, nothing } from '../html.js';
import { get, path, query } from '../api.js';
import { time } from '../format.js';
import { Pages, scroll } from '../parts.js';
import { addressOf } from '../routes.js';

export function open(frame) {
  const pages = new Pages((cursor) => get('v1/topics' + query({ limit: 50, cursor })));
  const refresh = () => frame.act(() => pages.first());
  refresh();

  const binding = ({ queue, filter }) => html`<li><a href=${addressOf(queue)}>${queue}</a>${
    filter && Object.keys(filter).length > 0
      ? html` when ${Object.entries(filter).map(([key, values], i) => html`${i > 0 ? ' and ' : ''}<span class="mono">${
        key}</span> is ${values.join(' or ')}`)}` : nothing}</li>`;

  return {
    refresh,
    view: () => html`
      <h1>Topics</h1>
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
