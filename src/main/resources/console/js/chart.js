/** Charts of the figures over time, by uPlot. */
import './guard.js';
import uPlot from '../lib/uplot/uPlot.esm.js';
import { clock } from './format.js';
import { html, ref } from './html.js';

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** Resolves light-dark(), which a canvas does not know. */
function resolved(name) {
  const probe = document.createElement('span');
  probe.style.color = colour(name);
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** A chart that keeps its canvas while its data change. */
export class Chart {
  /** @param {{label: string, series: {key: string, name: string}[]}} options */
  constructor({ label, series }) {
    this.label = label;
    this.series = series;
    this.plot = null;
    this.data = null;
    this.attach = (element) => this.place(element);
  }

  /** @param course of the API: times, and a list for each key */
  show(course) {
    this.data = [course.times.map((time) => Date.parse(time) / 1000), ...this.series.map(({ key }) => course[key])];
    if (this.plot) {
      this.plot.setData(this.data);
    } else if (this.element) {
      this.draw();
    }
  }

  place(element) {
    this.element = element ?? null;
    if (!element) {
      this.plot?.destroy();
      this.plot = null;
      this.resize?.disconnect();
    } else if (this.data) {
      this.draw();
    }
  }

  draw() {
    const axis = { stroke: resolved('--soft'), grid: { stroke: resolved('--line'), width: 1 } };
    const times = (_, seconds) => seconds.map((second) => clock(new Date(second * 1000)));
    this.plot = new uPlot({
      width: Math.max(200, this.element.clientWidth),
      height: 180,
      series: [
        { value: (_, second) => (second === null ? '' : times(_, [second])[0]) },
        ...this.series.map(({ name }, i) => ({
          label: name, stroke: resolved(`--series-${i + 1}`), width: 2, spanGaps: false })),
      ],
      axes: [{ ...axis, values: times }, { ...axis, size: 60 }],
      scales: { y: { range: (_, low, high) => [0, Math.max(1, high)] } },
    }, this.data, this.element);
    this.resize = new ResizeObserver(() => this.plot?.setSize({
      width: Math.max(200, this.element?.clientWidth ?? 0), height: 180 }));
    this.resize.observe(this.element);
  }

  view() {
    return html`<div class="chart" role="img" aria-label=${this.label} ${ref(this.attach)}></div>`;
  }
}
