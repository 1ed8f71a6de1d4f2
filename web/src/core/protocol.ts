// Made from the Rust types by tests/typescript.rs; do not edit. `UPDATE_EXAMPLES=1 cargo test --test tidings typescript` writes it.
//
// One of several kinds is an object with one field that names the kind: `{ text: … }`; ask with `'text' in body`. What is absent
// is `null`; a client may leave it out.

/** A kind without fields. */
export type Nothing = Record<string, never>;
/** The caller, as the query `me` tells. */
export type Me = Extract<Answer, { me: unknown }>['me'];

/** What a client says. */
export type ClientFrame =
  /** The first frame: who this is. Answered by `welcome` or a fatal `refused`. */
  | { hello: Hello }
  /** Ask for a change. Answered by `outcome` or `refused` with the same `request`. */
  | { submit: { command: Command; key: Key; request: number } }
  /** Ask to read. Answered by `answer` or `refused` with the same `request`. */
  | { query: { query: Query; request: number } }
  /** Ask what has changed. Answered by one `changes` page, or `restart`. */
  | { sync: Sync }
  /** This device has everything up to `seq`. No answer. */
  | { delivered: { conversation: ConversationId; seq: Seq } }
  /** The user has read everything up to `seq`. No answer. */
  | { read: { conversation: ConversationId; seq: Seq } }
  /** The user is typing, or has stopped. No answer. */
  | { typing: { active: boolean; conversation: ConversationId } }
  /** Tell the presence of these users, now and on change. Answered by `presence` frames. */
  | { watch: { seconds: number; users: UserId[] } }
  /** Are you there? Answered by `pong`. */
  | { ping: { nonce: number } };

/** What a server says. */
export type ServerFrame =
  /** The client is in. */
  | { welcome: Welcome }
  /** A command was accepted and is durable. */
  | { outcome: { duplicate: boolean; lsn: Lsn; request: number; result: CommandResult } }
  /** No. */
  | { refused: Refused }
  /** The answer to a `query`. */
  | { answer: { answer: Answer; request: number } }
  /** One page of what has changed. */
  | { changes: Changes }
  /** An entry was appended or rewritten. */
  | { entry: { conversation: ConversationId; entry: Entry } }
  /** Cursors of members moved. */
  | { receipt: { conversation: ConversationId; lsn: Lsn; moved: Cursor[] } }
  /** The user's own side of a conversation changed elsewhere. */
  | { inbox: Inbox }
  /** The profile of a contact, or the user's own, changed. */
  | { user: Profile }
  /** How a user is. */
  | { presence: PresenceOf }
  /** Somebody is typing. */
  | { typing: { active: boolean; conversation: ConversationId; user: UserId } }
  /** A piece of an answer that an assistant is writing. */
  | { draft: { author: UserId; conversation: ConversationId; done: boolean; draft: number; offset: number; text: string } }
  /** Pushes were dropped because this connection was too slow: `sync` from your cursor. */
  | { lagging: Nothing }
  /** The server's data is another: drop the cache, keep the outbox, `sync` from 0. */
  | { restart: { epoch: Epoch } }
  /** This session is over; the connection is closed. */
  | { kicked: { by: Name | null; reason: EndReason } }
  /** The server is going away; the connection is closed. */
  | { closing: { reason: string; retry_after_ms: number } }
  /** Here I am. */
  | { pong: { nonce: number; time: Timestamp } }
  /** An event of the app's own, told by its backend to those who are connected. Nothing of it is kept. */
  | { pushed: { data: PushedData; kind: PushedKind } };

/** Who a client is. */
export interface Hello {
  /** How the client proves who it is. */
  auth: Auth;
  /** Name and version of the client software, for the operator. */
  client: string;
  /** The device it runs on. */
  device: Device;
  resume: Resume | null;
}

/** The caller's idempotency key: 16 bytes, a UUID version 7 (RFC 9562), scoped to the acting user. A hyphenated string in JSON, 16 raw bytes in postcard. */
export type Key = string;

