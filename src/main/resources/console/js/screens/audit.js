/** The audit: who changed what, when, from where, and with which outcome. */
import { html, nothing } from '../html.js';
import { get, query, ROOT } from '../api.js';
import { time } from '../format.js';
import { Pages, scroll } from '../parts.js';

export function open(frame, { parameters }) {
  let resource = parameters.get('resource') ?? '';
  const pages = new Pages((cursor) => get('v1/audit' + query({ resource, limit: 50, cursor })));
  const refresh = () => frame.act(() => pages.first());
  refresh();

  const find = (event) => {
    event.preventDefault();
    refresh();
  };

  const row = (change) => html`<tr>
    <td>${time(change.at)}</td><td class="name">${change.actor ?? 'nobody'}</td><td>${change.address}</td>
    <td>${change.channel}</td><td>${change.action}</td><td class="name">${change.resource ?? ''}</td>
    <td><span class=${'badge ' + (change.status < 400 ? 'good' : 'bad')}>${change.status}</span></td>
    <td class="name mono">${change.path}</td></tr>`;

  return {
    refresh,
    view: () => html`
      <h1>Audit</h1>
      <form class="row" @submit=${find}><label><span>Queue or topic</span>
        <input type="search" maxlength="80" .value=${resource} @input=${(event) => {
          resource = event.target.value.trim();
        }}></label><button type="submit">Show</button>
        <a class="button end" download href=${new URL('v1/audit/export' + query({ resource }), ROOT).href}>Export</a>
      </form>
      ${pages.page ? scroll('Changes', html`<table><caption>Changes</caption><thead><tr><th scope="col">Time</th>
        <th scope="col">Who</th><th scope="col">From</th><th scope="col">By</th><th scope="col">Action</th>
        <th scope="col">On</th><th scope="col">Outcome</th><th scope="col">Path</th></tr></thead>
        <tbody>${pages.page.items.map(row)}</tbody></table>`) : html`<p>Loading…</p>`}
      ${pages.page?.items.length === 0 ? html`<p>Nothing was changed.</p>` : nothing}
      ${pages.view(frame)}`,
  };
}
