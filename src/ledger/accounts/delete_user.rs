//! Delete an account. What it said of itself goes, its sessions end, its messages stay under "deleted user"; its id is never given
//! again. Its groups and contacts go afterwards, with each [`super::delete_user_step`].

use super::{Change, end_all};
use crate::ledger::{Order, Stop, administration, directory, links, media};
use crate::model::{Actor, Code, CommandResult, Effect, EndReason, Name, Refusal, UserFlags, UserHandle, UserSettings};
use crate::store::records::{AdministratorRow, AssistantRow, CardRow, DeletionRow, PresenceRow, UserRow};
use crate::store::{Read, Tables};

/// What a deleted account is called.
const DELETED_NAME: &str = "deleted user";

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, user)?;
    let before = super::user(tables, user)?;
    let card = tables.get::<CardRow>(&user)?.map(|row| (*row).clone()).unwrap_or_default();
    directory::rewrite(tables, user, Some((&before, &card)), None)?;
    media::change_picture(tables, card.card.avatar, None, order.at)?;
    apply(tables, user, plan, effects)
}

fn decide(state: &impl Read, order: &Order, user: UserHandle) -> Result<Change, Stop> {
    let before = super::user(state, user)?;
    administration::check_not_last(state, order.actor == Actor::Operator, user)?;
    let name = Name::new(DELETED_NAME).map_err(|error| Refusal::new(Code::Invalid, error.0))?;
    let row = UserRow {
        name,
        password: None,
        credential: before.credential.wrapping_add(1),
        flags: UserFlags::default(),
        administrator: false,
        settings: UserSettings::default(),
        deleted: true,
        changed: order.lsn,
        ..(*before).clone()
    };
    Ok(Change { user, row, endings: end_all(state, user, EndReason::AccountDeleted)? })
}

fn apply(
    tables: &mut Tables<'_>,
    user: UserHandle,
    plan: Change,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    links::forget(tables, user)?;
    tables.remove::<CardRow>(&user)?;
    tables.remove::<PresenceRow>(&user)?;
    tables.remove::<AdministratorRow>(&user)?;
    tables.remove::<AssistantRow>(&(plan.row.app, user))?;
    tables.put(&user, DeletionRow {})?;
    let result = plan.apply(tables, effects)?;
    effects.push(Effect::Profile { user });
    Ok(result)
}
