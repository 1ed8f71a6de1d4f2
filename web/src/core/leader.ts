// What the tab that leads does: it has the connection, follows the log, fills holes, keeps everything on the disk, sends what waits,
// and tells the other tabs.

import type {
  Answer, Changes, ClientFrame, Command, CommandResult, Contact, Conversation, ConversationId, EndReason, Entry, Key, Lsn,
  MediaInfo, Member, Query, Refused, Seq, ServerFrame, UserId, Welcome,
} from './protocol';
import type { Connection, Outgoing } from './model';
import { follows, type Piece } from './answers';
import { noChanges, type Db, type Place } from './db';
import type { Event } from './events';
import { Keeper } from './keeper';
import { newKey, type ServerClock } from './key';
import type { LastWords } from './lastwords';
import { Outbox } from './outbox';
import { Problem } from './problem';
import { Socket, type Outcome, type SocketWorld } from './socket';
import type { State } from './state';
import { isMessage, kindOf, targetOf } from './words';

/** A hole of at most so many entries is filled at once; a longer one when somebody scrolls there. */
export const HOLE_MAX = 200;
/** What comes close together is told to the server, or asked for, once. */
const GATHER_MS = 250;
const SYNC_PAGE = 100;
const WATCH_SECONDS = 600;
const WATCH_MAX = 100;
/** A command that met a broken connection is sent again under its key for so long. */
const PATIENCE_MS = 15_000;

/** What another tab, or this one, asks of the one that leads. */
export type Call =
  | { submit: { command: Command; key: Key } }
  | { query: Query }
  | { history: { conversation: ConversationId; from: Seq | null; to: Seq | null; limit: number } }
  | { tell: ClientFrame }
  | { event: Event }
  | { enqueue: Outgoing }
  | { retry: Key }
  | { discard: Key }
  | { watch: UserId[] }
  /** Whether somebody looks at the tab. */
  | { watched: boolean }
  | { load: Loadable }
  | { hurry: null }
  | { snapshot: null };
export type Loadable =
  | { contacts: null } | { blocked: null } | { requests: null } | { me: null } | { labels: null }
  | { assistants: null } | { answers: ConversationId } | { members: ConversationId } | { pins: ConversationId } | { conversation: ConversationId };

export interface LeaderWorld extends Omit<SocketWorld, 'resume'> {
  clock: ServerClock;
  /** Whether anything can be kept. */
  openDb(user: UserId): Promise<Db>;
  lastWords: Pick<LastWords, 'of' | 'forget'>;
}

export interface LeaderEvents {
  /** To be applied in all tabs. */
  emit(events: Event[]): void;
  /** A new message of somebody else, while nobody looks at any tab. */
  message(conversation: ConversationId, entry: Entry): void;
  ended(reason: EndReason, by: string | null): void;
  refused(refused: Refused): void;
  welcome(welcome: Welcome): void;
}

/** Notices after which the record of a group is asked for anew. */
const TO_ASK = new Set([
  'members_added', 'member_removed', 'member_left', 'member_joined', 'renamed', 'rules_changed', 'card_changed', 'manager_changed', 'transferred',
  'dissolved', 'group_muted', 'member_silenced', 'alias_changed', 'group_created',
]);

export class Leader {
  private readonly socket: Socket;
  private readonly outbox: Outbox;
  private db: Db | null = null;
  private keeper: Keeper | null = null;
  private place: Place | null = null;
  /** From the last page of a sync on, live frames move the place. */
  private live = false;
  private readonly uploads = new Map<Key, AbortController>();
  private readonly delivered = new Map<ConversationId, Seq>();
  private readonly refreshing = new Set<ConversationId>();
  private readonly filling = new Set<ConversationId>();
  private readonly watchers = new Map<string, UserId[]>();
  private readonly looking = new Set<string>();
  private gather: ReturnType<typeof setTimeout> | null = null;
  private watching: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;
  private loaded: Promise<void> = Promise.resolve();
  private readonly online = new Set<() => void>();

