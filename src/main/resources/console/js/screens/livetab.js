/** Copies of the messages that are sent to a queue from now on; looking consumes nothing. */
import { html, nothing, repeat } from '../html.js';
import { path, ROOT } from '../api.js';
import { parse } from '../lossless.js';
import { number, time } from '../format.js';
import { scroll } from '../parts.js';
import { addressOf } from '../routes.js';
import { excerpt } from '../body.js';

/** Messages that are shown; earlier ones leave the list. */
const SHOWN = 100;
/** Milliseconds until a stream that ended is opened again. */
const AGAIN = 2_000;

export function liveTab(frame, name) {
  let source = null;
  let paused = false;
  let part = '';
  let seen = 0;
  let missed = 0;
  let messages = [];
  let drawing = false;
  let pause = null;

  /** Draws at most ten times a second, however many messages come. */
  function draw() {
    if (!drawing) {
      drawing = true;
      setTimeout(() => {
        drawing = false;
        frame.update();
      }, 100);
    }
  }

  function listen() {
    clearTimeout(pause);
    source?.close();
    source = null;
    if (paused || document.hidden) {
      return;
    }
    source = new EventSource(new URL(path`v1/queues/${name}/stream`, ROOT));
    source.addEventListener('message', (event) => {
      seen += 1;
      if (part === '' || event.data.includes(part)) {
        messages = [{ ...parse(event.data), event: event.lastEventId }, ...messages].slice(0, SHOWN);
      }
      draw();
    });
    // a stream that a browser opens again by itself would begin with messages that were shown before
    source.addEventListener('error', () => {
      source.close();
      pause = setTimeout(listen, AGAIN);
    });
    source.addEventListener('dropped', (event) => {
      missed += Number(parse(event.data).messages);
      draw();
    });
  }

  const onVisibility = () => listen();
  document.addEventListener('visibilitychange', onVisibility);
  listen();

  function toggle() {
    paused = !paused;
    listen();
    frame.update();
  }

  const row = (message) => html`<tr>
    <td>${time(message.enqueuedAt)}</td>
    <td class="name"><a class="mono" href=${addressOf(name, 'messages', message.id)}>${message.id}</a></td>
    <td class="name mono">${excerpt(message)}</td>
    <td>${message.group ?? ''}</td></tr>`;

  return {
    close: () => {
      clearTimeout(pause);
      source?.close();
      source = null;
      paused = true;
      document.removeEventListener('visibilitychange', onVisibility);
    },
    view: () => html`
      <div class="row">
        <button @click=${toggle}>${paused ? 'Go on' : 'Pause'}</button>
        <label><span>Only with this text</span><input type="search" maxlength="100" @input=${(event) => {
          part = event.target.value;
        }}></label>
        <span class="soft">${number(seen)} sent since this page was opened${missed > 0
          ? html`, ${number(missed)} more were too many to follow` : nothing}</span></div>
      ${scroll('Live messages', html`<table><caption>Live messages</caption><thead><tr><th scope="col">Sent</th>
        <th scope="col">Id</th><th scope="col">Body</th><th scope="col">Group</th></tr></thead>
        <tbody>${repeat(messages, (message) => message.event, row)}</tbody></table>`)}
      ${messages.length === 0 ? html`<p>Waiting for the next message. Looking consumes nothing.</p>` : nothing}`,
  };
}
