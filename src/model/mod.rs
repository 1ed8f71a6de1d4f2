//! The words of the domain, as plain data: no I/O, no async, no clock but the one that is passed in.
//!
//! Everybody may use this room; it uses none of the others.

pub mod account;
pub mod administration;
pub mod app;
pub mod app_scope;
pub mod assistant;
pub mod before_hook;
pub mod bot;
pub mod clock;
pub mod command;
pub mod contact;
pub mod effect;
pub mod entry;
pub mod event;
pub mod follower;
pub mod group;
pub mod growing;
pub mod ids;
pub mod limits;
pub mod list;
pub mod mcp;
pub mod media;
pub mod origin;
pub mod post;
pub mod profile;
pub mod push;
pub mod pushed;
pub mod query;
pub mod refusal;
pub mod search;
pub mod system;
pub mod text;
pub mod webhook;

pub use account::{
    Actor, AppSettings, Device, Directory, EndReason, LoginPolicy, PasswordHash, Platform, Registration, SessionInfo,
    TokenHash, UserActor, UserFlags,
};
pub use administration::{AccountInfo, AdminAnswer, AdminQuery, AppInfo, AppRef, Retention};
pub use app::{
    AppAccess, AppActor, AppKeyInfo, AppKeyKind, AppKeySecret, AppState, AppUse, Resealed, Sealed, SecretPlace,
    SignedOnce,
};
pub use app_scope::{AppScope, AppScopes};
pub use assistant::{
    ASSISTANT_PRESETS, AnswerDone, AnswerEnd, AssistantAccess, AssistantAnswer, AssistantCheck, AssistantInfo,
    AssistantPreset, AssistantSettings, AssistantView, CheckStep, DraftView, KeySource, TokenUsage, TurnState,
};
pub use before_hook::{BeforeHook, BeforeHookInfo, HookAction, OnFailure, Question};
pub use bot::{
    BotCommand, BotToken, Button, ButtonDoes, ButtonId, ButtonLabel, ButtonRow, ButtonStyle, ButtonUrl, Buttons,
    CommandName, OfferedCommand,
};
pub use clock::Clock;
pub use command::{AnyCommand, Command, CommandResult, Outcome, Target};
pub use contact::{Contact, ContactRequest, Label, Relation, RequestState};
pub use effect::Effect;
pub use entry::{
    Body, ContactCard, Content, Conversation, ConversationKind, Cursor, Custom, Entry, Inbox, Location, Member, Origin,
    Reaction, Role, Sticker, Text,
};
pub use event::{AppEvent, AppEvents, EventPlace, EventUser, LogKind};
pub use follower::Follower;
pub use group::{
    GroupCard, GroupKind, GroupPreview, GroupRules, GroupView, Invite, JoinPolicy, JoinRequest, NewMemberHistory, Who,
};
pub use growing::Unreadable;
pub use ids::{
    AppId, AppKeyId, ConversationId, Epoch, HookId, Key, LabelId, Lsn, McpTokenId, MediaId, Ordinal, Seq, SessionId,
    Timestamp, UserHandle, WebhookId,
};
pub use mcp::{McpAccess, McpCall, McpTokenInfo, McpTool};
pub use media::{Attach, Attachment, MediaInfo, MediaKind};
pub use post::{HookInfo, Post, PostAttachment, PostBlock, PostButton, PostField, PostImage};
pub use profile::{
    Availability, Card, ContactPolicy, OwnPresence, PresenceOf, PresenceState, Profile, Strangers, UserKind,
    UserSettings, Visibility,
};
pub use push::{PushOutcome, PushSubscription, PushThen};
pub use pushed::{PushedData, PushedKind};
pub use query::{Answer, Query};
pub use refusal::{Code, Refusal};
pub use search::{Has, Highlight, Hit, Part, Search};
pub use system::{AuditLine, CursorMove, LinkPurpose, SystemCommand};
pub use text::{DeviceId, Emoji, Extra, InviteCode, Line, Name, Paragraph, Secret, TextError, UserId, WebOrigin};
pub use webhook::{
    DeadLetter, EventPosition, EventRef, SigningSecret, WebhookChange, WebhookFailure, WebhookInfo, WebhookNote,
    WebhookOf, WebhookSettings, WebhookStop,
};
