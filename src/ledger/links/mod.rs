//! One-time links: to make the first administrator, and to set a password. Only the hash of their secret is kept; there is one
//! for each purpose, and a new one takes the place of the old.

pub(super) mod create_link;
pub(super) mod set_up;
pub(super) mod use_password_link;

use super::Stop;
use super::refuse::refuse;
use crate::model::{Code, LinkPurpose, Timestamp, TokenHash, UserHandle};
use crate::store::records::{LinkOwnerRow, LinkRow};
use crate::store::{Fault, Read, Tables};
use std::sync::Arc;

/// The handle under which the link of a purpose is found; 0 is nobody's.
const fn owner(purpose: LinkPurpose) -> UserHandle {
    match purpose {
        LinkPurpose::SetUp => UserHandle(0),
        LinkPurpose::Password(user) => user,
    }
}

/// A link that can be used now.
fn usable(state: &impl Read, token: TokenHash, now: Timestamp) -> Result<Arc<LinkRow>, Stop> {
    let Some(row) = state.get::<LinkRow>(&token)? else {
        return refuse(Code::NotFound, "This link was used, or replaced by a newer one; ask for a new one.");
    };
    if now >= row.expires {
        return refuse(Code::Expired, "This link has expired; ask for a new one.");
    }
    Ok(row)
}

/// Takes away the link of a user, when there is one; handle 0 for that of set-up.
pub(super) fn forget(tables: &mut Tables<'_>, owner: UserHandle) -> Result<(), Fault> {
    if let Some(row) = tables.get::<LinkOwnerRow>(&owner)? {
        tables.remove::<LinkRow>(&row.token)?;
        tables.remove::<LinkOwnerRow>(&owner)?;
    }
    Ok(())
}
