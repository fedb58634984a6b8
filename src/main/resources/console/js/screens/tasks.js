/** Tasks: changes of many messages in the background, with their progress. */
import { html, nothing } from '../html.js';
import { call, get, path } from '../api.js';
import { number, time } from '../format.js';
import { scroll } from '../parts.js';
import { addressOf } from '../routes.js';

const WORDS = { move: 'move', delete: 'delete', 'make-ready': 'make ready', redrive: 'redrive' };
const LOOKS = { running: '', cancelling: 'warn', cancelled: 'warn', completed: 'good', failed: 'bad' };
const SECOND = 1000;

export function open(frame) {
  let tasks = null;
  let timer = null;
  const load = async () => {
    tasks = (await get('v1/tasks')).items;
  };
  const refresh = () => frame.act(load);
  refresh();

  /** Looks again while a task runs and somebody sees it. */
  timer = setInterval(() => {
    if (!document.hidden && tasks?.some((task) => task.status === 'running' || task.status === 'cancelling')) {
      load().then(frame.update, frame.fail);
    }
  }, SECOND);

  async function cancel(task) {
    const request = { method: 'POST', path: path`v1/tasks/${task.id}/cancel` };
    const answer = await frame.ask({ title: `Cancel this task of ${task.queue}`, call: request,
      text: 'It ends after its present messages. What it has done stays.', button: 'Cancel the task' });
    if (answer && await frame.act(() => call(request.method, request.path))) {
      refresh();
    }
  }

  const row = (task) => html`<tr>
    <td class="name"><a href=${addressOf(task.queue)}>${task.queue}</a></td>
    <td>${WORDS[task.action]}${task.destination ? html` to <a href=${addressOf(task.destination)}>${
      task.destination}</a>` : nothing}</td>
    <td>${task.state}</td>
    <td><span class=${'badge ' + LOOKS[task.status]}>${task.status}</span> ${task.failure ?? ''}</td>
    <td class="n">${number(task.done)}</td>
    <td class="n">${number(Math.min(task.looked, task.total))} of ${number(task.total)}
      <progress max=${Math.max(1, task.total)} value=${task.status === 'completed' ? Math.max(1, task.total)
        : task.looked} aria-label=${'Progress of the task of ' + task.queue}></progress></td>
    <td>${time(task.startedAt)}</td>
    <td>${task.status === 'running' && frame.may('admin')
      ? html`<button @click=${() => frame.act(() => cancel(task))}>Cancel…</button>` : nothing}</td></tr>`;

  const view = () => html`
    <h1>Tasks</h1>
    <p class="soft">Changes of many messages. They begin at the lists of messages and dead letters of a queue.</p>
    ${tasks === null ? html`<p>Loading…</p>` : scroll('Tasks', html`<table><caption>Tasks</caption><thead><tr>
      <th scope="col">Queue</th><th scope="col">Action</th><th scope="col">Messages</th><th scope="col">Status</th>
      <th scope="col" class="n">Changed</th><th scope="col" class="n">Looked at</th><th scope="col">Started</th>
      <th scope="col"><span class="hidden">Actions</span></th></tr></thead><tbody>${tasks.map(row)}</tbody></table>`)}
    ${tasks?.length === 0 ? html`<p>There is none.</p>` : nothing}`;
  return { view, refresh, close: () => clearInterval(timer) };
}
