// `Client`: the core of the browser client (connection, log, outbox) behind an interface for programs.

import { ServerClock, newKey } from '../../../web/src/core/key';
import { LastWords } from '../../../web/src/core/lastwords';
import { Leader, type Call } from '../../../web/src/core/leader';
import type { Outgoing, To } from '../../../web/src/core/model';
import type { Event } from '../../../web/src/core/events';
import { Problem, problemOf } from '../../../web/src/core/problem';
import type {
  Answer, BotCommand, Button, ButtonId, Command, CommandResult, Contact, ConversationId, Device, Entry, GroupRules, Key, MediaInfo, Member, OfferedCommand, PresenceOf, Query, Refused,
  Seq, Text, UserId,
} from '../../../web/src/core/protocol';
import { State } from '../../../web/src/core/state';
import type { Chat, ClientEvent, EventOf, EventType, Message, Press, Sent } from './events';
import { derivedKey } from './keys';
import { Queue } from './queue';
import { Rest, type Opened } from './rest';
import { Teller } from './teller';
import { addressesOf, findWebSocket, thisDevice, type SocketConstructor } from './world';

const VERSION = '0.1.0';
/** This client is the only one of its kind: there are no other tabs. */
const TAB = 'client';

export interface Options {
  /** The address of the server's web client: `https://chat.example.org`. */
  url: string;
  /** The token of a session that is open already. */
  token?: string;
  /** Or who opens one. With both, the token is tried first. */
  user?: UserId;
  password?: string;
  app?: number;
  /**
   * Or a token that an app's own backend signs for its user; asked for whenever a session is to be opened: at the start, and when the one
   * that there was has expired or is gone.
   */
  signed?(): string | Promise<string>;
  /** Told when a session was opened: keep the token as you would a password. */
  onToken?(token: string): void;
  /** Where a conversation that is new here starts: with what is not read, or with what comes from now on. */
  backlog?: 'unread' | 'new';
  device?: Device;
  deviceName?: string;
  /** How long `connect` waits. */
  connectWithinMs?: number;
  WebSocket?: SocketConstructor;
  fetch?: typeof globalThis.fetch;
}

export interface Say {
  markdown?: boolean;
  replyTo?: Seq | null;
  mentions?: UserId[];
  mentionAll?: boolean;
  /** Rows of buttons below the words, which bots may send. */
  buttons?: Rows;
  key?: Key;
}

/** Buttons, row by row: `{ label: 'Yes', does: { press: 'yes' } }`, or `{ label: 'More', does: { open: 'https://…' } }`. */
export type Rows = ReadonlyArray<ReadonlyArray<Omit<Button, 'style'> & Partial<Pick<Button, 'style'>>>>;

export interface SayFile {
  name?: string;
  kind?: 'image' | 'file' | 'voice' | 'video';
  caption?: string;
  key?: Key;
}

/** The session is over, or the client was closed. */
export class Over extends Error {
  constructor(readonly reason: string, readonly by: string | null = null) {
    super(reason === 'closed' ? 'The client was closed.' : `The session is over (${reason}).`);
    this.name = 'Over';
  }
}

