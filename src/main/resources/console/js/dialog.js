/** Questions before an action: what it does, its call as curl, and for destructive ones the typed name. */
import { html, nothing, render } from './html.js';
import { curl } from './api.js';
import { copyButton } from './parts.js';

/**
 * @param {{title: string, text?: any, typed?: string, button: string, danger?: boolean,
 *   call?: {method: string, path: string, body?: any, headers?: object}, fields?: (values: object) => any,
 *   values?: object}} options
 *   `fields` are inputs that change `values`; `call` may be a function of `values`
 * @returns {Promise<object|null>} the values, or null when the answer is no
 */
export function ask(options) {
  if (document.querySelector('dialog[open]')) {
    return Promise.resolve(null);
  }
  const dialog = document.createElement('dialog');
  const values = options.values ?? {};
  let typed = '';
  document.body.append(dialog);
  return new Promise((resolve) => {
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const confirmed = () => !options.typed || typed === options.typed;
    const submit = (event) => {
      event.preventDefault();
      if (confirmed()) {
        close(values);
      }
    };
    const update = () => {
      const where = typeof options.call === 'function' ? options.call(values) : options.call;
      render(html`
        <form @submit=${submit}>
          <h2 id="dialog-title">${options.title}</h2>
          ${options.text ? html`<p>${options.text}</p>` : nothing}
          ${options.fields ? options.fields(values, update) : nothing}
          ${options.typed ? html`<label><span>Type <b class="mono">${options.typed}</b> to confirm</span>
            <input name="typed" autocomplete="off" @input=${(event) => {
              typed = event.target.value;
              update();
            }}></label>` : nothing}
          ${where ? html`<details><summary>As curl</summary>
            <pre>${curl(where.method, where.path, where.body, where.headers)}</pre>
            ${copyButton(() => curl(where.method, where.path, where.body, where.headers))}</details>` : nothing}
          <div class="row">
            <button type="submit" class=${options.danger ? 'danger' : 'main'} ?disabled=${!confirmed()}>
              ${options.button}</button>
            <button type="button" @click=${() => close(null)}>Cancel</button>
          </div>
        </form>`, dialog);
    };
    dialog.setAttribute('aria-labelledby', 'dialog-title');
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      close(null);
    });
    dialog.addEventListener('forget', () => close(null));
    update();
    dialog.showModal();
  });
}

/** Answers all open questions with no. */
export function closeDialogs() {
  document.querySelectorAll('dialog').forEach((dialog) => dialog.dispatchEvent(new Event('forget')));
}
