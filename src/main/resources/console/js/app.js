/** The frame around the screens: finds out who is there, shows the screen of the address, and keeps it current. */
import './guard.js';
import { html, nothing, render } from './html.js';
import { CallError, call, get, onOutage, ROOT } from './api.js';
import { zone } from './format.js';
import { ask, closeDialogs } from './dialog.js';
import { help, shortcuts } from './keys.js';
import { follow, onRefused } from './live.js';
import { screenOf } from './routes.js';
import * as send from './screens/send.js';
import * as signin from './screens/signin.js';

const root = document.getElementById('app');
const state = { caller: null, screen: null, address: null, toast: '', outage: false, failure: null };

/** What a screen may use. */
const frame = {
  get caller() {
    return state.caller;
  },

  /** Whether the caller's roles allow something; the service decides again. */
  may(...roles) {
    return !state.caller.readOnly && roles.some((role) => state.caller.roles.includes(role));
  },

  update() {
    render(page(), root);
  },

  /** @param {string} address such as #/queues */
  go(address) {
    location.hash = address;
  },

  toast(text) {
    state.toast = text;
    frame.update();
    setTimeout(() => {
      if (state.toast === text) {
        state.toast = '';
        frame.update();
      }
    }, 5000);
  },

  /** Shows a failure; after an end of the session, the sign-in. */
  fail(error) {
    if (error.name === 'AbortError') {
      return;
    }
    if (error instanceof CallError && error.status === 401) {
      signIn();
      return;
    }
    if (!(error instanceof CallError)) {
      console.error(error);
    }
    state.failure = error.message;
    frame.update();
  },

  /** Runs an action and shows its failure; returns whether it succeeded. */
  async act(action) {
    state.failure = null;
    try {
      await action();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    } finally {
      frame.update();
    }
  },
};

/** Whether the caller sees more than the form that sends. */
const mayLook = () => ['admin', 'read'].some((role) => state.caller.roles.includes(role));

const PLACES = [['', 'Overview'], ['queues', 'Queues'], ['topics', 'Topics'], ['send', 'Send'],
  ['tasks', 'Tasks'], ['audit', 'Audit'], ['service', 'Service']];

function page() {
  if (state.caller === null) {
    return html`<main>${state.screen?.view() ?? nothing}</main>`;
  }
  const place = state.address.parts[0] ?? '';
  return html`
    <header>
      ${state.caller.banner ? html`<div class="banner">${state.caller.banner}</div>` : nothing}
      <div class="bar">
      <strong>RowMQ</strong>
      <nav aria-label="Screens">${PLACES.filter(([path]) => mayLook() || path === 'send').map(([path, name]) => html`
        <a href="#/${path}" aria-current=${place === path ? 'page' : nothing}>${name}</a>`)}
      </nav>
      <span class="who">
        ${state.caller.readOnly ? html`<span class="badge warn">read-only</span>` : nothing}
        ${state.caller.name ? html`<span>${state.caller.name} (${state.caller.roles.join(', ')})</span>
          <button class="link" @click=${signOut}>Sign out</button>` : nothing}
        <button class="link" @click=${() => help(state.frame)} title="Keyboard shortcuts (?)">Keys</button>
      </span>
      </div>
      ${state.outage ? html`<div class="outage" role="status">The service does not answer. What you see is its last
        state; this page goes on by itself.</div>` : nothing}
    </header>
    <main id="main">
      ${state.failure ? html`<p class="card error" role="alert">${state.failure}</p>` : nothing}
      ${state.screen?.view() ?? html`<p>Loading…</p>`}
    </main>
    <footer>RowMQ ${state.caller.version} · times in ${zone()} ·
      <a href=${new URL('swagger-ui', ROOT).href}>API</a>
      ${state.toast ? html`<div class="toast" role="status">${state.toast}</div>` : nothing}</footer>`;
}

/** The frame of one screen: after the screen was left, it follows and asks nothing, and leads nowhere. */
function frameOfScreen() {
  const own = Object.create(frame);
  own.closed = false;
  own.follow = (queues, listener) => (own.closed ? () => {} : follow(queues, listener));
  own.ask = (options) => (own.closed ? Promise.resolve(null) : ask(options));
  own.go = (address) => own.closed || frame.go(address);
  own.fail = (error) => (own.closed && error.status !== 401) || frame.fail(error);
  return own;
}

function leave() {
  if (state.frame) {
    state.frame.closed = true;
  }
  state.screen?.close?.();
  closeDialogs();
  state.frame = frameOfScreen();
}

/** A part of an address that was typed by hand may have a % that stands for itself. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function show() {
  leave();
  state.failure = null;
  const path = location.hash.replace(/^#\/?/, '');
  const [names, parameters] = path.split('?');
  state.address = {
    path,
    parts: names.split('/').filter((part) => part !== '').map(decoded),
    parameters: new URLSearchParams(parameters ?? ''),
  };
  state.screen = (mayLook() ? screenOf(state.address) : send).open(state.frame, state.address);
  document.title = [...state.address.parts.slice(0, 2).reverse(), 'RowMQ'].join(' · ');
  frame.update();
}

async function start() {
  try {
    state.caller = await get('v1/whoami');
    show();
  } catch (error) {
    if (error.status === 401) {
      signIn();
    } else {
      state.screen = { view: () => html`<p class="card error" role="alert">${error.message}</p>
        <button @click=${start}>Try again</button>` };
      frame.update();
    }
  }
}

function signIn() {
  leave();
  state.caller = null;
  state.screen = signin.open(frame, start);
  frame.update();
}

async function signOut() {
  if (await frame.act(() => call('DELETE', 'console/session?path=' + encodeURIComponent(ROOT.pathname)))) {
    signIn();
  }
}

// lit-html keeps what is there
root.replaceChildren();
onOutage((now) => {
  state.outage = now;
  frame.update();
});
onRefused(frame.fail);
window.addEventListener('hashchange', () => state.caller && show());
shortcuts(() => state.frame, () => state.screen);
start();
