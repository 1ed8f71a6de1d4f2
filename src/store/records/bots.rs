//! Rows of assistants and bots: what they are, their open turns, and how much they are asked.

use crate::model::{AppId, AssistantSettings, BotCommand, Lsn, Seq, Timestamp, TurnState, UserHandle};
use serde::{Deserialize, Serialize};

/// An assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantRow {
    /// How it is.
    pub settings: AssistantSettings,
    /// When it was set up.
    pub created: Timestamp,
    /// The last command that changed it.
    pub changed: Lsn,
}

/// A question that an assistant has not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnRow {
    /// The app.
    pub app: AppId,
    /// Who asked.
    pub asker: UserHandle,
    /// Who is asked.
    pub assistant: UserHandle,
    /// Where it stands.
    pub state: TurnState,
    /// The answer that the new one stands in place of.
    pub replaces: Option<Seq>,
    /// Somebody wants it to stop.
    pub stop: bool,
    /// When it was asked: questions are answered in the order of this.
    pub asked_lsn: Lsn,
}

/// That a user waits for the answer to a question. It goes with the question's [`TurnRow`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedTurnRow {}

/// The key of [`AssistantUseRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssistantUseKey {
    /// The assistant.
    pub assistant: UserHandle,
    /// Who asks.
    pub user: UserHandle,
    /// Days since 1970-01-01 UTC.
    pub day: u32,
}

/// How much a user has asked an assistant in one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantUseRow {
    /// Questions.
    pub questions: u32,
    /// Tokens of questions and answers.
    pub tokens: u64,
}

/// What a bot offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotRow {
    /// Its commands; never empty.
    pub commands: Vec<BotCommand>,
    /// The last command that changed them.
    pub changed: Lsn,
}
