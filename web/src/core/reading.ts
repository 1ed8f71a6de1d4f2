// Small habits with a clock: reading marks, typing, drafts.

import type { ConversationId, Seq } from './protocol';
import type { Draft } from './model';

/** What is on the screen counts as read after this time, if somebody looks. */
export const READ_AFTER_MS = 1_000;
/** Reading marks of one conversation go at most so often. */
export const READ_EVERY_MS = 1_000;
export const TYPING_EVERY_MS = 3_000;
export const DRAFT_AFTER_MS = 400;
/** A draft younger than this may not be on the disk yet. */
export const DRAFT_SETTLES_MS = 5_000;

type Timer = ReturnType<typeof setTimeout>;

/** Turns "this is on the screen" into reading marks. */
export class Reading {
  private readonly seen = new Map<ConversationId, { seq: Seq; timer: Timer | null }>();
  private readonly told = new Map<ConversationId, number>();

  constructor(
    private readonly watched: () => boolean,
    private readonly now: () => number,
    private readonly tell: (conversation: ConversationId, seq: Seq) => void,
  ) {}

  /** The reader has everything up to `seq` on the screen. */
  see(conversation: ConversationId, seq: Seq): void {
    const held = this.seen.get(conversation);
    if (held && held.seq >= seq) {
      if (!held.timer) this.wait(conversation, held.seq);
      return;
    }
    if (held?.timer) this.seen.set(conversation, { seq, timer: held.timer });
    else this.wait(conversation, seq);
  }

  /** Somebody looks again: what is on the screen is being read from now on. */
  look(): void {
    for (const [conversation, { seq, timer }] of this.seen) if (!timer) this.wait(conversation, seq);
  }

  leave(conversation: ConversationId): void {
    const held = this.seen.get(conversation);
    if (held?.timer) clearTimeout(held.timer);
    this.seen.delete(conversation);
  }

  private wait(conversation: ConversationId, seq: Seq): void {
    const since = this.now() - (this.told.get(conversation) ?? -READ_EVERY_MS);
    const timer = setTimeout(() => this.due(conversation), Math.max(READ_AFTER_MS, READ_EVERY_MS - since));
    this.seen.set(conversation, { seq, timer });
  }

  private due(conversation: ConversationId): void {
    const held = this.seen.get(conversation);
    if (!held) return;
    this.seen.set(conversation, { seq: held.seq, timer: null });
    if (!this.watched()) return;
    this.told.set(conversation, this.now());
    this.tell(conversation, held.seq);
  }
}

/** Says that the user types, at most every 3 s. */
export class Typing {
  private readonly said = new Map<ConversationId, number>();

  constructor(private readonly now: () => number, private readonly tell: (conversation: ConversationId, active: boolean) => void) {}

  typing(conversation: ConversationId, active: boolean): void {
    const last = this.said.get(conversation);
    if (!active) {
      if (this.said.delete(conversation)) this.tell(conversation, false);
    } else if (last === undefined || this.now() - last >= TYPING_EVERY_MS) {
      this.said.set(conversation, this.now());
      this.tell(conversation, true);
    }
  }
}

/** Keeps what is being written, a moment after the last key. */
export class Drafts {
  private readonly waiting = new Map<ConversationId, { draft: Draft | null; timer: Timer }>();
  private readonly fresh = new Map<ConversationId, { draft: Draft | null; at: number }>();

  constructor(private readonly now: () => number, private readonly keep: (conversation: ConversationId, draft: Draft | null) => void) {}

  set(conversation: ConversationId, { text, reply_to, mentions }: Omit<Draft, 'at'>): void {
    const held = this.waiting.get(conversation);
    if (held) clearTimeout(held.timer);
    const draft = text.trim() === '' && reply_to === null ? null : { text, reply_to, mentions, at: this.now() };
    const timer = setTimeout(() => this.write(conversation), DRAFT_AFTER_MS);
    this.waiting.set(conversation, { draft, timer });
    this.fresh.set(conversation, { draft, at: this.now() });
    // What was sent is no draft any more, at once.
    if (!draft) this.write(conversation);
  }

  /** The page or its user goes: everything is kept now. Answers with what may not be on the disk yet. */
  flush(): Map<ConversationId, Draft | null> {
    for (const conversation of [...this.waiting.keys()]) this.write(conversation);
    const young = [...this.fresh].filter(([, { at }]) => this.now() - at < DRAFT_SETTLES_MS);
    this.fresh.clear();
    return new Map(young.map(([conversation, { draft }]) => [conversation, draft]));
  }

  private write(conversation: ConversationId): void {
    const held = this.waiting.get(conversation);
    if (!held) return;
    clearTimeout(held.timer);
    this.waiting.delete(conversation);
    this.keep(conversation, held.draft);
  }
}