  constructor(
    private readonly user: UserId,
    private readonly state: State,
    private readonly world: LeaderWorld,
    private readonly events: LeaderEvents,
  ) {
    this.socket = new Socket(
      { ...world, open: () => world.open(), resume: () => this.place },
      {
        welcome: (welcome, resumed) => this.welcome(welcome, resumed),
        frame: (frame) => this.frame(frame),
        state: (state) => this.connection(state),
        refused: (refused) => this.events.refused(refused),
      },
    );
    this.outbox = new Outbox({
      now: () => world.now(),
      submit: (command, key) => this.socket.submit(command, key),
      upload: (item) => this.upload(item),
      keep: (item) => this.keep(item),
      forget: async (key) => this.db?.deleteOutgoing(key),
      changed: (item) => this.emit({ outgoing: item }),
      gone: (item, outcome) => this.sent(item, outcome),
      newKey: () => newKey(world.clock.now()),
    });
  }

  /** Loads what was kept, then connects. */
  start(): void {
    this.loaded = this.load();
    void this.loaded.then(() => {
      if (!this.stopped) this.socket.start();
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.socket.stop();
    this.outbox.stop();
    for (const upload of this.uploads.values()) upload.abort();
    if (this.gather) clearTimeout(this.gather);
    if (this.watching) clearTimeout(this.watching);
    await this.loaded;
    await this.keeper?.stop();
    this.db?.close();
  }

  hurry(): void {
    this.socket.hurry();
  }

  left(tab: string): void {
    this.looking.delete(tab);
    if (this.watchers.delete(tab)) this.watch();
  }

  async serve(call: Call, tab: string): Promise<unknown> {
    await this.loaded;
    if ('submit' in call) return this.submit(call.submit.command, call.submit.key);
    if ('query' in call) return this.query(call.query);
    if ('history' in call) return this.history(call.history.conversation, call.history.from, call.history.to, call.history.limit);
    if ('tell' in call) return void this.socket.tell(call.tell);
    if ('event' in call) return this.emit(call.event);
    if ('enqueue' in call) return this.outbox.add(call.enqueue);
    if ('retry' in call) return this.outbox.retry(call.retry);
    if ('discard' in call) {
      this.uploads.get(call.discard)?.abort();
      return this.outbox.discard(call.discard);
    }
    if ('watch' in call) {
      this.watchers.set(tab, call.watch);
      return this.watch();
    }
    if ('watched' in call) {
      if (call.watched) this.looking.add(tab);
      else this.looking.delete(tab);
      return undefined;
    }
    if ('load' in call) return this.fetch(call.load);
    if ('hurry' in call) return this.hurry();
    return this.snapshot();
  }

  // --- What was kept ---

  private async load(): Promise<void> {
    try {
      this.db = await this.world.openDb(this.user);
      const last = this.world.lastWords.of(this.user);
      if (last.size > 0) await this.db.write({ ...noChanges(), drafts: last });
      this.world.lastWords.forget(this.user);
      const kept = await this.db.load();
      this.keeper = new Keeper(this.db, this.state, () => this.emit({ durable: false }));
      this.place = kept.place;
      const events: Event[] = [{ profiles: kept.profiles }];
      if (kept.me) events.push({ me: kept.me });
      if (kept.labels) events.push({ labels: kept.labels });
      if (kept.contacts.length > 0) events.push({ contacts: { rows: kept.contacts, whole: 'contacts' } });
      for (const { meta, cursors, read } of kept.conversations) {
        events.push({ conversation: { ...meta, cursors, entries: await this.db.entries(meta.id, null, 20) } });
        if (read) events.push({ reading: { conversation: meta.id, seq: read } });
      }
      for (const { conversation, draft } of kept.drafts) events.push({ draft: { conversation, draft } });
      if (kept.place) events.push({ ready: true });
      this.events.emit(events);
      this.outbox.load(kept.outbox);
    } catch {
      this.db = null;
      this.keeper = null;
      this.emit({ durable: false });
    }
  }

  /** A message is written down before it is shown. Without a database it lives as long as the page. */
  private async keep(item: Outgoing): Promise<void> {
    try {
      await this.db?.putOutgoing(item);
    } catch {
      throw new Problem('storage', 'This device has no room to keep the message; free some, then send it again.');
    }
  }

  /** Everything a tab that has just come needs. */
  private snapshot(): Event[] {
    const { state } = this;
    const events: Event[] = [{ connection: state.connection.peek() }, { durable: state.durable.peek() }];
    const me = state.me.peek();
    const labels = state.labels.peek();
    if (me) events.push({ me });
    if (labels) events.push({ labels: [...labels] });
    const contacts = state.people.contacts.peek();
    if (contacts) events.push({ contacts: { rows: [...contacts], whole: 'contacts' } });
    const requests = state.requestsIn.peek();
    if (requests) events.push({ requests: { sent: false, rows: [...requests], unread: state.requestsUnread.peek() } });
    for (const { id, meta, cursors, log, draft, answers } of state.every()) {
      const entries: Entry[] = [];
      for (const entry of log.backwards()) if (entries.push(entry) >= 20) break;
      events.push({ conversation: { ...meta.peek(), cursors: [...cursors.peek().values()], entries: entries.reverse() } });
      events.push({ draft: { conversation: id, draft: draft.peek() } });
      if (answers.peek().length > 0) events.push({ answers: { conversation: id, drafts: [...answers.peek()] } });
    }
    events.push({ assistants: [...state.assistants.peek()] });
    for (const item of this.outbox.all()) events.push({ outgoing: item });
    events.push({ ready: state.ready.peek() });
    return events;
  }

  // --- The log ---

  private connection(state: Connection['state']): void {
    if (this.stopped) return;
    if (state !== 'online') {
      this.live = false;
      this.outbox.setReady(false);
    }
    const held = this.state.connection.peek();
    // Trying again is no news: what counts is since when there is no connection.
    const since = held.state === 'online' || state === 'online' ? this.world.now() : held.since;
    if (held.state !== state) this.emit({ connection: { state, since } });
  }

  private welcome(welcome: Welcome, resumed: boolean): void {
    this.world.clock.learn(welcome.time);
    this.events.welcome(welcome);
    if (!resumed) {
      this.place = { epoch: welcome.epoch, cursor: 0 };
      this.sync();
    }
    this.watch();
  }

  private sync(): void {
    if (!this.place) return;
    this.live = false;
    this.socket.tell({ sync: { request: 0, ...this.place, limit: SYNC_PAGE } });
  }

  private frame(frame: ServerFrame): void {
    if ('changes' in frame) return this.changes(frame.changes);
    if ('outcome' in frame) return this.reached(frame.outcome.lsn);
    if ('entry' in frame) {
      const { conversation, entry } = frame.entry;
      this.entry(conversation, entry);
      return this.reached(entry.changed);
    }
    if ('inbox' in frame) {
      this.emit({ inbox: frame.inbox });
      return this.reached(frame.inbox.lsn);
    }
    if ('receipt' in frame) {
      this.emit({ receipt: { conversation: frame.receipt.conversation, moved: frame.receipt.moved } });
      return this.reached(frame.receipt.lsn);
    }
    if ('user' in frame) return this.emit({ profiles: [frame.user] });
    if ('presence' in frame) return this.emit({ presence: frame.presence });
    if ('typing' in frame) return this.emit({ typing: frame.typing });
    if ('draft' in frame) return this.piece(frame.draft);
    if ('lagging' in frame) return this.sync();
    if ('pong' in frame) return this.world.clock.learn(frame.pong.time);
    if ('kicked' in frame) return this.events.ended(frame.kicked.reason, frame.kicked.by);
    if ('restart' in frame) this.restart(frame.restart.epoch);
  }

  /** What an assistant writes. When pieces were lost, all of it is asked for. */
  private piece(piece: Piece): void {
    const held = this.state.get(piece.conversation)?.answers.peek();
    if (held && !follows(held, piece)) void this.fetch({ answers: piece.conversation }).catch(() => undefined);
    else this.emit({ piece });
  }

  /** The server's data is another one: what was kept of it goes, what was written here stays. */
  private restart(epoch: number): void {
    this.emit({ cleared: {} });
    void this.keeper?.clear();
    this.place = { epoch, cursor: 0 };
    for (const item of this.outbox.all()) this.emit({ outgoing: item });
    this.sync();
  }

  private reached(lsn: Lsn): void {
    if (!this.live || !this.place || lsn <= this.place.cursor) return;
    this.place = { ...this.place, cursor: lsn };
    this.keeper?.place(this.place);
  }

  private changes({ conversations, users, cursor, more }: Changes): void {
    const events: Event[] = conversations.map((conversation) => ({ conversation }));
    if (users.length > 0) events.push({ profiles: users });
    const news = conversations.map((record) => ({ record, head: this.state.get(record.id)?.meta.peek().head ?? null }));
    const first = this.place?.cursor === 0;
    this.emitAll(events);
    for (const { record, head } of news) this.conversationCame(record, first ? record.head : head);
    if (!this.place) return;
    this.place = { ...this.place, cursor };
    this.keeper?.place(this.place);
    if (more) return this.sync();
    this.live = true;
    if (!this.state.ready.peek()) this.emit({ ready: true });
    this.outbox.setReady(true);
    for (const resume of [...this.online]) resume();
    this.readAgain();
    this.state.people.wantAgain();
    for (const load of [{ me: null }, { contacts: null }, { requests: null }, { labels: null }, { assistants: null }] as Loadable[]) {
      void this.fetch(load).catch(() => undefined);
    }
  }

  /** What was read while the server could not hear it, or in the moment before it died. */
  private readAgain(): void {
    for (const { id, readAhead } of this.state.every()) {
      if (readAhead) this.socket.tell({ read: { conversation: id, seq: readAhead } });
    }
  }

  /** A record came by sync or question: its entries are looked at as live ones are. */
  private conversationCame(record: Conversation, head: Seq | null): void {
    this.fill(record.id);
    this.have(record);
    for (const entry of record.entries) {
      this.forOutbox(entry);
      if (head !== null && entry.seq > head) this.noted(record.id, entry);
    }
  }

  private entry(conversation: ConversationId, entry: Entry): void {
    if (!this.state.get(conversation)) return void this.refresh(conversation);
    const known = this.state.get(conversation)!.meta.peek().head;
    this.emit({ entry: { conversation, entry } });
    this.forOutbox(entry);
    if (entry.seq > known) this.noted(conversation, entry);
    this.fill(conversation);
    const target = targetOf(entry.body);
    const held = target === null ? undefined : this.state.get(conversation)?.log.get(target);
    if (held && held.changed < entry.lsn) void this.ask(conversation, target, target, 1).catch(() => undefined);
  }

  /** What came while this device was away is delivered now, also when it is the first time that it sees the conversation. */
  private have({ id, cursors, entries }: Conversation): void {
    const told = cursors.find(({ user }) => user === this.user)?.delivered ?? 0;
    const last = entries.findLast(({ author }) => author !== this.user);
    if (last && last.seq > told) this.delivering(id, last.seq);
  }

  private delivering(conversation: ConversationId, seq: Seq): void {
    this.delivered.set(conversation, Math.max(seq, this.delivered.get(conversation) ?? 0));
    this.soon();
  }

  private forOutbox(entry: Entry): void {
    if (entry.author === this.user && entry.key && this.outbox.has(entry.key)) void this.outbox.arrived(entry.key);
  }

  /** What follows from a new entry besides its being there. */
  private noted(conversation: ConversationId, entry: Entry): void {
    const { body, author } = entry;
    if (author !== this.user) {
      this.delivering(conversation, entry.seq);
      if (isMessage(body) && this.looking.size === 0) this.events.message(conversation, entry);
    }
    if (TO_ASK.has(kindOf(body))) {
      this.refreshing.add(conversation);
      this.soon();
    }
    const state = this.state.get(conversation);
    if (TO_ASK.has(kindOf(body)) && state?.memberRows.peek()) void this.fetch({ members: conversation }).catch(() => undefined);
    if ('entry_pinned' in body && state?.pinsWanted) void this.fetch({ pins: conversation }).catch(() => undefined);
    if ('contact_requested' in body || 'contact_answered' in body) {
      void this.fetch({ requests: null }).catch(() => undefined);
      void this.fetch({ contacts: null }).catch(() => undefined);
    } else if ('contacts_changed' in body) void this.contactsChanged(body.contacts_changed.users).catch(() => undefined);
    else if ('labels_changed' in body) void this.fetch({ labels: null }).catch(() => undefined);
  }

  private async contactsChanged(users: UserId[]): Promise<void> {
    if (users.length === 0 || users.length > 5) {
      await this.fetch({ contacts: null });
      return this.fetch({ blocked: null });
    }
    for (const user of users) {
      const answer = await this.socket.query({ contact: { user } });
      if ('contacts' in answer) this.emit({ contacts: { rows: answer.contacts.contacts, whole: null } });
    }
  }

  private soon(): void {
    this.gather ??= setTimeout(() => {
      this.gather = null;
      for (const [conversation, seq] of this.delivered) this.socket.tell({ delivered: { conversation, seq } });
      this.delivered.clear();
      for (const conversation of this.refreshing) void this.refresh(conversation);
      this.refreshing.clear();
    }, GATHER_MS);
  }

  /** A short hole below the newest piece is filled at once. */
  private fill(id: ConversationId): void {
    const hole = this.state.get(id)?.log.newestHole();
    if (!hole || hole[1] - hole[0] >= HOLE_MAX || this.filling.has(id)) return;
    this.filling.add(id);
    void this.ask(id, hole[0], hole[1], HOLE_MAX)
      .catch(() => undefined)
      .finally(() => this.filling.delete(id));
  }

  private async refresh(id: ConversationId): Promise<void> {
    await this.fetch({ conversation: id }).catch(() => undefined);
  }

  /** Entries of the history: from what is kept where that is whole, else from the server. */
  private async history(id: ConversationId, from: Seq | null, to: Seq | null, limit: number): Promise<void> {
    if (from === null && to !== null && this.db) {
      const kept = wholeBelow(await this.db.entries(id, to, limit), to);
      const floor = this.state.get(id)?.log.floor ?? 1;
      if (kept.length >= Math.min(limit, to - floor + 1) || (!this.socket.online && kept.length > 0)) {
        return this.emit({ page: { conversation: id, entries: kept, floor } });
      }
    }
    await this.ask(id, from, to, limit);
  }

  private async ask(conversation: ConversationId, from: Seq | null, to: Seq | null, limit: number): Promise<void> {
    const answer = await this.socket.query({ entries: { conversation, from, to, limit } });
    if (!('entries' in answer)) return;
    const { entries, floor } = answer.entries;
    this.emit({ page: { conversation, entries, floor } });
    for (const entry of entries) this.forOutbox(entry);
  }

  // --- Questions and commands ---

  private async query(query: Query): Promise<Answer> {
    const answer = await this.socket.query(query);
    if ('users' in answer) this.emit({ profiles: answer.users.users });
    else if ('found_users' in answer) this.emit({ profiles: answer.found_users.users });
    else if ('presences' in answer) this.emitAll(answer.presences.presences.map((presence) => ({ presence })));
    return answer;
  }

  /** A command is sent again under its key while it is not known what became of it. */
  private async submit(command: Command, key: Key): Promise<CommandResult> {
    const until = this.world.now() + PATIENCE_MS;
    for (;;) {
      try {
        const { result } = await this.socket.submit(command, key);
        await this.followUp(command, result);
        return result;
      } catch (error) {
        const unknown = error instanceof Problem && ['offline', 'timeout', 'unavailable'].includes(error.code);
        if (!unknown || this.world.now() > until || !(await this.back(until))) throw error;
      }
    }
  }

  /** Waits until there is a connection again, and says whether there is. */
  private back(until: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (there: boolean): void => {
        clearTimeout(timer);
        this.online.delete(resume);
        resolve(there);
      };
      const resume = (): void => done(true);
      const timer = setTimeout(() => done(this.live), Math.min(1_000, Math.max(0, until - this.world.now())));
      if (!this.live) this.online.add(resume);
    });
  }

