import { expect, test } from 'vitest';
import { linesOf, nearest, topOf } from '../../../src/admin/chart';
import { joined } from '../../../src/admin/useHistory';

const span = { at: [0, 10, 20, 60, 70], from: 10, to: 70, gapMs: 30 };

test('the top of a chart is a round number that nothing goes beyond', () => {
  expect([[], [0], [0.4], [1], [1.1], [3], [7], [99], [101], [250]].map(topOf)).toEqual([1, 1, 0.4, 1, 1.5, 3, 8, 100, 150, 300]);
});

test('a line begins at its edge, has a gap where nothing was seen, and a ground below', () => {
  const { line, area } = linesOf([9, 0, 5, 10, 10], span);
  expect(line).toBe('M0 100L16.67 50M83.33 0L100 0');
  expect(area).toBe('M0 100L16.67 50V100H0ZM83.33 0L100 0V100H83.33Z');
  expect(linesOf([], { ...span, at: [] })).toEqual({ line: '', area: '' });
  expect(linesOf([5], { ...span, at: [70] }).line).toBe('M100 0h0');
});

test('who points between two sees the nearer, and nothing from before the edge', () => {
  expect([0, 0.1, 0.4, 0.95].map((place) => nearest(span, place))).toEqual([1, 2, 2, 4]);
  expect(nearest({ ...span, at: [] }, 0.5)).toBeNull();
});

test('what comes later goes behind, and an hour is kept', () => {
  const of = (at: number[]) => ({ every_ms: 10_000, at, connections: at, commands_per_second: at, commit_p99_us: at, commands_queued: at, queued_bytes: at, file_bytes: at });
  const all = joined(of(Array.from({ length: 360 }, (_, nth) => nth)), of([360, 361]));
  expect([all.at.length, all.at[0], all.file_bytes.at(-1)]).toEqual([360, 2, 361]);
});
