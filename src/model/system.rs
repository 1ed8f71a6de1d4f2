//! System commands: what the server itself, its operator or an administrator asks for; no frame of the protocol can express one.

use super::{
    AnswerDone, AppAccess, AppId, AppKeyId, AppKeySecret, AppScopes, AppSettings, AssistantSettings, BeforeHook,
    ConversationId, Device, Epoch, EventPosition, Follower, HookId, InviteCode, Line, Lsn, McpAccess, McpCall,
    McpTokenId, MediaId, MediaInfo, Name, PasswordHash, Post, PushOutcome, Resealed, Sealed, Seq, SessionId,
    SignedOnce, Timestamp, TokenHash, UserActor, UserFlags, UserHandle, UserId, UserKind, WebOrigin, WebhookNote,
    WebhookOf, WebhookSettings,
};
use serde::{Deserialize, Serialize};

/// What the server itself, its operator or an administrator asks for. Those of [`SystemCommand::is_administration`] can be given by
/// an administrator through a session, and leave an audit row whoever gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SystemCommand {
    /// The first command of every log: draws the epoch and creates the app `home`.
    Found {
        /// The epoch of this data.
        epoch: Epoch,
        /// Settings of the app `home`.
        settings: AppSettings,
    },
    /// Create an app. Result: `app`.
    CreateApp {
        /// Its name, unique on this server.
        name: Name,
        /// Its settings.
        settings: AppSettings,
    },
    /// Replace the settings of an app. Result: `done`.
    SetApp {
        /// The app.
        app: AppId,
        /// All settings.
        settings: AppSettings,
    },
    /// Create a user. Result: `user`.
    AddUser {
        /// In which app.
        app: AppId,
        /// Their id.
        id: UserId,
        /// Their display name; the id when absent.
        name: Option<Name>,
        /// The hash of their password; without one they cannot log in with a password.
        password: Option<PasswordHash>,
        /// Whether they are an administrator (app `home` only).
        administrator: bool,
        /// What kind of user.
        kind: UserKind,
    },
    /// Set a password. All sessions of the user end, but one perhaps. Result: `done`.
    SetPassword {
        /// Whose.
        user: UserHandle,
        /// The hash of the new password.
        password: PasswordHash,
        /// The session that changes its own user's password stays.
        keep: Option<SessionId>,
    },
    /// Set the flags of a user. `suspended` ends all sessions. Result: `done`.
    SetFlags {
        /// Whose.
        user: UserHandle,
        /// All flags.
        flags: UserFlags,
    },
    /// Make a user an administrator or end that. Result: `done`.
    SetAdministrator {
        /// Who.
        user: UserHandle,
        /// Make or end.
        administrator: bool,
    },
    /// Open a session. Sessions that the app's login policy does not allow beside it end. Result: `session`.
    LogIn {
        /// Whose.
        user: UserHandle,
        /// The version of the credential that was checked; refused when it has changed since.
        credential: u32,
        /// On which device.
        device: Device,
        /// The hash of the token that the device gets.
        token: TokenHash,
        /// Where it came from, for the list of sessions.
        address: String,
    },
    /// Note that a session was used, so that it does not count as idle. Sent at most once a day. Result: `done`.
    TouchSession {
        /// The session.
        session: SessionId,
    },
    /// End sessions that are too old or were not used for too long; others are passed over. Result: `removed`.
    EndExpired {
        /// Which, at most [`super::limits::SESSIONS_PER_COMMAND_MAX`].
        sessions: Vec<SessionId>,
    },
    /// Keep a newer hash of the same password: it was made with more work. Nothing ends. Result: `done`.
    UpgradePassword {
        /// Whose.
        user: UserHandle,
        /// The version of the credential that was checked; passed over when it has changed since.
        credential: u32,
        /// The hash of the same password.
        password: PasswordHash,
    },
    /// End every session of a user. Result: `done`.
    EndSessions {
        /// Whose.
        user: UserHandle,
    },
    /// Make an account with a password, as the app's `registration` allows. Result: `user`.
    Register {
        /// In which app.
        app: AppId,
        /// The id.
        id: UserId,
        /// The display name; the id when absent.
        name: Option<Name>,
        /// The hash of the password.
        password: PasswordHash,
        /// An invite code of the app.
        code: Option<InviteCode>,
    },
    /// Make an invite code for an app. Result: `done`.
    CreateAppInvite {
        /// The app.
        app: AppId,
        /// The code, drawn by the caller.
        code: InviteCode,
        /// When it ends.
        expires: Option<Timestamp>,
        /// How many accounts it makes.
        uses_max: Option<u32>,
    },
    /// Make an invite code of an app useless. Result: `done`.
    RevokeAppInvite {
        /// The app.
        app: AppId,
        /// The code.
        code: InviteCode,
    },
    /// Make a one-time link. Result: `done`.
    CreateLink {
        /// The SHA-256 of its secret.
        token: TokenHash,
        /// What it is for.
        purpose: LinkPurpose,
        /// When it ends.
        expires: Timestamp,
    },
    /// Use a set-up link: make the first administrator. The link is gone then. Result: `user`.
    SetUp {
        /// The SHA-256 of the link's secret.
        token: TokenHash,
        /// The administrator's id.
        id: UserId,
        /// Their display name; the id when absent.
        name: Option<Name>,
        /// The hash of their password.
        password: PasswordHash,
    },
    /// Use a password link: set a password. The link is gone then, and all sessions of the user end. Result: `user`.
    UsePasswordLink {
        /// The SHA-256 of the link's secret.
        token: TokenHash,
        /// The hash of the new password.
        password: PasswordHash,
    },
    /// Delete an account: its profile goes, its sessions end, its messages stay. It leaves its groups afterwards, a few with each
    /// [`SystemCommand::DeleteUserStep`]. Result: `done`.
    DeleteUser {
        /// Whose.
        user: UserHandle,
    },
    /// The next part of deleting an account: it leaves some groups (those it owns pass to the longest-standing manager, else
    /// member), its contact rows go. Result: `removed`; `more` while there is more to do.
    DeleteUserStep {
        /// Whose.
        user: UserHandle,
    },
    /// A file was uploaded and lies in its place. Result: `done`.
    AddMedia {
        /// In which app.
        app: AppId,
        /// Whose.
        owner: UserHandle,
        /// What it is; `created` is set by the ledger.
        info: MediaInfo,
        /// The SHA-256 of its content.
        sha256: [u8; 32],
    },
    /// Forget files that nothing refers to any more. Those that something does refer to (or that are younger than a day) are passed
    /// over. Result: `removed`.
    ForgetMedia {
        /// Which, at most [`super::limits::MEDIA_PER_COMMAND_MAX`].
        media: Vec<MediaId>,
    },
    /// Set how long a conversation keeps its entries, in place of what its app says. Result: `done`.
    SetRetention {
        /// Which.
        conversation: ConversationId,
        /// Milliseconds; none: as the app says; 0: for ever.
        keep_ms: Option<u64>,
        /// Newest entries; none: as the app says; 0: all.
        keep_entries: Option<u64>,
        /// Legal hold: nothing of it is deleted by retention.
        hold: bool,
    },
    /// Delete the oldest entries of a conversation, those below `first` that retention no longer keeps, at most
    /// [`super::limits::TRIM_ENTRIES_MAX`]. Result: `removed`; `more` while there are more below `first`.
    Trim {
        /// Which.
        conversation: ConversationId,
        /// The first entry to keep.
        first: Seq,
    },
    /// Something that administrators should find in the audit log: log-ins refused in a row, a link that was used. Result: `done`.
    Note {
        /// What happened, for example `login.throttled`.
        action: &'static str,
        /// To whom or what.
        subject: Line,
    },
    /// Set an assistant up, or change all of how it is; its user is made when there is none. Result: `user`.
    SetAssistant {
        /// In which app.
        app: AppId,
        /// Its user.
        id: UserId,
        /// Its display name; when absent as it was, or else the id.
        name: Option<Name>,
        /// How it is.
        settings: Box<AssistantSettings>,
    },
    /// Let an assistant answer no more. Its user and what it said stay. Result: `done`.
    RemoveAssistant {
        /// Which.
        user: UserHandle,
    },
    /// An assistant begins with a question. Refused when it may not (any more); the question is then to be ended with
    /// [`SystemCommand::FinishAnswer`]. Result: `done`, or `appended` with a title.
    BeginAnswer {
        /// Where.
        conversation: ConversationId,
        /// The question.
        question: Seq,
    },
    /// An assistant is done with a question. Passed over when the turn is not open any more. Result: `appended` or `done`.
    FinishAnswer {
        /// Where.
        conversation: ConversationId,
        /// The question.
        question: Seq,
        /// What it answered; none: nothing is said, the turn just ends.
        answer: Option<Box<AnswerDone>>,
    },
    /// A user had an assistant do something that is kept nowhere: it counts against the budget. Refused when that is used up.
    /// Result: `done`.
    CountAssistant {
        /// Who.
        user: UserHandle,
        /// Which assistant.
        assistant: UserHandle,
        /// Questions.
        questions: u32,
        /// Tokens; they are counted without being refused.
        tokens: u64,
    },
    /// Cursor moves of many users, merged. Moves that are not allowed (not a member, beyond the head, backwards) are passed over.
    /// Result: `done`.
    Cursors {
        /// At most [`super::limits::CURSOR_MOVES_MAX`].
        moves: Vec<CursorMove>,
    },
    /// Set how another system uses an app, and how much. Result: `done`.
    SetAppAccess {
        /// The app.
        app: AppId,
        /// All of it.
        access: AppAccess,
    },
    /// Suspend an app or end that: nobody of it logs in or acts, and its sessions end. Result: `done`.
    SuspendApp {
        /// The app; not `home`.
        app: AppId,
        /// Suspend or end it.
        suspended: bool,
    },
    /// Delete an app with everything in it: at once nobody of it acts any more; its rows go with each
    /// [`SystemCommand::AppStep`]. Result: `done`.
    DeleteApp {
        /// The app; not `home`.
        app: AppId,
    },
    /// The next part of what is to be done for a whole app. Result: `removed`; `more` while there is more to do.
    AppStep {
        /// The app.
        app: AppId,
    },
    /// Make a key of an app; its number is the lsn of this command. Result: `done`.
    CreateAppKey {
        /// The app.
        app: AppId,
        /// What it is called.
        name: Option<Name>,
        /// What is stored of it.
        secret: AppKeySecret,
        /// What it opens, when it opens the API.
        scopes: AppScopes,
    },
    /// Make a key of an app useless, at once. Result: `done`.
    RevokeAppKey {
        /// The app.
        app: AppId,
        /// Which.
        key: AppKeyId,
    },
    /// Note that a key was used. Sent at most once an hour. Result: `done`.
    TouchAppKey {
        /// The app.
        app: AppId,
        /// Which.
        key: AppKeyId,
    },
    /// Refuse signed tokens that were issued before a time, of one user or of all. Result: `done`.
    RevokeTokens {
        /// The app.
        app: AppId,
        /// Whose; all of the app when absent.
        user: Option<UserHandle>,
        /// Those issued before this.
        before: Timestamp,
    },
    /// Open a session for whom the app's signed token names; makes the user when the app lets it. Result: `session`.
    SignIn {
        /// The app.
        app: AppId,
        /// Whom the token names.
        id: UserId,
        /// What it says they are called; counts when the user is made.
        name: Option<Name>,
        /// Their picture, one that the app itself has uploaded; counts when the user is made, and is passed over when it is not there.
        avatar: Option<MediaId>,
        /// What it is remembered by when it counts once. The same again is refused, unless it is for the same session.
        once: Option<SignedOnce>,
        /// The key that signed it.
        key: AppKeyId,
        /// When it was issued.
        issued: Timestamp,
        /// On which device.
        device: Device,
        /// The hash of the session's token.
        token: TokenHash,
        /// Where it came from, for the list of sessions.
        address: String,
    },
    /// Make a webhook into a conversation, in the name of a user who may: the owner or a manager of a group, either side of a direct
    /// chat, an administrator. Its number is the lsn of this command. Result: `done`.
    CreateHook {
        /// Where it posts.
        conversation: ConversationId,
        /// Who makes it, through which session.
        by: UserActor,
        /// What it is called.
        name: Name,
        /// The hash of its secret.
        token: TokenHash,
    },
    /// Give a webhook another secret; the old one posts too for [`super::limits::OLD_SECRET_MS`]. Result: `done`.
    RotateHook {
        /// Which, and where.
        hook: (ConversationId, HookId),
        /// Who does it.
        by: UserActor,
        /// The hash of its new secret.
        token: TokenHash,
        /// The old one ends at once.
        end_old: bool,
    },
    /// Take a webhook away; what it has posted stays. Result: `done`.
    DeleteHook {
        /// Which, and where.
        hook: (ConversationId, HookId),
        /// Who does it.
        by: UserActor,
    },
    /// Post what came through a webhook. Result: `appended`.
    Post {
        /// Which.
        hook: HookId,
        /// What.
        post: Post,
        /// What names it, so that the next one of that name changes it in place of being another.
        group: Option<String>,
        /// Whether it is over: the next one of that name is another.
        closes: bool,
    },
    /// Make a token of a bot: a session that does not expire. Result: `session`.
    CreateToken {
        /// Whose.
        user: UserHandle,
        /// What it is called.
        name: Name,
        /// The hash of the token.
        token: TokenHash,
        /// The one that ends with it.
        replaces: Option<SessionId>,
    },
    /// Make a token of a bot useless; connections with it are closed. Result: `done`.
    RevokeToken {
        /// Whose.
        user: UserHandle,
        /// Which.
        session: SessionId,
    },
    /// A follower of the log has done its work up to an lsn. Result: `done`.
    NoteFollower {
        /// Which.
        follower: Follower,
        /// Up to here; what is lower than before changes nothing.
        upto: Lsn,
    },
    /// Note what became of pushes, and with it how far their worker has got. Result: `done`.
    NotePush {
        /// The worker has done its work up to here.
        upto: Option<Lsn>,
        /// At most [`super::limits::PUSH_OUTCOMES_MAX`]; those of devices that are not there any more are passed over.
        outcomes: Vec<PushOutcome>,
    },
    /// Set from where pages of other systems may use an app: call the API, open the socket and frame the widget. Result: `done`.
    SetAppOrigins {
        /// The app.
        app: AppId,
        /// All of them, at most [`super::origin::ORIGINS_MAX`]; one that is named twice counts once.
        origins: Vec<WebOrigin>,
    },
    /// Make a token for MCP, in the name of the user who has it. Its number is the lsn of this command. Result: `done`.
    CreateMcpToken {
        /// Who makes it, through which session.
        by: UserActor,
        /// What it is called.
        name: Name,
        /// What it opens, at most [`super::limits::MCP_CONVERSATIONS_MAX`].
        conversations: Vec<ConversationId>,
        /// What it lets its program do there.
        access: McpAccess,
        /// From when on it opens nothing.
        expires: Option<Timestamp>,
        /// The hash of its secret.
        token: TokenHash,
    },
    /// Make a token for MCP useless, at once. Result: `done`.
    RevokeMcpToken {
        /// Whose, through which session.
        by: UserActor,
        /// Which.
        token: McpTokenId,
    },
    /// A tool was called with a token for MCP. It leaves an audit row, and notes that the token is used. Result: `done`.
    NoteMcpCall {
        /// Whose.
        user: UserHandle,
        /// With which.
        token: McpTokenId,
        /// What was called.
        call: McpCall,
    },
    /// Set how an app's before-hook is. Result: `done`.
    SetBeforeHook {
        /// The app.
        app: AppId,
        /// How it is.
        hook: Box<BeforeHook>,
        /// The secret of one that is made; refused when there is one already. Without it the one that is there is changed, and
        /// keeps its secret.
        secret: Option<Sealed>,
    },
    /// Give an app's before-hook another secret; the one before it signs, too, for a day. Result: `done`.
    RotateBeforeHook {
        /// The app.
        app: AppId,
        /// The new secret.
        secret: Sealed,
    },
    /// Let an app's before-hook be asked no more. Result: `done`.
    RemoveBeforeHook {
        /// The app.
        app: AppId,
    },
    /// Make a webhook of an app; its number is the lsn of this command, and it is told what comes after it. Result: `done`.
    CreateWebhook {
        /// The app.
        app: AppId,
        /// How it is.
        settings: Box<WebhookSettings>,
        /// Its secret.
        secret: Sealed,
    },
    /// Change how a webhook of an app is, all of it. Result: `done`.
    SetWebhook {
        /// Which.
        webhook: WebhookOf,
        /// How it is.
        settings: Box<WebhookSettings>,
    },
    /// Give a webhook of an app another secret; the old one signs too for [`super::limits::OLD_SECRET_MS`]. Result: `done`.
    RotateWebhook {
        /// Which.
        webhook: WebhookOf,
        /// Its new secret.
        secret: Sealed,
    },
    /// Delete a webhook of an app: nothing is posted any more; its rows go with each [`SystemCommand::WebhookStep`]. Result: `done`.
    DeleteWebhook {
        /// Which.
        webhook: WebhookOf,
    },
    /// Post events that were given up once more, all or one, at most [`super::limits::WEBHOOK_STEP_MAX`]. Result: `removed`; `more`
    /// while there are more.
    ReplayWebhook {
        /// Which.
        webhook: WebhookOf,
        /// Only this one.
        event: Option<EventPosition>,
    },
    /// The next part of deleting a webhook of an app. Result: `removed`; `more` while there is more to do.
    WebhookStep {
        /// Which.
        webhook: WebhookOf,
    },
    /// Note what became of events of a webhook, and how far its worker has got. Result: `done`.
    NoteWebhook {
        /// Which; passed over when it is not there any more.
        webhook: WebhookOf,
        /// What is noted.
        note: Box<WebhookNote>,
    },
    /// Forget signed tokens that counted once and are over, at most [`super::limits::SIGNED_ONCE_FORGOTTEN_MAX`]. Result: `removed`; `more`
    /// while there are more.
    ForgetSigned {},
    /// Write secrets of an app that were encrypted anew; those that are not as they were are passed over. Result: `done`.
    Reseal {
        /// The app.
        app: AppId,
        /// Which, at most [`super::limits::RESEALED_MAX`].
        secrets: Vec<Resealed>,
    },
}

