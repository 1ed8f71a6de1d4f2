// A server in a few lines: conversations whose log is the truth, and sockets that lose what the test wants lost.

import type {
  Answer, ClientFrame, Conversation, ConversationId, Entry, Epoch, Key, Lsn, Query, ServerFrame, UserId,
} from '../../../src/core/protocol';

/** Numbers that look random and are the same each time. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

export const text = (words: string, more: object = {}) => ({
  text: { text: words, markdown: false, reply_to: null, mentions: [] as string[], mention_all: false, ...more },
});

export function entryOf(seq: number, author: UserId, more: Partial<Entry> = {}): Entry {
  return {
    seq, lsn: seq, changed: seq, ordinal: seq, at: 1_000 + seq, author, key: null, body: text(`m${seq}`), reactions: [], edited_at: null,
    recalled_at: null, origin: null, ...more,
  };
}

export function recordOf(id: ConversationId, more: Partial<Conversation> = {}): Conversation {
  const { inbox, ...rest } = more;
  return {
    id, kind: 'direct', title: null, peer: 'bob', role: 'member', group: null, members: 2, head: 0, head_ordinal: 0, at: 1_000, changed: 1,
    cursors: [], entries: [],
    ...rest,
    inbox: {
      conversation: id, lsn: 1, read: 0, unread: 0, mentions: 0, pinned: false, muted_until: null, hidden: false, marked_unread: false, floor: 1,
      gone: false, ...inbox,
    },
  };
}

/** What a browser keeps for a page. */
export function fakeStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const held = new Map<string, string>();
  return { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => void held.set(key, value), removeItem: (key) => void held.delete(key) };
}

/** What the server answers a submit with; none: it says nothing at all. */
type Decide = (key: Key, words: string) => 'take' | 'take and lose the answer' | 'lose' | { code: string; retry_after_ms: number | null };

export class FakeServer {
  epoch: Epoch = 7;
  lsn: Lsn = 0;
  readonly logs = new Map<ConversationId, Entry[]>();
  readonly sockets = new Set<FakeSocket>();
  readonly frames: ClientFrame[] = [];
  /** Keys that have had their effect. */
  readonly taken = new Map<Key, Entry>();
  decide: Decide = () => 'take';
  /** The share of pushes that get lost; a `lagging` follows. */
  lossy = 0;

  constructor(readonly random: () => number = () => 0.5) {}

  append(id: ConversationId, author: UserId, body: Entry['body'], key: Key | null = null, but?: FakeSocket): Entry {
    const log = this.logs.get(id) ?? [];
    this.logs.set(id, log);
    this.lsn += 1;
    const message = 'text' in body;
    const entry = entryOf(log.length + 1, author, {
      lsn: this.lsn, changed: this.lsn, ordinal: (log.at(-1)?.ordinal ?? 0) + Number(message), key, body, at: 1_000 + this.lsn,
    });
    log.push(entry);
    this.push({ entry: { conversation: id, entry } }, but);
    return entry;
  }

  /** An edit: the target is rewritten, and a notice says so. */
  edit(id: ConversationId, seq: number): void {
    const log = this.logs.get(id)!;
    const held = log[seq - 1]!;
    if (!('text' in held.body)) return;
    this.lsn += 1;
    const target = { ...held, changed: this.lsn, edited_at: this.lsn, body: text(`edited ${this.lsn}`) };
    log[seq - 1] = target;
    this.push({ entry: { conversation: id, entry: target } });
    const notice = entryOf(log.length + 1, held.author, {
      lsn: this.lsn, changed: this.lsn, ordinal: log.at(-1)!.ordinal, body: { edited: { target: seq } }, at: 1_000 + this.lsn,
    });
    log.push(notice);
    this.push({ entry: { conversation: id, entry: notice } });
  }

  record(id: ConversationId): Conversation {
    const log = this.logs.get(id) ?? [];
    const entries = this.withTargets(id, log.slice(-20));
    const head = log.at(-1);
    return recordOf(id, {
      head: head?.seq ?? 0, head_ordinal: head?.ordinal ?? 0, at: head?.at ?? 1_000,
      changed: Math.max(1, ...log.map(({ changed }) => changed)), entries, peer: `peer${id}`,
    });
  }

  push(frame: ServerFrame, but?: FakeSocket): void {
    for (const socket of this.sockets) {
      if (socket === but || !socket.in) continue;
      if (this.random() < this.lossy) socket.lagging = true;
      else if (!socket.lagging) socket.send_(frame);
    }
  }

  /** Connections that lost something are told to synchronise. */
  settle(): void {
    for (const socket of this.sockets) {
      if (socket.lagging) socket.send_({ lagging: {} });
      socket.lagging = false;
    }
  }