/** What a person asks for. */
export type Command =
  /** Send a message. Result: `appended`. From a device it also moves the sender's `read` up to itself. */
  | { send: { content: Content; to: Target } }
  /** Replace the words of an own text, within the app's edit window. Result: `appended` (the notice). */
  | { edit: { conversation: ConversationId; seq: Seq; text: string } }
  /** Take back a message: an own one within the app's recall window; in groups the owner anyone's, a manager a member's. Result: `appended` (the notice). */
  | { recall: { conversation: ConversationId; seq: Seq } }
  /** Put a reaction on a message or take it away; asking for what is already so changes nothing. Result: `appended` or `done`. */
  | { react: { conversation: ConversationId; emoji: Emoji; on: boolean; seq: Seq } }
  /** Have a direct chat with a user without sending anything yet. Result: `conversation`. */
  | { open_direct: { user: UserId } }
  /** Create a group, with the caller as owner. Result: `conversation`. */
  | { create_group: { members: UserId[]; rules: GroupRules; title: Name } }
  /** Add users to a group; those who are in it already are passed over. Result: `appended` or `done`. */
  | { add_members: { conversation: ConversationId; users: UserId[] } }
  /** Remove a member: the owner anyone, a manager members. Result: `appended`. */
  | { remove_member: { conversation: ConversationId; user: UserId } }
  /** Leave a group. The owner transfers it first, or dissolves it. Result: `appended`. A chat with an assistant is deleted by leaving it. Result: `done`. */
  | { leave: { conversation: ConversationId } }
  /** Give a group, or a chat with an assistant, another title. Result: `appended`. */
  | { rename: { conversation: ConversationId; title: Name } }
  /** Keep a conversation at the top of the caller's list, or not. Result: `done`. */
  | { pin: { conversation: ConversationId; pinned: boolean } }
  /** Silence a conversation for the caller. Result: `done`. */
  | { mute: { conversation: ConversationId; until: Timestamp | null } }
  /** Take a conversation out of the caller's list until its next message. Result: `done`. */
  | { hide: { conversation: ConversationId; hidden: boolean } }
  /** Show a conversation as unread until it is read again. Result: `done`. */
  | { mark_unread: { conversation: ConversationId } }
  /** End one of the caller's sessions. Result: `done`. */
  | { end_session: { session: SessionId } }
  /** End the caller's own session. Result: `done`; then the connection is closed. */
  | { log_out: Nothing }
  /** Send a message that the caller can see to another place, with its origin. Result: `appended`. */
  | { forward: { from: ConversationId; seq: Seq; to: Target } }
  /** Pin a message for all members, or take the pin away. Direct chats: both sides; groups: whom the rules name. Result: `appended` or `done`. */
  | { pin_entry: { conversation: ConversationId; on: boolean; seq: Seq } }
  /** Delete a conversation's history up to now for the caller alone. Result: `done`. */
  | { clear_history: { conversation: ConversationId } }
  /** Set the caller's name and card. Result: `done`. */
  | { set_profile: { card: Card; name: Name } }
  /** Set the caller's settings. Result: `done`. */
  | { set_settings: { settings: UserSettings } }
  /** Say how the caller is. Result: `done`. */
  | { set_presence: { presence: OwnPresence } }
  /** Ask a user to be a contact. Asking again while it is pending updates it. Result: `appended` (in the caller's feed) or `done`. */
  | { request_contact: { greeting: Line | null; remark: Name | null; source: Line | null; user: UserId } }
  /** Answer a pending contact request. Accepting twice changes nothing. Result: `appended` or `done`. */
  | { answer_contact: { accept: boolean; user: UserId } }
  /** Set what the caller keeps with a contact. Result: `appended` or `done`. */
  | { set_contact: { extra: Extra; labels: LabelId[]; remark: Name | null; user: UserId } }
  /** Delete contacts; the other sides keep their rows. Result: `appended` or `done`. */
  | { delete_contacts: { users: UserId[] } }
  /** Delete all contacts, [`super::limits::USERS_PER_COMMAND_MAX`] at a time. Result: `removed`; ask again while there are more. */
  | { delete_all_contacts: Nothing }
  /** Block a user, or end that. Independent of being a contact; they are not told. Result: `appended` or `done`. */
  | { block: { on: boolean; user: UserId } }
  /** Create a label for contacts. Result: `label`. */
  | { create_label: { name: Name } }
  /** Give a label another name. Result: `appended` or `done`. */
  | { rename_label: { label: LabelId; name: Name } }
  /** Delete a label; its contacts stay. Result: `appended`. */
  | { delete_label: { label: LabelId } }
  /** Put contacts under a label and take others away. Result: `appended` or `done`. */
  | { label_contacts: { add: UserId[]; label: LabelId; remove: UserId[] } }
  /** Set the rules of a group: its owner may. Result: `appended` or `done`. */
  | { set_group_rules: { conversation: ConversationId; rules: GroupRules } }
  /** Set what a group says of itself. Result: `appended` or `done`. */
  | { set_group_card: { card: GroupCard; conversation: ConversationId } }
  /** Join a public group, or ask to. Result: `appended` (joined) or `done` (asked). */
  | { join: { conversation: ConversationId; greeting: Line | null } }
  /** Join a group by the code of an invite link. Result: `appended`. */
  | { join_by_code: { code: InviteCode } }
  /** Answer somebody who asked to join. Result: `appended` or `done`. */
  | { answer_join: { accept: boolean; conversation: ConversationId; user: UserId } }
  /** Make an invite link into a group. Result: `appended`. */
  | { create_invite: { code: InviteCode; conversation: ConversationId; expires: Timestamp | null; uses_max: number | null } }
  /** Make an invite link useless. Result: `appended`. */
  | { revoke_invite: { code: InviteCode; conversation: ConversationId } }
  /** Make a member a manager, or end that: the owner may. Result: `appended` or `done`. */
  | { set_manager: { conversation: ConversationId; manager: boolean; user: UserId } }
  /** Hand a group over: the owner may, and is a manager afterwards. Result: `appended`. */
  | { transfer: { conversation: ConversationId; user: UserId } }
  /** End a group for good: the owner may. It can only be read from then on. Result: `appended`. */
  | { dissolve: { conversation: ConversationId } }
  /** Let only the owner and managers speak, or everybody again. Result: `appended` or `done`. */
  | { mute_group: { conversation: ConversationId; on: boolean } }
  /** Silence a member for a time, or end that. Result: `appended` or `done`. */
  | { silence_member: { conversation: ConversationId; until: Timestamp | null; user: UserId } }
  /** Set a member's alias in a group: the caller's own, or as owner or manager another's. Result: `appended` or `done`. */
  | { set_alias: { alias: Name | null; conversation: ConversationId; user: UserId } }
  /** Say where the caller's device is reached while nothing of it is open (Web Push), for as long as its session lasts. Result: `done`. */
  | { set_push: { subscription: PushSubscription | null } }
  /** Open a chat with an assistant. There can be any number, each with its own title. Result: `conversation`. */
  | { open_assistant: { assistant: UserId; title: Name | null } }
  /** Stop the answer that is being written (or the question that is next). What has come stays. In a chat with an assistant its user; in a group who asked, the owner and managers. Result: `done`. */
  | { stop_answer: { conversation: ConversationId } }
  /** Have an answer written again, in place of the one that is there. Whoever asked the question. Result: `done`. */
  | { regenerate: { conversation: ConversationId; seq: Seq } }
  /** Set the commands that the caller offers: a bot may. Result: `done`. */
  | { set_commands: { commands: BotCommand[] } }
  /** Press a button of a message. Its author is told in their feed. Result: `done`. */
  | { press: { button: ButtonId; conversation: ConversationId; seq: Seq } }
  /** Replace the words and the buttons of an own message with buttons, at any time. Result: `appended` (the notice). */
  | { edit_buttons: { conversation: ConversationId; rows: ButtonRow[]; seq: Seq; text: string } };