impl SystemCommand {
    /// Whether an administrator may give it through a session. It leaves an audit row, whoever gives it.
    pub const fn is_administration(&self) -> bool {
        match self {
            Self::CreateApp { .. }
            | Self::SetApp { .. }
            | Self::AddUser { .. }
            | Self::SetPassword { .. }
            | Self::SetFlags { .. }
            | Self::SetAdministrator { .. }
            | Self::EndSessions { .. }
            | Self::CreateAppInvite { .. }
            | Self::RevokeAppInvite { .. }
            | Self::CreateLink { .. }
            | Self::DeleteUser { .. }
            | Self::SetRetention { .. }
            | Self::SetAssistant { .. }
            | Self::RemoveAssistant { .. }
            | Self::SetAppAccess { .. }
            | Self::SuspendApp { .. }
            | Self::DeleteApp { .. }
            | Self::CreateAppKey { .. }
            | Self::RevokeAppKey { .. }
            | Self::RevokeTokens { .. }
            | Self::SetAppOrigins { .. }
            | Self::CreateToken { .. }
            | Self::RevokeToken { .. }
            | Self::SetBeforeHook { .. }
            | Self::RotateBeforeHook { .. }
            | Self::RemoveBeforeHook { .. }
            | Self::CreateWebhook { .. }
            | Self::SetWebhook { .. }
            | Self::RotateWebhook { .. }
            | Self::DeleteWebhook { .. }
            | Self::ReplayWebhook { .. } => true,
            Self::Found { .. }
            | Self::LogIn { .. }
            | Self::TouchSession { .. }
            | Self::EndExpired { .. }
            | Self::UpgradePassword { .. }
            | Self::Register { .. }
            | Self::SetUp { .. }
            | Self::UsePasswordLink { .. }
            | Self::DeleteUserStep { .. }
            | Self::AddMedia { .. }
            | Self::ForgetMedia { .. }
            | Self::Trim { .. }
            | Self::Note { .. }
            | Self::BeginAnswer { .. }
            | Self::FinishAnswer { .. }
            | Self::CountAssistant { .. }
            | Self::Cursors { .. }
            | Self::AppStep { .. }
            | Self::TouchAppKey { .. }
            | Self::SignIn { .. }
            | Self::CreateHook { .. }
            | Self::RotateHook { .. }
            | Self::DeleteHook { .. }
            | Self::Post { .. }
            | Self::NoteFollower { .. }
            | Self::NotePush { .. }
            | Self::CreateMcpToken { .. }
            | Self::RevokeMcpToken { .. }
            | Self::NoteMcpCall { .. }
            | Self::WebhookStep { .. }
            | Self::NoteWebhook { .. }
            | Self::ForgetSigned {}
            | Self::Reseal { .. } => false,
        }
    }
}

/// One user's cursors in one conversation moving forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// Who.
    pub user: UserHandle,
    /// Through which session; none when the server itself says so of a message they sent.
    pub session: Option<SessionId>,
    /// Where.
    pub conversation: ConversationId,
    /// A device has everything up to here.
    pub delivered: Option<Seq>,
    /// Everything up to here is read.
    pub read: Option<Seq>,
}

/// What a one-time link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum LinkPurpose {
    /// To make the first administrator; there is at most one such link, and none once there is an administrator.
    SetUp,
    /// To set the password of this user.
    Password(UserHandle),
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditLine {
    /// The command it stands for.
    pub lsn: super::Lsn,
    /// When.
    pub at: Timestamp,
    /// Who: the id of an administrator; `operator`: the command line; `server`: the server itself.
    pub actor: Line,
    /// What, for example `user.suspend`.
    pub action: String,
    /// To whom or what.
    pub subject: Line,
}
