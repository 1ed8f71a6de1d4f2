// Everything pages see, behind one door: `apply`. The same events in any order that the server allows give the same state.

import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { AssistantView, ContactRequest, Conversation, ConversationId, Entry, Key, Label, Me, UserId } from './protocol';
import type { Connection, Draft, Outgoing, To } from './model';
import { answeringOf, withPiece, type Piece } from './answers';
import { ConversationState } from './conversation';
import type { Event } from './events';
import { People } from './people';

/** The feed shows the newest notices. */
const FEED_ROWS = 100;

export class State {
  readonly people: People;
  readonly me = signal<Me | null>(null);
  readonly connection = signal<Connection>({ state: 'connecting', since: Date.now() });
  readonly ready = signal(false);
  readonly durable = signal(true);
  readonly labels = signal<readonly Label[] | null>(null);
  readonly assistants = signal<readonly AssistantView[]>([]);
  readonly requestsIn = signal<readonly ContactRequest[] | null>(null);
  readonly requestsOut = signal<readonly ContactRequest[] | null>(null);
  readonly requestsUnread = signal(0);
  readonly outgoing = signal<ReadonlyMap<Key, Outgoing>>(new Map());
  readonly progress = signal<ReadonlyMap<Key, number>>(new Map());
  private readonly all = signal<ReadonlyMap<ConversationId, ConversationState>>(new Map());
  private readonly byPeer = new Map<string, ConversationId>();
  /** Drafts of conversations that are not known yet. */
  private readonly drafts = new Map<ConversationId, Draft>();

  readonly conversations = computed(() => this.ordered());
  readonly feed = computed(() => this.feedNow());
  readonly unsent = computed(() => this.outgoing.value.size);
  readonly attention = computed(() => {
    let count = 0;
    let mentioned = false;
    for (const conversation of this.conversations.value) {
      if (!conversation.muted.value) count += conversation.unread.value || (conversation.markedUnread.value ? 1 : 0);
      if (conversation.mentions.value > 0) mentioned = true;
    }
    return { count, mentioned };
  });

  constructor(
    readonly user: UserId,
    readonly now: () => number,
    fetchUsers: (users: UserId[]) => void,
  ) {
    this.people = new People(fetchUsers);
  }

  /** One conversation, as it is now. */
  get(id: ConversationId): ConversationState | null {
    return this.all.peek().get(id) ?? null;
  }

  conversation(id: ConversationId): ReadonlySignal<ConversationState | null> {
    return computed(() => this.all.value.get(id) ?? null);
  }

  direct(user: UserId): ReadonlySignal<ConversationState | null> {
    return computed(() => {
      const known = this.all.value;
      const id = this.byPeer.get(user.toLowerCase());
      return id === undefined ? null : (known.get(id) ?? null);
    });
  }

  /** All of them, the feed and hidden ones too. */
  every(): ConversationState[] {
    return [...this.all.peek().values()];
  }

  apply(event: Event): void {
    batch(() => this.take(event));
  }

  private take(event: Event): void {
    if ('entry' in event) this.get(event.entry.conversation)?.takeEntry(event.entry.entry);
    else if ('conversation' in event) this.takeConversation(event.conversation);
    else if ('page' in event) this.get(event.page.conversation)?.takePage(event.page.entries, event.page.floor);
    else if ('receipt' in event) this.get(event.receipt.conversation)?.moveCursors(event.receipt.moved);
    else if ('inbox' in event) this.get(event.inbox.conversation)?.takeInbox(event.inbox);
    else if ('profiles' in event) this.people.takeProfiles(event.profiles);
    else if ('presence' in event) this.people.takePresence(event.presence);
    else if ('typing' in event) this.get(event.typing.conversation)?.takeTyping(event.typing.user, event.typing.active);
    else if ('piece' in event) this.takePiece(event.piece);
    else if ('answers' in event) {
      const conversation = this.get(event.answers.conversation);
      if (conversation) conversation.answers.value = event.answers.drafts.map(answeringOf);
    } else if ('outgoing' in event) this.takeOutgoing(event.outgoing);
    else if ('gone' in event) this.takeGone(event.gone);
    else if ('progress' in event) this.progress.value = new Map(this.progress.peek()).set(event.progress.key, event.progress.fraction);
    else if ('draft' in event) this.takeDraft(event.draft.conversation, event.draft.draft);
    else if ('reading' in event) this.get(event.reading.conversation)?.read(event.reading.seq);
    else this.takeOther(event);
  }

