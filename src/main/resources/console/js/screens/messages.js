/** The messages of a queue by state; looking changes nothing. */
import { html, nothing, repeat } from '../html.js';
import { get, path, query } from '../api.js';
import { number, time } from '../format.js';
import { Pages, scroll } from '../parts.js';
import { addressOf } from '../routes.js';
import { excerpt } from '../body.js';
import { Filter } from '../filter.js';
import { ACTIONS, changeMany } from '../changemany.js';

const STATES = [['ready', 'Ready'], ['inFlight', 'In flight'], ['delayed', 'Delayed']];

/** @param {{parameters: URLSearchParams}} address */
export function messagesTab(frame, name, address) {
  const asked = address.parameters.get('state');
  const state = STATES.some(([key]) => key === asked) ? asked : 'ready';
  const columns = (address.parameters.get('columns') ?? '').split(',').map((one) => one.trim()).filter(Boolean);
  const chosen = new Set();
  let id = '';
  const filter = new Filter(address.parameters, false);
  const pages = new Pages((cursor) => get(path`v1/queues/${name}/messages`
    + query({ state, limit: 25, cursor, ...filter.asked })));
  const refresh = () => {
    chosen.clear();
    return frame.act(() => pages.first());
  };
  refresh();

  const go = (values) => frame.go(addressOf(name, 'messages') + query({ state, ...values }));

  const find = (event) => {
    event.preventDefault();
    if (id !== '') {
      frame.go(addressOf(name, 'messages', id));
    }
  };

  const choosing = state in ACTIONS && frame.may('admin');
  const choose = (key) => {
    if (!chosen.delete(key)) {
      chosen.add(key);
    }
    frame.update();
  };
  const change = (action) => frame.act(() => changeMany(frame,
    { queue: name, state, action, filter: chosen.size > 0 ? { ids: [...chosen] } : filter.body() }));
  const which = () => (chosen.size > 0 ? `chosen (${chosen.size})` : filter.active ? 'all that match' : 'all');

  const row = (message) => html`<tr>
    ${choosing ? html`<td><input type="checkbox" aria-label=${'Choose ' + message.id}
      .checked=${chosen.has(message.id)} @change=${() => choose(message.id)}></td>` : nothing}
    <td class="name"><a class="mono" href=${addressOf(name, 'messages', message.id)}>${message.id}</a></td>
    <td class="name mono">${excerpt(message)}</td>
    <td>${message.group ?? ''}</td>
    <td class="n">${number(message.priority)}</td>
    <td class="n">${number(message.deliveries)}</td>
    <td>${time(message.enqueuedAt)}</td>
    ${columns.map((key) => html`<td class="mono">${message.metadata?.[key] ?? ''}</td>`)}
    ${state === 'ready' ? nothing : html`<td>${time(message.visibleAt)}</td>`}</tr>`;

  return {
    refresh,
    view: () => html`
      <div class="row">
        ${STATES.map(([key, title]) => html`<a href=${addressOf(name, 'messages') + '?state=' + key}
          aria-current=${state === key ? 'true' : nothing}>${state === key ? html`<b>${title}</b>` : title}</a>`)}
        <button @click=${refresh}>Refresh</button>
        <form class="row end" @submit=${find}><label><span>Find by id</span>
          <input type="search" maxlength="100" @input=${(event) => {
            id = event.target.value.trim();
          }}></label><button type="submit">Open</button></form>
      </div>
      ${filter.view((values) => go({ ...values, columns: columns.join(',') }), html`<label>
        <span>Columns from metadata, such as type, tenant</span><input name="columns" autocomplete="off"
        maxlength="200" .value=${columns.join(', ')} @change=${(event) => go({ ...filter.asked,
          columns: event.target.value })}></label>`)}
      ${choosing ? html`<div class="row">${ACTIONS[state].map(([action, word]) => html`
        <button class=${action === 'delete' ? 'danger' : ''} @click=${() => change(action)}>
          ${word} ${which()}…</button>`)}</div>` : nothing}
      ${pages.page ? scroll('Messages', html`<table><caption>Messages</caption><thead><tr>
        ${choosing ? html`<th scope="col"><span class="hidden">Choose</span></th>` : nothing}
        <th scope="col">Id</th><th scope="col">Body</th><th scope="col">Group</th>
        <th scope="col" class="n">Priority</th><th scope="col" class="n">Deliveries</th><th scope="col">Sent</th>
        ${columns.map((key) => html`<th scope="col" class="mono">${key}</th>`)}
        ${state === 'ready' ? nothing
          : html`<th scope="col">${state === 'inFlight' ? 'Leased until' : 'Delayed until'}</th>`}</tr></thead>
        <tbody>${repeat(pages.page.items, (message) => message.id, row)}</tbody></table>`) : html`<p>Loading…</p>`}
      ${pages.page?.looked === undefined ? nothing : html`<p class="soft">Looked at ${number(pages.page.looked)}
        messages for this page${pages.page.nextCursor ? '; the next page goes on from there' : ''}.</p>`}
      ${pages.page?.items.length === 0 ? html`<p>There is no such message.</p>` : nothing}
      ${pages.view(frame)}`,
  };
}
