//! Groups: who is in them, with which role, under which rules. Every command here asks [`permissions`], the one table of who may do
//! what, and appends an entry to the group's log, so that all members see what was done. A dissolved group takes no command any more.

pub(super) mod add_members;
pub(super) mod answer_join;
mod change;
pub(super) mod create_group;
pub(super) mod create_invite;
mod departing;
pub(super) mod directory;
pub(super) mod dissolve;
pub(super) mod invites;
pub(super) mod join;
pub(super) mod join_by_code;
mod joining;
pub(super) mod leave;
pub(super) mod may_speak;
pub(super) mod mute_group;
pub mod permissions;
pub(super) mod remove_member;
pub(super) mod rename;
pub(super) mod revoke_invite;
pub(super) mod set_alias;
pub(super) mod set_card;
pub(super) mod set_manager;
pub(super) mod set_rules;
pub(super) mod silence_member;
pub(super) mod transfer;

use super::Stop;
use super::caller::Caller;
use super::place::Place;
use super::refuse::refuse;
use crate::model::{AppSettings, Code, ConversationId, GroupRules, Role, UserHandle, UserId, limits};
use crate::store::Read;
use crate::store::records::{ConversationRow, GroupRow, Head, MemberRow};
use permissions::Action;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Fewest members that a group's own limit can be.
const MEMBERS_MAX_LEAST: u32 = 2;

/// A group that is open.
pub(super) struct Group {
    pub id: ConversationId,
    pub row: Arc<ConversationRow>,
    #[allow(clippy::struct_field_names, reason = "as the row calls it")]
    pub group: GroupRow,
    pub head: Head,
}

impl Group {
    /// The group and the caller in it, when they belong to it now and their role allows `action`.
    pub fn acting(
        state: &impl Read,
        caller: &Caller<'_>,
        id: ConversationId,
        action: Action,
    ) -> Result<(Self, Arc<MemberRow>), Stop> {
        let (group, member) = Self::joined(state, caller, id)?;
        group.check(action, member.role)?;
        Ok((group, member))
    }

    /// The group and the caller in it, when they belong to it now.
    pub fn joined(state: &impl Read, caller: &Caller<'_>, id: ConversationId) -> Result<(Self, Arc<MemberRow>), Stop> {
        let Place { id, row, member, head } = Place::joined(state, caller, id)?;
        let Some(group) = row.group.clone() else {
            return refuse(Code::Invalid, "This is no group, and the command is about groups; name a group.");
        };
        check_open(&row)?;
        Ok((Self { id, row, group, head }, member))
    }

    /// A group of the caller's app, whoever is in it, dissolved or not; `None` when there is none with this id.
    pub fn find(state: &impl Read, app: crate::model::AppId, id: ConversationId) -> Result<Option<Self>, Stop> {
        let row = state.get::<ConversationRow>(&id)?.filter(|row| row.app == app);
        let Some(row) = row else { return Ok(None) };
        let Some(group) = row.group.clone() else { return Ok(None) };
        Ok(Some(Self { id, row, group, head: state.head(id)? }))
    }

    /// Refuses what a role may not do here.
    pub fn check(&self, action: Action, role: Role) -> Result<(), Stop> {
        permissions::check(action, role, &self.group.rules)
    }

    /// A user who belongs to it now; the refusal names them.
    pub fn member(
        &self,
        state: &impl Read,
        caller: &Caller<'_>,
        user: &UserId,
    ) -> Result<(UserHandle, Arc<MemberRow>), Stop> {
        if let Some(handle) = caller.find(state, user)?
            && let Some(member) = self.row_of(state, handle)?
            && member.until.is_none()
        {
            return Ok((handle, member));
        }
        refuse(Code::NotMember, format!("`{user}` does not belong to this group; `members` lists those who do."))
    }

    /// The row of somebody who belongs or belonged to it.
    pub fn row_of(&self, state: &impl Read, user: UserHandle) -> Result<Option<Arc<MemberRow>>, Stop> {
        Ok(state.get::<MemberRow>(&(self.id, user))?)
    }

    /// Whether somebody belongs to it now.
    pub fn has(&self, state: &impl Read, user: UserHandle) -> Result<bool, Stop> {
        Ok(self.row_of(state, user)?.is_some_and(|member| member.until.is_none()))
    }
}

/// A dissolved group can only be read.
pub(super) fn check_open(row: &ConversationRow) -> Result<(), Stop> {
    if row.group.as_ref().is_some_and(|group| group.dissolved.is_some()) {
        return refuse(Code::Dissolved, "This group is dissolved and can only be read; `hide` takes it off your list.");
    }
    Ok(())
}

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

/// Refuses more members than the group and the app allow.
fn check_room(members: u64, rules: &GroupRules, settings: &AppSettings) -> Result<(), Stop> {
    let limit = rules.members_max.unwrap_or(u32::MAX).min(settings.group_members_max);
    if members > u64::from(limit) {
        return refuse(Code::Full, format!("This group has at most {limit} members; make another group."));
    }
    Ok(())
}

/// Refuses rules that cannot be.
fn check_rules(rules: &GroupRules, settings: &AppSettings) -> Result<(), Stop> {
    let most = settings.group_members_max;
    if rules.members_max.is_some_and(|max| !(MEMBERS_MAX_LEAST..=most).contains(&max)) {
        return refuse(
            Code::Invalid,
            format!("`members_max` is {MEMBERS_MAX_LEAST} to {most} here; leave it out for the most there can be."),
        );
    }
    Ok(())
}
