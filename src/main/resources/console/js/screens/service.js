/** The service: versions, partitions and jobs. */
import { html, nothing } from '../html.js';
import { get } from '../api.js';
import { time } from '../format.js';
import { scroll } from '../parts.js';

export function open(frame) {
  let info = null;
  let jobs = null;
  let health = null;
  const quiet = (path) => get(path).catch((error) => {
    if (error.status === 401 || error.status === 0) {
      throw error;
    }
    return null;
  });
  const refresh = () => frame.act(async () => {
    [info, jobs, health] = await Promise.all(['actuator/info', 'actuator/jobs', 'actuator/health'].map(quiet));
  });
  refresh();

  const job = ([name, run]) => html`<tr><td>${name}</td><td>${time(run.lastRun)}</td>
    <td><span class=${'badge ' + (run.outcome === 'failed' ? 'bad' : 'good')}>${run.outcome}</span></td>
    <td class="name">${run.failure ?? run.error ?? ''}</td></tr>`;

  const view = () => html`
    <h1>Service</h1>
    <section class="card"><dl class="facts">
      <dt>Version</dt><dd>${frame.caller.version}</dd>
      ${info?.database ? html`<dt>Database</dt><dd>${info.database.product}</dd>
        <dt>Partitions</dt><dd>${info.database.partitions}</dd>` : nothing}
      ${info?.java ? html`<dt>Java</dt><dd>${info.java.version}</dd>` : nothing}
      ${health ? Object.entries(health.components ?? {}).map(([name, one]) => html`<dt>${name}</dt>
        <dd><span class=${'badge ' + (one.status === 'UP' ? 'good' : 'bad')}>${one.status}</span></dd>`) : nothing}
      <dt>Your key</dt><dd>${frame.caller.name ?? 'none: no keys are configured'}; roles
        ${frame.caller.roles.join(', ')}; queues
        ${frame.caller.queues.length === 0 ? 'all' : frame.caller.queues.join(', ')}</dd></dl></section>
    ${info === null && jobs === null && health === null
      ? html`<p class="soft">More is on the management port, or needs a key that is not limited.</p>` : nothing}
    ${jobs ? html`<h2>Jobs on this instance</h2>${scroll('Jobs', html`<table><caption>Jobs</caption><thead><tr>
      <th scope="col">Job</th><th scope="col">Last run</th><th scope="col">Outcome</th><th scope="col">Failure</th></tr>
      </thead><tbody>${Object.entries(jobs).map(job)}</tbody></table>`)}` : nothing}`;
  return { view, refresh };
}
