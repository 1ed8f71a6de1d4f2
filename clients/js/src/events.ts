// What a client tells its program.

import type {
  Body, ButtonId, ConversationId, Cursor, Entry, Lsn, PresenceOf, Profile, Seq, UserId,
} from '../../../web/src/core/protocol';

/** Something in a conversation. */
export interface InConversation {
  conversation: ConversationId;
  /** `feed` is what happens to the own account and its contacts. */
  kind: 'direct' | 'group' | 'feed' | 'assistant';
  entry: Entry;
  author: UserId;
  /** By the user of this client, from this device or another. */
  mine: boolean;
}

/** Somebody said something. Each message comes once and in the order of its conversation. */
export interface Message extends InConversation {
  type: 'message';
  /** The words: of a text, an answer, what another system posted, or a file's caption; empty when there are none. */
  text: string;
  mentionsMe: boolean;
  /** What a message that begins with `/` asks for: of `/roll 2 dice` the name `roll` and the rest. */
  command: { name: string; args: string } | null;
}

/** Somebody pressed a button of a message of this user. */
export interface Press {
  type: 'press';
  /** The message that has the button. */
  conversation: ConversationId;
  seq: Seq;
  button: ButtonId;
  /** Who pressed. */
  author: UserId;
  /** The notice in the own feed that says so. */
  notice: { conversation: ConversationId; entry: Entry };
}

/** Something happened that is no message: somebody joined, reacted, edited; in the feed, a contact asked. */
export interface Notice extends InConversation {
  type: 'notice';
}

/** An entry that came before is another now: edited, recalled, or with other reactions. */
export interface Changed extends InConversation {
  type: 'changed';
}

export type ClientEvent =
  | Message
  | Notice
  | Press
  | Changed
  /** Title, members, or the own side of a conversation changed. */
  | { type: 'conversation'; conversation: ConversationId }
  /** Members have received or read more. */
  | { type: 'receipt'; conversation: ConversationId; moved: readonly Cursor[] }
  | { type: 'typing'; conversation: ConversationId; user: UserId; active: boolean }
  | { type: 'presence'; presence: PresenceOf }
  | { type: 'profile'; profile: Profile }
  /** An event of the app's own, told by its backend. It is kept nowhere: what comes while there is no connection is lost. */
  | { type: 'pushed'; kind: string; data: unknown }
  | { type: 'connection'; state: 'online' | 'connecting' | 'offline' }
  /** Everything that the server had at the time of the (re)connection is known here; unread messages may still be on their way. */
  | { type: 'synced' }
  /** The server's data is another (a restored backup): what was known of it is not true any more. */
  | { type: 'reset' }
  /** Something was left out: of a conversation, what cannot be had; without one, other events that nobody took for too long. */
  | { type: 'missed'; conversation: ConversationId | null };

export type EventType = ClientEvent['type'];
export type EventOf<T extends EventType> = Extract<ClientEvent, { type: T }>;

/** A message is on the server's disk. */
export interface Sent {
  conversation: ConversationId;
  seq: Seq;
  at: number;
  lsn: Lsn;
  key: string;
}

/** A conversation, as this client knows it at one moment. */
export interface Chat {
  id: ConversationId;
  kind: 'direct' | 'group' | 'feed' | 'assistant';
  /** The title of a group, the other one's name in a direct chat. */
  title: string;
  peer: UserId | null;
  unread: number;
  mentions: number;
  pinned: boolean;
  gone: boolean;
  cursors: readonly Cursor[];
  /** The newest entries that are here without a hole, oldest first. */
  entries: readonly Entry[];
}

export type { Body, Entry };
