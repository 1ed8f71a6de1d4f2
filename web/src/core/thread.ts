// An open thread: the window over the log, and what the reader has seen.

import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Seq, Timestamp } from './protocol';
import type { Quote, Row } from './model';
import type { ConversationState } from './conversation';
import { Problem, problemOf } from './problem';
import { rowOfEntry } from './rows';
import type { Thread } from './store';
import * as win from './window';
import { isMessage, isShown } from './words';

/** Entries asked for at once. */
const PAGE_ENTRIES = 100;
/** A page may hold little that has a row (reactions, edits): so many are asked for one after another. */
const PAGES_MAX = 5;

/** What a thread asks of the rest. */
export interface ThreadWorld {
  history(from: Seq | null, to: Seq | null, limit: number): Promise<void>;
  entryAt(at: Timestamp): Promise<Seq>;
  /** The reader has seen everything up to here. */
  seen(seq: Seq): void;
  closed(): void;
}

export class ThreadState implements Thread {
  readonly loading = signal<'none' | 'up' | 'down' | 'around'>('none');
  readonly problem = signal<Problem | null>(null);
  readonly firstUnread = signal<Seq | null>(null);
  private readonly window = signal<win.Window>({ lo: 0, hi: null });
  private readonly seenTo = signal<Seq>(0);
  private readonly quotes = new Map<Seq, ReadonlySignal<Quote>>();
  /** The rows as they were given last. */
  private before: readonly Row[] = [];
  private readonly stop: () => void;

  constructor(readonly conversation: ConversationState, private readonly world: ThreadWorld, at?: Seq | 'unread') {
    const { inbox } = conversation.meta.peek();
    this.seenTo.value = inbox.read;
    this.window.value = win.latest(this.ground());
    // The piece at the end may begin, or become another, after the thread was opened.
    this.stop = effect(() => {
      void conversation.version.value;
      const window = this.window.peek();
      if (window.hi === null && (window.lo === 0 || window.lo < this.ground().lo)) this.window.value = win.latest(this.ground());
      if (this.firstUnread.peek() === null && inbox.unread > 0) this.firstUnread.value = this.findUnread(inbox.read);
    });
    if (typeof at === 'number') void this.jump(at);
    else if (at === 'unread' && inbox.unread > 0) void this.jump('unread');
    else void this.fillScreen();
  }

  readonly rows: ReadonlySignal<readonly Row[]> = computed(() => {
    void this.conversation.version.value;
    const window = this.window.value;
    const reader = this.conversation.reader();
    const found = win.rowsOf(this.ground(), window).map((seq) => rowOfEntry(this.conversation.log.get(seq)!, reader));
    const rows = window.hi === null ? found.concat(this.conversation.waiting()) : found;
    // Reading marks move with every message that is read: where no row became another, nothing is drawn.
    const same = rows.length === this.before.length && rows.every((row, place) => row === this.before[place]);
    return same ? this.before : (this.before = rows);
  });

  readonly atStart: ReadonlySignal<boolean> = computed(() => {
    void this.conversation.version.value;
    const ground = this.ground();
    const first = win.rowsOf(ground, this.window.value)[0];
    if (ground.lo > Math.max(1, this.conversation.meta.value.inbox.floor)) return ground.hi === 0;
    for (let seq = ground.lo; seq < (first ?? ground.lo); seq += 1) if (ground.shown(seq)) return false;
    return true;
  });

  readonly atEnd: ReadonlySignal<boolean> = computed(() => this.window.value.hi === null);

  readonly below: ReadonlySignal<number> = computed(() => {
    void this.conversation.version.value;
    const { head_ordinal, inbox } = this.conversation.meta.value;
    const seen = this.conversation.log.get(this.seenTo.value);
    return seen ? Math.max(0, Math.min(inbox.unread, head_ordinal - seen.ordinal)) : inbox.unread;
  });

  quote(seq: Seq): ReadonlySignal<Quote> {
    const held = this.quotes.get(seq);
    if (held) return held;
    const { conversation } = this;
    const made = computed<Quote>(() => {
      void conversation.version.value;
      const entry = conversation.log.get(seq);
      return { seq, row: entry ? rowOfEntry(entry, conversation.reader()) : null };
    });
    this.quotes.set(seq, made);
    if (!conversation.log.get(seq) && seq >= conversation.log.floor) void this.world.history(seq, seq, 1).catch(() => undefined);
    return made;
  }

  async pageUp(): Promise<void> {
    await this.load('up', async () => {
      const before = this.firstSeq();
      for (let page = 0; page < PAGES_MAX && this.rowsAbove(before) < win.PAGE_ROWS; page += 1) {
        const { lo } = this.ground();
        if (lo <= this.conversation.log.floor) break;
        await this.world.history(null, lo - 1, PAGE_ENTRIES);
        if (this.ground().lo >= lo) break;
      }
      this.window.value = win.up(this.ground(), this.window.peek(), before);
    });
  }