  /** The session that asked gets no push of what it did: it looks at the outcome itself. */
  private async followUp(command: Command, result: CommandResult): Promise<void> {
    if ('appended' in result) await this.refresh(result.appended.conversation);
    else if ('conversation' in result) await this.refresh(result.conversation.conversation);
    else {
      const [fields] = Object.values(command) as [{ conversation?: ConversationId }];
      if (fields.conversation !== undefined) await this.refresh(fields.conversation);
    }
    if ('set_profile' in command || 'set_settings' in command || 'set_presence' in command) await this.fetch({ me: null });
    else if ('create_label' in command) await this.fetch({ labels: null });
    else if ('delete_all_contacts' in command) await this.fetch({ contacts: null });
    else if ('request_contact' in command) await this.fetch({ requests: null });
  }

  private async fetch(what: Loadable): Promise<void> {
    if ('conversation' in what) return this.fetchConversation(what.conversation);
    if ('contacts' in what) return this.fetchContacts(false);
    if ('blocked' in what) return this.fetchContacts(true);
    if ('members' in what) return this.fetchMembers(what.members);
    if ('requests' in what) {
      for (const sent of [false, true]) {
        const answer = await this.socket.query({ contact_requests: { sent, after: null, limit: 200 } });
        if (!('contact_requests' in answer)) continue;
        const { requests: rows, unread } = answer.contact_requests;
        this.emitAll([{ requests: { sent, rows, unread } }, { profiles: rows.map((row) => row.profile) }]);
      }
      return;
    }
    const query: Query = 'answers' in what ? { drafts: { conversation: what.answers } } : 'assistants' in what ? { assistants: {} } : 'pins' in what ? { pins: { conversation: what.pins } } : 'me' in what ? { me: {} } : { labels: {} };
    const answer = await this.socket.query(query);
    if ('me' in answer) this.emit({ me: answer.me });
    else if ('drafts' in answer) this.emit({ answers: { conversation: answer.drafts.conversation, drafts: answer.drafts.drafts } });
    else if ('assistants' in answer) this.emit({ assistants: answer.assistants.assistants });
    else if ('labels' in answer) this.emit({ labels: answer.labels.labels });
    else if ('entries' in answer) this.emit({ pins: { conversation: answer.entries.conversation, entries: answer.entries.entries } });
  }

