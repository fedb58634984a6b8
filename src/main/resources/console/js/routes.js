/** Which screen an address has. Addresses are #/queues/NAME/TAB, with each name percent-encoded. */
import * as overview from './screens/overview.js';
import * as queues from './screens/queues.js';
import * as queue from './screens/queue.js';
import * as message from './screens/message.js';
import * as topics from './screens/topics.js';
import * as send from './screens/send.js';
import * as tasks from './screens/tasks.js';
import * as audit from './screens/audit.js';
import * as service from './screens/service.js';

/** @param {{parts: string[]}} address */
export function screenOf({ parts }) {
  switch (parts[0]) {
    case undefined:
      return overview;
    case 'queues':
      if (parts.length === 1) {
        return queues;
      }
      return parts.length === 4 && (parts[2] === 'messages' || parts[2] === 'dead-letters') ? message : queue;
    case 'topics':
      return topics;
    case 'send':
      return send;
    case 'tasks':
      return tasks;
    case 'audit':
      return audit;
    case 'service':
      return service;
    default:
      return overview;
  }
}

/** The address of a queue, of one of its tabs, or of a message. */
export const addressOf = (...parts) => '#/' + ['queues', ...parts].map(encodeURIComponent).join('/');
