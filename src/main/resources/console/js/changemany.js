/** Changes of all messages that match a filter: what they would do, then a task in the background. */
import { html, nothing } from './html.js';
import { call, get, path } from './api.js';
import { number, plural } from './format.js';

/** What can be done with messages of a state: the action, its word on buttons, and what it means. */
export const ACTIONS = {
  ready: [['move', 'Move'], ['delete', 'Delete']],
  delayed: [['make-ready', 'Make ready'], ['move', 'Move'], ['delete', 'Delete']],
  dead: [['redrive', 'Redrive'], ['move', 'Move'], ['delete', 'Delete']],
};

const MEANS = {
  move: 'They go to the other queue, each as if it were sent there now with the same id.',
  delete: 'They are removed for good.',
  'make-ready': 'They are delivered now, and not at their time.',
  redrive: 'They go back into the queue, each as if it had never been delivered.',
};

const field = (title, values, key, update, more = {}) => html`<label><span>${title}</span>
  <input name=${key} autocomplete="off" inputmode=${more.mode ?? 'text'} ?required=${more.required}
    .value=${values[key]} @input=${(event) => {
      values[key] = event.target.value;
      update();
    }}></label>`;

/** The dead letters of a queue in memory, which has no tasks: all of them, by this instance. */
async function changeInMemory(frame, queue, action) {
  const count = plural((await get(path`v1/queues/${queue}`)).stats.dead, 'dead letter');
  const where = path`v1/queues/${queue}/dead-letters`;
  const request = action === 'redrive' ? { method: 'POST', path: where + '/redrive', body: { all: true } }
    : { method: 'DELETE', path: where };
  const word = action === 'redrive' ? 'Redrive' : 'Delete';
  const answer = await frame.ask({ title: `${word} ${count} of ${queue}`, text: MEANS[action],
    danger: action === 'delete', typed: action === 'delete' ? queue : undefined, button: `${word} ${count}`,
    call: request });
  if (answer) {
    const { messages } = (await call(request.method, request.path, { body: request.body })).value;
    frame.toast(`${plural(messages, 'dead letter')} changed.`);
  }
}

/**
 * @param {object} frame
 * @param {{queue: string, state: 'ready'|'delayed'|'dead', action: string, filter: object}} change
 */
export async function changeMany(frame, { queue, state, action, filter }) {
  const where = path`v1/queues/${queue}/tasks`;
  // a preview of a move would need the other queue, which is not known yet; it finds the same messages
  const chosen = Object.keys(filter).length === 0 ? {} : { filter };
  const asked = { action: action === 'move' ? 'delete' : action, state, ...chosen };
  let preview;
  try {
    preview = (await call('POST', where + '/preview', { body: asked })).value;
  } catch (error) {
    if (error.code !== 'NOT_SUPPORTED' || state !== 'dead' || action === 'move' || Object.keys(filter).length > 0) {
      throw error;
    }
    await changeInMemory(frame, queue, action);
    return;
  }
  // the counters know how many there are without a filter
  const all = Object.keys(filter).length === 0 ? (await get(path`v1/queues/${queue}`)).stats[state] : null;
  const count = (preview.complete || all !== null ? '' : 'at least ')
    + plural(all ?? preview.matched, state === 'dead' ? 'dead letter' : 'message');
  const word = ACTIONS[state].find(([key]) => key === action)[1];
  const body = (values) => ({ action, state, ...chosen,
    ...(action === 'move' ? { destination: values.destination } : {}),
    ...(values.rate ? { messagesPerSecond: Number(values.rate) } : {}),
    ...(values.careful ? { maxDeadShare: 0.1 } : {}) });
  const answer = await frame.ask({
    title: `${word} ${count} of ${queue}`,
    text: html`${MEANS[action]} Messages in flight stay, and so do those that come from now on.
      ${preview.samples.length > 0
        ? html`The first: <span class="mono">${preview.samples.join(', ')}</span>.` : nothing}
      ${preview.complete || all !== null ? nothing
        : html`Only the first ${number(preview.looked)} were looked at for this count.`}`,
    danger: action === 'delete',
    typed: action === 'delete' ? queue : undefined,
    values: { destination: '', rate: '', careful: false },
    fields: (values, update) => html`
      ${action === 'move' ? field('Other queue', values, 'destination', update, { required: true }) : nothing}
      ${field('Messages per second, 1 to 10,000; empty = no limit', values, 'rate', update, { mode: 'numeric' })}
      ${action === 'redrive' ? html`<label class="check"><input type="checkbox" name="careful"
        @change=${(event) => {
          values.careful = event.target.checked;
          update();
        }}> <span>One first, then 10, then 100 at a time; stop when more than a tenth die again</span></label>`
        : nothing}`,
    button: `${word} ${count}`,
    call: (values) => ({ method: 'POST', path: where, body: body(values) }),
  });
  if (answer) {
    await call('POST', where, { body: body(answer) });
    frame.go('#/tasks');
  }
}
