//! Set what a group says of itself. A new picture is one that the caller uploaded; the one that is there can stay, whoever's it is.

use super::Group;
use super::change::Change;
use super::permissions::Action;
use crate::ledger::caller::Caller;
use crate::ledger::{Stop, media};
use crate::model::{Body, CommandResult, ConversationId, Effect, GroupCard, MediaId};
use crate::store::records::GroupCardRow;
use crate::store::{Read, Tables};

struct Plan {
    change: Change,
    card: GroupCard,
    picture_before: Option<MediaId>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    card: &GroupCard,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, card)? {
        None => Ok(CommandResult::Done {}),
        Some(plan) => apply(tables, caller, conversation, plan, effects),
    }
}

/// `None` when it says so already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    card: &GroupCard,
) -> Result<Option<Plan>, Stop> {
    let (group, _) = Group::acting(state, caller, conversation, Action::Edit)?;
    let before = state.get::<GroupCardRow>(&conversation)?.map(|row| row.card.clone()).unwrap_or_default();
    if before == *card {
        return Ok(None);
    }
    if let Some(picture) = card.avatar.filter(|picture| before.avatar != Some(*picture)) {
        media::check_picture(state, caller, picture)?;
    }
    let row = (*group.row).clone();
    let change = Change::new(caller, &group, Body::CardChanged {}).row(row);
    Ok(Some(Plan { change, card: card.clone(), picture_before: before.avatar }))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let Plan { change, card, picture_before } = plan;
    media::change_picture(tables, picture_before, card.avatar, caller.at)?;
    tables.put(&conversation, GroupCardRow { card })?;
    change.apply(tables, effects)
}
