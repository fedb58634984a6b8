/** Bodies of messages: JSON with its numbers and names as they were sent, text, or bytes. Nothing in them is HTML. */
import { html, nothing } from './html.js';
import { bytes } from './format.js';
import { pretty, Raw } from './lossless.js';
import { copyButton } from './parts.js';

const MAX_EXCERPT = 80;
const MAX_LINES = 2000;
const MAX_BYTES = 4096;

/** The body as text; of bytes, their base64. */
export const textOf = (message) => (message.bodyBase64 !== undefined ? message.bodyBase64
  : message.body instanceof Raw ? message.body.text : String(message.body));

/** The start of a body in one line. */
export function excerpt(message) {
  const text = message.bodyBase64 !== undefined ? `${message.bodyBase64} (base64)` : textOf(message);
  const line = text.slice(0, MAX_EXCERPT + 1).replaceAll(/\s+/g, ' ');
  return line.length > MAX_EXCERPT ? line.slice(0, MAX_EXCERPT) + '…' : line;
}

function hex(base64) {
  const content = atob(base64);
  const lines = [];
  for (let at = 0; at < Math.min(content.length, MAX_BYTES); at += 16) {
    const row = [...content.slice(at, at + 16)].map((character) => character.charCodeAt(0));
    lines.push(at.toString(16).padStart(6, '0') + '  '
      + row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ').padEnd(48)
      + ' ' + row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join(''));
  }
  if (content.length > MAX_BYTES) {
    lines.push(`and ${bytes(content.length - MAX_BYTES)} more`);
  }
  return lines.join('\n');
}

/** The lines of a JSON text, or null if it is none. A text that is JSON is shown as JSON too. */
function linesOf(message) {
  const text = textOf(message);
  if (message.bodyBase64 !== undefined || !/^\s*[[{]/.test(text)) {
    return null;
  }
  try {
    return pretty(text);
  } catch {
    return null;
  }
}

/** A body whose objects and arrays fold. */
export class BodyView {
  constructor(frame, message) {
    this.frame = frame;
    this.message = message;
    this.lines = linesOf(message);
    this.folded = new Set();
    this.plain = false;
  }

  *visible() {
    let hidden = null;
    let shown = 0;
    for (const line of this.lines) {
      if (hidden !== null) {
        if (line.closes === hidden) {
          hidden = null;
        }
        continue;
      }
      if (++shown > MAX_LINES) {
        yield { indent: '', name: '', text: `and ${this.lines.length - MAX_LINES} more lines: see "As sent"` };
        return;
      }
      yield line;
      if (this.folded.has(line)) {
        hidden = line;
      }
    }
  }

  fold(line) {
    if (!this.folded.delete(line)) {
      this.folded.add(line);
    }
    this.frame.update();
  }

  line(line) {
    const folded = this.folded.has(line);
    const text = `${line.indent}${line.name === '' ? '' : line.name + ': '}${line.text}${line.comma ? ',' : ''}`;
    if (!line.opens) {
      return html`${text}\n`;
    }
    const rest = folded ? ` … ${line.text === '{' ? '}' : ']'}` : '';
    return html`${text}${rest} <button type="button" aria-expanded=${!folded}
      aria-label=${folded ? 'Unfold' : 'Fold'} @click=${() => this.fold(line)}>${folded ? '+' : '−'}</button>\n`;
  }

  view() {
    const { message } = this;
    const isBytes = message.bodyBase64 !== undefined;
    return html`
      <div class="row"><h2>Body</h2><span class="soft">${
        isBytes ? 'bytes' : message.body instanceof Raw ? 'JSON' : 'text'}</span>
        ${this.lines ? html`<button @click=${() => {
          this.plain = !this.plain;
          this.frame.update();
        }}>${this.plain ? 'Folding' : 'As sent'}</button>` : nothing}
        ${copyButton(() => textOf(message), 'Copy body')}</div>
      ${isBytes ? html`<pre>${hex(message.bodyBase64)}</pre>`
        : this.lines && !this.plain
          ? html`<pre class="json">${[...this.visible()].map((line) => this.line(line))}</pre>`
          : html`<pre>${textOf(message)}</pre>`}`;
  }
}