/** What a person asks to read. */
export type Query =
  /** The caller's conversations, pinned first, then by last change, each with its newest entry. */
  | { conversations: { limit: number; skip: number } }
  /** One conversation with its newest entries. */
  | { conversation: { conversation: ConversationId } }
  /** Entries of a conversation with `from` ≤ seq ≤ `to`, oldest first, and before them entries outside of that range that notices inside of it rewrote. When there are more than `limit`: the lowest ones if `from` is given, else the highest. */
  | { entries: { conversation: ConversationId; from: Seq | null; limit: number; to: Seq | null } }
  /** The members of a conversation, by id. */
  | { members: { after: UserId | null; conversation: ConversationId; limit: number } }
  /** Who has read an entry (and, in a direct chat, to whom it was delivered), at most 500. */
  | { receipts: { conversation: ConversationId; seq: Seq } }
  /** The caller's sessions. */
  | { sessions: Nothing }
  /** Profiles of users (1–100); those that are not there are left out. */
  | { users: { users: UserId[] } }
  /** The first entry of a conversation that was accepted at or after a time (the newest when none was). Answer: `place`. */
  | { entry_at: { at: Timestamp; conversation: ConversationId } }
  /** Messages with files, newest first. Answer: `entries`. */
  | { gallery: { before: Seq | null; conversation: ConversationId; kinds: MediaKind[]; limit: number } }
  /** The pinned messages of a conversation, newest first. Answer: `entries`. */
  | { pins: { conversation: ConversationId } }
  /** The caller's profile, settings and own presence. Answer: `me`. */
  | { me: Nothing }
  /** The caller's contacts, by when they were first known here. Answer: `contacts`. */
  | { contacts: { after: UserId | null; blocked: boolean; limit: number; since: Lsn | null } }
  /** One contact row of the caller. Answer: `contacts`. */
  | { contact: { user: UserId } }
  /** Contact requests to the caller, or by them. Answer: `contact_requests`. */
  | { contact_requests: { after: UserId | null; limit: number; sent: boolean } }
  /** The caller's labels. Answer: `labels`. */
  | { labels: Nothing }
  /** How users (1–100) and the caller are related. Answer: `relations`. */
  | { relations: { users: UserId[] } }
  /** Users of the caller's app, as its directory setting allows: found by what `text` says. Answer: `found_users`. */
  | { find_users: { after: UserId | null; limit: number; text: string } }
  /** Public groups of the caller's app by the beginning of a word of their title. Answer: `groups`. */
  | { find_groups: { after: ConversationId | null; limit: number; text: string } }
  /** The group behind an invite code, before joining. Answer: `groups` with the one. */
  | { group_of_code: { code: InviteCode } }
  /** The invite links of a group: for whoever may make them. Answer: `invites`. */
  | { invites: { conversation: ConversationId } }
  /** Those who asked to join a group: for its owner and managers. Answer: `join_requests`. */
  | { join_requests: { after: UserId | null; conversation: ConversationId; limit: number } }
  /** The presence of users (1–100); those who may not be seen are offline. Answer: `presences`. (Answered by the gateway, because who is connected is no row.) */
  | { presences: { users: UserId[] } }
  /** What is known of a file that the caller may see. Answer: `media`. */
  | { media: { media: MediaId } }
  /** Messages of the caller's conversations with certain words, newest first. */
  | { search: Search }
  /** The assistants that the caller may use. Answer: `assistants`. */
  | { assistants: Nothing }
  /** The answers that are being written in a conversation and the questions that wait, oldest first. Answer: `drafts`. (What is written so far is no row: the gateway adds it.) */
  | { drafts: { conversation: ConversationId } }
  /** The commands that the bots of a conversation offer. Answer: `bot_commands`. */
  | { bot_commands: { conversation: ConversationId } };

/** Ask what has changed since `cursor`. */
export interface Sync {
  /** Everything with a lower lsn is processed; 0 for everything there is. */
  cursor: Lsn;
  /** The epoch of the data the client has. */
  epoch: Epoch;
  /** Conversations in one page (1–100). */
  limit: number;
  /** The client's number for this request. */
  request: number;
}

/** A conversation (direct chat or group), unique on this server across all apps. */
export type ConversationId = number;

/** The place of an entry in its conversation: 1, 2, 3 … without gaps. 0 means "before the first". */
export type Seq = number;

/** The id of a user: 1–64 characters `A-Z a-z 0-9 _ . @ -`, unique in its app, compared without regard to case (see [`UserId::folded`]), chosen by whoever creates the user. */
export type UserId = string;

/** How a client proves who it is. */
export type Auth =
  /** The session token of an earlier `welcome`. */
  | { token: Secret }
  /** A JWT signed by an app's own backend. */
  | { signed: Secret }
  /** A user's password. Opens a session; `welcome` carries its token. */
  | { password: { app: AppId; password: Secret; user: UserId } }
  /** WebSocket only: the session cookie of the upgrade request. */
  | { cookie: Nothing };

/** A device as it introduces itself. */
export interface Device {
  /** Made by the device, stable. */
  id: DeviceId;
  /** What people call it, for example "Ada's laptop". */
  name: Name;
  /** What it runs on. */
  platform: Platform;
}

/** Where a device stopped. */
export interface Resume {
  /** Everything with a lower lsn is processed. */
  cursor: Lsn;
  /** The epoch of the data it has. */
  epoch: Epoch;
}

/** A secret that never reaches a log line: `Debug` and `Display` print only that it is there. */
export type Secret = string;

/** A tenant: one system that uses this server. Every row, query and token belongs to exactly one. */
export type AppId = number;

/** The stable id that a device made for itself: 1–64 characters `A-Z a-z 0-9 _ . -` (a UUID fits). */
export type DeviceId = string;

/** What a device runs on. */
export type Platform = 'web' | 'ios' | 'android' | 'macos' | 'windows' | 'linux' | 'api';

/** A name that people read: the title of a group, a display name, the name of a device. 1–256 bytes, no control characters, not only white space. */
export type Name = string;

/** Which data this is: random below 2^53, drawn when the data folder is created or restored. */
export type Epoch = number;

/** Log sequence number: the place of an accepted command in the one order of this server. Starts at 1, only grows. */
export type Lsn = number;

/** Where a message goes. */
export type Target =
  /** The direct chat with this user; made when it is not there yet. */
  | { user: UserId }
  /** A conversation the sender belongs to. */
  | { conversation: ConversationId };

/** A message as somebody wants to send it. */
export type Content =
  /** Words. */
  | { text: Text }
  /** A kind of the sender's own. */
  | { custom: Custom }
  /** A file. */
  | { media: Attach }
  /** A place. */
  | { location: Location }
  /** Somebody's contact card. */
  | { contact_card: ContactCard }
  /** A sticker or one large emoji. */
  | { sticker: Sticker }
  /** Words with buttons: of bots, and of users in whose name their app speaks. */
  | { buttons: Buttons };

/** The emoji of a reaction: 1–64 bytes, no control characters, no white space. */
export type Emoji = string;

/** The rules of one group. */
export interface GroupRules {
  /** Who changes title, picture, introduction, notice and extra of a private group. (Of a public one: its managers.) */
  edit: Who;
  /** What new members see. */
  history: NewMemberHistory;
  /** Who adds members and makes invite links: in a private group, and in a public one that is free to join. (In a public one with approval, or closed: its managers, whatever this says.) */
  invite: Who;
  /** How one joins a public group. */
  join: JoinPolicy;
  /** Whether those who left or were removed keep reading what they saw. */
  keep_reading: boolean;
  /** Private or public. */
  kind: GroupKind;
  /** Most members, 2 up to the app's limit; none: the app's limit. */
  members_max: number | null;
  /** Who pins messages. */
  pin: Who;
}

