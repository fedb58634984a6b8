/** Figures, times and durations as people read them. */
import { html } from './html.js';

const NUMBER = new Intl.NumberFormat('en-US');

export const number = (value) => (value === null || value === undefined ? '–' : NUMBER.format(value));

/** A rate: one decimal below 10. */
export const rate = (value) => (value >= 10
  ? NUMBER.format(Math.round(value)) : (value ?? 0).toFixed(1).replace('.0', ''));

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The milliseconds of a duration of the API, such as 90s, 1500ms or PT1H30M; NaN if it is none. */
export function millis(text) {
  const simple = /^(\d+)(ms|s|m|h|d)$/.exec(text ?? '');
  if (simple) {
    return simple[1] * UNITS[simple[2]];
  }
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text ?? '');
  return iso ? (iso[1] ?? 0) * UNITS.d + (iso[2] ?? 0) * UNITS.h + (iso[3] ?? 0) * UNITS.m + (iso[4] ?? 0) * 1000 : NaN;
}

/** A duration with two units at most: 3 h 20 min. */
export function duration(text) {
  if (text === null || text === undefined) {
    return '–';
  }
  const ms = typeof text === 'number' ? text : millis(text);
  if (Number.isNaN(ms)) {
    return String(text);
  }
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const s = Math.round(ms / 1000);
  const parts = [[Math.floor(s / 86400), 'd'], [Math.floor(s / 3600) % 24, 'h'], [Math.floor(s / 60) % 60, 'min'],
    [s % 60, 's']].filter(([value]) => value > 0);
  return parts.slice(0, 2).map(([value, unit]) => `${value} ${unit}`).join(' ');
}

const pad = (value, digits = 2) => String(value).padStart(digits, '0');

/** A time in the browser's zone; pointing at it shows UTC with milliseconds. */
export function time(text) {
  if (!text) {
    return '–';
  }
  const at = new Date(text);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return html`<time datetime=${text} title=${at.toISOString()}>${day === today() ? '' : day + ' '}${clock(at)}</time>`;
}

/** The time of day in the browser's zone, from 00:00:00 to 23:59:59. */
export const clock = (at) => `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;

function today() {
  const now = new Date();
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

/** The browser's time zone, for the foot of the page. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'local time';

export function bytes(size) {
  if (size < 1024) {
    return `${size} bytes`;
  }
  return size < 1024 * 1024 ? `${(size / 1024).toFixed(1)} kB` : `${(size / 1024 / 1024).toFixed(1)} MB`;
}

export const plural = (count, one, many = one + 's') => `${number(count)} ${count === 1 ? one : many}`;
