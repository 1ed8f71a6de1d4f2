// What is held of one conversation's log. Seqs have no gaps, so which pieces are whole follows from the seqs that are there.

import type { Entry, Seq } from './protocol';

/** A piece without holes: both ends belong to it. */
export type Range = readonly [lo: Seq, hi: Seq];

export class Log {
  private readonly held = new Map<Seq, Entry>();
  private pieces: Range[] = [];
  private lowest: Seq = 1;

  /** The pieces, in order. */
  get ranges(): readonly Range[] {
    return this.pieces;
  }

  /** The first entry that the reader may see. */
  get floor(): Seq {
    return this.lowest;
  }

  get size(): number {
    return this.held.size;
  }

  get(seq: Seq): Entry | undefined {
    return this.held.get(seq);
  }

  /** The newest seq that is held, or none. */
  get head(): Seq {
    return this.pieces.at(-1)?.[1] ?? 0;
  }

  /** The piece that a seq is in. */
  rangeOf(seq: Seq): Range | null {
    return this.pieces.find(([lo, hi]) => lo <= seq && seq <= hi) ?? null;
  }

  /** Takes an entry. Older never overwrites newer: of two versions the one with the higher `changed` stays. */
  put(entry: Entry): boolean {
    if (entry.seq < this.lowest) return false;
    const held = this.held.get(entry.seq);
    if (held && held.changed >= entry.changed) return false;
    this.held.set(entry.seq, entry);
    if (!held) this.cover(entry.seq);
    return true;
  }

  /**
   * Takes a page as `entries` and `changes` give it: the run that ends with its last entry, and before it entries that notices of
   * the run rewrote. Of those only the ones that are held matter; the others come as they are when they are fetched.
   */
  page(entries: readonly Entry[]): boolean {
    let changed = false;
    const start = runStart(entries);
    entries.forEach((entry, place) => {
      if (place >= start || this.held.has(entry.seq)) changed = this.put(entry) || changed;
    });
    return changed;
  }

  /** History below `floor` is gone. */
  raise(floor: Seq): boolean {
    if (floor <= this.lowest) return false;
    this.lowest = floor;
    for (const seq of this.held.keys()) if (seq < floor) this.held.delete(seq);
    this.pieces = this.pieces.flatMap(([lo, hi]) => (hi < floor ? [] : [[Math.max(lo, floor), hi] as const]));
    return true;
  }

  /** The hole below the newest piece, when there is something older. */
  newestHole(): Range | null {
    const newest = this.pieces.at(-1);
    const before = this.pieces.at(-2);
    return newest && before ? [before[1] + 1, newest[0] - 1] : null;
  }

  /** Entries from the newest to the oldest of the newest piece. */
  *backwards(): Generator<Entry> {
    const newest = this.pieces.at(-1);
    if (!newest) return;
    for (let seq = newest[1]; seq >= newest[0]; seq -= 1) yield this.held.get(seq)!;
  }

  private cover(seq: Seq): void {
    // From the end, because that is where almost everything happens.
    let place = this.pieces.length;
    while (place > 0 && this.pieces[place - 1]![0] > seq) place -= 1;
    const below = this.pieces[place - 1];
    const above = this.pieces[place];
    const joinsBelow = below !== undefined && below[1] === seq - 1;
    const joinsAbove = above !== undefined && above[0] === seq + 1;
    const joined: Range = [joinsBelow ? below[0] : seq, joinsAbove ? above[1] : seq];
    this.pieces.splice(joinsBelow ? place - 1 : place, Number(joinsBelow) + Number(joinsAbove), joined);
  }
}

/** Where the run without holes that ends with the last entry begins. */
export function runStart(entries: readonly Entry[]): number {
  let start = Math.max(0, entries.length - 1);
  while (start > 0 && entries[start - 1]!.seq === entries[start]!.seq - 1) start -= 1;
  return start;
}
