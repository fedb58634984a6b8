/** The templates of lit-html (lit.dev/docs/libraries/standalone-templates): text is never taken for HTML. */
export { html, nothing, render, svg } from '../lib/lit-html/lit-html.js';
export { repeat } from '../lib/lit-html/directives/repeat.js';
export { ref } from '../lib/lit-html/directives/ref.js';
