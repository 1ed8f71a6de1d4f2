//! Conversations and who belongs to them.

pub(super) mod add_members;
pub(super) mod create_group;
pub(super) mod direct;
pub(super) mod leave;
pub(super) mod open_direct;
pub(super) mod remove_member;
pub(super) mod rename;

use super::Stop;
use super::caller::Caller;
use super::refuse::refuse;
use crate::model::{Code, UserHandle, UserId, limits};
use crate::store::Read;
use std::collections::BTreeSet;

/// The users of a list of ids, each once, in the order of the list, without those in `but`. Unknown ones are refused by name.
fn find_all(
    state: &impl Read,
    caller: &Caller<'_>,
    ids: &[UserId],
    mut but: BTreeSet<UserHandle>,
) -> Result<Vec<(UserHandle, UserId)>, Stop> {
    if ids.len() > limits::MEMBERS_PER_COMMAND_MAX {
        let limit = limits::MEMBERS_PER_COMMAND_MAX;
        return refuse(Code::TooLarge, format!("At most {limit} users can join at once; add the others afterwards."));
    }
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let (handle, user) = caller.find_user(state, id)?;
        if but.insert(handle) {
            found.push((handle, user.id.clone()));
        }
    }
    Ok(found)
}

/// Refuses more members than the app allows in one group.
fn check_room(members: u64, limit: u32) -> Result<(), Stop> {
    if members > u64::from(limit) {
        return refuse(Code::Full, format!("A group has at most {limit} members here; make another group."));
    }
    Ok(())
}
