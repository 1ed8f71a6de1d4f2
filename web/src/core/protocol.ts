// The wire types of docs/protocol.md, with the names of the Rust types and the fields of the wire.
// One of several kinds is an object with one field that names the kind: `{ text: … }`; ask with `'text' in body`.

export type AppId = number;
export type UserId = string;
export type ConversationId = number;
export type Seq = number;
export type Ordinal = number;
export type Lsn = number;
export type Epoch = number;
export type SessionId = number;
export type LabelId = number;
export type MediaId = string;
export type Key = string;
export type Name = string;
export type Line = string;
export type Paragraph = string;
export type Emoji = string;
export type InviteCode = string;
export type Secret = string;
/** Milliseconds since 1970. */
export type Timestamp = number;
export type Extra = Record<string, string>;
/** A kind without fields. */
export type Nothing = Record<string, never>;

// --- Frames -----------------------------------------------------------------------------------------------------------

export type ClientFrame =
  | { hello: Hello }
  | { submit: { request: number; key: Key; command: Command } }
  | { query: { request: number; query: Query } }
  | { sync: Sync }
  | { delivered: { conversation: ConversationId; seq: Seq } }
  | { read: { conversation: ConversationId; seq: Seq } }
  | { typing: { conversation: ConversationId; active: boolean } }
  | { watch: { users: UserId[]; seconds: number } }
  | { ping: { nonce: number } };

export interface Hello {
  auth: Auth;
  device: Device;
  resume: Resume | null;
  client: string;
}
export type Auth =
  | { token: Secret }
  | { signed: Secret }
  | { password: { app: AppId; user: UserId; password: Secret } }
  | { cookie: Nothing };
export interface Resume {
  epoch: Epoch;
  cursor: Lsn;
}
export interface Sync {
  request: number;
  epoch: Epoch;
  cursor: Lsn;
  limit: number;
}

export type ServerFrame =
  | { welcome: Welcome }
  | { outcome: { request: number; lsn: Lsn; duplicate: boolean; result: CommandResult } }
  | { refused: Refused }
  | { answer: { request: number; answer: Answer } }
  | { changes: Changes }
  | { entry: { conversation: ConversationId; entry: Entry } }
  | { receipt: { conversation: ConversationId; lsn: Lsn; moved: Cursor[] } }
  | { inbox: Inbox }
  | { user: Profile }
  | { presence: PresenceOf }
  | { typing: { conversation: ConversationId; user: UserId; active: boolean } }
  | { draft: { conversation: ConversationId; author: UserId; draft: number; offset: number; text: string; done: boolean } }
  | { lagging: Nothing }
  | { restart: { epoch: Epoch } }
  | { kicked: { reason: EndReason; by: Name | null } }
  | { closing: { reason: string; retry_after_ms: number } }
  | { pong: { nonce: number; time: Timestamp } };

export interface Welcome {
  protocol: number;
  server: string;
  time: Timestamp;
  epoch: Epoch;
  cursor: Lsn;
  app: AppId;
  user: UserId;
  session: SessionId;
  token: Secret | null;
  limits: Limits;
}
export interface Limits {
  max_frame: number;
  window: number;
  rate: number;
}
export interface Refused {
  request: number | null;
  code: Code;
  message: string;
  retry_after_ms: number | null;
  fatal: boolean;
}
export interface Changes {
  request: number;
  conversations: Conversation[];
  users: Profile[];
  cursor: Lsn;
  more: boolean;
  as_of: Lsn;
}

export type Code =
  | 'unauthenticated' | 'token_expired' | 'session_revoked' | 'suspended' | 'silenced' | 'contacts_disabled' | 'forbidden'
  | 'not_found' | 'not_member' | 'not_contact' | 'blocked' | 'stranger' | 'muted' | 'silenced_in_group' | 'closed_group'
  | 'dissolved' | 'full' | 'invalid' | 'too_large' | 'unsupported' | 'conflict' | 'idempotency_conflict' | 'key_expired'
  | 'window_exceeded' | 'rate_limited' | 'overloaded' | 'unavailable' | 'read_only' | 'unknown_frame' | 'bad_frame'
  | 'protocol_version' | 'expired' | 'quota_exceeded' | 'hook_refused';

