/** The overview: what needs attention, the sums, and their course. */
import { html, nothing } from '../html.js';
import { get } from '../api.js';
import { number, rate, time } from '../format.js';
import { attentionList } from '../parts.js';
import { addressOf } from '../routes.js';
import { Chart } from '../chart.js';

/** Where something that needs attention is mended. */
export function placeOf(item) {
  const tab = { 'dead-letters-grow': ['dead-letters'], 'dead-letters-wait': ['dead-letters'],
    'nearly-full': ['settings'] }[item.kind] ?? [];
  return addressOf(item.queue, ...tab);
}

export function open(frame) {
  let figures = null;
  let range = '15m';
  const backlog = new Chart({ label: 'Messages in all queues over time', series: [
    { key: 'ready', name: 'ready' }, { key: 'inFlight', name: 'in flight' }, { key: 'dead', name: 'dead' }] });
  const rates = new Chart({ label: 'Messages per second over time', series: [
    { key: 'sentPerSecond', name: 'sent/s' }, { key: 'ackedPerSecond', name: 'acked/s' }] });
  const whole = frame.caller.queues.length === 0;
  let drawn = 0;

  async function draw() {
    drawn = Date.now();
    if (whole) {
      const course = await get('v1/figures/series?range=' + range);
      backlog.show(course);
      rates.show(course);
    }
  }

  const stop = frame.follow([], (next) => {
    figures = next;
    frame.update();
    if (Date.now() - drawn > (range === '15m' ? 2_000 : 60_000)) {
      draw().catch(() => {});
    }
  });
  const refresh = () => frame.act(async () => {
    figures = await get('v1/figures');
    await draw();
  });
  refresh();

  const choose = (next) => {
    range = next;
    refresh();
  };

  function view() {
    if (!figures) {
      return html`<h1>Overview</h1><p>Loading…</p>`;
    }
    const { totals, attention } = figures;
    return html`
      <h1>Overview</h1>
      <section class="card" aria-labelledby="attention">
        <h2 id="attention">Needs attention</h2>
        ${attention.length === 0
          ? html`<p class="good">Nothing: messages flow, and no queue holds dead letters.</p>`
          : attentionList(attention, placeOf)}
        ${figures.attentionTotal > attention.length
          ? html`<p>and ${number(figures.attentionTotal - attention.length)} more.</p>` : nothing}
      </section>
      <div class="tiles">
        <a class="tile plain" href="#/queues"><b>${number(totals.queues)}</b><span>queues</span></a>
        <div class="tile"><b>${number(totals.ready)}</b><span>ready</span></div>
        <div class="tile"><b>${number(totals.inFlight)}</b><span>in flight</span></div>
        <div class="tile"><b>${number(totals.delayed)}</b><span>delayed</span></div>
        <div class="tile"><b>${number(totals.dead)}</b><span>dead letters</span></div>
        <div class="tile"><b>${rate(totals.sentPerSecond)}</b><span>sent/s</span></div>
        <div class="tile"><b>${rate(totals.ackedPerSecond)}</b><span>acked/s</span></div>
      </div>
      ${whole ? html`
        <div class="row"><h2>Over time</h2>
          <span class="end">${['15m', '24h'].map((one) => html`
            <button aria-pressed=${range === one} ?disabled=${range === one} @click=${() => choose(one)}>
              ${one}</button> `)}</span></div>
        <div class="card">${rates.view()}</div>
        <div class="card">${backlog.view()}</div>` : nothing}
      <p class="soft">Figures of ${time(figures.readAt)}.</p>`;
  }
  return { view, refresh, close: stop };
}
