// Rows of a thread, made of entries and of what waits to be sent.

import type { Body, ConversationId, ConversationKind, Entry, UserId } from './protocol';
import type { Cursors, Outgoing, Row, SendState } from './model';
import { Problem } from './problem';
import { isMessage } from './words';

/** Whose eyes a row is for, and how far the others have got. */
export interface Reader {
  me: UserId;
  conversation: ConversationId;
  kind: ConversationKind;
  peer: UserId | null;
  cursors: Cursors;
}

const made = new WeakMap<Entry, Row>();

/** The row of an entry: the same object as before while nothing of it has changed. */
export function rowOfEntry(entry: Entry, reader: Reader): Row {
  const message = isMessage(entry.body);
  const mine = entry.author === reader.me;
  const { state, readers } = message && mine ? receiptOf(entry, reader) : { state: null, readers: null };
  const before = made.get(entry);
  if (before && before.state === state && before.readers === readers && before.mine === mine) return before;
  const { seq, at, author, body, reactions, edited_at, recalled_at, origin } = entry;
  const row: Row = {
    id: (mine && entry.key) || `${reader.conversation}:${seq}`,
    conversation: reader.conversation,
    seq, at, author, mine, message, body, reactions, edited_at, recalled_at, origin, state, readers,
    problem: null, progress: null, file: null,
  };
  made.set(entry, row);
  return row;
}

function receiptOf(entry: Entry, reader: Reader): { state: SendState; readers: number | null } {
  if (reader.kind === 'direct') {
    const peer = reader.peer ?? reader.me;
    if (peer === reader.me) return { state: 'read', readers: null };
    const cursor = reader.cursors.get(peer);
    if ((cursor?.read ?? 0) >= entry.seq) return { state: 'read', readers: 1 };
    return { state: (cursor?.delivered ?? 0) >= entry.seq ? 'delivered' : 'sent', readers: 0 };
  }
  if (reader.cursors.size === 0) return { state: 'sent', readers: null };
  let readers = 0;
  for (const cursor of reader.cursors.values()) if (cursor.user !== reader.me && cursor.read >= entry.seq) readers += 1;
  return { state: readers > 0 ? 'read' : 'sent', readers };
}

/** The row of a message that is not on the server yet. */
export function rowOfOutgoing(item: Outgoing, conversation: ConversationId, me: UserId, progress: number | null): Row {
  return {
    id: item.key,
    conversation,
    seq: null,
    at: item.at,
    author: me,
    mine: true,
    message: true,
    body: item.body,
    reactions: [],
    edited_at: null,
    recalled_at: null,
    origin: item.origin,
    state: item.failed ? 'failed' : 'sending',
    readers: null,
    problem: item.failed ? new Problem(item.failed.code, item.failed.message) : null,
    progress: item.upload && !item.upload.media ? (progress ?? 0) : null,
    file: item.upload?.blob ?? null,
  };
}

/** Whether a body names a user: by itself, or with everybody. */
export function names(body: Body, user: UserId): boolean {
  const text = 'text' in body ? body.text : 'media' in body ? body.media.caption : null;
  return text !== null && (text.mention_all || text.mentions.some((name) => name.toLowerCase() === user.toLowerCase()));
}