export type EndReason =
  | 'logged_out' | 'revoked' | 'replaced_by_device' | 'replaced_by_same_device' | 'password_changed' | 'suspended' | 'expired'
  | 'account_deleted';

// --- Commands and results ---------------------------------------------------------------------------------------------

export type Target = { user: UserId } | { conversation: ConversationId };

export type Command =
  | { send: { to: Target; content: Content } }
  | { edit: { conversation: ConversationId; seq: Seq; text: string } }
  | { recall: { conversation: ConversationId; seq: Seq } }
  | { react: { conversation: ConversationId; seq: Seq; emoji: Emoji; on: boolean } }
  | { open_direct: { user: UserId } }
  | { create_group: { title: Name; members: UserId[]; rules: GroupRules } }
  | { add_members: { conversation: ConversationId; users: UserId[] } }
  | { remove_member: { conversation: ConversationId; user: UserId } }
  | { leave: { conversation: ConversationId } }
  | { rename: { conversation: ConversationId; title: Name } }
  | { pin: { conversation: ConversationId; pinned: boolean } }
  | { mute: { conversation: ConversationId; until: Timestamp | null } }
  | { hide: { conversation: ConversationId; hidden: boolean } }
  | { mark_unread: { conversation: ConversationId } }
  | { end_session: { session: SessionId } }
  | { log_out: Nothing }
  | { forward: { from: ConversationId; seq: Seq; to: Target } }
  | { pin_entry: { conversation: ConversationId; seq: Seq; on: boolean } }
  | { clear_history: { conversation: ConversationId } }
  | { set_profile: { name: Name; card: Card } }
  | { set_settings: { settings: UserSettings } }
  | { set_presence: { presence: OwnPresence } }
  | { request_contact: { user: UserId; greeting: Line | null; remark: Name | null; source: Line | null } }
  | { answer_contact: { user: UserId; accept: boolean } }
  | { set_contact: { user: UserId; remark: Name | null; labels: LabelId[]; extra: Extra } }
  | { delete_contacts: { users: UserId[] } }
  | { delete_all_contacts: Nothing }
  | { block: { user: UserId; on: boolean } }
  | { create_label: { name: Name } }
  | { rename_label: { label: LabelId; name: Name } }
  | { delete_label: { label: LabelId } }
  | { label_contacts: { label: LabelId; add: UserId[]; remove: UserId[] } }
  | { set_group_rules: { conversation: ConversationId; rules: GroupRules } }
  | { set_group_card: { conversation: ConversationId; card: GroupCard } }
  | { join: { conversation: ConversationId; greeting: Line | null } }
  | { join_by_code: { code: InviteCode } }
  | { answer_join: { conversation: ConversationId; user: UserId; accept: boolean } }
  | { create_invite: { conversation: ConversationId; code: InviteCode; expires: Timestamp | null; uses_max: number | null } }
  | { revoke_invite: { conversation: ConversationId; code: InviteCode } }
  | { set_manager: { conversation: ConversationId; user: UserId; manager: boolean } }
  | { transfer: { conversation: ConversationId; user: UserId } }
  | { dissolve: { conversation: ConversationId } }
  | { mute_group: { conversation: ConversationId; on: boolean } }
  | { silence_member: { conversation: ConversationId; user: UserId; until: Timestamp | null } }
  | { set_alias: { conversation: ConversationId; user: UserId; alias: Name | null } };

export type CommandResult =
  | { done: Nothing }
  | { appended: { conversation: ConversationId; seq: Seq; ordinal: Ordinal; at: Timestamp } }
  | { conversation: { conversation: ConversationId } }
  | { app: { app: AppId } }
  | { user: { user: number } }
  | { session: { session: SessionId } }
  | { label: { label: LabelId } }
  | { removed: { count: number; more: boolean } };

