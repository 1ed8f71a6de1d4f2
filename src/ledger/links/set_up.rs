//! Use the set-up link: make the first administrator. Of two at once the second is refused, because the first took the link.

use super::{forget, owner, usable};
use crate::ledger::accounts::add_user::{self, NewUser};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, administration};
use crate::model::{AppId, Code, CommandResult, LinkPurpose, Name, PasswordHash, TokenHash, UserId, UserKind};
use crate::store::{Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    token: TokenHash,
    id: &UserId,
    name: Option<&Name>,
    password: &PasswordHash,
) -> Result<CommandResult, Stop> {
    let new =
        NewUser { app: AppId::HOME, id, name, password: Some(password), administrator: true, kind: UserKind::Person };
    let plan = decide(tables, order, token, &new)?;
    forget(tables, owner(LinkPurpose::SetUp))?;
    add_user::apply(tables, plan)
}

fn decide(state: &impl Read, order: &Order, token: TokenHash, new: &NewUser<'_>) -> Result<add_user::Plan, Stop> {
    if usable(state, token, order.at)?.purpose != LinkPurpose::SetUp {
        return refuse(Code::NotFound, "This link is for something else; open the one that the server printed.");
    }
    if administration::any(state)? {
        return refuse(Code::Conflict, "There is an administrator already; ask them for an account.");
    }
    add_user::decide(state, order, new)
}
