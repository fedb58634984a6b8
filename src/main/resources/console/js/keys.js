/** Keyboard shortcuts. They are off while something is typed. */
import { html } from './html.js';

const PLACES = { o: '', q: 'queues', t: 'topics', s: 'service', m: 'send', a: 'audit' };

const KEYS = [['g o', 'overview'], ['g q', 'queues'], ['g t', 'topics'], ['g m', 'send a message'], ['g s', 'service'],
  ['g a', 'audit'],
  ['/', 'filter'], ['r', 'refresh'], ['?', 'these keys'], ['Esc', 'close a dialog']];

export function help(frame) {
  return frame.ask({
    title: 'Keyboard',
    text: html`<table><caption>Keys</caption><tbody>${KEYS.map(([key, what]) => html`
      <tr><th scope="row"><kbd>${key}</kbd></th><td>${what}</td></tr>`)}</tbody></table>`,
    button: 'Close',
  });
}

/** @param frameOf, screen return the present ones; `refresh` of the screen is called for r */
export function shortcuts(frameOf, screen) {
  let before = '';
  document.addEventListener('keydown', (event) => {
    const frame = frameOf();
    const typing = event.target.closest?.('input, textarea, select') || document.querySelector('dialog[open]');
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !frame?.caller) {
      before = '';
      return;
    }
    if (before === 'g' && event.key in PLACES) {
      frame.go('#/' + PLACES[event.key]);
    } else if (event.key === '/') {
      document.querySelector('input[type=search]')?.focus();
      event.preventDefault();
    } else if (event.key === 'r') {
      screen()?.refresh?.();
    } else if (event.key === '?') {
      help(frame);
    }
    before = event.key;
  });
}