  private async fetchConversation(id: ConversationId): Promise<void> {
    const answer = await this.socket.query({ conversation: { conversation: id } });
    if (!('conversation' in answer)) return;
    const record = answer.conversation.conversation;
    const head = this.state.get(id)?.meta.peek().head ?? 0;
    this.emit({ conversation: record });
    this.conversationCame(record, head);
  }

  private async fetchContacts(blocked: boolean): Promise<void> {
    const rows: Contact[] = [];
    for (let more = true; more; ) {
      const answer = await this.socket.query({ contacts: { after: rows.at(-1)?.user ?? null, limit: 200, since: null, blocked } });
      if (!('contacts' in answer)) return;
      rows.push(...answer.contacts.contacts);
      more = answer.contacts.more && answer.contacts.contacts.length > 0;
    }
    this.emit({ contacts: { rows, whole: blocked ? 'blocked' : 'contacts' } });
  }

  private async fetchMembers(conversation: ConversationId): Promise<void> {
    const members: Member[] = [];
    for (let more = true; more; ) {
      const answer = await this.socket.query({ members: { conversation, after: members.at(-1)?.user ?? null, limit: 500 } });
      if (!('members' in answer)) return;
      members.push(...answer.members.members);
      more = answer.members.more && answer.members.members.length > 0;
    }
    this.emit({ members: { conversation, members } });
  }