  drop(): void {
    for (const socket of [...this.sockets]) socket.close();
  }

  handle(socket: FakeSocket, frame: ClientFrame): void {
    this.frames.push(frame);
    if ('hello' in frame) {
      socket.in = true;
      socket.send_({
        welcome: {
          protocol: 1, server: 'fake', time: Date.now(), epoch: this.epoch, cursor: this.lsn + 1, app: 1, user: 'ada', session: 3, token: null,
          limits: { max_frame: 1_048_576, window: 64, rate: 20 },
        },
      });
      if (frame.hello.resume) this.changes(socket, frame.hello.resume.epoch, frame.hello.resume.cursor);
    } else if ('sync' in frame) this.changes(socket, frame.sync.epoch, frame.sync.cursor);
    else if ('query' in frame) {
      const answer = this.answer(frame.query.query);
      if (answer) socket.send_({ answer: { request: frame.query.request, answer } });
      else socket.send_({ refused: { request: frame.query.request, code: 'unsupported', message: 'No.', retry_after_ms: null, fatal: false } });
    } else if ('submit' in frame) this.submit(socket, frame.submit);
    else if ('ping' in frame) socket.send_({ pong: { nonce: frame.ping.nonce, time: Date.now() } });
  }

  private submit(socket: FakeSocket, { request, key, command }: Extract<ClientFrame, { submit: unknown }>['submit']): void {
    if (!('send' in command) || !('text' in command.send.content) || !('conversation' in command.send.to)) return;
    const words = command.send.content.text;
    const decided = this.decide(key, words.text);
    if (typeof decided === 'object') {
      const { code, retry_after_ms } = decided;
      return socket.send_({ refused: { request, code: code as never, message: code, retry_after_ms, fatal: false } });
    }
    if (decided === 'lose') return;
    const known = this.taken.get(key);
    const { conversation } = command.send.to;
    const entry = known ?? this.append(conversation, 'ada', { text: words }, key, socket);
    this.taken.set(key, entry);
    if (decided === 'take and lose the answer') return;
    const { seq, ordinal, at, lsn } = entry;
    socket.send_({ outcome: { request, lsn, duplicate: known !== undefined, result: { appended: { conversation, seq, ordinal, at } } } });
  }

  private changes(socket: FakeSocket, epoch: Epoch, cursor: Lsn): void {
    if (epoch !== this.epoch || cursor > this.lsn + 1) return socket.send_({ restart: { epoch: this.epoch } });
    const all = [...this.logs.keys()].map((id) => this.record(id)).filter(({ changed }) => changed >= cursor).sort((a, b) => a.changed - b.changed);
    const page = all.slice(0, 2);
    const more = all.length > page.length;
    socket.lagging = false;
    socket.send_({
      changes: { request: 0, conversations: page, users: [], cursor: more ? page.at(-1)!.changed + 1 : this.lsn + 1, more, as_of: this.lsn },
    });
  }

  private answer(query: Query): Answer | null {
    if ('conversation' in query) return { conversation: { conversation: this.record(query.conversation.conversation), as_of: this.lsn } };
    if (!('entries' in query)) return null;
    const { conversation, from, to, limit } = query.entries;
    const log = this.logs.get(conversation) ?? [];
    const range = log.filter(({ seq }) => (from === null || seq >= from) && (to === null || seq <= to));
    const page = from === null ? range.slice(-limit) : range.slice(0, limit);
    return { entries: { conversation, entries: this.withTargets(conversation, page), floor: 1, head: log.length, as_of: this.lsn } };
  }

  private withTargets(id: ConversationId, page: Entry[]): Entry[] {
    const first = page[0]?.seq ?? 0;
    const targets = new Set(page.flatMap(({ body }) => ('edited' in body && body.edited.target < first ? [body.edited.target] : [])));
    return [...[...targets].sort((a, b) => a - b).map((seq) => this.logs.get(id)![seq - 1]!), ...page];
  }
}

/** The client's end of a connection to it. Frames arrive in order, a moment later. */
export class FakeSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readyState = 1;
  in = false;
  lagging = false;
  private closed = false;

  constructor(private readonly server: FakeServer) {
    server.sockets.add(this);
    setTimeout(() => !this.closed && this.onopen?.(), 1);
  }

  send(data: string): void {
    const frame = JSON.parse(data) as ClientFrame;
    setTimeout(() => !this.closed && this.server.handle(this, frame), 1);
  }

  send_(frame: ServerFrame): void {
    const data = JSON.stringify(frame);
    setTimeout(() => !this.closed && this.onmessage?.({ data }), 1);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.server.sockets.delete(this);
    setTimeout(() => this.onclose?.(), 1);
  }
}