/** Connects and logs in. Resolves when everything that the server has is known; from then on it comes back by itself. */
export async function connect(options: Options): Promise<Client> {
  const socket = options.WebSocket ?? (await findWebSocket());
  const { base } = addressesOf(options.url);
  const device = options.device ?? thisDevice(options.deviceName);
  let token = options.token ?? null;
  const rest = new Rest(base, () => token, options.fetch ?? globalThis.fetch.bind(globalThis));
  const until = Date.now() + (options.connectWithinMs ?? 30_000);
  const opened = await patiently(until, () => whoIs(rest, { ...options, device }, token, (next) => { token = next; }));
  token = opened.token;
  const client = new Client(options, socket, device, rest, opened, {
    token: () => token!,
    renew: async () => {
      token = null;
      token = (await logIn(rest, { ...options, device })).token;
    },
  });
  try {
    await client.synced(until - Date.now());
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

type Credentials = Pick<Options, 'user' | 'password' | 'app' | 'signed' | 'onToken'> & { device: Device };

/** Whether a session can be opened again when one is gone. */
const canLogIn = ({ password, signed }: Pick<Options, 'password' | 'signed'>): boolean => password !== undefined || signed !== undefined;

async function logIn(rest: Rest, { user, password, app, signed, device, onToken }: Credentials): Promise<Opened> {
  if (signed === undefined && (user === undefined || password === undefined)) {
    throw new Problem('unauthenticated', 'Say who this is: a token, or user and password.');
  }
  const who = signed === undefined ? { user, password, ...(app === undefined ? {} : { app }) } : { signed: await signed() };
  const body = { ...who, device };
  const opened = await rest.ask<Opened>('POST', '/sessions', { body, tries: 1 });
  onToken?.(opened.token);
  return opened;
}

/** Whose token it is; a password opens a session when there is none, or not any more. */
async function whoIs(rest: Rest, who: Credentials, token: string | null, forget: (token: null) => void): Promise<Opened> {
  if (token === null) return logIn(rest, who);
  try {
    const me = await rest.ask<{ profile: { user: UserId } }>('GET', '/me', { tries: 1 });
    return { token, user: me.profile.user, time: Date.now() };
  } catch (error) {
    if (problemOf(error).status !== 401 || !canLogIn(who)) throw error;
    forget(null);
    return logIn(rest, who);
  }
}

/** Tries again while the server cannot be reached. */
async function patiently<T>(until: number, attempt: () => Promise<T>): Promise<T> {
  for (let wait = 250; ; wait = Math.min(4_000, wait * 2)) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof Problem && ['offline', 'timeout', 'unavailable', 'overloaded', 'rate_limited'].includes(error.code);
      const pause = Math.max(wait, passing ? (error.retryAfterMs ?? 0) : 0);
      if (!passing || Date.now() + pause > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

interface Tokens {
  token(): string;
  /** Opens another session with the password. */
  renew(): Promise<void>;
}

interface Waiting {
  resolve(sent: Sent): void;
  reject(error: unknown): void;
  command: Command;
  /** Where its entry is, once that came. */
  sent: Sent | null;
}

/** A user's device at a server. Made by `connect`. */
export class Client {
  readonly user: UserId;
  readonly rest: Rest;
  private readonly state: State;
  private readonly leader: Leader;
  private readonly teller: Teller;
  private readonly queue = new Queue(() => this.teller.resume());
  private readonly listeners = new Map<EventType, Set<(event: never) => void>>();
  private readonly clock = new ServerClock(() => Date.now());
  private readonly sending = new Map<Key, Waiting>();
  private readonly syncing = new Set<{ resolve(): void; reject(error: unknown): void }>();
  private order = 0;
  private ready = false;
  /** Somebody takes events: until then they wait in the log. */
  private heeded = false;
  private iterated = false;
  private over: unknown = null;

  /** @internal */
  constructor(options: Options, Socket: SocketConstructor, device: Device, rest: Rest, opened: Opened, private readonly tokens: Tokens) {
    this.user = opened.user;
    this.rest = rest;
    this.clock.learn(opened.time);
    const { socket } = addressesOf(options.url);
    this.state = new State(this.user, () => Date.now(), (users) => void this.call({ query: { users: { users } } }).catch(() => undefined));
    this.teller = new Teller(this.state, options.backlog ?? 'unread', {
      tell: (event) => this.tell(event),
      full: () => !this.heeded || (this.iterated && this.queue.full),
      fetch: async (conversation, from, to) => {
        await this.call({ history: { conversation, from, to, limit: to - from + 1 } });
      },
    });
    this.leader = new Leader(
      this.user,
      this.state,
      {
        open: () => {
          const opened = new Socket(socket, 'tidings.v1.json');
          // What goes wrong shows in that it closes; the WebSocket of Node's package `ws` wants somebody to listen.
          opened.onerror = () => undefined;
          // The core of the web client has no use for these, so they are taken beside it.
          opened.addEventListener('message', ({ data }) => this.pushed(data));
          return opened;
        },
        hello: () => ({ auth: { token: this.tokens.token() }, client: `tidings-js ${VERSION}` }),
        device: () => device,
        now: () => Date.now(),
        random: () => Math.random(),
        clock: this.clock,
        // Nothing is kept on a disk: what is not sent lives as long as the program.
        openDb: () => Promise.reject(new Error('memory')),
        lastWords: new LastWords({ getItem: () => null, setItem: () => undefined, removeItem: () => undefined }),
      },
      {
        emit: (events) => this.take(events),
        message: () => undefined,
        ended: (reason, by) => {
          // Nobody has decided that this device is out: its session was too old.
          if (reason === 'expired' && canLogIn(options)) void this.refused({ code: 'token_expired', message: 'The session has expired.' }, true);
          else this.finish(new Over(reason, by));
        },
        refused: (refused) => void this.refused(refused, canLogIn(options)),
        welcome: () => undefined,
      },
    );
    this.leader.start();
  }

  // --- Its life ---

  /** The session's token. Keep it as you would a password. */
  get token(): string {
    return this.tokens.token();
  }

  get online(): boolean {
    return this.state.connection.peek().state === 'online';
  }

  /** Closes the connection. The session stays; what is in the outbox is given up. */
  async close(): Promise<void> {
    this.finish(new Over('closed'));
    await this.leader.stop();
  }

  /** Waits until everything that the server has is known here. */
  synced(withinMs = 30_000): Promise<void> {
    if (this.over) return Promise.reject(this.over);
    if (this.ready) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiting = {
        resolve: () => { clearTimeout(timer); this.syncing.delete(waiting); resolve(); },
        reject: (error: unknown) => { clearTimeout(timer); this.syncing.delete(waiting); reject(error); },
      };
      const timer = setTimeout(() => waiting.reject(new Problem('timeout', 'The server did not answer in time.')), Math.max(1, withinMs));
      this.syncing.add(waiting);
    });
  }

  // --- What happens ---

  /**
   * Calls `listener` for each event of a type; the first listener is told first what was not read yet. Gives a function that ends that.
   */
  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): () => void {
    const held = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, held);
    held.add(listener as (event: never) => void);
    this.heed();
    return () => void held.delete(listener as (event: never) => void);
  }

  /**
   * Everything that happens, in order, from the first call on, and before that what was not read yet. One reader at a time: two would
   * share the events out. It ends when the client is closed, and throws when the session ends. Messages are never dropped: when nobody
   * takes events, further ones wait in the log.
   */
  events(): AsyncIterableIterator<ClientEvent> {
    this.iterated = true;
    this.heed();
    const iterator: AsyncIterableIterator<ClientEvent> = {
      next: () => this.queue.next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * Messages of others alone. Each is marked as read when the next one is asked for, so that one whose handling failed comes again when
   * the program starts anew.
   */
  async *messages(): AsyncGenerator<Message> {
    for await (const event of this.events()) {
      if (event.type !== 'message' || event.mine) continue;
      yield event;
      this.read(event);
    }
  }

  // --- What it knows ---

  /** The conversations, pinned first, then the last changed; without those that are hidden. */
  get chats(): Chat[] {
    return this.state.conversations.peek().map(({ id }) => this.chat(id)!);
  }

  /** One conversation, as it is now. */
  chat(id: ConversationId): Chat | null {
    const conversation = this.state.get(id);
    if (!conversation) return null;
    const { kind, peer, inbox } = conversation.meta.peek();
    const entries = [...conversation.log.backwards()].reverse();
    return {
      id, kind, peer, entries, title: conversation.title.peek(), unread: inbox.unread, mentions: inbox.mentions, pinned: inbox.pinned,
      gone: inbox.gone, cursors: [...conversation.cursors.peek().values()],
    };
  }

  /** The direct chat with a user, when there is one. */
  chatWith(user: UserId): Chat | null {
    const conversation = this.state.direct(user).peek();
    return conversation && this.chat(conversation.id);
  }

  /** What waits to be sent, oldest first. */
  get pending(): readonly Outgoing[] {
    return [...this.state.outgoing.peek().values()];
  }

  /** A new idempotency key, made with the server's time. */
  newKey(): Key {
    return newKey(this.clock.now());
  }

  // --- Messages ---

  /**
   * Sends a message: to a user (their direct chat, made when it is not there yet), or to a conversation by its number. Resolves when it is on
   * the server's disk; until then it is sent again under one key, over as many connections as it takes.
   */
  send(to: UserId | ConversationId, text: string, say: Say = {}): Promise<Sent> {
    const words = wordsOf(text, say);
    const body = say.buttons?.length ? { buttons: { text: words, rows: rowsOf(say.buttons) } } : { text: words };
    return this.enqueue(to, body, body, say.key);
  }

  /**
   * Answers a message, once: the key is made from the message, so that answering it again (after a crash, say) with the same words gives the
   * first answer back, and with other words is refused with `idempotency_conflict`.
   */
  async answer(message: Message, text: string, say: Omit<Say, 'key'> = {}): Promise<Sent> {
    const { conversation, entry } = message;
    return this.send(conversation, text, { ...say, key: await derivedKey(entry.at, 'answer', conversation, entry.seq) });
  }

  /** Uploads a file and sends it; or sends one that was uploaded. */
  async sendFile(to: UserId | ConversationId, file: Blob | MediaInfo, { name, kind = 'file', caption = '', key }: SayFile = {}): Promise<Sent> {
    const info = file instanceof Blob ? await this.upload(file, name) : file;
    const words = wordsOf(caption, {});
    const upload = { blob: new Blob(), name: info.name, kind, caption: words, id: null, media: info };
    const content = { media: { kind, media: info.media, caption: words } };
    return this.enqueue(to, { media: { kind, info, caption: words } }, content, key, upload);
  }

  /** Sends a message of one's own kind (`order.shipped`) with anything that JSON can say. */
  sendCustom(to: UserId | ConversationId, kind: string, data: unknown, key?: Key): Promise<Sent> {
    const custom = { kind, json: JSON.stringify(data), reply_to: null };
    return this.enqueue(to, { custom }, { custom }, key);
  }

  // --- Bots ---

  /**
   * What a bot lives of: messages of others, and presses of buttons of its own messages. Each is marked as read when the next one is asked
   * for, as in `messages()`.
   */
  async *heard(): AsyncGenerator<Message | Press> {
    for await (const event of this.events()) {
      if (event.type === 'press') {
        yield event;
        this.read(event.notice);
      } else if (event.type === 'message' && !event.mine) {
        yield event;
        this.read(event);
      }
    }
  }

  /** Presses of buttons of own messages alone; see `heard()`. */
  async *presses(): AsyncGenerator<Press> {
    for await (const event of this.events()) {
      if (event.type !== 'press') continue;
      yield event;
      this.read(event.notice);
    }
  }

  /** Says what commands this bot offers, all of them. */
  async setCommands(commands: ReadonlyArray<Omit<BotCommand, 'hint'> & Partial<Pick<BotCommand, 'hint'>>>): Promise<void> {
    await this.command({ set_commands: { commands: commands.map((command) => ({ hint: null, ...command })) } });
  }

  /** Replaces the words and the buttons of an own message with buttons, at any time. */
  async editButtons({ conversation, seq }: { conversation: ConversationId; seq: Seq }, text: string, buttons: Rows = []): Promise<void> {
    await this.command({ edit_buttons: { conversation, seq, text, rows: rowsOf(buttons) } });
  }

  /** Presses a button of a message; its author is told. */
  async press({ conversation, seq }: { conversation: ConversationId; seq: Seq }, button: ButtonId): Promise<void> {
    await this.command({ press: { conversation, seq, button } });
  }

  /** The commands that bots offer in a conversation. */
  async botCommands(conversation: ConversationId): Promise<OfferedCommand[]> {
    const answer = await this.query({ bot_commands: { conversation } });
    return 'bot_commands' in answer ? answer.bot_commands.commands : [];
  }

  /** The user has read everything up to a message. */
  read(message: Pick<Message, 'conversation' | 'entry'>): void {
    const { conversation, entry } = message;
    this.take([{ reading: { conversation, seq: entry.seq } }]);
    void this.call({ tell: { read: { conversation, seq: entry.seq } } }).catch(() => undefined);
  }

  /** The user is typing (say it at most every 5 s), or has stopped. */
  typing(conversation: ConversationId, active = true): void {
    void this.call({ tell: { typing: { conversation, active } } }).catch(() => undefined);
  }

  async edit(conversation: ConversationId, seq: Seq, text: string): Promise<void> {
    await this.command({ edit: { conversation, seq, text } });
  }

  async recall(conversation: ConversationId, seq: Seq): Promise<void> {
    await this.command({ recall: { conversation, seq } });
  }

  async react(conversation: ConversationId, seq: Seq, emoji: string, on = true): Promise<void> {
    await this.command({ react: { conversation, seq, emoji, on } });
  }

  /** Entries, oldest first: the newest ones, or those before a seq. The server gives at most 200. */
  async history(conversation: ConversationId, { before, limit = 50 }: { before?: Seq; limit?: number } = {}): Promise<Entry[]> {
    const answer = await this.query({ entries: { conversation, from: null, to: before === undefined ? null : before - 1, limit } });
    if (!('entries' in answer)) return [];
    // Before the range come entries that notices inside of it rewrote.
    const { entries } = answer.entries;
    return entries.filter(({ seq }, place) => place === 0 || seq > entries[place - 1]!.seq).slice(-limit);
  }

  // --- Groups and people ---

  /** Creates a group; gives its number. */
  async createGroup(title: string, members: UserId[] = [], rules: Partial<GroupRules> = {}): Promise<ConversationId> {
    const all: GroupRules = {
      kind: 'private', invite: 'members', join: 'free', edit: 'members', pin: 'members', history: 'from_joining', keep_reading: true,
      members_max: null, ...rules,
    };
    const result = await this.command({ create_group: { title, members, rules: all } });
    if ('conversation' in result) return result.conversation.conversation;
    throw new Problem('unsupported', 'The server answered with something that this client does not know.');
  }

  async members(conversation: ConversationId): Promise<Member[]> {
    const members: Member[] = [];
    for (;;) {
      const answer = await this.query({ members: { conversation, after: members.at(-1)?.user ?? null, limit: 500 } });
      if (!('members' in answer)) return members;
      members.push(...answer.members.members);
      if (!answer.members.more || answer.members.members.length === 0) return members;
    }
  }

  async contacts(): Promise<Contact[]> {
    const contacts: Contact[] = [];
    for (;;) {
      const answer = await this.query({ contacts: { after: contacts.at(-1)?.user ?? null, limit: 200, since: null, blocked: false } });
      if (!('contacts' in answer)) return contacts;
      contacts.push(...answer.contacts.contacts);
      if (!answer.contacts.more || answer.contacts.contacts.length === 0) return contacts;
    }
  }

  async requestContact(user: UserId, greeting: string | null = null): Promise<void> {
    await this.command({ request_contact: { user, greeting, remark: null, source: null } });
  }

  async answerContact(user: UserId, accept: boolean): Promise<void> {
    await this.command({ answer_contact: { user, accept } });
  }

  async presences(users: UserId[]): Promise<PresenceOf[]> {
    const answer = await this.query({ presences: { users } });
    return 'presences' in answer ? answer.presences.presences : [];
  }

  /** Tells the presence of up to 100 users as events, now and on change, until it is called with others. */
  watch(users: UserId[]): void {
    void this.call({ watch: users }).catch(() => undefined);
  }

  // --- Files ---

  upload(file: Blob, name?: string): Promise<MediaInfo> {
    const called = name ?? ('name' in file && typeof file.name === 'string' ? file.name : 'file');
    return this.rest.upload(called, file, this.newKey());
  }

  download(media: MediaInfo | string): Promise<Blob> {
    return this.rest.download(`/media/${typeof media === 'string' ? media : media.media}/content`);
  }

  // --- Everything else ---

  /**
   * Any command of docs/protocol.md. It is sent again under its key while it is not known what became of it, for a quarter of a minute; then
   * it rejects with `offline`, and can be asked for again with the same key. Messages go by `send`, which waits longer.
   */
  async command(command: Command, key: Key = this.newKey()): Promise<CommandResult> {
    const result = await this.call<CommandResult>({ submit: { command, key } });
    if ('log_out' in command) this.finish(new Over('logged_out'));
    return result;
  }

  /** Any query of docs/protocol.md. It is asked again for half a minute while there is no connection. */
  query(query: Query): Promise<Answer> {
    return patiently(Date.now() + 30_000, () => this.call<Answer>({ query }));
  }

  private call<T>(call: Call): Promise<T> {
    if (this.over) return Promise.reject(this.over);
    return this.leader.serve(call, TAB) as Promise<T>;
  }

  private enqueue(
    to: UserId | ConversationId, body: Outgoing['body'], content: Extract<Command, { send: unknown }>['send']['content'], key = this.newKey(),
    upload: Outgoing['upload'] = null,
  ): Promise<Sent> {
    const target: To = typeof to === 'string' ? { user: to } : { conversation: to };
    const command: Command = { send: { to: target, content } };
    return new Promise((resolve, reject) => {
      if (this.over) return reject(this.over);
      this.sending.set(key, { resolve, reject, command, sent: null });
      this.order += 1;
      const item: Outgoing = {
        key, order: this.order, to: target, body, forward: null, origin: null, upload, at: Date.now(), failed: null,
      };
      this.call({ enqueue: item }).catch((error: unknown) => {
        this.sending.delete(key);
        reject(error);
      });
    });
  }

  // --- What the core says ---

  private take(events: Event[]): void {
    for (const event of events) this.note(event);
    this.teller.apply(events);
    for (const event of events) this.pass(event);
  }

  /** Where own messages have gone. */
  private note(event: Event): void {
    if ('entry' in event) this.found(event.entry.conversation, event.entry.entry);
    else if ('page' in event) for (const entry of event.page.entries) this.found(event.page.conversation, entry);
    else if ('conversation' in event) for (const entry of event.conversation.entries) this.found(event.conversation.id, entry);
  }

  private found(conversation: ConversationId, { key, author, seq, at, lsn }: Entry): void {
    const waiting = key === null || author !== this.user ? undefined : this.sending.get(key);
    if (waiting && key !== null) waiting.sent = { conversation, seq, at, lsn, key };
  }

  private pass(event: Event): void {
    if ('gone' in event) this.gone(event.gone);
    else if ('outgoing' in event && event.outgoing.failed) this.failed(event.outgoing);
    else if ('conversation' in event) this.tell({ type: 'conversation', conversation: event.conversation.id });
    else if ('inbox' in event) this.tell({ type: 'conversation', conversation: event.inbox.conversation });
    else if ('receipt' in event) this.tell({ type: 'receipt', ...event.receipt });
    else if ('typing' in event) this.tell({ type: 'typing', ...event.typing });
    else if ('presence' in event) this.tell({ type: 'presence', presence: event.presence });
    else if ('profiles' in event) for (const profile of event.profiles) this.tell({ type: 'profile', profile });
    else if ('cleared' in event) this.tell({ type: 'reset' });
    else if ('connection' in event) {
      this.tell({ type: 'connection', state: event.connection.state });
      if (event.connection.state === 'online') this.teller.resume();
    } else if ('ready' in event) this.isReady(event.ready);
  }

  private isReady(ready: boolean): void {
    this.ready = ready;
    if (!ready) return;
    this.tell({ type: 'synced' });
    for (const waiting of [...this.syncing]) waiting.resolve();
  }

  private pushed(data: unknown): void {
    if (this.over || typeof data !== 'string' || !data.startsWith('{"pushed":')) return;
    const { pushed } = JSON.parse(data) as { pushed: { kind: string; data: unknown } };
    this.tell({ type: 'pushed', kind: pushed.kind, data: pushed.data });
  }

  private gone(key: Key): void {
    const waiting = this.sending.get(key);
    if (!waiting) return;
    this.sending.delete(key);
    if (waiting.sent) return waiting.resolve(waiting.sent);
    // It is there, but its place did not come along: the same key tells it again.
    this.command(waiting.command, key).then((result) => {
      if (!('appended' in result)) return waiting.reject(new Problem('unavailable', 'It is not known where the message went.'));
      const { conversation, seq, at } = result.appended;
      waiting.resolve({ conversation, seq, at, lsn: 0, key });
    }, waiting.reject);
  }

  private failed({ key, failed }: Outgoing): void {
    const waiting = this.sending.get(key);
    this.sending.delete(key);
    void this.call({ discard: key }).catch(() => undefined);
    const code = failed?.code ?? 'given_up';
    waiting?.reject(new Problem(code, failed?.message ?? 'The message could not be sent.'));
  }

  /** Begins to tell, once all that are asked for at the same time are there. */
  private heed(): void {
    if (this.heeded) return;
    this.heeded = true;
    queueMicrotask(() => this.teller.resume());
  }

  private tell(event: ClientEvent): void {
    if (this.iterated) this.queue.put(event);
    for (const listener of this.listeners.get(event.type) ?? []) (listener as (event: ClientEvent) => void)(event);
  }

  /** `hello` was refused. With a password another session is opened; what waits in the outbox stays. */
  private async refused({ code, message }: Pick<Refused, 'code' | 'message'>, renewable: boolean): Promise<void> {
    const lost = ['unauthenticated', 'token_expired', 'session_revoked'].includes(code);
    if (!lost || !renewable) return this.finish(new Problem(code, message));
    try {
      await patiently(Date.now() + 24 * 3_600_000, () => this.tokens.renew());
      if (!this.over) this.leader.start();
    } catch (error) {
      this.finish(error);
    }
  }

  private finish(error: unknown): void {
    if (this.over) return;
    this.over = error;
    this.teller.stop();
    this.queue.close(error instanceof Over && error.reason === 'closed' ? null : error);
    for (const waiting of this.sending.values()) waiting.reject(error);
    this.sending.clear();
    for (const waiting of [...this.syncing]) waiting.reject(error);
    if (!(error instanceof Over && error.reason === 'closed')) void this.leader.stop();
    this.quieten();
  }

  /** A conversation that is muted for a time keeps a timer, which would keep the program. */
  private quieten(): void {
    for (const { meta } of this.state.every()) {
      const held = meta.peek();
      const group = held.group && { ...held.group, silenced_until: null };
      meta.value = { ...held, group, inbox: { ...held.inbox, muted_until: null } };
    }
  }
}

/** Buttons with everything that the wire wants. */
const rowsOf = (rows: Rows): Button[][] => rows.map((row) => row.map(({ label, style = 'plain', does }) => ({ label, style, does })));

function wordsOf(text: string, { markdown = false, replyTo = null, mentions = [], mentionAll = false }: Say): Text {
  return { text, markdown, reply_to: replyTo, mentions, mention_all: mentionAll };
}