/** Milliseconds since 1970-01-01 UTC. */
export type Timestamp = number;

/** One log-in of one device of one user. */
export type SessionId = number;

/** What a user says of themselves, besides id and name. All of it is optional and unverified. */
export interface Card {
  avatar: MediaId | null;
  birthday: Line | null;
  email: Line | null;
  /** Whatever an integrator wants to keep with them. */
  extra: Extra;
  gender: Line | null;
  language: Line | null;
  location: Line | null;
  phone: Line | null;
  signature: Line | null;
}

/** A user's own settings that rules depend on. Nobody else sees them. */
export interface UserSettings {
  /** What happens with contact requests. */
  contact_policy: ContactPolicy;
  /** Who sees when they were last there. */
  last_seen: Visibility;
  /** Whether others see the e-mail address. */
  show_email: boolean;
  /** Whether others see the phone number. */
  show_phone: boolean;
  strangers: Strangers | null;
}

/** A user's own state, as they set it; it follows them to every device. */
export interface OwnPresence {
  /** How they want to be shown while a device of theirs is there. */
  availability: Availability;
  emoji: Emoji | null;
  text: Line | null;
  until: Timestamp | null;
}

/** A line that people read and may leave out: a greeting, a place, a signature. 1–512 bytes, no control characters, not only white space. */
export type Line = string;

/** A label of contacts, unique on this server. */
export type LabelId = number;

/** Strings by name that an integrator keeps with a user, contact or group: at most 4,096 bytes of keys and values in all. */
export type Extra = Record<string, string>;

/** What a group says of itself, besides its title. */
export interface GroupCard {
  avatar: MediaId | null;
  /** Whatever an integrator wants to keep with it. */
  extra: Extra;
  introduction: Paragraph | null;
  notice: Paragraph | null;
}

/** The secret part of an invite link, made by whoever makes the link: 16–48 characters `A-Z a-z 0-9 _ -`, best 22 random ones. */
export type InviteCode = string;

/** Where a device is reached, as its browser says it (W3C Push API, RFC 8030 and 8291). Never shown again. */
export interface PushSubscription {
  /** The secret that the device shares with whoever sends to it (16 bytes), in base64url without padding. */
  auth: string;
  /** The address at the browser's push service. Whoever knows it can send there. */
  endpoint: string;
  /** The device's public key (P-256, uncompressed), in base64url without padding. */
  p256dh: string;
  /** Whether notifications on this device show what a message says. */
  show_text: boolean;
}

/** A command that a bot offers. */
export interface BotCommand {
  /** What it does. */
  description: Line;
  hint: Line | null;
  /** Its name, without the slash. */
  name: CommandName;
}

/** What a button is told apart by: 1–64 bytes without control characters, as the bot likes. */
export type ButtonId = string;

/** Buttons beside each other, at most [`super::limits::BUTTONS_PER_ROW_MAX`]. */
export type ButtonRow = Button[];

/** A message in words. */
export interface Text {
  /** Whether the words are Markdown. */
  markdown: boolean;
  /** Names everybody: the owner and managers of a group may. */
  mention_all: boolean;
  /** Users named in the text, at most [`super::limits::MENTIONS_MAX`]. */
  mentions: UserId[];
  reply_to: Seq | null;
  /** The words, 1 byte to the app's `message_bytes_max`; kept byte for byte. */
  text: string;
}

/** A message of a kind that integrators define. */
export interface Custom {
  /** A JSON document, kept byte for byte, at most the app's `message_bytes_max`. */
  json: string;
  /** What it is, for example `order.shipped`: 1–64 characters `a-z A-Z 0-9 _ . -`. */
  kind: string;
  reply_to: Seq | null;
}

/** A file that somebody wants to send. Only who uploaded it can; others forward the message. */
export interface Attach {
  /** Words beside it; may be empty. */
  caption: Text;
  /** How it is shown. An image must be a picture, voice a sound, video a film by its content. */
  kind: MediaKind;
  /** The uploaded file. */
  media: MediaId;
}

/** A place on earth (WGS 84). */
export interface Location {
  /** Degrees north × 1,000,000, −90,000,000 to 90,000,000. */
  latitude_e6: number;
  /** Degrees east × 1,000,000, −180,000,000 to 180,000,000. */
  longitude_e6: number;
  name: Line | null;
  reply_to: Seq | null;
}

/** Somebody's contact card. */
export interface ContactCard {
  reply_to: Seq | null;
  /** Whose. */
  user: UserId;
}

/** A sticker of a set that clients know, or one large emoji. */
export interface Sticker {
  /** Which one of the set, or the emoji. */
  name: Emoji;
  reply_to: Seq | null;
  set: Name | null;
}

/** Words with buttons below them. */
export interface Buttons {
  /** The buttons: at most [`super::limits::BUTTON_ROWS_MAX`] rows. */
  rows: ButtonRow[];
  /** The words. */
  text: Text;
}

/** What shows a file in a message. */
export type MediaKind = 'image' | 'file' | 'voice' | 'video';

/** A file: 128 random bits, 32 hexadecimal digits in text. */
export type MediaId = string;

/** A button. */
export interface Button {
  /** What it does. */
  does: ButtonDoes;
  /** What stands on it. */
  label: ButtonLabel;
  /** How it looks. */
  style: ButtonStyle;
}

/** What stands on a button: 1–128 bytes, on one line, not only white space, nothing that turns the direction of writing. */
export type ButtonLabel = string;

/** How a button looks. */
export type ButtonStyle = 'plain' | 'primary' | 'danger';

/** What a button does. */
export type ButtonDoes =
  /** Tells the author of the message that it was pressed; no other button of the message has the same id. */
  | { press: ButtonId }
  /** Opens an address. Clients show its host. */
  | { open: ButtonUrl };

/** An address that a button opens: `http` or `https`, a host in ASCII, no user or password in it; at most 1,024 bytes. */
export type ButtonUrl = string;

/** Whether a group is found in the directory. */
export type GroupKind = 'private' | 'public';

/** Who of a group may do something: a role and those above it. */
export type Who = 'members' | 'managers';

/** How one joins a public group. */
export type JoinPolicy = 'free' | 'approval' | 'closed';

