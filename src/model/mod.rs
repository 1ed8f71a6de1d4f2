//! The words of the domain, as plain data: no I/O, no async, no clock but the one that is passed in.
//!
//! Everybody may use this room; it uses none of the others.

pub mod account;
pub mod clock;
pub mod command;
pub mod effect;
pub mod entry;
pub mod growing;
pub mod ids;
pub mod limits;
pub mod list;
pub mod query;
pub mod refusal;
pub mod search;
pub mod text;

pub use account::{
    Actor, AppSettings, Device, EndReason, LoginPolicy, PasswordHash, Platform, Profile, SessionInfo, TokenHash,
    UserActor, UserFlags,
};
pub use clock::Clock;
pub use command::{AnyCommand, Command, CommandResult, CursorMove, Outcome, SystemCommand, Target};
pub use effect::Effect;
pub use entry::{
    Body, Content, Conversation, ConversationKind, Cursor, Custom, Entry, Inbox, Member, Reaction, Role, Text,
};
pub use growing::Unreadable;
pub use ids::{AppId, ConversationId, Epoch, Key, Lsn, Ordinal, Seq, SessionId, Timestamp, UserHandle};
pub use query::{Answer, Query};
pub use refusal::{Code, Refusal};
pub use search::{Has, Highlight, Hit, Part, Search};
pub use text::{DeviceId, Emoji, Name, Secret, TextError, UserId};