  private takeOther(event: Event): void {
    if ('me' in event) {
      this.me.value = event.me;
      this.people.takeProfiles([event.me.profile]);
    } else if ('contacts' in event) this.people.takeContacts(event.contacts.rows, event.contacts.whole);
    else if ('requests' in event) {
      (event.requests.sent ? this.requestsOut : this.requestsIn).value = event.requests.rows;
      if (!event.requests.sent) this.requestsUnread.value = event.requests.unread;
    } else if ('assistants' in event) this.assistants.value = event.assistants;
    else if ('labels' in event) this.labels.value = event.labels;
    else if ('members' in event) {
      const conversation = this.get(event.members.conversation);
      if (conversation) conversation.memberRows.value = event.members.members;
    } else if ('pins' in event) this.get(event.pins.conversation)?.takePins(event.pins.entries);
    else if ('connection' in event) this.connection.value = event.connection;
    else if ('ready' in event) this.ready.value = event.ready;
    else if ('durable' in event) this.durable.value = event.durable;
    else if ('cleared' in event) this.clear();
  }

  private takePiece(piece: Piece): void {
    const conversation = this.get(piece.conversation);
    if (conversation) conversation.answers.value = withPiece(conversation.answers.peek(), piece);
  }

  private takeConversation(record: Conversation): void {
    const held = this.get(record.id);
    if (held) return held.take(record);
    const made = new ConversationState(record, {
      me: this.user,
      people: this.people,
      now: this.now,
      progress: (key) => this.progress.value.get(key) ?? null,
    });
    made.draft.value = this.drafts.get(record.id) ?? null;
    if (record.kind === 'direct') this.byPeer.set((record.peer ?? this.user).toLowerCase(), record.id);
    this.all.value = new Map(this.all.peek()).set(record.id, made);
    made.outgoing.value = this.outgoingFor(made);
  }

  private takeOutgoing(item: Outgoing): void {
    const next = new Map(this.outgoing.peek()).set(item.key, item);
    this.outgoing.value = next;
    this.place(item.to);
  }

  private takeGone(key: Key): void {
    const next = new Map(this.outgoing.peek());
    const item = next.get(key);
    next.delete(key);
    this.outgoing.value = next;
    if (item) this.place(item.to);
  }

  private place(to: To): void {
    const id = 'conversation' in to ? to.conversation : this.byPeer.get(to.user.toLowerCase());
    const conversation = id === undefined ? null : this.get(id);
    if (conversation) conversation.outgoing.value = this.outgoingFor(conversation);
  }

  private outgoingFor(conversation: ConversationState): Outgoing[] {
    const { kind, peer } = conversation.meta.peek();
    const user = kind === 'direct' ? (peer ?? this.user).toLowerCase() : null;
    const here = ({ to }: Outgoing): boolean =>
      'conversation' in to ? to.conversation === conversation.id : to.user.toLowerCase() === user;
    return [...this.outgoing.peek().values()].filter(here).sort((a, b) => a.order - b.order);
  }

  private takeDraft(id: ConversationId, draft: Draft | null): void {
    if (draft) this.drafts.set(id, draft);
    else this.drafts.delete(id);
    const conversation = this.get(id);
    if (conversation) conversation.draft.value = draft;
  }

  private clear(): void {
    this.all.value = new Map();
    this.byPeer.clear();
    this.people.clear();
    this.labels.value = this.requestsIn.value = this.requestsOut.value = null;
    this.requestsUnread.value = 0;
    this.ready.value = false;
  }

  private ordered(): readonly ConversationState[] {
    const shown = [...this.all.value.values()].filter(({ meta }) => meta.value.kind !== 'feed' && !meta.value.inbox.hidden);
    const at = (conversation: ConversationState): number =>
      Math.max(conversation.meta.value.at, conversation.outgoing.value.at(-1)?.at ?? 0);
    return shown.sort(
      (a, b) => Number(b.pinned.value) - Number(a.pinned.value) || at(b) - at(a) || b.id - a.id,
    );
  }

  private feedNow(): readonly Entry[] {
    const feed = [...this.all.value.values()].find(({ meta }) => meta.value.kind === 'feed');
    if (!feed) return [];
    void feed.version.value;
    const rows: Entry[] = [];
    for (const entry of feed.log.backwards()) if (rows.push(entry) >= FEED_ROWS) break;
    return rows;
  }
}
