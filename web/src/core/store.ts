// The public interface of the core: what pages read (signals) and what they call (actions). README.md explains it in one page.

import type { Answering } from './answers';
import type { ReadonlySignal } from '@preact/signals';
import type {
  AssistantView, Card, Contact, ContactRequest, Conversation, ConversationId, Cursor, Emoji, Entry, GroupCard, GroupPreview, GroupRules, Hit,
  Invite, InviteCode, JoinRequest, Label, LabelId, Me, MediaId, MediaInfo, MediaKind, Member, OwnPresence, PresenceOf, Profile,
  Relation, Search, Seq, SessionId, SessionInfo, Timestamp, UserId, UserSettings,
} from './protocol';
import type {
  Connection, Cursors, Draft, Last, Page, Person, Preferences, Quote, Row, ServerInfo, Session, To, Words,
} from './model';

/** Everything of a conversation that is one fact of the server, without its entries and cursors. */
export type ConversationMeta = Omit<Conversation, 'entries' | 'cursors'>;

/** Why the composer is closed; `open` when it is not. */
export type Writable = 'open' | 'gone' | 'dissolved' | 'muted' | 'silenced' | 'deleted' | 'service';

/** One conversation: the same object for as long as it is known. */
export interface ConversationView {
  readonly id: ConversationId;
  readonly meta: ReadonlySignal<ConversationMeta>;
  /** The title of a group, or the name of the other one (with remark); of the chat with oneself the own name. */
  readonly title: ReadonlySignal<string>;
  /** The picture of the group or the other one. */
  readonly avatar: ReadonlySignal<MediaId | null>;
  /** The newest message or notice that the list shows; what waits in the outbox included. */
  readonly last: ReadonlySignal<Last>;
  /** Messages that are not read. */
  readonly unread: ReadonlySignal<number>;
  /** How many of them mention the user. */
  readonly mentions: ReadonlySignal<number>;
  /** Shown as unread without a number. */
  readonly markedUnread: ReadonlySignal<boolean>;
  readonly pinned: ReadonlySignal<boolean>;
  readonly muted: ReadonlySignal<boolean>;
  readonly writable: ReadonlySignal<Writable>;
  readonly draft: ReadonlySignal<Draft | null>;
  /** Who types now, oneself never. */
  readonly typing: ReadonlySignal<readonly UserId[]>;
  readonly cursors: ReadonlySignal<Cursors>;
  /** What assistants are writing here, and the questions that wait; none until `actions.loadAnswers` was called or a piece came. */
  readonly answers: ReadonlySignal<readonly Answering[]>;
  /** All members, owner first, then managers, then by name; none until `actions.loadMembers` was called. Kept up to date then. */
  readonly members: ReadonlySignal<readonly Member[] | null>;
  /** The pinned messages, newest first; none until `actions.loadPins` was called. Kept up to date then. */
  readonly pins: ReadonlySignal<readonly Row[] | null>;
}

/**
 * The open thread of a conversation: at most 160 rows that move through the history both ways.
 * A page makes one with `store.openThread`, and closes it when it is left.
 */
export interface Thread {
  readonly conversation: ConversationView;
  /** Oldest first. Edits, recalls and reactions are no rows of their own; they change the row that they are about. */
  readonly rows: ReadonlySignal<readonly Row[]>;
  /** Nothing is above the first row. */
  readonly atStart: ReadonlySignal<boolean>;
  /** Nothing is below the last row: new messages appear by themselves. */
  readonly atEnd: ReadonlySignal<boolean>;
  readonly loading: ReadonlySignal<'none' | 'up' | 'down' | 'around'>;
  /** Why the last loading failed (offline and not kept here). */
  readonly problem: ReadonlySignal<Error | null>;
  /** The first message that was unread when the thread was opened ("New messages" stands above it). Stays until it is closed. */
  readonly firstUnread: ReadonlySignal<Seq | null>;
  /** Unread messages below the window or the fold: what "jump to latest" counts. */
  readonly below: ReadonlySignal<number>;
  /** The other messages of the loaded history, for quotes. Fetches what is not known. */
  quote(seq: Seq): ReadonlySignal<Quote>;
  pageUp(): Promise<void>;
  pageDown(): Promise<void>;
  /** Shows the surroundings of an entry, the first unread message, or the newest. Resolves when its row is in `rows`. */
  jump(to: Seq | 'unread' | 'newest'): Promise<void>;
  /** The entry of a day, for "jump to date". */
  jumpToTime(at: Timestamp): Promise<void>;
  /** What the reader sees: everything up to here counts as read after a second in a visible, focused page. */
  seen(seq: Seq): void;
  close(): void;
}

