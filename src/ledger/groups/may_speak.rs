//! Whether somebody may speak where they are: what send, edit, react, forward and pin ask before anything else.

use super::check_open;
use super::permissions::{Action, allows};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::place::Place;
use crate::ledger::refuse::refuse;
use crate::model::Code;

/// Refuses those who may not, in the order in which a message is checked: the group is dissolved; the account is silenced by an
/// administrator; the member is silenced in this group; the group is muted. `place` is absent where a direct chat is about to be made.
pub(in crate::ledger) fn check(caller: &Caller<'_>, place: Option<&Place>) -> Result<(), Stop> {
    if let Some(place) = place {
        check_open(&place.row)?;
    }
    caller.may_speak()?;
    let Some(place) = place else { return Ok(()) };
    let Some(group) = &place.row.group else { return Ok(()) };
    if place.member.silenced_until.is_some_and(|until| until > caller.at) {
        return refuse(
            Code::SilencedInGroup,
            "You are silenced in this group for a time; read on, or ask its owner or a manager.",
        );
    }
    if group.muted && !allows(Action::SpeakMuted, place.member.role, &group.rules) {
        return refuse(Code::Muted, "This group is muted: only its owner and managers speak; ask one of them.");
    }
    Ok(())
}
