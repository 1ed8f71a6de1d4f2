//! What the notices of a group's log say about the group, taken over into the local copy of it.

use super::replica::same;
use crate::model::{Body, Conversation, ConversationKind, Entry, Name, Role, UserId};

/// Takes over what a notice says that is newer than `about`. True when it does not say enough, so that the conversation is to be
/// asked for again.
pub(super) fn follow(about: &mut Conversation, me: Option<&UserId>, entry: &Entry) -> bool {
    if let Body::Renamed { title } = &entry.body {
        about.title = Some(Name::clone(title));
    }
    if about.kind != ConversationKind::Group {
        return false;
    }
    let is_me = |user: &UserId| me.is_some_and(|me| same(me, user));
    match &entry.body {
        Body::MembersAdded { users } => about.members = about.members.saturating_add(users.len() as u32),
        Body::MemberJoined {} | Body::JoinAnswered { accepted: true, .. } => {
            about.members = about.members.saturating_add(1);
        }
        Body::MemberRemoved { .. } | Body::MemberLeft {} => about.members = about.members.saturating_sub(1),
        Body::CardChanged {} => return true,
        Body::ManagerChanged { user, manager } if is_me(user) => {
            about.role = if *manager { Role::Manager } else { Role::Member };
        }
        Body::Transferred { user } => {
            if is_me(user) {
                about.role = Role::Owner;
            } else if is_me(&entry.author) {
                about.role = Role::Manager;
            }
            if let Some(group) = &mut about.group {
                group.owner = user.clone();
            }
        }
        body => {
            let Some(group) = &mut about.group else { return false };
            match body {
                Body::RulesChanged { rules } => group.rules = *rules,
                Body::GroupMuted { on } => group.muted = *on,
                Body::Dissolved {} => group.dissolved = Some(entry.at),
                Body::MemberSilenced { user, until } if is_me(user) => group.silenced_until = *until,
                Body::AliasChanged { user, alias } if is_me(user) => group.alias.clone_from(alias),
                // Everything else leaves the group as it is.
                _ => {}
            }
        }
    }
    false
}
