/** The list of queues: filtered, sorted and paged by the service, live. */
import { html, nothing, repeat } from '../html.js';
import { call, get, path, query } from '../api.js';
import { duration, number, rate } from '../format.js';
import { Pages, scroll, sparkline } from '../parts.js';
import { addressOf } from '../routes.js';
import { queueForm, requestOf } from './settings.js';

const COLUMNS = [['name', 'Name'], ['ready', 'Ready'], ['inFlight', 'In flight'], ['delayed', 'Delayed'],
  ['dead', 'Dead'], ['oldestAge', 'Oldest'], ['sentPerSecond', 'In/s'], ['ackedPerSecond', 'Out/s']];

export function open(frame, { parameters }) {
  let filter = parameters.get('filter') ?? '';
  let sort = parameters.get('sort') ?? 'name';
  let live = new Map();
  let trends = new Map();
  let stop = () => {};
  let waiting = null;
  const pages = new Pages(async (cursor, isLast) => {
    const page = await get('v1/queues' + query({ limit: 50, filter, sort, cursor }));
    if (!isLast()) {
      return page;
    }
    const names = page.items.map(({ name }) => name);
    if (names.length > 0) {
      const first = await get('v1/figures' + query({ queue: names.join(','), trend: true }));
      if (!isLast()) {
        return page;
      }
      trends = new Map(first.queues.map((queue) => [queue.name, queue.trend]));
    }
    stop();
    live = new Map();
    stop = frame.follow(names, (figures) => {
      figures.queues.forEach((queue) => live.set(queue.name, queue));
      frame.update();
    });
    return page;
  });
  const refresh = () => frame.act(() => pages.first());
  refresh();

  function choose(nextFilter, nextSort) {
    filter = nextFilter;
    sort = nextSort;
    history.replaceState(null, '', '#/queues' + query({ filter, sort: sort === 'name' ? '' : sort }));
    refresh();
  }

  function typed(event) {
    clearTimeout(waiting);
    const text = event.target.value;
    waiting = setTimeout(() => choose(text, sort), 250);
  }

  const sorted = (key) => (sort === key ? 'ascending' : sort === '-' + key ? 'descending' : nothing);

  /** The first click sorts names ascending, and figures with the greatest first. */
  const sortBy = (key) => {
    const first = key === 'name' ? key : '-' + key;
    choose(filter, sort !== first ? first : first.startsWith('-') ? key : '-' + key);
  };

  async function create() {
    const values = { name: '' };
    const answer = await frame.ask({
      title: 'Create a queue',
      values,
      fields: (chosen, update) => html`
        <label><span>Name: 1 to 80 of A-Z a-z 0-9 _ - .</span>
          <input required maxlength="80" .value=${chosen.name} @input=${(event) => {
            chosen.name = event.target.value;
            update();
          }}></label>
        <details><summary>Settings</summary>${queueForm(chosen, null, update)}</details>`,
      button: 'Create',
      call: (chosen) => ({ method: 'PUT', path: path`v1/queues/${chosen.name}`, body: requestOf(chosen),
        headers: { 'If-None-Match': '*' } }),
    });
    if (answer && await frame.act(() => call('PUT', path`v1/queues/${answer.name}`, {
      body: requestOf(answer), headers: { 'If-None-Match': '*' } }))) {
      frame.go(addressOf(answer.name));
    }
  }

  function row(queue) {
    const now = live.get(queue.name);
    const { stats, rates } = queue;
    return html`<tr>
      <td class="name"><a href=${addressOf(queue.name)}>${queue.name}</a>
        ${(now?.paused ?? queue.paused) ? html`<span class="badge warn">paused</span>` : nothing}
        ${queue.notice ? html`<span class="badge">memory</span>` : nothing}
        ${queue.settings.fifo ? html`<span class="badge">FIFO</span>` : nothing}</td>
      <td class="n">${number(now?.ready ?? stats.ready)}</td>
      <td class="n">${number(now?.inFlight ?? stats.inFlight)}</td>
      <td class="n">${number(now?.delayed ?? stats.delayed)}</td>
      <td class="n">${number(now?.dead ?? stats.dead)}</td>
      <td class="n">${duration(now ? now.oldestAge : stats.oldestAge)}</td>
      <td class="n">${rate(now?.sentPerSecond ?? rates.sentPerSecond)}</td>
      <td class="n">${rate(now?.ackedPerSecond ?? rates.ackedPerSecond)}</td>
      <td class="n">${duration(now ? now.drainsIn : rates.drainsIn)}</td>
      <td>${sparkline(trends.get(queue.name), `Backlog of ${queue.name} in the last 15 minutes`)}</td></tr>`;
  }

  const view = () => html`
    <div class="row"><h1>Queues</h1>
      ${frame.may('admin') ? html`<button class="main end" @click=${create}>Create queue</button>` : nothing}</div>
    <div class="row"><label><span>Filter by name</span>
      <input type="search" maxlength="80" .value=${filter} @input=${typed}></label></div>
    ${pages.page ? scroll('Queues', html`<table><caption>Queues</caption>
      <thead><tr>${COLUMNS.map(([key, name]) => html`
        <th scope="col" class=${key === 'name' ? '' : 'n'} aria-sort=${sorted(key)}>
          <button class="link" @click=${() => sortBy(key)}>${name}${
            sort === key ? ' ▲' : sort === '-' + key ? ' ▼' : ''}</button></th>`)}
        <th scope="col" class="n">Drains in</th><th scope="col">Backlog, 15 min</th></tr></thead>
      <tbody>${repeat(pages.page.items, ({ name }) => name, row)}</tbody></table>`) : html`<p>Loading…</p>`}
    ${pages.page?.items.length === 0
      ? html`<p>${filter ? 'No queue has this in its name.' : 'There is no queue yet.'}</p>` : nothing}
    ${pages.view(frame)}`;
  return { view, refresh, close: () => {
    clearTimeout(waiting);
    stop();
  } };
}
