//! An assistant begins with a question: it counts from now on, and gives a chat without a title its title.

use super::{Asking, there, turns};
use crate::ledger::place::{append, entry};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, groups};
use crate::model::{
    AppId, Body, Code, CommandResult, ConversationId, ConversationKind, Effect, Entry, Name, Seq, TurnState, UserHandle,
};
use crate::store::records::{ConversationRow, MemberRow, TurnRow, UserRow};
use crate::store::{Read, Tables};
use std::sync::Arc;

/// Longest title made of a question, in characters.
const TITLE_CHARS_MAX: usize = 60;

struct Plan {
    app: AppId,
    row: TurnRow,
    titled: Option<(ConversationRow, Entry)>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    conversation: ConversationId,
    question: Seq,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan { app, row, titled } = decide(tables, order, conversation, question)?;
    super::count(tables, (row.assistant, row.asker), order.at, (1, 0))?;
    tables.put(&(conversation, question), row)?;
    match titled {
        None => Ok(CommandResult::Done {}),
        Some((row, entry)) => {
            tables.put(&conversation, row)?;
            Ok(append(tables, app, conversation, entry, effects)?)
        }
    }
}

/// The question of a turn that may be answered now, with the conversation: whoever asked sees it still, and the assistant belongs to it.
pub(super) struct Answerable {
    pub turn: Arc<TurnRow>,
    pub row: Arc<ConversationRow>,
    pub asker: Arc<UserRow>,
    pub question: Arc<Entry>,
}

impl Answerable {
    /// Finds it; refused with `not_found` when nothing is to be said any more.
    pub fn find(state: &impl Read, conversation: ConversationId, question: Seq) -> Result<Self, Stop> {
        let turn = state.get::<TurnRow>(&(conversation, question))?;
        let row = state.get::<ConversationRow>(&conversation)?;
        let (Some(turn), Some(row)) = (turn, row) else { return over() };
        let belongs = |user: UserHandle| -> Result<bool, Stop> {
            let member = state.get::<MemberRow>(&(conversation, user))?;
            Ok(member.is_some_and(|member| member.until.is_none()))
        };
        let asker = state.get::<UserRow>(&turn.asker)?.filter(|user| !user.deleted && !user.flags.suspended);
        let said = state.entry(conversation, question)?.filter(|entry| entry.recalled_at.is_none());
        let (Some(asker), Some(said)) = (asker, said) else { return over() };
        if !belongs(turn.asker)? || !belongs(turn.assistant)? || groups::check_open(&row).is_err() {
            return over();
        }
        Ok(Self { turn, row, asker, question: said })
    }
}

fn over<T>() -> Result<T, Stop> {
    refuse(Code::NotFound, "This question is to be answered no more.")
}

fn decide(state: &impl Read, order: &Order, conversation: ConversationId, question: Seq) -> Result<Plan, Stop> {
    let Answerable { turn, row, asker, question } = Answerable::find(state, conversation, question)?;
    let busy = turns(state, conversation)?.iter().any(|(_, other)| other.state == TurnState::Answering);
    if busy {
        return refuse(Code::Conflict, "Another question of this conversation is being answered.");
    }
    let settings = there(state, turn.app, turn.assistant)?;
    let (assistant, user) = (turn.assistant, turn.asker);
    let asking = Asking { assistant, row: &settings, user, user_row: &asker, at: order.at };
    asking.check(state)?;
    let mut titled = None;
    if row.kind == ConversationKind::Assistant
        && row.title.is_none()
        && let Some(title) = title(&question.body)
    {
        let body = Body::Renamed { title: title.clone() };
        let notice = entry(&state.head(conversation)?, order, &asker.id, body);
        titled = Some((ConversationRow { title: Some(title), changed: order.lsn, ..(*row).clone() }, notice));
    }
    Ok(Plan { app: turn.app, row: TurnRow { state: TurnState::Answering, ..(*turn).clone() }, titled })
}

/// The title that a question gives: the beginning of its first line.
fn title(question: &Body) -> Option<Name> {
    let words = match question {
        Body::Text(text) => text.text.as_str(),
        Body::Media(file) if file.caption.text.trim().is_empty() => file.info.name.as_str(),
        Body::Media(file) => file.caption.text.as_str(),
        _ => return None,
    };
    let line = words.lines().map(str::trim).find(|line| !line.is_empty())?;
    let mut chars = line.chars().filter(|c| !c.is_control());
    let mut title: String = chars.by_ref().take(TITLE_CHARS_MAX).collect();
    if chars.next().is_some() {
        title.truncate(title.trim_end().len());
        title.push('…');
    }
    Name::new(title).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;

    #[test]
    fn a_title_is_the_beginning_of_the_first_line() {
        let of = |words: &str| title(&Body::Text(Text::plain(words))).map(|title| title.to_string());
        assert_eq!(of("  \n What is redb?\nTell me."), Some("What is redb?".to_owned()));
        assert_eq!(of(" \n\t"), None);
        assert_eq!(of(&"é".repeat(60)), Some("é".repeat(60)));
        assert_eq!(of(&"😀".repeat(61)), Some("😀".repeat(60) + "…"));
        assert_eq!(of("tab\there"), Some("tabhere".to_owned()));
    }
}