export interface Store {
  readonly session: ReadonlySignal<Session>;
  readonly connection: ReadonlySignal<Connection>;
  /** None until it was asked once. */
  readonly server: ReadonlySignal<ServerInfo | null>;
  /** The caller's own profile, settings, presence and feed. */
  readonly me: ReadonlySignal<Me | null>;
  readonly preferences: ReadonlySignal<Preferences>;

  /** The list: pinned first, then by the last message; hidden ones and the feed left out. */
  readonly conversations: ReadonlySignal<readonly ConversationView[]>;
  /** False until the list was synchronised once or was found in the cache: show a skeleton. */
  readonly ready: ReadonlySignal<boolean>;
  /** One conversation, if it is known here. `actions.loadConversation` fetches one that is not. */
  conversation(id: ConversationId): ReadonlySignal<ConversationView | null>;
  /** The direct chat with a user, if there is one. */
  direct(user: UserId): ReadonlySignal<ConversationView | null>;
  openThread(id: ConversationId, at?: Seq | 'unread'): Thread;

  /** A user. Asked from the server when it is not known, many at once. */
  person(user: UserId): ReadonlySignal<Person>;
  /** The whole profile, where it is known. */
  profile(user: UserId): ReadonlySignal<Profile | null>;
  /** Whether a user is there. None until it was told; only those who are watched are kept up to date. */
  presence(user: UserId): ReadonlySignal<PresenceOf | null>;
  /** Watch the presence of those who are on the screen. Call the result to stop. */
  watch(users: readonly UserId[]): () => void;

  /** The assistants that may be asked. */
  readonly assistants: ReadonlySignal<readonly AssistantView[]>;

  /** Contacts, by the name they are shown under. None until `actions.loadContacts` was called. */
  readonly contacts: ReadonlySignal<readonly Contact[] | null>;
  readonly blocked: ReadonlySignal<readonly Contact[] | null>;
  readonly labels: ReadonlySignal<readonly Label[] | null>;
  readonly requestsIn: ReadonlySignal<readonly ContactRequest[] | null>;
  readonly requestsOut: ReadonlySignal<readonly ContactRequest[] | null>;
  /** Requests that were not looked at, for the badge. */
  readonly requestsUnread: ReadonlySignal<number>;
  /** The newest notices of the own feed, newest first. */
  readonly feed: ReadonlySignal<readonly Entry[]>;

  /** All unread messages of conversations that are not muted, and whether somebody mentions the user: tab title, favicon, badge. */
  readonly attention: ReadonlySignal<{ count: number; mentioned: boolean }>;
  /** Messages that wait to be sent or have failed, of all conversations. */
  readonly unsent: ReadonlySignal<number>;
  /** A newer client waits to be used: show "Update ready. Reload" and call `actions.update()`. */
  readonly updateReady: ReadonlySignal<boolean>;
  /** False when nothing can be kept on this device (no IndexedDB): say so in the settings. */
  readonly durable: ReadonlySignal<boolean>;
  /** Push on this device. */
  readonly push: ReadonlySignal<'unknown' | 'unsupported' | 'off' | 'on' | 'blocked'>;
}

