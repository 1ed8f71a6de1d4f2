// One conversation: its record, the piece of its log that is held, cursors, what waits to be sent, and who types.

import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Conversation, ConversationId, Cursor, Entry, Inbox, MediaId, Member, Seq, UserId } from './protocol';
import type { Cursors, Draft, Last, Outgoing, Row } from './model';
import { withoutEnded, type Answering } from './answers';
import { Log } from './log';
import { names, rowOfEntry, rowOfOutgoing, type Reader } from './rows';
import type { People } from './people';
import type { ConversationMeta, ConversationView, Writable } from './store';
import { isMessage, isShown } from './words';

/** Somebody who types is forgotten after this time without another sign. */
export const TYPING_MS = 6_000;
/** Timers of browsers do not count further than 24 days. */
const LOOK_MS_MAX = 24 * 60 * 60_000;
const RANKS = { owner: 0, manager: 1, member: 2 } as const;

export interface Around {
  me: UserId;
  people: People;
  now(): number;
  /** How much of a file is on the server. */
  progress(key: string): number | null;
}

export class ConversationState implements ConversationView {
  readonly id: ConversationId;
  readonly meta: Signal<ConversationMeta>;
  readonly cursors: Signal<Cursors>;
  readonly draft = signal<Draft | null>(null);
  readonly typing = signal<readonly UserId[]>([]);
  readonly answers = signal<readonly Answering[]>([]);
  readonly log = new Log();
  /** Counts the changes of `log`. */
  readonly version = signal(0);
  readonly outgoing = signal<readonly Outgoing[]>([]);
  readonly memberRows = signal<readonly Member[] | null>(null);
  readonly pinned: ReadonlySignal<boolean>;
  private readonly pinEntries = signal<readonly Entry[] | null>(null);
  private readonly typers = new Map<UserId, ReturnType<typeof setTimeout>>();
  /** Read on this device, perhaps before the server knows. */
  private readHere: Seq = 0;

  /** Counts the mutes and silences that have run out. */
  private readonly ended = signal(0);

  readonly title: ReadonlySignal<string>;
  readonly avatar: ReadonlySignal<MediaId | null>;
  readonly last: ReadonlySignal<Last>;
  readonly unread = computed(() => this.meta.value.inbox.unread);
  readonly mentions = computed(() => this.meta.value.inbox.mentions);
  readonly markedUnread = computed(() => this.meta.value.inbox.marked_unread);
  readonly muted = computed(() => this.isAhead(this.meta.value.inbox.muted_until));
  readonly writable: ReadonlySignal<Writable>;
  readonly members: ReadonlySignal<readonly Member[] | null>;
  readonly pins: ReadonlySignal<readonly Row[] | null>;

  constructor(record: Conversation, private readonly around: Around) {
    const { entries, cursors, ...meta } = record;
    this.id = record.id;
    this.meta = signal(meta);
    this.cursors = signal(new Map(cursors.map((cursor) => [cursor.user, cursor])));
    this.log.raise(meta.inbox.floor);
    this.log.page(entries);
    this.pinned = computed(() => this.meta.value.inbox.pinned);
    this.title = computed(() => this.titleNow());
    this.avatar = computed(() => {
      const { group, peer } = this.meta.value;
      return group ? group.card.avatar : peer ? around.people.person(peer).value.avatar : null;
    });
    this.last = computed(() => this.lastNow());
    this.writable = computed(() => this.writableNow());
    effect(() => this.awaitEnd());
    this.members = computed(() => this.membersNow());
    this.pins = computed(() => this.pinEntries.value?.map((entry) => rowOfEntry(entry, this.reader())) ?? null);
  }

  /** Whose eyes rows of it are for. Subscribes to the cursors. */
  reader(): Reader {
    const { kind, peer } = this.meta.value;
    return { me: this.around.me, conversation: this.id, kind, peer, cursors: this.cursors.value };
  }

  /** The rows of what waits to be sent here. */
  waiting(): Row[] {
    return this.outgoing.value.map((item) => rowOfOutgoing(item, this.id, this.around.me, this.around.progress(item.key)));
  }

  // --- What happens ---

  /** The record as a page or an answer tells it. */
  take(record: Conversation): void {
    const { entries, cursors, ...meta } = record;
    batch(() => {
      const held = this.meta.peek();
      if (meta.changed >= held.changed) {
        const inbox = held.inbox.lsn > meta.inbox.lsn ? held.inbox : meta.inbox;
        const newer = held.head > meta.head ? { head: held.head, head_ordinal: held.head_ordinal, at: held.at } : {};
        this.meta.value = { ...meta, inbox, ...newer };
      }
      this.moveCursors(cursors);
      this.log.raise(meta.inbox.floor);
      this.log.page(entries);
      this.version.value += 1;
      this.keepReading();
    });
  }

  takePage(entries: readonly Entry[], floor: Seq): void {
    this.log.raise(floor);
    this.log.page(entries);
    this.version.value += 1;
  }

  /** A live entry. */
  takeEntry(entry: Entry): void {
    batch(() => {
      if (this.log.put(entry)) this.version.value += 1;
      this.stopTyping(entry.author);
      this.answers.value = withoutEnded(this.answers.peek(), entry);
      const held = this.meta.peek();
      if (entry.seq <= held.head) return;
      const mine = entry.author === this.around.me;
      const added = Math.max(0, entry.ordinal - held.head_ordinal);
      const named = isMessage(entry.body) && names(entry.body, this.around.me);
      const inbox: Inbox = {
        ...held.inbox,
        unread: mine ? 0 : held.inbox.unread + added,
        mentions: mine ? 0 : held.inbox.mentions + (named ? 1 : 0),
        hidden: held.inbox.hidden && added === 0,
      };
      if (mine) this.readHere = Math.max(this.readHere, entry.seq);
      this.meta.value = { ...held, head: entry.seq, head_ordinal: entry.ordinal, at: entry.at, inbox };
    });
  }

