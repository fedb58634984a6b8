/** The dead letters of a queue: grouped by reason and error, listed, redriven, removed. */
import { html, nothing, repeat } from '../html.js';
import { call, get, path, query, ROOT } from '../api.js';
import { number, plural, time } from '../format.js';
import { Pages, scroll } from '../parts.js';
import { addressOf } from '../routes.js';
import { excerpt } from '../body.js';
import { Filter } from '../filter.js';
import { ACTIONS, changeMany } from '../changemany.js';

/** @param {{parameters: URLSearchParams}} address */
export function deadLettersTab(frame, name, address) {
  const chosen = new Set();
  let groups = null;
  const filter = new Filter(address.parameters, true);
  const pages = new Pages((cursor) => get(path`v1/queues/${name}/dead-letters`
    + query({ limit: 25, cursor, ...filter.asked })));
  const refresh = () => frame.act(async () => {
    chosen.clear();
    [groups] = await Promise.all([get(path`v1/queues/${name}/dead-letter-groups`), pages.first()]);
  });
  refresh();

  const request = { method: 'POST', path: path`v1/queues/${name}/dead-letters/redrive` };

  async function redriveChosen() {
    const body = { ids: [...chosen] };
    const answer = await frame.ask({ title: `Redrive ${plural(chosen.size, 'dead letter')}`,
      text: 'They go back into the queue, each as if it had never been delivered.',
      button: `Redrive ${plural(chosen.size, 'dead letter')}`, call: { ...request, body } });
    if (answer && await frame.act(() => call(request.method, request.path, { body }))) {
      frame.toast(`${plural(chosen.size, 'message')} redriven.`);
      refresh();
    }
  }

  const change = (action) => frame.act(() => changeMany(frame,
    { queue: name, state: 'dead', action, filter: filter.body() }));

  const choose = (id) => {
    if (!chosen.delete(id)) {
      chosen.add(id);
    }
    frame.update();
  };

  const row = (letter) => html`<tr>
    ${frame.may('admin') ? html`<td><input type="checkbox" aria-label=${'Choose ' + letter.id}
      .checked=${chosen.has(letter.id)} @change=${() => choose(letter.id)}></td>` : nothing}
    <td class="name"><a class="mono" href=${addressOf(name, 'dead-letters', letter.id)}>${letter.id}</a></td>
    <td>${letter.reason}</td>
    <td class="name">${letter.lastError ?? ''}</td>
    <td class="name mono">${excerpt(letter)}</td>
    <td class="n">${number(letter.deliveries)}</td>
    <td>${time(letter.deadAt)}</td></tr>`;

  /** The longest part of a group's error that all of its errors have. */
  const similar = (one) => (one.error ?? '').split('#').sort((a, c) => c.length - a.length)[0].trim();

  const group = (one) => html`<tr>
    <td class="n">${number(one.count)}</td><td>${one.reason}</td>
    <td class="name">${one.error ?? html`<span class="soft">no error text</span>`}</td>
    <td>${time(one.firstDeadAt)}</td><td>${time(one.lastDeadAt)}</td>
    <td class="name"><a class="mono" href=${addressOf(name, 'dead-letters', one.sample)}>${one.sample}</a></td>
    <td><a href=${addressOf(name, 'dead-letters') + query({ reason: one.reason, error: similar(one) })}>Only
      these</a></td></tr>`;

  const view = () => html`
    ${groups && groups.items.length > 0 ? html`
      <h2>By reason and error</h2>
      ${scroll('Groups of dead letters', html`<table><caption>Groups of dead letters</caption><thead><tr>
        <th scope="col" class="n">Number</th><th scope="col">Reason</th><th scope="col">Error</th>
        <th scope="col">First</th><th scope="col">Last</th><th scope="col">Sample</th>
        <th scope="col"><span class="hidden">Filter</span></th></tr></thead>
        <tbody>${groups.items.map(group)}</tbody></table>`)}
      ${groups.complete ? nothing : html`<p class="soft">Of the first ${number(groups.examined)} dead letters.</p>`}`
      : nothing}
    <div class="row"><h2>Dead letters</h2>
      ${frame.may('admin') ? html`<span class="row end">
        <button ?disabled=${chosen.size === 0} @click=${() => frame.act(redriveChosen)}>
          Redrive chosen (${chosen.size})…</button>
        ${ACTIONS.dead.map(([action, word]) => html`<button
          class=${{ redrive: 'main', delete: 'danger' }[action] ?? ''} @click=${() => change(action)}>
          ${word} all${filter.active ? ' that match' : ''}…</button>`)}</span>` : nothing}
      <a class="button" download href=${new URL(path`v1/queues/${name}/export?state=dead`, ROOT).href}>Export</a></div>
    ${filter.view((values) => frame.go(addressOf(name, 'dead-letters') + query(values)))}
    ${pages.page ? scroll('Dead letters', html`<table><caption>Dead letters</caption><thead><tr>
      ${frame.may('admin') ? html`<th scope="col"><span class="hidden">Choose</span></th>` : nothing}
      <th scope="col">Id</th><th scope="col">Reason</th><th scope="col">Last error</th><th scope="col">Body</th>
      <th scope="col" class="n">Deliveries</th><th scope="col">Dead since</th></tr></thead>
      <tbody>${repeat(pages.page.items, (letter) => letter.id, row)}</tbody></table>`) : html`<p>Loading…</p>`}
    ${pages.page?.items.length === 0 ? html`<p>There are none.</p>` : nothing}
    ${pages.view(frame)}`;
  return { view, refresh };
}