export interface Actions {
  // --- Going. Reject with `Problem`; `store.session` changes by itself. How one comes is in `door.ts`. ---
  /** Logs out and deletes everything that was kept on this device. */
  logOut(): Promise<void>;
  changePassword(old: string, next: string): Promise<void>;
  deleteAccount(password: string): Promise<void>;
  /** Try the connection now. */
  reconnect(): void;

  // --- Messages. These return at once: the row is there, and says how it goes on. ---
  /** Shows and queues a text. Gives the row's id. */
  send(to: To, words: Words): Promise<string>;
  sendFile(to: To, file: File | Blob, options: { kind?: MediaKind; name?: string; caption?: Words }): Promise<string>;
  sendLocation(to: To, place: { latitude_e6: number; longitude_e6: number; name: string | null; reply_to?: Seq | null }): Promise<string>;
  sendContactCard(to: To, user: UserId, reply_to?: Seq | null): Promise<string>;
  /** An emoji alone (no set), or one of a set. */
  sendSticker(to: To, sticker: { set: string | null; name: Emoji; reply_to?: Seq | null }): Promise<string>;
  forward(from: ConversationId, seq: Seq, to: readonly To[]): Promise<void>;
  /** A message that failed: try again under the same or, where the server asks for it, another key. */
  retry(id: string): Promise<void>;
  discard(id: string): Promise<void>;
  // --- Assistants ---
  loadAnswers(conversation: ConversationId): Promise<void>;
  /** A new chat with an assistant. */
  openAssistant(assistant: UserId): Promise<ConversationId>;
  stopAnswer(conversation: ConversationId): Promise<void>;
  regenerate(conversation: ConversationId, seq: Seq): Promise<void>;
  // --- These ask the server and reject with `Problem`. ---
  edit(conversation: ConversationId, seq: Seq, text: string): Promise<void>;
  recall(conversation: ConversationId, seq: Seq): Promise<void>;
  react(conversation: ConversationId, seq: Seq, emoji: Emoji, on: boolean): Promise<void>;
  pinEntry(conversation: ConversationId, seq: Seq, on: boolean): Promise<void>;
  /** Who has read a message; in a direct chat also to whom it was delivered. */
  receipts(conversation: ConversationId, seq: Seq): Promise<{ cursors: Cursor[]; read: number }>;
  gallery(conversation: ConversationId, kinds: MediaKind[], before?: Seq | null): Promise<Entry[]>;
  loadPins(conversation: ConversationId): Promise<void>;

  // --- The own side of a conversation ---
  openDirect(user: UserId): Promise<ConversationId>;
  loadConversation(id: ConversationId): Promise<void>;
  pin(conversation: ConversationId, pinned: boolean): Promise<void>;
  /** `'forever'`, a time, or none to end it. */
  mute(conversation: ConversationId, until: Timestamp | 'forever' | null): Promise<void>;
  hide(conversation: ConversationId, hidden: boolean): Promise<void>;
  markRead(conversation: ConversationId): void;
  markUnread(conversation: ConversationId): Promise<void>;
  markAllRead(): void;
  clearHistory(conversation: ConversationId): Promise<void>;
  /** Each key press of the composer: sends at most one frame per 3 s; `false` when it was emptied or sent. */
  typing(conversation: ConversationId, active: boolean): void;
  /** Kept 400 ms after the last call; an empty text without a reply removes it. */
  setDraft(conversation: ConversationId, draft: { text: string; reply_to: Seq | null; mentions: UserId[] }): void;

