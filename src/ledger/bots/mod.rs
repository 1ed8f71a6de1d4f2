//! Bots: users who are programs. They come with tokens, which are sessions that do not expire; they offer commands, which people
//! write as messages like any other; and their messages have buttons. That one was pressed stands in the feed of who wrote the
//! message, so it reaches a bot as everything else does: at once, or when it is back.

pub(super) mod press;
pub(super) mod set_commands;
pub(super) mod tokens;

use super::Stop;
use super::caller::Caller;
use super::refuse::refuse;
use crate::model::{ButtonId, ButtonRow, Code, UserKind, limits};
use std::collections::BTreeSet;

/// Refuses buttons of people: those under a message of a bot are pressed because they are a bot's.
pub(super) fn check_may_have_buttons(caller: &Caller<'_>) -> Result<(), Stop> {
    if caller.user.kind != UserKind::Bot && caller.session.is_some() {
        return refuse(Code::Forbidden, "Only bots send messages with buttons; leave the buttons out.");
    }
    Ok(())
}

/// Checks how many buttons there are, and that those that are pressed can be told apart. What stands on each is checked where it is
/// parsed.
pub(super) fn check_rows(rows: &[ButtonRow]) -> Result<(), Stop> {
    let (most, most_beside) = (limits::BUTTON_ROWS_MAX, limits::BUTTONS_PER_ROW_MAX);
    if rows.len() > most || rows.iter().any(|row| row.0.len() > most_beside) {
        return refuse(
            Code::TooLarge,
            format!("A message has at most {most} rows of {most_beside} buttons; send fewer in `rows`."),
        );
    }
    if rows.iter().any(|row| row.0.is_empty()) {
        return refuse(Code::Invalid, "A row in `rows` has no button; leave it out.");
    }
    let mut ids: BTreeSet<&ButtonId> = BTreeSet::new();
    for button in rows.iter().flat_map(|row| &row.0) {
        if let crate::model::ButtonDoes::Press(id) = &button.does
            && !ids.insert(id)
        {
            return refuse(Code::Invalid, format!("Two buttons have the id `{id}`; give each its own."));
        }
    }
    Ok(())
}