// --- Queries and answers ----------------------------------------------------------------------------------------------

export type Query =
  | { conversations: { skip: number; limit: number } }
  | { conversation: { conversation: ConversationId } }
  | { entries: { conversation: ConversationId; from: Seq | null; to: Seq | null; limit: number } }
  | { members: { conversation: ConversationId; after: UserId | null; limit: number } }
  | { receipts: { conversation: ConversationId; seq: Seq } }
  | { sessions: Nothing }
  | { users: { users: UserId[] } }
  | { entry_at: { conversation: ConversationId; at: Timestamp } }
  | { gallery: { conversation: ConversationId; kinds: MediaKind[]; before: Seq | null; limit: number } }
  | { pins: { conversation: ConversationId } }
  | { me: Nothing }
  | { contacts: { after: UserId | null; limit: number; since: Lsn | null; blocked: boolean } }
  | { contact: { user: UserId } }
  | { contact_requests: { sent: boolean; after: UserId | null; limit: number } }
  | { labels: Nothing }
  | { relations: { users: UserId[] } }
  | { find_users: { text: string; after: UserId | null; limit: number } }
  | { find_groups: { text: string; after: ConversationId | null; limit: number } }
  | { group_of_code: { code: InviteCode } }
  | { invites: { conversation: ConversationId } }
  | { join_requests: { conversation: ConversationId; after: UserId | null; limit: number } }
  | { presences: { users: UserId[] } }
  | { media: { media: MediaId } }
  | { search: Search };

export type Answer =
  | { conversations: { conversations: Conversation[]; more: boolean; as_of: Lsn } }
  | { conversation: { conversation: Conversation; as_of: Lsn } }
  | { entries: { conversation: ConversationId; entries: Entry[]; floor: Seq; head: Seq; as_of: Lsn } }
  | { members: { members: Member[]; more: boolean; as_of: Lsn } }
  | { receipts: { cursors: Cursor[]; read: number; as_of: Lsn } }
  | { sessions: { sessions: SessionInfo[] } }
  | { users: { users: Profile[] } }
  | { place: { seq: Seq; as_of: Lsn } }
  | { me: Me }
  | { contacts: { contacts: Contact[]; more: boolean; as_of: Lsn } }
  | { contact_requests: { requests: ContactRequest[]; more: boolean; unread: number; as_of: Lsn } }
  | { labels: { labels: Label[]; as_of: Lsn } }
  | { relations: { relations: Relation[]; as_of: Lsn } }
  | { found_users: { users: Profile[]; more: boolean } }
  | { groups: { groups: GroupPreview[]; more: boolean } }
  | { invites: { invites: Invite[]; as_of: Lsn } }
  | { join_requests: { requests: JoinRequest[]; more: boolean; as_of: Lsn } }
  | { presences: { presences: PresenceOf[] } }
  | { media: { media: MediaInfo } }
  | { found: { hits: Hit[]; next: string | null; complete: boolean; as_of: Lsn } };

export interface Me {
  profile: Profile;
  settings: UserSettings;
  presence: OwnPresence;
  feed: ConversationId;
  administrator: boolean;
  media_bytes: number;
  as_of: Lsn;
}

// --- Records ----------------------------------------------------------------------------------------------------------

export type ConversationKind = 'direct' | 'group' | 'feed';
export type Role = 'member' | 'manager' | 'owner';

