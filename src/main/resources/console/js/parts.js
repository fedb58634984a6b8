/** Small parts of several screens. */
import { html, nothing, svg } from './html.js';

/** Copies a text; without the clipboard of secure pages by a selected field. */
export async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement('textarea');
  field.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

/** @param {() => string} text */
export function copyButton(text, label = 'Copy') {
  return html`<button type="button" @click=${async (event) => {
    const button = event.currentTarget;
    await copy(text());
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  }}>${label}</button>`;
}

/** A wide table that scrolls by itself, also by keyboard. */
export const scroll = (label, table) =>
  html`<div class="scroll" role="region" aria-label=${label} tabindex="0">${table}</div>`;

/** Pages of a list: back by the cursors that were used, on by the next one. */
export class Pages {
  constructor(load) {
    this.load = load;
    this.cursors = [undefined];
    this.page = null;
    this.loads = 0;
  }

  /** Reads a page; one that comes after a later one was asked for is dropped. */
  async read(cursors) {
    const own = ++this.loads;
    const page = await this.load(cursors.at(-1), () => own === this.loads);
    if (own === this.loads) {
      this.page = page;
      this.cursors = cursors;
    }
  }

  next() {
    return this.read([...this.cursors, this.page.nextCursor]);
  }

  back() {
    return this.read(this.cursors.slice(0, -1));
  }

  first() {
    return this.read([undefined]);
  }

  view(frame) {
    if (!this.page || (this.cursors.length === 1 && !this.page.nextCursor)) {
      return nothing;
    }
    return html`<div class="row">
      <button ?disabled=${this.cursors.length === 1} @click=${() => frame.act(() => this.back())}>Previous</button>
      <span class="soft">Page ${this.cursors.length}</span>
      <button ?disabled=${!this.page.nextCursor} @click=${() => frame.act(() => this.next())}>Next</button>
    </div>`;
  }
}

/** A line of numbers without axes. */
export function sparkline(values, label) {
  if (!values || values.length < 2) {
    return nothing;
  }
  const top = Math.max(1, ...values);
  const points = values.map((value, i) => `${(i * 90) / (values.length - 1)},${19 - (18 * value) / top}`).join(' ');
  return html`<svg class="spark" viewBox="0 0 90 20" role="img" aria-label=${label}>${
    svg`<polyline points=${points}></polyline>`}</svg>`;
}

/** What needs an operator: one sentence and a link each. */
export function attentionList(items, link) {
  return html`<ul class="attention">${items.map((item) => html`
    <li class=${item.level}><span class="hidden">${item.level}: </span>${
      item.queue && link ? html`<a href=${link(item)}>${item.queue}</a>: ` : nothing}${item.text}</li>`)}</ul>`;
}
