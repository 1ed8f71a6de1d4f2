//! Delete an account. What it said of itself goes, its sessions end, its messages stay under "deleted user"; its id is never given
//! again. Its groups and contacts go afterwards, with each [`super::delete_user_step`].

use super::{Change, end_all};
use crate::ledger::{Order, Stop, administration, apps, directory, links, media};
use crate::model::{
    Actor, Code, CommandResult, Effect, EndReason, LogKind, Name, Refusal, UserFlags, UserHandle, UserKind,
    UserSettings,
};
use crate::store::records::{AdministratorRow, AssistantRow, BotRow, CardRow, DeletionRow, PresenceRow, UserRow};
use crate::store::{Read, Tables};

/// What a deleted account is called.
const DELETED_NAME: &str = "deleted user";

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    user: UserHandle,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let name = Name::new(DELETED_NAME).map_err(|error| Refusal::new(Code::Invalid, error.0))?;
    let plan = decide(tables, order, user, Some(name))?;
    carry_out(tables, order, plan, effects)
}

/// The account of a webhook goes, and its name stays for what it has posted.
pub(in crate::ledger) struct Retired(Change);

impl Retired {
    /// Nothing when it was deleted before, as a user of its app.
    pub(in crate::ledger) fn plan(state: &impl Read, order: &Order, user: UserHandle) -> Result<Option<Self>, Stop> {
        let there = state.get::<UserRow>(&user)?.is_some_and(|row| !row.deleted);
        if there { decide(state, order, user, None).map(Self).map(Some) } else { Ok(None) }
    }

    /// From now on nobody finds it, and it counts no more.
    pub(in crate::ledger) fn apply(
        self,
        tables: &mut Tables<'_>,
        order: &Order,
        effects: &mut Vec<Effect>,
    ) -> Result<CommandResult, Stop> {
        carry_out(tables, order, self.0, effects)
    }
}

/// Whether what a deleted user has said stays under their name: so it is with webhooks that were taken away.
pub(in crate::ledger) fn keeps_name(row: &UserRow) -> bool {
    row.deleted && row.kind == UserKind::Service && row.name.as_str() != DELETED_NAME
}

fn carry_out(
    tables: &mut Tables<'_>,
    order: &Order,
    plan: Change,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let user = plan.user;
    let before = super::user(tables, user)?;
    let card = tables.get::<CardRow>(&user)?.map(|row| (*row).clone()).unwrap_or_default();
    directory::rewrite(tables, user, Some((&before, &card)), None)?;
    media::change_picture(tables, card.card.avatar, None, order.at)?;
    apply(tables, user, plan, effects)
}

/// `name`: what they are called from now on; absent: as before.
fn decide(state: &impl Read, order: &Order, user: UserHandle, name: Option<Name>) -> Result<Change, Stop> {
    let before = super::user(state, user)?;
    administration::check_not_last(state, order.actor == Actor::Operator, user)?;
    let row = UserRow {
        name: name.unwrap_or_else(|| before.name.clone()),
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
    tables.remove::<BotRow>(&(plan.row.app, user))?;
    tables.put(&user, DeletionRow {})?;
    apps::totals::count(tables, plan.row.app, -1, 0)?;
    tables.log_user(&plan.row, LogKind::UserDeleted);
    let result = plan.apply(tables, effects)?;
    effects.push(Effect::Profile { user });
    Ok(result)
}
