//! Saying no, in one line.

use super::Stop;
use crate::model::{Code, Refusal, Unreadable, UserId};
use std::borrow::Cow;

/// Refuses.
pub(super) fn refuse<T>(code: Code, message: impl Into<Cow<'static, str>>) -> Result<T, Stop> {
    Err(Refusal::new(code, message).into())
}

/// Nobody of that id, or nobody the caller may know of.
pub(super) fn no_such_user<T>(user: &UserId) -> Result<T, Stop> {
    refuse(Code::NotFound, format!("There is no user `{user}` here; check the spelling of the id."))
}

/// No such conversation, or not one of the caller's.
pub(super) fn no_such_conversation<T>() -> Result<T, Stop> {
    refuse(
        Code::NotFound,
        "There is no such conversation among yours; ask for `conversations` to see those that you belong to.",
    )
}

/// The refusal of a command or query that could not be read.
pub(super) fn unreadable(what: &str, unreadable: &Unreadable) -> Stop {
    let kind = &unreadable.kind;
    match &unreadable.reason {
        None => Refusal::new(
            Code::Unsupported,
            format!("This server does not know the {what} `{kind}`; it may be older than your program."),
        ),
        Some(reason) => Refusal::new(Code::Invalid, format!("The {what} `{kind}` cannot be read: {reason}.")),
    }
    .into()
}