  takeInbox(inbox: Inbox): void {
    batch(() => {
      const held = this.meta.peek();
      if (inbox.lsn < held.inbox.lsn) return;
      this.meta.value = { ...held, inbox };
      if (this.log.raise(inbox.floor)) this.version.value += 1;
      this.keepReading();
    });
  }

  /** Everything up to `seq` was read here. */
  read(seq: Seq): void {
    if (seq <= this.readHere) return;
    this.readHere = seq;
    this.keepReading();
  }

  /** How far it was read here, when the server does not know it yet. */
  get readAhead(): Seq | null {
    return this.readHere > this.meta.peek().inbox.read ? this.readHere : null;
  }

  moveCursors(moved: readonly Cursor[]): void {
    if (moved.length === 0) return;
    const next = new Map(this.cursors.peek());
    for (const { user, delivered, read } of moved) {
      const held = next.get(user);
      const furthest = delivered === null && !held?.delivered ? null : Math.max(delivered ?? 0, held?.delivered ?? 0);
      next.set(user, { user, delivered: furthest, read: Math.max(read, held?.read ?? 0) });
    }
    this.cursors.value = next;
  }

  takePins(entries: readonly Entry[]): void {
    this.pinEntries.value = entries;
  }

  get pinsWanted(): boolean {
    return this.pinEntries.peek() !== null;
  }

  takeTyping(user: UserId, active: boolean): void {
    if (user === this.around.me) return;
    this.stopTyping(user);
    if (!active) return;
    this.typers.set(user, setTimeout(() => this.stopTyping(user), TYPING_MS));
    this.typing.value = [...this.typers.keys()];
  }

  private stopTyping(user: UserId): void {
    const timer = this.typers.get(user);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.typers.delete(user);
    this.typing.value = [...this.typers.keys()];
  }

  /** What was read here counts, although the record may not know it yet. */
  private keepReading(): void {
    const held = this.meta.peek();
    if (this.readHere <= held.inbox.read) return;
    const entry = this.log.get(this.readHere);
    const unread = this.readHere >= held.head ? 0 : entry ? Math.min(held.inbox.unread, held.head_ordinal - entry.ordinal) : held.inbox.unread;
    const mentions = unread === 0 ? 0 : Math.min(held.inbox.mentions, this.mentionsAbove(this.readHere));
    if (unread === held.inbox.unread && mentions === held.inbox.mentions) return;
    this.meta.value = { ...held, inbox: { ...held.inbox, unread, mentions } };
  }

  private mentionsAbove(seq: Seq): number {
    let count = 0;
    for (const entry of this.log.backwards()) {
      if (entry.seq <= seq) break;
      if (entry.author !== this.around.me && isMessage(entry.body) && names(entry.body, this.around.me)) count += 1;
    }
    return count;
  }

  // --- What is shown ---

  private titleNow(): string {
    const { title, peer, kind } = this.meta.value;
    if (kind === 'direct') return this.around.people.person(peer ?? this.around.me).value.name;
    if (kind === 'assistant') return title ?? this.around.people.person(peer ?? '').value.name;
    return title ?? '';
  }

  private lastNow(): Last {
    void this.version.value;
    const waiting = this.waiting().at(-1);
    if (waiting) return waiting;
    for (const entry of this.log.backwards()) if (isShown(entry.body)) return rowOfEntry(entry, this.reader());
    return null;
  }

  /** Whether a time is still to come. Subscribes to its coming. */
  private isAhead(until: number | null): boolean {
    void this.ended.value;
    return (until ?? 0) > this.around.now();
  }

  /** Looks again when the next mute or silence has run out: nobody says so. */
  private awaitEnd(): (() => void) | undefined {
    void this.ended.value;
    const { inbox, group } = this.meta.value;
    const now = this.around.now();
    const ends = [inbox.muted_until ?? 0, group?.silenced_until ?? 0].filter((until) => until > now);
    if (ends.length === 0) return undefined;
    const timer = setTimeout(() => { this.ended.value += 1; }, Math.min(...ends.map((until) => until - now), LOOK_MS_MAX));
    return () => clearTimeout(timer);
  }

  private writableNow(): Writable {
    const { inbox, group, role, peer, kind } = this.meta.value;
    if (kind === 'feed') return 'service';
    if (inbox.gone) return 'gone';
    if (group?.dissolved) return 'dissolved';
    if (group?.muted && role === 'member') return 'muted';
    if (this.isAhead(group?.silenced_until ?? null)) return 'silenced';
    const person = peer ? this.around.people.person(peer).value : null;
    if (person?.deleted) return 'deleted';
    return person?.kind === 'service' ? 'service' : 'open';
  }

  private membersNow(): readonly Member[] | null {
    const rows = this.memberRows.value;
    if (!rows) return null;
    const name = (member: Member): string => member.alias ?? this.around.people.person(member.user).value.name;
    return [...rows].sort((a, b) => RANKS[a.role] - RANKS[b.role] || name(a).localeCompare(name(b)));
  }
}
