// Tells what happened once and in order. The log of each conversation is the truth: a pointer says how far it was told, and what is
// missing below something newer is fetched before anything above it is told. So nothing need be remembered of what waits.

import type { Event } from '../../../web/src/core/events';
import type { Conversation, ConversationId, Entry, Lsn, Seq } from '../../../web/src/core/protocol';
import type { State } from '../../../web/src/core/state';
import { isMessage, textOf } from '../../../web/src/core/words';
import type { ClientEvent, InConversation } from './events';

/** A page of history. */
const PAGE = 200;
/** After a page that could not be had. */
const AGAIN_MS = 1_000;

export interface TellerWorld {
  tell(event: ClientEvent): void;
  /** There is no room for more now; `resume` says when there is again. */
  full(): boolean;
  /** Fetches entries; they come as a `page` event. */
  fetch(conversation: ConversationId, from: Seq, to: Seq): Promise<void>;
}

export class Teller {
  private readonly told = new Map<ConversationId, Seq>();
  private readonly fetching = new Set<ConversationId>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  /** The newest that was known when this client first knew everything: what came later is news. */
  private news: Lsn | null = null;
  private newest: Lsn = 0;

  constructor(
    private readonly state: State,
    private readonly backlog: 'unread' | 'new',
    private readonly world: TellerWorld,
  ) {}

  /** Takes what the core says. */
  apply(events: readonly Event[]): void {
    for (const event of events) {
      const [id, entries] = entriesOf(event);
      const log = id === null ? undefined : this.state.get(id)?.log;
      const before = entries.map(({ seq }) => log?.get(seq));
      if ('conversation' in event) this.begin(event.conversation);
      this.state.apply(event);
      for (const entry of entries) this.newest = Math.max(this.newest, entry.changed);
      if (id !== null) {
        this.changed(id, entries, before);
        this.follow(id);
      }
      if ('cleared' in event) this.clear();
      else if ('ready' in event && event.ready) this.news ??= this.newest;
    }
  }

  /** There is room again, or a connection. */
  resume(): void {
    for (const { id } of this.state.every()) this.follow(id);
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private clear(): void {
    this.told.clear();
    this.news = null;
    this.newest = 0;
  }

  /** Where a conversation that is new here starts. */
  private begin({ id, head, changed, inbox, entries }: Conversation): void {
    this.newest = Math.max(this.newest, changed);
    if (this.told.has(id)) return;
    let start = this.backlog === 'new' && this.news === null ? head : Math.min(inbox.read, head);
    if (this.news !== null) {
      for (const { seq, lsn } of [...entries].reverse()) {
        if (lsn <= this.news) break;
        start = Math.min(start, seq - 1);
      }
    }
    this.told.set(id, Math.max(start, inbox.floor - 1));
  }

  private changed(id: ConversationId, entries: readonly Entry[], before: readonly (Entry | undefined)[]): void {
    const log = this.state.get(id)?.log;
    entries.forEach(({ seq }, place) => {
      const held = before[place];
      const now = log?.get(seq);
      if (held && now && now !== held && seq <= (this.told.get(id) ?? 0)) this.world.tell({ type: 'changed', ...this.about(id, now) });
    });
  }

  /** Tells what follows without a hole, and has the hole fetched when there is one. */
  private follow(id: ConversationId): void {
    const conversation = this.state.get(id);
    const told = this.told.get(id);
    if (!conversation || told === undefined) return;
    const { log } = conversation;
    let at = Math.max(told, log.floor - 1);
    for (let next = log.get(at + 1); next && !this.world.full(); next = log.get(at + 1)) {
      at = next.seq;
      this.told.set(id, at);
      this.tell(id, next);
    }
    this.told.set(id, at);
    const { head } = conversation.meta.peek();
    if (at < head && !log.get(at + 1) && !this.world.full()) void this.fill(id, at + 1, Math.min(head, at + PAGE));
  }

  private async fill(id: ConversationId, from: Seq, to: Seq): Promise<void> {
    if (this.fetching.has(id)) return;
    this.fetching.add(id);
    try {
      await this.world.fetch(id, from, to);
      this.fetching.delete(id);
      const conversation = this.state.get(id);
      if (conversation && this.told.get(id) === from - 1 && conversation.log.floor <= from && !conversation.log.get(from)) this.skip(id, to);
      this.follow(id);
    } catch {
      this.fetching.delete(id);
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.follow(id);
      }, AGAIN_MS);
      this.timers.add(timer);
    }
  }

  /** The server has answered, and what is missing is not there: it cannot be had. */
  private skip(id: ConversationId, to: Seq): void {
    const above = this.state.get(id)?.log.ranges.find(([lo]) => lo > (this.told.get(id) ?? 0));
    this.told.set(id, Math.min(to, (above?.[0] ?? to + 1) - 1));
    this.world.tell({ type: 'missed', conversation: id });
  }

  private tell(id: ConversationId, entry: Entry): void {
    const about = this.about(id, entry);
    if ('pressed' in entry.body) {
      const { conversation, entry: seq, button } = entry.body.pressed;
      return this.world.tell({ type: 'press', conversation, seq, button, author: entry.author, notice: { conversation: id, entry } });
    }
    if (!isMessage(entry.body)) return this.world.tell({ type: 'notice', ...about });
    const words = textOf(entry.body);
    const me = this.state.user.toLowerCase();
    const mentionsMe = words !== null && (words.mention_all || words.mentions.some((user) => user.toLowerCase() === me));
    const text = 'answer' in entry.body ? entry.body.answer.text : 'post' in entry.body ? entry.body.post.text : words?.text ?? '';
    this.world.tell({ type: 'message', ...about, text, mentionsMe, command: commandIn(text) });
  }

  private about(conversation: ConversationId, entry: Entry): InConversation {
    const kind = this.state.get(conversation)?.meta.peek().kind ?? 'direct';
    return { conversation, kind, entry, author: entry.author, mine: entry.author === this.state.user };
  }
}

/** What a message that begins with `/` asks for. */
function commandIn(text: string): { name: string; args: string } | null {
  const [, name, args = ''] = /^\/([a-z0-9_-]{1,32})(?:\s+([\s\S]*))?$/.exec(text.trim()) ?? [];
  return name === undefined ? null : { name, args: args.trim() };
}

/** Where an event brings entries, and which. */
function entriesOf(event: Event): [ConversationId | null, readonly Entry[]] {
  if ('entry' in event) return [event.entry.conversation, [event.entry.entry]];
  if ('page' in event) return [event.page.conversation, event.page.entries];
  if ('conversation' in event) return [event.conversation.id, event.conversation.entries];
  return [null, []];
}
