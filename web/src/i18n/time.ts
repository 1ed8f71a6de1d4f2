// Times for people, in the reader's language and the device's zone. All take milliseconds since 1970.

import { t, tag } from './index';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Making one costs a hundred times what using it does. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, options: Intl.DateTimeFormatOptions): string {
  const name = `${tag()} ${JSON.stringify(options)}`;
  const made = formats.get(name) ?? new Intl.DateTimeFormat(tag(), options);
  formats.set(name, made);
  return made.format(at);
}

/** Whole days between the calendar days of two times: 0 is the same day, 1 is the day before `now`. */
function daysBefore(at: number, now: number): number {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / DAY);
}
const sameYear = (at: number, now: number): boolean => new Date(at).getFullYear() === new Date(now).getFullYear();

/** 10:24 */
export const clock = (at: number): string => format(at, { hour: '2-digit', minute: '2-digit' });
/** 22 November 2026 */
export const date = (at: number): string => format(at, { dateStyle: 'long' });
/** 22 Nov 2026, 10:24 */
export const dateTime = (at: number): string => format(at, { dateStyle: 'medium', timeStyle: 'short' });

/** The day pill of a thread: Today, Yesterday, Sun, 22 Nov. */
export function day(at: number, now = Date.now()): string {
  const days = daysBefore(at, now);
  if (days === 0) return t('common.today');
  if (days === 1) return t('common.yesterday');
  return format(at, { weekday: 'short', day: 'numeric', month: 'short', ...(sameYear(at, now) ? {} : { year: 'numeric' }) });
}

/** The time in a list: the clock today, then the weekday, then the date. */
export function shortTime(at: number, now = Date.now()): string {
  const days = daysBefore(at, now);
  if (days <= 0) return clock(at);
  if (days === 1) return t('common.yesterday');
  if (days < 7) return format(at, { weekday: 'short' });
  return format(at, sameYear(at, now) ? { day: 'numeric', month: 'short' } : { year: 'numeric', month: 'numeric', day: 'numeric' });
}

/** now, 5 minutes ago, in 2 days. */
export function relative(at: number, now = Date.now()): string {
  const ms = at - now;
  const distance = Math.abs(ms);
  if (distance < MINUTE) return t('common.justNow');
  const units = [[365 * DAY, 'year'], [30 * DAY, 'month'], [7 * DAY, 'week'], [DAY, 'day'], [HOUR, 'hour'], [MINUTE, 'minute']] as const;
  const [size, unit] = units.find(([least]) => distance >= least) ?? [MINUTE, 'minute'];
  return new Intl.RelativeTimeFormat(tag(), { numeric: 'auto' }).format(Math.trunc(ms / size), unit);
}

/** A length: 1:05, 1:02:03. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