/** What new members see of what was said before them. */
export type NewMemberHistory = 'from_joining' | 'all';

/** What happens with a contact request to a user. */
export type ContactPolicy = 'open' | 'approve' | 'closed';

/** Who may send direct messages to somebody. */
export type Strangers = 'anyone' | 'contacts';

/** To whom something is shown. */
export type Visibility = 'everyone' | 'contacts' | 'nobody';

/** What a user says about being there. */
export type Availability = 'online' | 'away' | 'busy' | 'invisible';

/** Some lines that people read: the introduction or notice of a group. 1–4,096 bytes, no control characters but line breaks and tabs, not only white space. */
export type Paragraph = string;

/** The name of a bot's command: 1–32 characters `a-z 0-9 _ -`; people write it behind a `/`. */
export type CommandName = string;

/** Messages that somebody looks for, in the conversations they belong or belonged to. */
export interface Search {
  after: Timestamp | null;
  before: Timestamp | null;
  conversation: ConversationId | null;
  /** Goes on where an answer with this `next` ended. */
  cursor: string | null;
  from: UserId | null;
  has: Has | null;
  /** How many at most (1–50). */
  limit: number;
  /** Words, all of which must be there; several in quotation marks stand next to each other. `from:`, `in:`, `before:`, `after:` and `has:` in it mean the same as the fields below. At most [`super::limits::SEARCH_BYTES_MAX`]. */
  q: string;
}

/** What a message can have in it. */
export type Has = 'image' | 'file' | 'voice' | 'video' | 'link';

/** The client is in. */
export interface Welcome {
  /** The user's app. */
  app: AppId;
  /** A device without any data may start from here once it has synchronised. */
  cursor: Lsn;
  /** Which data this is. */
  epoch: Epoch;
  /** What this connection may do. */
  limits: Limits;
  /** The protocol version: 1. */
  protocol: number;
  /** The server's name. */
  server: string;
  /** The session. */
  session: SessionId;
  /** The server's time. */
  time: Timestamp;
  token: Secret | null;
  /** The user. */
  user: UserId;
}

/** What an accepted command gave back. */
export type CommandResult =
  /** It is so now (or was so already). */
  | { done: Nothing }
  /** An entry was appended. */
  | { appended: { at: Timestamp; conversation: ConversationId; ordinal: Ordinal; seq: Seq } }
  /** A conversation is there; query it for the rest. */
  | { conversation: { conversation: ConversationId } }
  /** An app was created. */
  | { app: { app: AppId } }
  /** A user was created. */
  | { user: { user: UserHandle } }
  /** A session was opened. */
  | { session: { session: SessionId } }
  /** A label was created. */
  | { label: { label: LabelId } }
  /** Some were removed. */
  | { removed: { count: number; more: boolean } };

/** No, and why. */
export interface Refused {
  /** What kind of no. */
  code: Code;
  /** The connection is closed after this. */
  fatal: boolean;
  /** A sentence for people. */
  message: string;
  /** The client's number, when it is about one request. */
  request: number | null;
  /** Try again after so many milliseconds. */
  retry_after_ms: number | null;
}

/** What a query gave. `as_of`: everything with this lsn or a lower one is in it. */
export type Answer =
  /** To `conversations`. */
  | { conversations: { as_of: Lsn; conversations: Conversation[]; more: boolean } }
  /** To `conversation`. */
  | { conversation: { as_of: Lsn; conversation: Conversation } }
  /** To `entries`. */
  | { entries: { as_of: Lsn; conversation: ConversationId; entries: Entry[]; floor: Seq; head: Seq } }
  /** To `members`. */
  | { members: { as_of: Lsn; members: Member[]; more: boolean } }
  /** To `receipts`. */
  | { receipts: { as_of: Lsn; cursors: Cursor[]; read: number } }
  /** To `sessions`. */
  | { sessions: { sessions: SessionInfo[] } }
  /** To `users`. */
  | { users: { users: Profile[] } }
  /** To `entry_at`. */
  | { place: { as_of: Lsn; seq: Seq } }
  /** To `me`. */
  | { me: { administrator: boolean; as_of: Lsn; edit_window_ms: number; feed: ConversationId; media_bytes: number; presence: OwnPresence; profile: Profile; recall_window_ms: number; settings: UserSettings } }
  /** To `contacts` and `contact`. */
  | { contacts: { as_of: Lsn; contacts: Contact[]; more: boolean } }
  /** To `contact_requests`. */
  | { contact_requests: { as_of: Lsn; more: boolean; requests: ContactRequest[]; unread: number } }
  /** To `labels`. */
  | { labels: { as_of: Lsn; labels: Label[] } }
  /** To `relations`. */
  | { relations: { as_of: Lsn; relations: Relation[] } }
  /** To `find_users`. */
  | { found_users: { more: boolean; users: Profile[] } }
  /** To `find_groups` and `group_of_code`. */
  | { groups: { groups: GroupPreview[]; more: boolean } }
  /** To `invites`. */
  | { invites: { as_of: Lsn; invites: Invite[] } }
  /** To `join_requests`. */
  | { join_requests: { as_of: Lsn; more: boolean; requests: JoinRequest[] } }
  /** To `presences`. */
  | { presences: { presences: PresenceOf[] } }
  /** To `media`. */
  | { media: { media: MediaInfo } }
  /** To `search`. */
  | { found: { as_of: Lsn; complete: boolean; hits: Hit[]; next: string | null } }
  /** To `assistants`. */
  | { assistants: { as_of: Lsn; assistants: AssistantView[] } }
  /** To `drafts`. */
  | { drafts: { as_of: Lsn; conversation: ConversationId; drafts: DraftView[] } }
  /** To `bot_commands`. */
  | { bot_commands: { as_of: Lsn; commands: OfferedCommand[]; more: boolean } };

/** One page of what has changed for a user. */
export interface Changes {
  /** As of this lsn. */
  as_of: Lsn;
  /** The conversations that changed, by lsn. */
  conversations: Conversation[];
  /** Everything with a lower lsn is processed once this page is. */
  cursor: Lsn;
  /** Ask for another page. */
  more: boolean;
  /** The client's number (0 for `hello.resume`). */
  request: number;
  /** Contacts whose profile changed. */
  users: Profile[];
}