  // --- Groups ---
  createGroup(title: string, members: UserId[], rules?: Partial<GroupRules>): Promise<ConversationId>;
  rename(conversation: ConversationId, title: string): Promise<void>;
  setGroupCard(conversation: ConversationId, card: GroupCard): Promise<void>;
  setGroupRules(conversation: ConversationId, rules: GroupRules): Promise<void>;
  loadMembers(conversation: ConversationId): Promise<void>;
  addMembers(conversation: ConversationId, users: UserId[]): Promise<void>;
  removeMember(conversation: ConversationId, user: UserId): Promise<void>;
  setManager(conversation: ConversationId, user: UserId, manager: boolean): Promise<void>;
  transfer(conversation: ConversationId, user: UserId): Promise<void>;
  leave(conversation: ConversationId): Promise<void>;
  dissolve(conversation: ConversationId): Promise<void>;
  muteGroup(conversation: ConversationId, on: boolean): Promise<void>;
  silence(conversation: ConversationId, user: UserId, until: Timestamp | null): Promise<void>;
  setAlias(conversation: ConversationId, user: UserId, alias: string | null): Promise<void>;
  findGroups(text: string, after?: ConversationId | null): Promise<Page<GroupPreview>>;
  /** `joined`: one is in it; `asked`: somebody has to say yes. */
  join(conversation: ConversationId, greeting: string | null): Promise<'joined' | 'asked'>;
  groupOfCode(code: InviteCode): Promise<GroupPreview>;
  joinByCode(code: InviteCode): Promise<ConversationId>;
  joinRequests(conversation: ConversationId, after?: UserId | null): Promise<Page<JoinRequest>>;
  answerJoin(conversation: ConversationId, user: UserId, accept: boolean): Promise<void>;
  invites(conversation: ConversationId): Promise<Invite[]>;
  /** Makes an invite link and gives its code; the address is `inviteUrl(code)`. */
  createInvite(conversation: ConversationId, options: { expires: Timestamp | null; uses_max: number | null }): Promise<InviteCode>;
  revokeInvite(conversation: ConversationId, code: InviteCode): Promise<void>;

  // --- People ---
  loadContacts(): Promise<void>;
  loadBlocked(): Promise<void>;
  loadRequests(): Promise<void>;
  /** The requests were looked at: the badge goes, on all devices. */
  requestsSeen(): void;
  findUsers(text: string, after?: UserId | null): Promise<Page<Profile>>;
  relations(users: UserId[]): Promise<Relation[]>;
  requestContact(user: UserId, options: { greeting: string | null; remark: string | null; source: string | null }): Promise<void>;
  answerContact(user: UserId, accept: boolean): Promise<void>;
  setContact(user: UserId, contact: { remark: string | null; labels: LabelId[] }): Promise<void>;
  deleteContacts(users: UserId[]): Promise<void>;
  deleteAllContacts(): Promise<void>;
  block(user: UserId, on: boolean): Promise<void>;
  createLabel(name: string): Promise<LabelId>;
  renameLabel(label: LabelId, name: string): Promise<void>;
  deleteLabel(label: LabelId): Promise<void>;
  labelContacts(label: LabelId, add: UserId[], remove: UserId[]): Promise<void>;

  // --- Oneself ---
  setProfile(name: string, card: Card): Promise<void>;
  /** Uploads a picture (for a profile or a group card), with progress from 0 to 1. */
  upload(file: File | Blob, name: string, progress?: (fraction: number) => void): Promise<MediaInfo>;
  setSettings(settings: UserSettings): Promise<void>;
  setPresence(presence: OwnPresence): Promise<void>;
  sessions(): Promise<SessionInfo[]>;
  endSession(session: SessionId): Promise<void>;
  setPreferences(change: Partial<Preferences>): void;
  search(query: Partial<Search> & { q: string }): Promise<{ hits: Hit[]; next: string | null; complete: boolean }>;

  // --- This device ---
  /** Call from a tap on "Turn on": the browser asks the user then. */
  allowNotifications(): Promise<'granted' | 'denied' | 'default'>;
  pushOn(): Promise<void>;
  pushOff(): Promise<void>;
  pushTest(): Promise<void>;
  /** Loads the client that waits (`store.updateReady`). */
  update(): void;
}
