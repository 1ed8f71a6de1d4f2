//! Make an account with a password, as the app allows.

use super::add_user::{self, NewUser};
use crate::ledger::apps::invites;
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop};
use crate::model::{AppId, Code, CommandResult, InviteCode, Name, PasswordHash, Registration, UserId, UserKind};
use crate::store::records::{AppRow, InviteKey, InviteRow};
use crate::store::{Read, Tables};

/// What is asked for.
pub(in crate::ledger) struct Registrant<'a> {
    pub app: AppId,
    pub id: &'a UserId,
    pub name: Option<&'a Name>,
    pub password: &'a PasswordHash,
    pub code: Option<&'a InviteCode>,
}

struct Plan {
    user: add_user::Plan,
    invite: Option<(InviteKey, InviteRow)>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    registrant: &Registrant<'_>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, order, registrant)?;
    if let Some((key, row)) = plan.invite {
        tables.put(&key, row)?;
    }
    add_user::apply(tables, plan.user)
}

/// Whether somebody may register comes first: whoever may not does not learn which ids are taken.
fn decide(state: &impl Read, order: &Order, registrant: &Registrant<'_>) -> Result<Plan, Stop> {
    let &Registrant { app, id, name, password, code } = registrant;
    let Some(row) = state.get::<AppRow>(&app)? else {
        return refuse(Code::NotFound, "There is no such app here; ask whoever sent you for the right one.");
    };
    let invite = match (row.settings.registration, code) {
        (Registration::Open, _) => None,
        (Registration::Invite, Some(code)) => {
            Some((InviteKey(code.clone()), invites::used(state, app, code, order.at)?))
        }
        (Registration::Invite, None) => {
            return refuse(
                Code::Forbidden,
                "An account is made here with an invite code; ask an administrator for one.",
            );
        }
        (Registration::Closed, _) => {
            return refuse(
                Code::Forbidden,
                "Nobody can make an account here; ask an administrator to make one for you.",
            );
        }
    };
    let new = NewUser { app, id, name, password: Some(password), administrator: false, kind: UserKind::Person };
    Ok(Plan { user: add_user::decide(state, order, &new)?, invite })
}