/** One entry of a conversation. Everything that happens in a conversation is one: a message, an edit, somebody joining. An entry never changes its `seq`, `lsn`, `ordinal`, `at`, `author` or `key`. Its body and reactions change when a later entry edits, recalls or reacts to it; `changed` is then the lsn of that later entry. */
export interface Entry {
  /** When the server accepted it. */
  at: Timestamp;
  /** Who caused it. */
  author: UserId;
  /** What it says. */
  body: Body;
  /** The last command that changed it; equal to `lsn` while nothing did. */
  changed: Lsn;
  edited_at: Timestamp | null;
  key: Key | null;
  /** The command that made it. */
  lsn: Lsn;
  /** How many messages the conversation has up to and including this entry. */
  ordinal: Ordinal;
  origin: Origin | null;
  /** Reactions to it, in the order in which each emoji was first used. */
  reactions: Reaction[];
  recalled_at: Timestamp | null;
  /** Its place in the conversation: 1, 2, 3 … without gaps. */
  seq: Seq;
}

/** How far one user has got in a conversation. */
export interface Cursor {
  delivered: Seq | null;
  /** They have read up to here. */
  read: Seq;
  /** Who. */
  user: UserId;
}

/** One user's own side of a conversation. */
export interface Inbox {
  /** The conversation. */
  conversation: ConversationId;
  /** The first entry this user may see; drop what is below. */
  floor: Seq;
  /** True after leaving: nothing newer will come. */
  gone: boolean;
  /** Not shown in the list until the next message. */
  hidden: boolean;
  /** The command that changed it last. */
  lsn: Lsn;
  /** Shown as unread although it is not, until the next `read`. */
  marked_unread: boolean;
  /** How many of them mention this user (at most 100 are counted). */
  mentions: number;
  muted_until: Timestamp | null;
  /** Kept at the top of the list. */
  pinned: boolean;
  /** Everything up to this entry is read. */
  read: Seq;
  /** How many messages are above `read`. */
  unread: number;
}

/** A user as others see them. */
export interface Profile {
  /** The rest. `phone` and `email` are left out for others unless shown. */
  card: Card;
  /** The last command that changed it. */
  changed: Lsn;
  /** The account is gone; messages of it stay under this id. */
  deleted: boolean;
  /** What kind of user. */
  kind: UserKind;
  /** Their display name. */
  name: Name;
  /** Their id. */
  user: UserId;
}

/** The presence of a user as one reader may see it. */
export interface PresenceOf {
  emoji: Emoji | null;
  last_seen: Timestamp | null;
  /** What they are there with. */
  platforms: Platform[];
  /** How they are. */
  state: PresenceState;
  text: Line | null;
  until: Timestamp | null;
  /** Whose. */
  user: UserId;
}

/** Why a session ended. */
export type EndReason =
  | 'logged_out'
  | 'revoked'
  | 'replaced_by_device'
  | 'replaced_by_same_device'
  | 'password_changed'
  | 'suspended'
  | 'expired'
  | 'account_deleted';

/** What kind of event an app tells: 1–64 characters `a-z A-Z 0-9 _ . -`, as the app likes. */
export type PushedKind = string;

/** What an event of an app carries: any JSON. In JSON it stands as it is, in postcard as its text. */
export type PushedData = unknown;

/** What a connection may do. */
export interface Limits {
  /** Largest frame, in bytes. */
  max_frame: number;
  /** Submits per second, on average; 0: not limited. */
  rate: number;
  /** Submits in flight. */
  window: number;
}

/** How many *messages* (not notices) a conversation has up to and including an entry. Unread counts are differences of it. */
export type Ordinal = number;

/** The numeric handle of a user: unique on this server across all apps, given once, never reused. Keys of stored rows use it; the wire never shows it (there a user is a [`super::UserId`]). */
export type UserHandle = number;

/** The closed list of refusal codes. Each has one meaning; `docs/protocol.md` lists cause and cure. */
export type Code =
  | 'unauthenticated'
  | 'token_expired'
  | 'session_revoked'
  | 'suspended'
  | 'silenced'
  | 'contacts_disabled'
  | 'forbidden'
  | 'not_found'
  | 'not_member'
  | 'not_contact'
  | 'blocked'
  | 'stranger'
  | 'muted'
  | 'silenced_in_group'
  | 'closed_group'
  | 'dissolved'
  | 'full'
  | 'invalid'
  | 'too_large'
  | 'unsupported'
  | 'conflict'
  | 'idempotency_conflict'
  | 'key_expired'
  | 'window_exceeded'
  | 'rate_limited'
  | 'overloaded'
  | 'unavailable'
  | 'read_only'
  | 'unknown_frame'
  | 'bad_frame'
  | 'protocol_version'
  | 'expired'
  | 'quota_exceeded'
  | 'hook_refused';

/** A conversation as one user sees it at one moment. */
export interface Conversation {
  /** When the newest entry was accepted. */
  at: Timestamp;
  /** The highest lsn that changed anything of this for this user. */
  changed: Lsn;
  /** How far the members have got: both in a direct chat, `read` alone in groups of at most [`super::limits::RECEIPTS_MEMBERS_MAX`], empty in larger ones. */
  cursors: Cursor[];
  /** Newest entries, oldest first, and before them entries that newer notices rewrote. */
  entries: Entry[];
  group: GroupView | null;
  /** The newest entry this user may see. */
  head: Seq;
  /** The ordinal of `head`. */
  head_ordinal: Ordinal;
  /** Its id. */
  id: ConversationId;
  /** What is this user's own. */
  inbox: Inbox;
  /** Direct chat, group, feed or chat with an assistant. */
  kind: ConversationKind;
  /** How many members it has now. */
  members: number;
  peer: UserId | null;
  /** The reader's role. */
  role: Role;
  title: Name | null;
}

/** A member of a conversation. */
export interface Member {
  alias: Name | null;
  /** Since when they are in it. */
  joined: Timestamp;
  /** What they may do. */
  role: Role;
  silenced_until: Timestamp | null;
  /** Who. */
  user: UserId;
}

/** A session as its user sees it in the list of their devices. */
export interface SessionInfo {
  /** From which address it was opened. */
  address: string;
  /** When it was opened. */
  created: Timestamp;
  /** Whether it is the one that asks. */
  current: boolean;
  /** The device. */
  device: Device;
  /** When it was last used, exact to a day. */
  seen: Timestamp;
  /** Its id. */
  session: SessionId;
}