  /** Whom any tab shows. The server forgets after a while, so it is told again before. */
  private watch(): void {
    if (this.watching) clearTimeout(this.watching);
    const users = [...new Set([...this.watchers.values()].flat())].slice(0, WATCH_MAX);
    if (users.length === 0) return;
    this.socket.tell({ watch: { users, seconds: WATCH_SECONDS } });
    this.watching = setTimeout(() => this.watch(), WATCH_SECONDS * 900);
  }

  // --- The outbox ---

  private async upload(item: Outgoing): Promise<MediaInfo> {
    const stop = new AbortController();
    this.uploads.set(item.key, stop);
    try {
      const { uploadFile } = await import('./uploads');
      return await uploadFile(item.upload!, {
        key: item.key,
        signal: stop.signal,
        begun: (id) => this.outbox.change({ ...item, upload: { ...item.upload!, id } }),
        progress: (fraction) => this.emit({ progress: { key: item.key, fraction } }),
      });
    } finally {
      this.uploads.delete(item.key);
    }
  }

  private sent(item: Outgoing, outcome: Pick<Outcome, 'lsn' | 'result'> | null): void {
    if (!outcome || !('appended' in outcome.result)) return this.emit({ gone: item.key });
    const { conversation, seq, ordinal, at } = outcome.result.appended;
    const entry: Entry = {
      seq, lsn: outcome.lsn, changed: outcome.lsn, ordinal, at, author: this.user, key: item.key, body: item.body, reactions: [],
      edited_at: null, recalled_at: null, origin: item.origin,
    };
    if (this.state.get(conversation)) {
      // The waiting row becomes the entry in one step, so that nothing flickers.
      this.emitAll([{ entry: { conversation, entry } }, { gone: item.key }]);
      return this.fill(conversation);
    }
    void this.refresh(conversation).finally(() => this.emit({ gone: item.key }));
  }

  private emit(event: Event): void {
    this.emitAll([event]);
  }

  private emitAll(events: Event[]): void {
    if (events.length === 0) return;
    this.events.emit(events);
    for (const event of events) this.keeper?.note(event);
  }
}

/** The part without holes that ends at `to`. */
function wholeBelow(entries: Entry[], to: Seq): Entry[] {
  let start = entries.length;
  for (let want = to; start > 0 && entries[start - 1]!.seq === want; want -= 1) start -= 1;
  return entries.slice(start);
}
