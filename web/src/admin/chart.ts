// The maths of the small charts: where a line goes in a box of 100 by 100, with the oldest at the left.

/** What is drawn: when each value was, and the time at the left and right edge. */
export interface Span {
  at: readonly number[];
  from: number;
  to: number;
  /** Without a value for longer than this, the line has a gap. */
  gapMs: number;
}

const SIDE = 100;
const round = (value: number): number => Math.round(value * 100) / 100;

/** Where a chart may end at its top, times a power of ten: near enough that the line uses the room, far enough apart that it seldom jumps. */
const TOPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The value at the top of a chart, at least as much as the highest. */
export function topOf(values: readonly number[]): number {
  const highest = Math.max(0, ...values);
  if (highest === 0) return 1;
  const size = 10 ** Math.floor(Math.log10(highest));
  return size * (TOPS.find((step) => step * size >= highest) ?? 10);
}

/** The places of those who are inside, by their index. */
function* inside({ at, from, to }: Span): Generator<number> {
  for (let index = 0; index < at.length; index += 1) if (at[index]! >= from && at[index]! <= to) yield index;
}

/** The line as an SVG path, and the same with the ground below it. */
export function linesOf(values: readonly number[], span: Span): { line: string; area: string } {
  const top = topOf(values);
  const runs: [number, number][][] = [];
  let before = -Infinity;
  for (const index of inside(span)) {
    const at = span.at[index]!;
    if (at - before > span.gapMs) runs.push([]);
    before = at;
    runs.at(-1)!.push([round(((at - span.from) / (span.to - span.from)) * SIDE), round(SIDE - (Math.max(0, values[index] ?? 0) / top) * SIDE)]);
  }
  const path = (run: [number, number][]): string => `M${run.map(([x, y]) => `${x} ${y}`).join('L')}`;
  return {
    // A single value is a dot: a line of no length with round ends.
    line: runs.map((run) => (run.length === 1 ? `${path(run)}h0` : path(run))).join(''),
    area: runs.map((run) => `${path(run)}V${SIDE}H${run[0]![0]}Z`).join(''),
  };
}

/** The index of the value that is nearest to a place between the edges (0 to 1). */
export function nearest(span: Span, place: number): number | null {
  const wanted = span.from + place * (span.to - span.from);
  let best: number | null = null;
  for (const index of inside(span)) if (best === null || Math.abs(span.at[index]! - wanted) < Math.abs(span.at[best]! - wanted)) best = index;
  return best;
}
