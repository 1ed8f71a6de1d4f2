//! Make a one-time link.

use super::{forget, owner};
use crate::ledger::refuse::refuse;
use crate::ledger::{Order, Stop, accounts, administration};
use crate::model::{Code, CommandResult, LinkPurpose, Timestamp, TokenHash, limits};
use crate::store::records::{LinkOwnerRow, LinkRow};
use crate::store::{Read, Tables};

struct Plan(LinkRow);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    order: &Order,
    token: TokenHash,
    purpose: LinkPurpose,
    expires: Timestamp,
) -> Result<CommandResult, Stop> {
    let Plan(row) = decide(tables, order, token, purpose, expires)?;
    forget(tables, owner(purpose))?;
    tables.put(&owner(purpose), LinkOwnerRow { token })?;
    tables.put(&token, row)?;
    Ok(CommandResult::Done {})
}

fn decide(
    state: &impl Read,
    order: &Order,
    token: TokenHash,
    purpose: LinkPurpose,
    expires: Timestamp,
) -> Result<Plan, Stop> {
    if expires <= order.at || expires.since_ms(order.at) > limits::LINK_MS {
        return refuse(Code::Invalid, "A one-time link lasts at most 24 hours; name an earlier `expires`.");
    }
    if state.get::<LinkRow>(&token)?.is_some() {
        return refuse(Code::Conflict, "The secret of this link is in use; draw another one.");
    }
    match purpose {
        LinkPurpose::SetUp if administration::any(state)? => {
            return refuse(
                Code::Conflict,
                "There is an administrator already, so nothing is to be set up. Make others with `tidings admin grant NAME`, \
                 or give one who forgot the password a link with `tidings user password-link NAME`.",
            );
        }
        LinkPurpose::SetUp => {}
        LinkPurpose::Password(user) => accounts::check_no_bot(&*accounts::user(state, user)?)?,
    }
    Ok(Plan(LinkRow { purpose, expires }))
}