/** A contact as its owner sees it. */
export interface Contact {
  /** Whether the owner has blocked them. */
  blocked: boolean;
  /** The last command that changed this row. */
  changed: Lsn;
  /** Whether they are a contact now. Someone who was removed, or is only blocked, is not; such rows are told only to who asks for changes or for the blocked. */
  contact: boolean;
  /** Whatever an integrator wants to keep with the contact. */
  extra: Extra;
  /** The labels they are under. */
  labels: LabelId[];
  /** What they say of themselves. */
  profile: Profile;
  remark: Name | null;
  since: Timestamp | null;
  /** Who. */
  user: UserId;
}

/** A contact request as one of its two sides sees it. */
export interface ContactRequest {
  answered: Timestamp | null;
  /** When it was (last) asked. */
  asked: Timestamp;
  /** Who asked. */
  from: UserId;
  greeting: Line | null;
  /** What the other side says of themselves. */
  profile: Profile;
  source: Line | null;
  /** Where it stands. */
  state: RequestState;
  /** Who was asked. */
  to: UserId;
  /** Whether the asked side has not looked at it yet. */
  unread: boolean;
}

/** A label: a group of contacts that their owner named. */
export interface Label {
  /** Its id. */
  label: LabelId;
  /** Its name. */
  name: Name;
}

/** How a user and the asker are related. */
export interface Relation {
  /** The asker has blocked them. */
  blocked: boolean;
  /** They have blocked the asker. */
  blocked_by: boolean;
  /** The asker has them as a contact. */
  contact: boolean;
  /** They have the asker as a contact. */
  contact_of: boolean;
  /** Who. */
  user: UserId;
}

/** A group as somebody sees it who is not in it: found in the directory, or behind a link. */
export interface GroupPreview {
  /** Whether the reader has asked to join and waits. */
  asked: boolean;
  avatar: MediaId | null;
  /** Its id. */
  conversation: ConversationId;
  introduction: Paragraph | null;
  /** How one joins. */
  join: JoinPolicy;
  /** Whether the reader is in it. */
  joined: boolean;
  /** How many are in it. */
  members: number;
  /** Its title. */
  title: Name;
}

/** A link into a group or an app. */
export interface Invite {
  by: UserId | null;
  /** The secret part of the link. */
  code: InviteCode;
  /** When it was made. */
  created: Timestamp;
  expires: Timestamp | null;
  /** How often it was used. */
  uses: number;
  /** How often it can be used in all. */
  uses_max: number | null;
}

/** Somebody who wants to join a group. */
export interface JoinRequest {
  /** When. */
  asked: Timestamp;
  greeting: Line | null;
  /** Who. */
  user: UserId;
}

/** What is known of a file. */
export interface MediaInfo {
  /** Its size. */
  bytes: number;
  /** What it is by its content, for example `image/png`. */
  content_type: string;
  /** When it was uploaded. */
  created: Timestamp;
  /** How long a sound lasts. */
  duration_ms: number | null;
  /** Height in pixels. */
  height: number | null;
  /** Its id. */
  media: MediaId;
  /** The name it was uploaded under, without any folder. */
  name: Name;
  /** Whether there is a thumbnail. */
  thumbnail: boolean;
  /** Width in pixels, of pictures that were understood. */
  width: number | null;
}

/** A message that was found. */
export interface Hit {
  /** Where it is. */
  conversation: ConversationId;
  /** The message as it is now. */
  entry: Entry;
  /** Where the words are in it, in order, at most [`super::limits::HIGHLIGHTS_MAX`]. */
  highlights: Highlight[];
}

/** An assistant as those who may use it see it. */
export interface AssistantView {
  avatar: MediaId | null;
  /** Whether it takes pictures. */
  images: boolean;
  /** The model that answers. */
  model: Line;
  /** Its display name. */
  name: Name;
  /** How many questions the caller has left today; none: as many as they like. */
  questions_left: number | null;
  /** How many tokens the caller has left today; none: as many as they like. */
  tokens_left: number | null;
  /** Its user. */
  user: UserId;
}

/** An answer that is being written, or a question that waits for its turn. */
export interface DraftView {
  /** Who asked. */
  asker: UserId;
  /** The assistant. */
  assistant: UserId;
  /** The question, whose seq is also the number of the draft. */
  question: Seq;
  replaces: Seq | null;
  /** Where it stands. */
  state: TurnState;
  /** What is written so far; frames go on at its end (its length in bytes of UTF-8). */
  text: string;
}

/** A command as it is offered in a conversation. */
export interface OfferedCommand {
  /** The bot that offers it. */
  bot: UserId;
  /** The command. */
  command: BotCommand;
}

/** What a conversation is. */
export type ConversationKind = 'direct' | 'group' | 'feed' | 'assistant';

/** What a member of a group may do. */
export type Role = 'member' | 'manager' | 'owner';

/** What only groups have, as a member sees it. */
export interface GroupView {
  alias: Name | null;
  /** What it says of itself. */
  card: GroupCard;
  dissolved: Timestamp | null;
  /** Only the owner and managers may speak. */
  muted: boolean;
  /** Its owner. */
  owner: UserId;
  /** Its rules. */
  rules: GroupRules;
  silenced_until: Timestamp | null;
}

