//! Messages and what happens to them.

pub(super) mod beside;
mod content;
pub(super) mod edit;
pub(super) mod edit_buttons;
pub(super) mod forward;
pub(super) mod pin_entry;
pub(super) mod react;
pub(super) mod recall;
pub(super) mod send;

use super::Stop;
use super::refuse::refuse;
use crate::model::{Code, Entry, Seq, limits};

/// A message that somebody took back cannot be changed any more.
pub(super) fn check_not_recalled(entry: &Entry) -> Result<(), Stop> {
    if entry.recalled_at.is_some() {
        return refuse(
            Code::Conflict,
            format!("The message with seq {} was recalled; it can only be read.", entry.seq),
        );
    }
    Ok(())
}

/// Refuses what would make an entry larger than entries may be.
fn check_entry_size(entry: &Entry, code: Code) -> Result<(), Stop> {
    if super::read::size::stored_bytes(entry) > limits::ENTRY_BYTES_MAX {
        let (seq, limit) = (entry.seq, limits::ENTRY_BYTES_MAX);
        return refuse(code, format!("The message with seq {seq} and its reactions would exceed {limit} bytes."));
    }
    Ok(())
}

/// A reply names an entry of the same conversation that its sender can see.
fn check_reply(reply_to: Option<Seq>, sees: impl Fn(Seq) -> bool) -> Result<(), Stop> {
    match reply_to {
        Some(seq) if !sees(seq) => refuse(
            Code::Invalid,
            format!("`reply_to` names {seq}, and you can see no entry with that seq here; leave it out."),
        ),
        Some(_) | None => Ok(()),
    }
}
