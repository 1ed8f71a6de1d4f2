// The maths of the message window: at most ROWS_MAX rows are on the page, and what the reader looks at does not move.

import type { Seq } from './protocol';

/** The most rows of entries in a thread; waiting messages come below. */
export const ROWS_MAX = 160;
/** How many rows one step up or down adds. */
export const PAGE_ROWS = 50;
/** Nearer to the end than this, the reader is taken along by new messages. */
export const STICK_PX = 24;

/** A piece of the log: from `lo` to `hi`; no `hi` means that it follows the end. */
export interface Window {
  lo: Seq;
  hi: Seq | null;
}

/** What a window stands on: a piece without holes, and which of its entries have a row. */
export interface Ground {
  lo: Seq;
  hi: Seq;
  shown(seq: Seq): boolean;
}

/** Goes from `from` (which counts) over `count` rows. Gives the seq of the last of them, or the end of the ground. */
function walk(ground: Ground, from: Seq, step: 1 | -1, count: number): Seq {
  let rows = 0;
  let seq = from;
  for (; seq >= ground.lo && seq <= ground.hi; seq += step) {
    if (ground.shown(seq)) rows += 1;
    if (rows === count) return seq;
  }
  return seq - step;
}

const end = (ground: Ground, window: Window): Seq => Math.min(window.hi ?? ground.hi, ground.hi);

/** The seqs of the rows of a window, at most ROWS_MAX; of a window that follows the end the newest. */
export function rowsOf(ground: Ground, window: Window): Seq[] {
  const rows: Seq[] = [];
  for (let seq = end(ground, window); seq >= Math.max(window.lo, ground.lo) && rows.length < ROWS_MAX; seq -= 1) {
    if (ground.shown(seq)) rows.push(seq);
  }
  return rows.reverse();
}

/** The window at the end. */
export function latest(ground: Ground): Window {
  return { lo: walk(ground, ground.hi, -1, PAGE_ROWS), hi: null };
}

/** The window with `seq` in the middle. */
export function around(ground: Ground, seq: Seq): Window {
  const lo = walk(ground, seq, -1, PAGE_ROWS);
  const hi = walk(ground, seq, 1, PAGE_ROWS);
  return { lo, hi: hi >= ground.hi ? null : hi };
}

/** One page further up. Rows that are too many go at the bottom. */
export function up(ground: Ground, window: Window, first: Seq): Window {
  const lo = first > ground.lo ? walk(ground, first - 1, -1, PAGE_ROWS) : ground.lo;
  const furthest = walk(ground, lo, 1, ROWS_MAX);
  const hi = end(ground, window);
  return { lo, hi: furthest < hi ? furthest : window.hi };
}

/** One page further down. Rows that are too many go at the top. */
export function down(ground: Ground, window: Window): Window {
  if (window.hi === null) return window;
  const hi = walk(ground, Math.min(window.hi + 1, ground.hi), 1, PAGE_ROWS);
  const lo = Math.max(window.lo, walk(ground, hi, -1, ROWS_MAX));
  return { lo, hi: hi >= ground.hi ? null : hi };
}

// --- Holding still ----------------------------------------------------------------------------------------------------

/** A row as it lies in the scrolled content. */
export interface Placed {
  id: string;
  top: number;
  height: number;
}

/** The row that must not move, and how far it is from the top of the view. */
export interface Anchor {
  id: string;
  offset: number;
}

/** The first row that can be seen. */
export function anchorOf(rows: Iterable<Placed>, scrollTop: number): Anchor | null {
  for (const row of rows) if (row.top + row.height > scrollTop) return { id: row.id, offset: row.top - scrollTop };
  return null;
}

/** Where to scroll so that the anchor is where it was; none when it is gone or did not move. */
export function scrollTopFor(anchor: Anchor, rows: Iterable<Placed>, scrollTop: number): number | null {
  for (const row of rows) {
    if (row.id !== anchor.id) continue;
    const wanted = row.top - anchor.offset;
    return Math.abs(wanted - scrollTop) < 1 ? null : wanted;
  }
  return null;
}

/** Whether the reader is at the end and wants to see what comes. */
export const sticks = (view: { scrollTop: number; clientHeight: number; scrollHeight: number }): boolean =>
  view.scrollHeight - view.scrollTop - view.clientHeight <= STICK_PX;
