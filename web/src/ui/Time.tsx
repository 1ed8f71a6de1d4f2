import { signal } from '@preact/signals';
import { clock, dateTime, relative, shortTime } from '../i18n';

const STEP_MS = 30_000;
/** The time now, in steps of half a minute: what shows "5 minutes ago" reads it. */
export const now = signal(Date.now());
if (typeof window !== 'undefined') setInterval(() => { now.value = Date.now(); }, STEP_MS);

/** A time for people, in the device's zone; the whole of it as a tooltip. */
export function Time({ at, kind = 'relative' }: { at: number; kind?: 'relative' | 'short' | 'clock' | 'full' }) {
  const words = kind === 'clock' ? clock(at) : kind === 'full' ? dateTime(at) : kind === 'short' ? shortTime(at, now.value) : relative(at, now.value);
  return <time dateTime={new Date(at).toISOString()} title={dateTime(at)}>{words}</time>;
}
