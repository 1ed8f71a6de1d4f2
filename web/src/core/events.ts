// Everything that can change what pages see. Frames, answers and local facts all become one of these, go through `State.apply` in
// every tab, and are written down by the tab that leads.

import type {
  AssistantView, Contact, ContactRequest, Conversation, ConversationId, Cursor, DraftView, Entry, Inbox, Key, Label, Me, Member, PresenceOf, Profile, Seq, UserId,
} from './protocol';
import type { Connection, Draft, Outgoing } from './model';
import type { Piece } from './answers';

export type Event =
  | { conversation: Conversation }
  | { entry: { conversation: ConversationId; entry: Entry } }
  | { page: { conversation: ConversationId; entries: Entry[]; floor: Seq } }
  | { receipt: { conversation: ConversationId; moved: Cursor[] } }
  | { inbox: Inbox }
  | { profiles: Profile[] }
  | { presence: PresenceOf }
  | { typing: { conversation: ConversationId; user: UserId; active: boolean } }
  | { me: Me }
  /** Contact rows; `whole` says of which list they are all there is. */
  | { contacts: { rows: Contact[]; whole: 'contacts' | 'blocked' | null } }
  | { requests: { sent: boolean; rows: ContactRequest[]; unread: number } }
  | { labels: Label[] }
  | { members: { conversation: ConversationId; members: Member[] } }
  | { pins: { conversation: ConversationId; entries: Entry[] } }
  /** A piece of what an assistant writes, and all that is being written in a conversation. */
  | { piece: Piece }
  | { answers: { conversation: ConversationId; drafts: DraftView[] } }
  | { assistants: AssistantView[] }
  | { outgoing: Outgoing }
  | { progress: { key: Key; fraction: number } }
  | { gone: Key }
  | { draft: { conversation: ConversationId; draft: Draft | null } }
  /** The user has read up to here on this device; the server is told a moment later. */
  | { reading: { conversation: ConversationId; seq: Seq } }
  | { connection: Connection }
  /** The list is complete: from the cache, or from the server. */
  | { ready: boolean }
  /** Whether this device can keep anything. */
  | { durable: boolean }
  /** The server's data is another: what was known of it is not true any more. What waits to be sent and drafts stay. */
  | { cleared: Record<string, never> };
