/**
 * Calls of the public API. All addresses are relative to the page, so that the console works below any path.
 */
import { parse } from './lossless.js';

/** The root of the service as the browser sees it, such as https://host/ops/rowmq/. */
export const ROOT = new URL('..', document.baseURI);

/** A call that was refused or that failed; `problem` is the answer's JSON (RFC 9457), or null. */
export class CallError extends Error {
  constructor(status, problem, text) {
    super(problem?.detail ?? text);
    this.status = status;
    this.code = problem?.code;
    this.problem = problem;
  }
}

const listeners = new Set();

/** Calls `listener(true)` when the service stopped answering, and `listener(false)` when it answers again. */
export function onOutage(listener) {
  listeners.add(listener);
}

let out = false;

export function outage(now) {
  if (now !== out) {
    out = now;
    listeners.forEach((listener) => listener(now));
  }
}

/**
 * @param {string} method
 * @param {string} path below the root, such as v1/queues
 * @param {{body?: any, raw?: string, headers?: object, signal?: AbortSignal}} options `raw` is JSON to send unchanged
 * @returns {Promise<{status: number, value: any, text: string, headers: Headers}>}
 * @throws {CallError}
 */
export async function call(method, path, options = {}) {
  const headers = { 'X-RowMQ-Console': '1', Accept: 'application/json', ...options.headers };
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  if (body !== undefined) {
    headers['Content-Type'] ??= 'application/json';
  }
  let response;
  let text;
  try {
    response = await fetch(new URL(path, ROOT), {
      method, headers, body, signal: options.signal, redirect: 'error', cache: 'no-store' });
    text = await response.text();
  } catch (failed) {
    if (failed.name === 'AbortError') {
      throw failed;
    }
    outage(true);
    throw new CallError(0, null, 'The service does not answer.');
  }
  outage(response.status >= 502 && response.status <= 504 && !text.includes('"code"'));
  let value = null;
  try {
    value = text === '' ? null : parse(text);
  } catch {
    // no JSON: a proxy's page, or an export
  }
  if (!response.ok) {
    throw new CallError(response.status, value, `${method} ${path} was answered with ${response.status}.`);
  }
  return { status: response.status, value, text, headers: response.headers };
}

export const get = async (path, options) => (await call('GET', path, options)).value;

/** A path of the API with its names encoded: path`v1/queues/${name}/messages/${id}`. */
export function path(parts, ...names) {
  return parts.reduce((whole, part, i) => whole + encodeURIComponent(names[i - 1]) + part);
}

/** The parameters that have a value, as a query. */
export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length === 0 ? '' : '?' + new URLSearchParams(given);
}

/** The call as a command for a shell. */
export function curl(method, where, body, headers = {}) {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [`curl -X ${method} ${quoted(new URL(where, ROOT).href)}`];
  lines.push(`-H "Authorization: Bearer $ROWMQ_KEY"`);
  Object.entries(headers).forEach(([name, value]) => lines.push(`-H ${quoted(`${name}: ${value}`)}`));
  if (body !== undefined) {
    lines.push(`-H 'Content-Type: application/json'`);
    lines.push(`-d ${quoted(typeof body === 'string' ? body : JSON.stringify(body))}`);
  }
  return lines.join(' \\\n  ');
}