export interface Conversation {
  id: ConversationId;
  kind: ConversationKind;
  title: Name | null;
  peer: UserId | null;
  role: Role;
  group: GroupView | null;
  members: number;
  head: Seq;
  head_ordinal: Ordinal;
  at: Timestamp;
  changed: Lsn;
  inbox: Inbox;
  cursors: Cursor[];
  entries: Entry[];
}
export interface Inbox {
  conversation: ConversationId;
  lsn: Lsn;
  read: Seq;
  unread: number;
  mentions: number;
  pinned: boolean;
  muted_until: Timestamp | null;
  hidden: boolean;
  marked_unread: boolean;
  floor: Seq;
  gone: boolean;
}
export interface Cursor {
  user: UserId;
  delivered: Seq | null;
  read: Seq;
}
export interface Entry {
  seq: Seq;
  lsn: Lsn;
  changed: Lsn;
  ordinal: Ordinal;
  at: Timestamp;
  author: UserId;
  key: Key | null;
  body: Body;
  reactions: Reaction[];
  edited_at: Timestamp | null;
  recalled_at: Timestamp | null;
  origin: Origin | null;
}
export interface Origin {
  author: UserId;
  at: Timestamp;
}
export interface Reaction {
  emoji: Emoji;
  users: UserId[];
}

export type Body =
  | { text: Text }
  | { custom: Custom }
  | { recalled: Nothing }
  | { edited: { target: Seq } }
  | { recalled_entry: { target: Seq } }
  | { reacted: { target: Seq; emoji: Emoji; on: boolean } }
  | { group_created: { title: Name; members: UserId[] } }
  | { members_added: { users: UserId[] } }
  | { member_removed: { user: UserId } }
  | { member_left: Nothing }
  | { renamed: { title: Name } }
  | { media: Attachment }
  | { location: Location }
  | { contact_card: ContactCard }
  | { sticker: Sticker }
  | { entry_pinned: { entry: Seq; on: boolean } }
  | { rules_changed: { rules: GroupRules } }
  | { card_changed: Nothing }
  | { join_requested: Nothing }
  | { member_joined: Nothing }
  | { join_answered: { conversation: ConversationId; user: UserId; accepted: boolean } }
  | { invite_changed: { on: boolean } }
  | { manager_changed: { user: UserId; manager: boolean } }
  | { transferred: { user: UserId } }
  | { dissolved: Nothing }
  | { group_muted: { on: boolean } }
  | { member_silenced: { user: UserId; until: Timestamp | null } }
  | { alias_changed: { user: UserId; alias: Name | null } }
  | { contact_requested: { user: UserId; greeting: Line | null } }
  | { contact_answered: { user: UserId; accepted: boolean } }
  | { contacts_changed: { users: UserId[] } }
  | { labels_changed: Nothing };

export type Content =
  | { text: Text }
  | { custom: Custom }
  | { media: Attach }
  | { location: Location }
  | { contact_card: ContactCard }
  | { sticker: Sticker };

export interface Text {
  text: string;
  markdown: boolean;
  reply_to: Seq | null;
  mentions: UserId[];
  mention_all: boolean;
}
export interface Custom {
  kind: string;
  json: string;
  reply_to: Seq | null;
}
export interface Location {
  latitude_e6: number;
  longitude_e6: number;
  name: Line | null;
  reply_to: Seq | null;
}
export interface ContactCard {
  user: UserId;
  reply_to: Seq | null;
}
export interface Sticker {
  set: Name | null;
  name: Emoji;
  reply_to: Seq | null;
}
export type MediaKind = 'image' | 'file' | 'voice' | 'video';
export interface Attach {
  kind: MediaKind;
  media: MediaId;
  caption: Text;
}
export interface Attachment {
  kind: MediaKind;
  info: MediaInfo;
  caption: Text;
}
export interface MediaInfo {
  media: MediaId;
  name: Name;
  content_type: string;
  bytes: number;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  thumbnail: boolean;
  created: Timestamp;
}

export interface Member {
  user: UserId;
  role: Role;
  alias: Name | null;
  silenced_until: Timestamp | null;
  joined: Timestamp;
}
export type Platform = 'web' | 'ios' | 'android' | 'macos' | 'windows' | 'linux' | 'api';
export interface Device {
  id: string;
  platform: Platform;
  name: Name;
}
export interface SessionInfo {
  session: SessionId;
  device: Device;
  created: Timestamp;
  seen: Timestamp;
  address: string;
  current: boolean;
}

