/**
 * The figures as they change: one stream of events from the service for the screen that is shown. While the tab is
 * hidden there is no stream, and nothing is asked.
 */
import { get, outage, ROOT } from './api.js';
import { parse } from './lossless.js';

/** Milliseconds before a stream that was refused is asked for again; they double while the service answers. */
const FIRST_PAUSE = 2_000;
const MAX_PAUSE = 60_000;

let pause = FIRST_PAUSE;
let source = null;
let wanted = null;
let refused = null;

/** Sets what is called when the service refuses the stream, such as after the end of a session. */
export function onRefused(listener) {
  refused = listener;
}

/**
 * Follows the figures of some queues; the screen before stops to.
 * @param {string[]} queues at most 100 names
 * @param {(figures: object) => void} listener gets each snapshot; its `queues` are those that changed
 * @returns {() => void} ends it
 */
export function follow(queues, listener) {
  const own = { queues, listener };
  wanted = own;
  connect();
  return () => {
    if (wanted === own) {
      wanted = null;
      connect();
    }
  };
}

function connect() {
  source?.close();
  source = null;
  if (!wanted || document.hidden) {
    return;
  }
  const { queues, listener } = wanted;
  const names = queues.length === 0 ? '' : '?queue=' + queues.map(encodeURIComponent).join(',');
  source = new EventSource(new URL('v1/figures/stream' + names, ROOT));
  source.addEventListener('figures', (event) => {
    outage(false);
    listener(parse(event.data));
  });
  source.addEventListener('open', () => {
    pause = FIRST_PAUSE;
    outage(false);
  });
  const own = source;
  source.addEventListener('error', () => {
    if (own.readyState === EventSource.CLOSED) {
      // an answer that is no stream, also that of a proxy whose service is away: a browser does not try again
      again(own);
    } else {
      outage(true);
    }
  });
}

async function again(own) {
  try {
    await get('v1/whoami');
  } catch (error) {
    if (error.status === 401) {
      refused?.(error);
      return;
    }
    outage(true);
    pause = FIRST_PAUSE;
  }
  setTimeout(() => own === source && connect(), pause);
  pause = Math.min(2 * pause, MAX_PAUSE);
}

document.addEventListener('visibilitychange', connect);
