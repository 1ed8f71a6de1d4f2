import { describe, expect, it } from 'vitest';
import { anchorOf, around, down, latest, PAGE_ROWS, ROWS_MAX, rowsOf, scrollTopFor, sticks, up, type Ground } from '../../../src/core/window';
import { seeded } from './fake';

const ground = (lo: number, hi: number, shown: (seq: number) => boolean = () => true): Ground => ({ lo, hi, shown });

describe('the window', () => {
  it('begins with the newest page and follows the end', () => {
    const log = ground(1, 500);
    const window = latest(log);
    expect(rowsOf(log, window)).toEqual(Array.from({ length: PAGE_ROWS }, (_, at) => 500 - PAGE_ROWS + 1 + at));
    expect(rowsOf(ground(1, 502), window).at(-1)).toBe(502);
  });

  it('never has too many rows, also when much is said', () => {
    const window = latest(ground(1, 500));
    const rows = rowsOf(ground(1, 900), window);
    expect(rows).toHaveLength(ROWS_MAX);
    expect(rows.at(-1)).toBe(900);
  });

  it('reaches every row both ways, whatever is not shown', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const random = seeded(seed);
      const hidden = new Set(Array.from({ length: 400 }, () => 1 + Math.floor(random() * 900)));
      const log = ground(1, 900, (seq) => !hidden.has(seq));
      const all = Array.from({ length: 900 }, (_, at) => at + 1).filter((seq) => !hidden.has(seq));
      const met = new Set<number>();
      let window = latest(log);
      for (let step = 0; step < 40; step += 1) {
        const rows = rowsOf(log, window);
        expect(rows.length).toBeLessThanOrEqual(ROWS_MAX);
        rows.forEach((seq) => met.add(seq));
        const next = up(log, window, rows[0]!);
        // What was at the top is still there: the reader does not lose the row in front of them.
        if (rows[0] !== all[0]) expect(rowsOf(log, next)).toContain(rows[0]);
        window = next;
      }
      expect([...met].sort((a, b) => a - b)).toEqual(all);
      expect(window.hi).not.toBeNull();
      for (let step = 0; step < 40; step += 1) window = down(log, window);
      expect(window.hi).toBeNull();
      expect(rowsOf(log, window).at(-1)).toBe(all.at(-1));
    }
  });

  it('opens around a row', () => {
    const log = ground(1, 1_000);
    const rows = rowsOf(log, around(log, 400));
    expect(rows).toContain(400);
    expect(rows.indexOf(400)).toBe(PAGE_ROWS - 1);
    expect(around(log, 995).hi).toBeNull();
  });

  it('is empty where nothing is', () => {
    expect(rowsOf(ground(1, 0), latest(ground(1, 0)))).toEqual([]);
  });
});

describe('holding still', () => {
  const placed = (ids: string[], from = 0) => ids.map((id, at) => ({ id, top: from + at * 40, height: 40 }));

  it('keeps the first row that is seen where it is when rows come above', () => {
    const anchor = anchorOf(placed(['a', 'b', 'c', 'd']), 50)!;
    expect(anchor).toEqual({ id: 'b', offset: -10 });
    expect(scrollTopFor(anchor, placed(['x', 'y', 'a', 'b', 'c']), 50)).toBe(130);
  });

  it('does not touch the scroller when nothing moved or the row is gone', () => {
    const anchor = anchorOf(placed(['a', 'b']), 10)!;
    expect(scrollTopFor(anchor, placed(['a', 'b']), 10)).toBeNull();
    expect(scrollTopFor(anchor, placed(['z']), 10)).toBeNull();
  });

  it('takes along only who is at the end', () => {
    expect(sticks({ scrollTop: 976, clientHeight: 500, scrollHeight: 1_500 })).toBe(true);
    expect(sticks({ scrollTop: 975, clientHeight: 500, scrollHeight: 1_500 })).toBe(false);
  });
});