export type UserKind = 'person' | 'bot' | 'assistant' | 'service';
export interface Profile {
  user: UserId;
  name: Name;
  kind: UserKind;
  card: Card;
  deleted: boolean;
  changed: Lsn;
}
export interface Card {
  avatar: MediaId | null;
  gender: Line | null;
  birthday: Line | null;
  location: Line | null;
  signature: Line | null;
  language: Line | null;
  phone: Line | null;
  email: Line | null;
  extra: Extra;
}
export type ContactPolicy = 'open' | 'approve' | 'closed';
export type Strangers = 'anyone' | 'contacts';
export type Visibility = 'everyone' | 'contacts' | 'nobody';
export interface UserSettings {
  contact_policy: ContactPolicy;
  strangers: Strangers | null;
  last_seen: Visibility;
  show_phone: boolean;
  show_email: boolean;
}
export type Availability = 'online' | 'away' | 'busy' | 'invisible';
export interface OwnPresence {
  availability: Availability;
  text: Line | null;
  emoji: Emoji | null;
  until: Timestamp | null;
}
export type PresenceState = 'offline' | 'online' | 'away' | 'busy';
export interface PresenceOf {
  user: UserId;
  state: PresenceState;
  text: Line | null;
  emoji: Emoji | null;
  until: Timestamp | null;
  platforms: Platform[];
  last_seen: Timestamp | null;
}

export interface Contact {
  user: UserId;
  profile: Profile;
  contact: boolean;
  blocked: boolean;
  remark: Name | null;
  labels: LabelId[];
  extra: Extra;
  since: Timestamp | null;
  changed: Lsn;
}
export type RequestState = 'pending' | 'accepted' | 'declined';
export interface ContactRequest {
  from: UserId;
  to: UserId;
  profile: Profile;
  state: RequestState;
  greeting: Line | null;
  source: Line | null;
  asked: Timestamp;
  answered: Timestamp | null;
  unread: boolean;
}
export interface Label {
  label: LabelId;
  name: Name;
}
export interface Relation {
  user: UserId;
  contact: boolean;
  contact_of: boolean;
  blocked: boolean;
  blocked_by: boolean;
}

export type GroupKind = 'private' | 'public';
export type JoinPolicy = 'free' | 'approval' | 'closed';
export type Who = 'members' | 'managers';
export type NewMemberHistory = 'from_joining' | 'all';
export interface GroupRules {
  kind: GroupKind;
  invite: Who;
  join: JoinPolicy;
  edit: Who;
  pin: Who;
  history: NewMemberHistory;
  keep_reading: boolean;
  members_max: number | null;
}
export interface GroupCard {
  avatar: MediaId | null;
  introduction: Paragraph | null;
  notice: Paragraph | null;
  extra: Extra;
}
export interface GroupView {
  owner: UserId;
  rules: GroupRules;
  card: GroupCard;
  muted: boolean;
  dissolved: Timestamp | null;
  alias: Name | null;
  silenced_until: Timestamp | null;
}
export interface GroupPreview {
  conversation: ConversationId;
  title: Name;
  avatar: MediaId | null;
  introduction: Paragraph | null;
  members: number;
  join: JoinPolicy;
  joined: boolean;
  asked: boolean;
}
export interface Invite {
  code: InviteCode;
  by: UserId | null;
  created: Timestamp;
  expires: Timestamp | null;
  uses_max: number | null;
  uses: number;
}
export interface JoinRequest {
  user: UserId;
  greeting: Line | null;
  asked: Timestamp;
}

export type Has = 'image' | 'file' | 'voice' | 'video' | 'link';
export interface Search {
  q: string;
  conversation: ConversationId | null;
  from: UserId | null;
  before: Timestamp | null;
  after: Timestamp | null;
  has: Has | null;
  cursor: string | null;
  limit: number;
}
export interface Hit {
  conversation: ConversationId;
  entry: Entry;
  highlights: Highlight[];
}
export type Part = 'text' | 'caption' | 'file_name';
export interface Highlight {
  part: Part;
  start: number;
  end: number;
}
