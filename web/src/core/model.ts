// What the client makes of the wire: the words in which pages think. No behaviour here.

import type {
  AppId, Body, Code, ConversationId, Cursor, Emoji, EndReason, Entry, Key, MediaId, MediaInfo, Name, Origin, Reaction, Seq, SessionId,
  Text, Timestamp, UserId,
} from './protocol';
import type { Problem } from './problem';

/** Who is logged in here. */
export type Session =
  | { state: 'loading' }
  /** Nobody could be asked, and nothing is kept here: the server is not reached. */
  | { state: 'unreachable'; problem: Problem }
  /** The server has no administrator yet: the set-up link is the way in. */
  | { state: 'setup' }
  | { state: 'out' }
  | { state: 'in'; app: AppId; user: UserId; session: SessionId | null; administrator: boolean }
  /** The session was ended. `by` is the device that did it, when one did. */
  | { state: 'kicked'; reason: EndReason; by: Name | null };

export interface Connection {
  state: 'online' | 'connecting' | 'offline';
  since: Timestamp;
}

/** What anybody may know of the server. */
export interface ServerInfo {
  name: string;
  version: string;
  /** How browsers reach it: links begin with it. */
  url: string;
  registration: 'open' | 'invite' | 'closed';
  /** Shortest passwords, in characters. */
  passwordMin: number;
  administratorPasswordMin: number;
}

/** Where an own message stands. A failed one says why, and can be retried or discarded. */
export type SendState = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

/**
 * One row of a thread: an entry of the server's log, or a message that waits in the outbox. `id` stays the same when the second
 * becomes the first, so it is the key to render with. Immutable: the same row is the same object until something of it changes.
 */
export interface Row {
  id: string;
  conversation: ConversationId;
  /** None while it is in the outbox. */
  seq: Seq | null;
  at: Timestamp;
  author: UserId;
  mine: boolean;
  /** True for what people say, false for notices. */
  message: boolean;
  body: Body;
  reactions: readonly Reaction[];
  edited_at: Timestamp | null;
  recalled_at: Timestamp | null;
  origin: Origin | null;
  /** Of own messages; none for those of others and for notices. */
  state: SendState | null;
  /** How many others have read it, as far as the cursors tell (none in large groups: ask `receipts`). */
  readers: number | null;
  /** Why it failed. */
  problem: Problem | null;
  /** While its file is on the way: how much of it is there, 0 to 1. */
  progress: number | null;
  /** The file that is being sent, to show it before the server has it. */
  file: File | Blob | null;
}

/** A quoted message, as far as it is known here. */
export type Quote = { seq: Seq; row: Row | null };

export interface Draft {
  text: string;
  reply_to: Seq | null;
  mentions: UserId[];
  at: Timestamp;
}

/** A user as this client shows them: the remark comes before the display name. */
export interface Person {
  user: UserId;
  /** What to call them: own remark, else display name, else id. */
  name: string;
  /** Their own display name; the id while it is not known. */
  displayName: string;
  remark: string | null;
  avatar: MediaId | null;
  kind: 'person' | 'bot' | 'assistant' | 'service';
  contact: boolean;
  blocked: boolean;
  deleted: boolean;
  /** False until the server has told the profile. */
  known: boolean;
  signature: string | null;
}

/** Where a message goes: a conversation, or the direct chat with a user, which is made when it is not there. */
export type To = { conversation: ConversationId } | { user: UserId };

/** What can be sent. */
export interface Words {
  text: string;
  markdown?: boolean;
  reply_to?: Seq | null;
  mentions?: UserId[];
  mention_all?: boolean;
}

/** What this device prefers; kept in the browser and shared by its tabs. */
export interface Preferences {
  theme: 'system' | 'light' | 'dark';
  language: 'system' | 'en' | 'zh';
  /** What the Enter key does in the composer. */
  enter: 'send' | 'newline';
  density: 'comfortable' | 'compact';
  sound: boolean;
  notifications: boolean;
  /** Whether notifications show what was said. */
  showText: boolean;
  /** Whether pictures of other servers are shown at once; else each when it is asked for. */
  pictures?: boolean;
  /** The assistant that was chosen last, for new chats and for `/` commands. */
  assistant?: UserId;
}

/** A found page of anything that comes in pages. */
export interface Page<T> {
  items: T[];
  more: boolean;
}

/** What waits to be sent. `command` is what stands in the submit; `content` of a file waits for the upload. */
export interface Outgoing {
  key: Key;
  /** The order in which they were written; also the order in which they go. */
  order: number;
  to: To;
  /** What the thread shows meanwhile. */
  body: Body;
  /** A message that is passed on instead of content of its own. */
  forward: { from: ConversationId; seq: Seq } | null;
  origin: Origin | null;
  upload: Upload | null;
  at: Timestamp;
  /** The first time it was tried; after a day it is given up. */
  failed: { code: Code | 'given_up' | 'upload'; message: string } | null;
}

/** A file on its way. */
export interface Upload {
  blob: Blob;
  name: string;
  kind: 'image' | 'file' | 'voice' | 'video';
  caption: Text;
  /** The server's id of the upload, once it is begun. */
  id: string | null;
  /** The file, once it is complete. */
  media: MediaInfo | null;
}

/** How far members have read. */
export type Cursors = ReadonlyMap<UserId, Cursor>;

/** The newest thing of a conversation, for the list. */
export type Last = Row | null;

export type { Body, Emoji, Entry };
