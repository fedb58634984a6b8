/** Sign-in with an API key, which is sent once; then a cookie stands for it. */
import { html, nothing } from '../html.js';
import { call, ROOT } from '../api.js';

/** @param {() => void} done called after the sign-in */
export function open(frame, done) {
  let failure = null;
  const submit = async (event) => {
    event.preventDefault();
    const field = event.target.elements.key;
    try {
      await call('POST', 'console/session', { body: { key: field.value, path: ROOT.pathname } });
      field.value = '';
      done();
    } catch (error) {
      failure = error.message;
      frame.update();
    }
  };
  return {
    view: () => html`
      <h1>RowMQ</h1>
      <form class="card" @submit=${submit}>
        <label><span>API key</span>
          <input name="key" type="password" autocomplete="current-password" required autofocus></label>
        ${failure ? html`<p class="error" role="alert">${failure}</p>` : nothing}
        <button class="main" type="submit">Sign in</button>
        <p class="soft">A key with the role read sees everything but changes nothing; send may send messages; admin may
          do all. Keys are in rowmq.security.api-keys.</p>
      </form>`,
  };
}