/** What an entry says. *Messages* count as unread; *notices* (everything else) do not. A notice with a `target` announces that the entry with that seq was rewritten: whoever keeps entries takes the target anew when theirs has a lower `changed`. */
export type Body =
  /** A message in words. */
  | { text: Text }
  /** A message of a kind that the sender's own software understands. */
  | { custom: Custom }
  /** What is left of a message that was recalled. */
  | { recalled: Nothing }
  /** Notice: the text of `target` was edited. */
  | { edited: { target: Seq } }
  /** Notice: `target` was recalled. */
  | { recalled_entry: { target: Seq } }
  /** Notice: the author put a reaction on `target` or took it away. */
  | { reacted: { emoji: Emoji; on: boolean; target: Seq } }
  /** Notice: a group was created; its author is its owner. */
  | { group_created: { members: UserId[]; title: Name } }
  /** Notice: users joined. */
  | { members_added: { users: UserId[] } }
  /** Notice: the author removed somebody. */
  | { member_removed: { user: UserId } }
  /** Notice: the author left. */
  | { member_left: Nothing }
  /** Notice: the group has a new title. */
  | { renamed: { title: Name } }
  /** A message with a file. */
  | { media: Attachment }
  /** A message with a place. */
  | { location: Location }
  /** A message with somebody's contact card. */
  | { contact_card: ContactCard }
  /** A message that is a sticker or one large emoji. */
  | { sticker: Sticker }
  /** Notice: a message was pinned for all, or is not any more. */
  | { entry_pinned: { entry: Seq; on: boolean } }
  /** Notice: the group is under other rules. */
  | { rules_changed: { rules: GroupRules } }
  /** Notice: the group says something else of itself (picture, introduction, notice, extra); query `conversation` for it. */
  | { card_changed: Nothing }
  /** Notice: the author asks to join. */
  | { join_requested: Nothing }
  /** Notice: the author joined by themselves or by a link. */
  | { member_joined: Nothing }
  /** Notice: the author answered somebody who asked to join. A no also stands in the feed of the one who asked. */
  | { join_answered: { accepted: boolean; conversation: ConversationId; user: UserId } }
  /** Notice: the author made an invite link, or made one useless. */
  | { invite_changed: { on: boolean } }
  /** Notice: somebody is a manager now, or not any more. */
  | { manager_changed: { manager: boolean; user: UserId } }
  /** Notice: the group has another owner. */
  | { transferred: { user: UserId } }
  /** Notice: the group can only be read from now on. */
  | { dissolved: Nothing }
  /** Notice: only the owner and managers may speak, or everybody again. */
  | { group_muted: { on: boolean } }
  /** Notice: a member is silenced, or not any more. */
  | { member_silenced: { until: Timestamp | null; user: UserId } }
  /** Notice: a member has another alias. */
  | { alias_changed: { alias: Name | null; user: UserId } }
  /** Notice in the feeds of both: the author asks `user` to be a contact. */
  | { contact_requested: { greeting: Line | null; user: UserId } }
  /** Notice in the feeds of both: the author answered a contact request of `user`, or their policy did. */
  | { contact_answered: { accepted: boolean; user: UserId } }
  /** Notice in the own feed: rows of these contacts changed (remark, labels, extra, deleted, blocked); query `contacts` for them. Empty: many. */
  | { contacts_changed: { users: UserId[] } }
  /** Notice in the own feed: labels were made, renamed or deleted; query `labels`. */
  | { labels_changed: Nothing }
  /** A message: what an assistant answered. */
  | { answer: AssistantAnswer }
  /** A message of another system, through a webhook. */
  | { post: Post }
  /** A message with buttons. */
  | { buttons: Buttons }
  /** Notice in the feed of who wrote a message with buttons: the author pressed one of them. */
  | { pressed: { button: ButtonId; conversation: ConversationId; entry: Seq } };

/** An emoji on an entry and who put it there, in the order in which they did. */
export interface Reaction {
  /** The emoji. */
  emoji: Emoji;
  /** The users who reacted with it; never empty. */
  users: UserId[];
}

/** Where a forwarded message was said first. */
export interface Origin {
  /** When. */
  at: Timestamp;
  /** By whom. */
  author: UserId;
}

/** A file in a message. */
export interface Attachment {
  /** Words beside it. */
  caption: Text;
  /** The file. */
  info: MediaInfo;
  /** How it is shown. */
  kind: MediaKind;
}

/** What an assistant answered. */
export interface AssistantAnswer {
  /** How it ended. */
  end: AnswerEnd;
  /** The model that wrote it. */
  model: Line;
  problem: Line | null;
  /** The entry that it answers. */
  question: Seq;
  /** The words, in Markdown; may be empty when it did not end well. */
  text: string;
  usage: TokenUsage | null;
}

/** A message of another system. */
export interface Post {
  /** Boxes that stand below those, each with a coloured edge. */
  attachments: PostAttachment[];
  /** Parts that stand below the words, in their order. */
  blocks: PostBlock[];
  icon: Emoji | null;
  /** The words, as Markdown; they may be empty when there is something beside them. */
  text: string;
  username: Name | null;
}

/** How an answer ended. */
export type AnswerEnd = 'complete' | 'stopped' | 'limit' | 'failed';

/** How many tokens an answer cost. */
export interface TokenUsage {
  /** What it wrote. */
  answer_tokens: number;
  /** What the model was given. */
  prompt_tokens: number;
}

/** A part of a post. */
export type PostBlock =
  /** A heading, in plain words. */
  | { header: { text: string } }
  /** Words, and fields in two columns. */
  | { section: { fields: string[]; image: PostImage | null; text: string } }
  /** A line across. */
  | { divider: Nothing }
  /** A picture. */
  | { image: PostImage }
  /** Small words. */
  | { context: { elements: string[] } }
  /** Buttons that open addresses. */
  | { buttons: { buttons: PostButton[] } };

/** A box of a post. */
export interface PostAttachment {
  at: Timestamp | null;
  /** Who or what it is from. */
  author: string;
  /** Where that leads: `http` or `https`. */
  author_url: string | null;
  /** Buttons that open addresses. */
  buttons: PostButton[];
  /** The colour of its edge: `#` and six hexadecimal digits in lower case. */
  color: string | null;
  /** Its fields. */
  fields: PostField[];
  /** Small words at its foot. */
  footer: string;
  image: PostImage | null;
  /** Words above the box, as Markdown. */
  pretext: string;
  /** Its words, as Markdown. */
  text: string;
  thumb: PostImage | null;
  /** Its title. */
  title: string;
  /** Where that leads: `http` or `https`. */
  title_url: string | null;
}

/** A picture that lies elsewhere. Clients load it when their user lets them. */
export interface PostImage {
  /** What it shows, for those who do not see it. */
  alt: string;
  /** Its address: `http` or `https`. */
  url: string;
}

/** A button that opens an address. */
export interface PostButton {
  /** What stands on it. */
  label: string;
  /** Its address: `http` or `https`. */
  url: string;
}

/** A field of a box. */
export interface PostField {
  /** Whether two of them fit beside each other. */
  short: boolean;
  /** What it is. */
  title: string;
  /** Its value, as Markdown. */
  value: string;
}

/** What kind of user it is. */
export type UserKind = 'person' | 'bot' | 'assistant' | 'service';

/** Where a contact request stands. */
export type RequestState = 'pending' | 'accepted' | 'declined';

/** How a user is. */
export type PresenceState = 'offline' | 'online' | 'away' | 'busy';

/** A part of a message that was looked for. */
export interface Highlight {
  /** The character after its last one. */
  end: number;
  /** In which of its texts. */
  part: Part;
  /** Its first character. Characters are Unicode scalar values (code points), counted from 0. */
  start: number;
}

/** A text of a message. */
export type Part = 'text' | 'caption' | 'file_name';

/** Where an open turn stands. */
export type TurnState = 'waiting' | 'answering';
