//! Limits that no setting moves. What an app may set is in [`super::AppSettings`].

/// Largest entry, encoded, in bytes: what an app may set for its messages stays below it.
pub const ENTRY_BYTES_MAX: usize = 128 * 1024;
/// Users that one command adds to a group (each is two rows).
pub const MEMBERS_PER_COMMAND_MAX: usize = 100;
/// Users mentioned in one message.
pub const MENTIONS_MAX: usize = 50;
/// Unread mentions that are counted; more show as this many.
pub const MENTIONS_COUNTED_MAX: usize = 100;
/// Different emoji on one entry.
pub const REACTION_KINDS_MAX: usize = 20;
/// Users listed under one emoji of one entry.
pub const REACTION_USERS_MAX: usize = 200;
/// Cursor moves in one `Cursors` command.
pub const CURSOR_MOVES_MAX: usize = 256;
/// Members up to which a group's read cursors are pushed.
pub const RECEIPTS_MEMBERS_MAX: usize = 32;
/// Sessions of one user; the one longest unused is ended to make room.
pub const SESSIONS_PER_USER_MAX: usize = 64;
/// Entries in one page of history.
pub const PAGE_ENTRIES_MAX: usize = 200;
/// Members in one page.
pub const PAGE_MEMBERS_MAX: usize = 500;
/// Newest entries that a `changes` page carries for each conversation.
pub const CHANGES_ENTRIES: usize = 20;
/// Conversations in one `changes` page.
pub const CHANGES_CONVERSATIONS_MAX: usize = 100;
/// How long a key is remembered: 7 days.
pub const KEY_WINDOW_MS: u64 = 7 * 24 * 3_600 * 1_000;
/// How long a word that stands for a key is remembered: 24 hours.
pub const KEY_WORD_MS: u64 = 24 * 3_600 * 1_000;
/// How far ahead of the server's clock a key may be: 10 minutes.
pub const KEY_AHEAD_MS: u64 = 10 * 60 * 1_000;
/// A session ends when it was not used for this long: 30 days.
pub const SESSION_IDLE_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// A session ends at this age: 180 days.
pub const SESSION_AGE_MS: u64 = 180 * 24 * 3_600 * 1_000;
/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Longest password, in characters.
pub const PASSWORD_CHARS_MAX: usize = 128;
/// Contacts of one user, those who are only blocked included.
pub const CONTACTS_MAX: usize = 10_000;
/// Contact requests to one user that are pending.
pub const CONTACT_REQUESTS_MAX: usize = 1_000;
/// Labels of one user.
pub const LABELS_MAX: usize = 100;
/// Labels of one contact.
pub const LABELS_PER_CONTACT_MAX: usize = 20;
/// Users named in one command on contacts.
pub const USERS_PER_COMMAND_MAX: usize = 100;
/// Pinned messages of one conversation.
pub const PINS_MAX: usize = 100;
/// Invite links of one group, or codes of one app.
pub const INVITES_MAX: usize = 100;
/// Users who wait to join one group.
pub const JOIN_REQUESTS_MAX: usize = 200;
/// Entries that one command trims.
pub const TRIM_ENTRIES_MAX: usize = 200;
/// Files that one command forgets.
pub const MEDIA_PER_COMMAND_MAX: usize = 100;
/// Entries that a feed keeps.
pub const FEED_ENTRIES_KEPT: u64 = 1_000;
/// Longest `q` of a search, in bytes.
pub const SEARCH_BYTES_MAX: usize = 512;
/// Hits in one answer to a search.
pub const SEARCH_HITS_MAX: usize = 50;
/// Highlights of one hit.
pub const HIGHLIGHTS_MAX: usize = 100;
/// Assistants of one app.
pub const ASSISTANTS_MAX: usize = 32;
/// Questions of one conversation that wait for answers, the one that is being answered included.
pub const TURNS_MAX: usize = 16;
/// Questions of one user that wait for answers, in all conversations together.
pub const TURNS_PER_USER_MAX: usize = 32;
/// Longest answer of an assistant, in bytes of UTF-8; what is longer is cut.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Days for which it is kept how much a user has asked an assistant.
pub const ASSISTANT_USE_DAYS: u32 = 400;
/// Administrators of one server.
pub const ADMINISTRATORS_MAX: usize = 250;
/// Sessions that one command ends because they expired (each is five rows at most).
pub const SESSIONS_PER_COMMAND_MAX: usize = 64;
/// Conversations that one step of deleting an account goes through.
pub const DELETION_STEP_CONVERSATIONS: usize = 16;
/// How long a one-time link can be used: 24 hours.
pub const LINK_MS: u64 = 24 * 3_600 * 1_000;
/// How long a line of the audit log is kept: 400 days.
pub const AUDIT_KEPT_MS: u64 = 400 * 24 * 3_600 * 1_000;
/// Lines in one page of the audit log, users in one page of an administrator's list.
pub const ADMINISTRATION_PAGE_MAX: usize = 200;
/// Pushes whose outcome one command notes (each is three rows at most).
pub const PUSH_OUTCOMES_MAX: usize = 64;
/// Shortest password of an administrator, in characters.
pub const ADMINISTRATOR_PASSWORD_CHARS_MIN: usize = 12;
/// Secrets that one command writes anew; an app has no more rows with secrets than a third of this.
pub const RESEALED_MAX: usize = 128;
/// Longest `jti` of a signed token, in characters.
pub const SIGNED_ONCE_CHARS_MAX: usize = 255;
/// Signed tokens with a `jti` that are remembered of one app.
pub const SIGNED_ONCE_MAX: u64 = 100_000;
/// Those that are over and forgotten with one command: two rows each, and one of each app.
pub const SIGNED_ONCE_FORGOTTEN_MAX: usize = 64;
/// Keys of one app that sign: the one in use and the next one.
pub const SIGNING_KEYS_MAX: usize = 2;
/// Keys of one app that open the API: one for each system with its own scopes, and the next one of each.
pub const API_KEYS_MAX: usize = 8;
/// A key's use is noted at most this often: once an hour.
pub const APP_KEY_TOUCH_MS: u64 = 3_600 * 1_000;
/// Longest signed token, in bytes.
pub const SIGNED_TOKEN_BYTES_MAX: usize = 4_096;
/// How far the clock of an app may be off, in milliseconds: one minute.
pub const SIGNED_LEEWAY_MS: u64 = 60 * 1_000;
/// Webhooks into one conversation.
pub const HOOKS_MAX: usize = 20;
/// Posts that one webhook may still change; when there are more, the oldest stay as they are. One command takes them all away.
pub const HOOK_GROUPS_MAX: u32 = 200;
/// Tokens for MCP of one user; those whose time is over make room.
pub const MCP_TOKENS_MAX: usize = 16;
/// Conversations that one token for MCP opens.
pub const MCP_CONVERSATIONS_MAX: usize = 64;
/// Tokens of one bot: the one in use, the next one, and some for what runs apart.
pub const BOT_TOKENS_MAX: usize = 8;
/// Commands of one bot.
pub const BOT_COMMANDS_MAX: usize = 64;
/// Bots of one app that offer commands.
pub const BOTS_WITH_COMMANDS_MAX: usize = 256;
/// Commands in one answer to `bot_commands`.
pub const COMMANDS_OFFERED_MAX: usize = 512;
/// Rows of buttons of one message.
pub const BUTTON_ROWS_MAX: usize = 5;
/// Buttons in one row.
pub const BUTTONS_PER_ROW_MAX: usize = 5;
/// Presses of one user that one author is told of within [`PRESSES_WINDOW_MS`].
pub const PRESSES_MAX: usize = 10;
/// Within how long: 10 seconds.
pub const PRESSES_WINDOW_MS: u64 = 10 * 1_000;
/// Newest entries of a feed among which they are counted.
pub const PRESSES_LOOKED_THROUGH: u64 = 64;
/// How long a secret that another one has replaced counts beside it, of a before-hook or of a webhook, the address of one into a conversation too: 24 hours.
pub const OLD_SECRET_MS: u64 = 24 * 3_600 * 1_000;
/// Webhooks of one app.
pub const WEBHOOKS_MAX: usize = 20;
/// Longest address of a webhook, in bytes.
pub const WEBHOOK_URL_BYTES_MAX: usize = 2_048;
/// Kinds of events that one webhook names.
pub const WEBHOOK_TYPES_MAX: usize = 64;
/// Conversations that one webhook names.
pub const WEBHOOK_CONVERSATIONS_MAX: usize = 100;
/// Events of one webhook that wait; its worker stops reading the log before that.
pub const WEBHOOK_WAITING_MAX: u32 = 12_000;
/// Events of one webhook that were given up; the oldest make room.
pub const WEBHOOK_DEAD_MAX: u32 = 1_000;
/// Changes that one command notes for a webhook (each is three rows at most).
pub const WEBHOOK_CHANGES_MAX: usize = 64;
/// Characters that are kept of why an event was given up.
pub const WEBHOOK_WHY_CHARS_MAX: usize = 200;
/// Rows of a webhook that one step deletes or replays (two rows each).
pub const WEBHOOK_STEP_MAX: usize = 100;