  async pageDown(): Promise<void> {
    if (this.window.peek().hi === null) return this.joinEnd();
    await this.load('down', async () => {
      const { hi } = this.ground();
      const window = this.window.peek();
      const head = this.conversation.meta.peek().head;
      if (hi - (window.hi ?? hi) < win.PAGE_ROWS && hi < head) await this.world.history(hi + 1, head, PAGE_ENTRIES);
      this.window.value = this.following(win.down(this.ground(), window));
    });
  }

  async jump(to: Seq | 'unread' | 'newest'): Promise<void> {
    const { log, meta } = this.conversation;
    if (to === 'newest') {
      this.window.value = { lo: 0, hi: null };
      this.window.value = win.latest(this.ground());
      return this.fillScreen();
    }
    const seq = Math.max(log.floor, to === 'unread' ? Math.min(meta.peek().head, meta.peek().inbox.read + 1) : to);
    await this.load('around', async () => {
      if (!log.get(seq)) {
        await this.world.history(null, seq, PAGE_ENTRIES / 2);
        await this.world.history(seq, Math.min(meta.peek().head, seq + PAGE_ENTRIES), PAGE_ENTRIES / 2);
      }
      const piece = log.rangeOf(seq);
      if (!piece) throw new Problem('not_found', 'This message is not there any more.');
      this.window.value = this.following(win.around(this.groundOf(piece), seq));
    });
    if (to === 'unread') this.firstUnread.value = this.findUnread(meta.peek().inbox.read) ?? this.firstUnread.peek();
  }

  async jumpToTime(at: Timestamp): Promise<void> {
    await this.jump(await this.world.entryAt(at));
  }

  seen(seq: Seq): void {
    if (seq > this.seenTo.peek()) this.seenTo.value = seq;
    this.world.seen(seq);
  }

  close(): void {
    this.stop();
    this.world.closed();
  }

  // --- The ground that the window stands on ---

  private ground(): win.Ground {
    const { log } = this.conversation;
    const { lo, hi } = this.window.peek();
    const piece = (hi === null ? null : (log.rangeOf(hi) ?? log.rangeOf(lo))) ?? log.ranges.at(-1);
    return this.groundOf(piece ?? [1, 0]);
  }

  private groundOf([lo, hi]: readonly [Seq, Seq]): win.Ground {
    const { log } = this.conversation;
    return {
      lo, hi,
      shown: (seq) => {
        const entry = log.get(seq);
        return entry !== undefined && isShown(entry.body);
      },
    };
  }

  /** A window at the end of a piece that is not the newest does not follow: more is below. */
  private following(window: win.Window): win.Window {
    if (window.hi !== null) return window;
    const piece = this.conversation.log.rangeOf(window.lo);
    return piece && piece[1] < this.conversation.log.head ? { lo: window.lo, hi: piece[1] } : window;
  }

  private firstSeq(): Seq {
    return win.rowsOf(this.ground(), this.window.peek())[0] ?? this.ground().hi + 1;
  }

  private rowsAbove(seq: Seq): number {
    const ground = this.ground();
    let rows = 0;
    for (let above = seq - 1; above >= ground.lo && rows < win.PAGE_ROWS; above -= 1) if (ground.shown(above)) rows += 1;
    return rows;
  }

  private async fillScreen(): Promise<void> {
    if (win.rowsOf(this.ground(), this.window.peek()).length < win.PAGE_ROWS / 2 && !this.atStart.peek()) await this.pageUp();
  }

  /** The newest piece is held, but the window lost it from sight. */
  private async joinEnd(): Promise<void> {
    const { head } = this.conversation.meta.peek();
    if (this.conversation.log.head < head) await this.load('down', () => this.world.history(null, head, PAGE_ENTRIES));
  }

  private findUnread(read: Seq): Seq | null {
    const { log } = this.conversation;
    const reader = this.conversation.reader();
    const piece = log.rangeOf(read + 1);
    for (let seq = read + 1; piece && seq <= piece[1]; seq += 1) {
      const entry = log.get(seq);
      if (entry && entry.author !== reader.me && isMessage(entry.body)) return seq;
    }
    return null;
  }

  /** One loading at a time. */
  private async load(what: 'up' | 'down' | 'around', loading: () => Promise<void>): Promise<void> {
    if (this.loading.peek() !== 'none' && what !== 'around') return;
    this.loading.value = what;
    this.problem.value = null;
    try {
      await loading();
    } catch (error) {
      this.problem.value = problemOf(error);
    } finally {
      this.loading.value = 'none';
    }
  }
}
