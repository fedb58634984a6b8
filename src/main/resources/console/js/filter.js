/** The filter of a list of messages: a form, whose values are in the address, so that a filtered list is a link. */
import { html, nothing } from './html.js';
import { CallError } from './api.js';

const FIELDS = [['text', 'Text in the body'], ['metadata', 'Metadata, name=value'], ['group', 'Group'],
  ['priority', 'Priority'], ['olderThan', 'Older than, such as 1h'], ['error', 'Text in the last error']];
const REASON = ['reason', 'Reason: max-deliveries or expired'];

export class Filter {
  /**
   * @param {URLSearchParams} parameters of the address
   * @param {boolean} dead whether it is for dead letters
   */
  constructor(parameters, dead) {
    this.fields = dead ? [...FIELDS, REASON] : FIELDS;
    this.values = Object.fromEntries(this.fields.map(([key]) => [key, parameters.get(key) ?? '']));
    this.asked = { ...this.values };
  }

  /** Whether a condition was asked for. */
  get active() {
    return Object.values(this.asked).some((value) => value !== '');
  }

  /** The asked conditions as the JSON of a task's filter. */
  body() {
    const { metadata, priority, ...others } = this.asked;
    const filter = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== ''));
    if (priority !== '') {
      filter.priority = Number(priority);
    }
    if (metadata !== '') {
      const at = metadata.indexOf('=');
      if (at < 1) {
        throw new CallError(0, null, 'Write the metadata of the filter as name=value.');
      }
      filter.metadata = { [metadata.slice(0, at)]: metadata.slice(at + 1) };
    }
    return filter;
  }

  /**
   * @param {(values: object) => void} search is called with the conditions that are typed in
   * @param {any} more fields of the list that are no conditions
   */
  view(search, more) {
    const submit = (event) => {
      event.preventDefault();
      search(this.values);
    };
    return html`<details ?open=${this.active}><summary>Filter${more ? ' and columns' : ''}</summary>
      <form @submit=${submit}>
      <div class="form">${this.fields.map(([key, title]) => html`<label><span>${title}</span>
        <input name=${key} autocomplete="off" maxlength="1000" .value=${this.values[key]} @input=${(event) => {
          this.values[key] = event.target.value;
        }}></label>`)}${more ?? nothing}</div>
      <div class="row"><button type="submit" class="main">Search</button>
        <button type="button" @click=${() => search({})}>All</button></div></form></details>`;
  }
}
