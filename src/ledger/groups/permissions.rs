//! Who may do what in a group: the one table. Every command on a group asks here, and nothing else decides by a role.
//!
//! `docs/domain.md` shows the same table; a test holds them together, and another one tries every cell through a socket.

use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{Code, GroupKind, GroupRules, JoinPolicy, Role, Who};
use std::borrow::Cow;

/// What somebody does in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Adds members, makes invite links, sees and revokes their own ones.
    Invite,
    /// Sees and revokes the invite links of others.
    ManageInvites,
    /// Sees who asked to join, and answers them.
    AnswerJoin,
    /// Removes a member of this role.
    Remove(Role),
    /// Leaves.
    Leave,
    /// Changes title, picture, introduction, notice and `extra`.
    Edit,
    /// Changes the rules.
    SetRules,
    /// Makes a member a manager, or ends that.
    SetManager,
    /// Hands the group over.
    Transfer,
    /// Ends the group for good.
    Dissolve,
    /// Lets only the owner and managers speak, or everybody again.
    Mute,
    /// Speaks while the group is muted.
    SpeakMuted,
    /// Silences a member of this role for a time, or ends that.
    Silence(Role),
    /// Sets their own alias.
    SetOwnAlias,
    /// Sets somebody else's alias.
    SetAlias,
    /// Pins messages.
    Pin,
    /// Mentions everybody.
    MentionAll,
    /// Recalls at any time a message whose author has this role now. (Own messages can be recalled within the app's window.)
    Recall(Role),
}

/// From which role on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Least {
    Member,
    Manager,
    Owner,
    /// Everybody but the owner.
    NotOwner,
    Nobody,
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: &'static [Self] = &[
        Self::Invite,
        Self::ManageInvites,
        Self::AnswerJoin,
        Self::Remove(Role::Member),
        Self::Remove(Role::Manager),
        Self::Remove(Role::Owner),
        Self::Leave,
        Self::Edit,
        Self::SetRules,
        Self::SetManager,
        Self::Transfer,
        Self::Dissolve,
        Self::Mute,
        Self::SpeakMuted,
        Self::Silence(Role::Member),
        Self::Silence(Role::Manager),
        Self::Silence(Role::Owner),
        Self::SetOwnAlias,
        Self::SetAlias,
        Self::Pin,
        Self::MentionAll,
        Self::Recall(Role::Member),
        Self::Recall(Role::Manager),
        Self::Recall(Role::Owner),
    ];

    /// The table.
    fn least(self, rules: &GroupRules) -> Least {
        match self {
            // Whoever could add others to a public group with approval, or to a closed one, would decide who gets in.
            Self::Invite => match (rules.kind, rules.join) {
                (GroupKind::Private, _) | (GroupKind::Public, JoinPolicy::Free) => Least::of(rules.invite),
                (GroupKind::Public, JoinPolicy::Approval | JoinPolicy::Closed) => Least::Manager,
            },
            Self::Edit => match rules.kind {
                GroupKind::Private => Least::of(rules.edit),
                GroupKind::Public => Least::Manager,
            },
            Self::Pin => Least::of(rules.pin),
            Self::ManageInvites
            | Self::AnswerJoin
            | Self::Mute
            | Self::SpeakMuted
            | Self::SetAlias
            | Self::MentionAll
            | Self::Remove(Role::Member)
            | Self::Silence(Role::Member)
            | Self::Recall(Role::Member) => Least::Manager,
            Self::SetRules
            | Self::SetManager
            | Self::Transfer
            | Self::Dissolve
            | Self::Remove(Role::Manager)
            | Self::Silence(Role::Manager)
            | Self::Recall(Role::Manager | Role::Owner) => Least::Owner,
            // The owner is the only one above managers, and neither removes nor silences themselves.
            Self::Remove(Role::Owner) | Self::Silence(Role::Owner) => Least::Nobody,
            Self::Leave => Least::NotOwner,
            Self::SetOwnAlias => Least::Member,
        }
    }

    /// What it is, in the words of the documentation.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Invite => "add members, make invite links, see and revoke own ones",
            Self::ManageInvites => "see and revoke the invite links of others",
            Self::AnswerJoin => "see and answer those who ask to join",
            Self::Remove(Role::Member) => "remove a member",
            Self::Remove(Role::Manager) => "remove a manager",
            Self::Remove(Role::Owner) => "remove the owner",
            Self::Leave => "leave",
            Self::Edit => "change title, picture, introduction, notice, `extra`",
            Self::SetRules => "change the rules",
            Self::SetManager => "make managers, or end that",
            Self::Transfer => "hand the group over",
            Self::Dissolve => "dissolve the group",
            Self::Mute => "mute the group, or end that",
            Self::SpeakMuted => "speak while the group is muted",
            Self::Silence(Role::Member) => "silence a member for a time, or end that",
            Self::Silence(Role::Manager) => "silence a manager for a time, or end that",
            Self::Silence(Role::Owner) => "silence the owner",
            Self::SetOwnAlias => "set one's own alias",
            Self::SetAlias => "set somebody else's alias",
            Self::Pin => "pin messages",
            Self::MentionAll => "mention everybody",
            Self::Recall(Role::Member) => "recall a member's message at any time",
            Self::Recall(Role::Manager) => "recall a manager's message at any time",
            Self::Recall(Role::Owner) => "recall the owner's message at any time",
        }
    }
}

impl Least {
    const fn of(who: Who) -> Self {
        match who {
            Who::Members => Self::Member,
            Who::Managers => Self::Manager,
        }
    }

    fn allows(self, role: Role) -> bool {
        match self {
            Self::Member => true,
            Self::Manager => role >= Role::Manager,
            Self::Owner => role == Role::Owner,
            Self::NotOwner => role != Role::Owner,
            Self::Nobody => false,
        }
    }
}

/// One cell of the table: whether a role may do something under these rules.
pub fn allows(action: Action, role: Role, rules: &GroupRules) -> bool {
    action.least(rules).allows(role)
}

/// Refuses what the table does not allow, and says whom to ask.
pub(in crate::ledger) fn check(action: Action, role: Role, rules: &GroupRules) -> Result<(), Stop> {
    let least = action.least(rules);
    if least.allows(role) {
        return Ok(());
    }
    let words = action.words();
    let sentence: Cow<'static, str> = match least {
        Least::NotOwner => "You own this group: hand it over with `transfer`, or end it with `dissolve`.".into(),
        Least::Nobody => format!("Nobody can {words}; the owner hands the group over with `transfer` first.").into(),
        Least::Owner => format!("Only the owner of this group can {words}; ask them.").into(),
        Least::Manager | Least::Member => {
            format!("Only the owner and managers of this group can {words}; ask one of them.").into()
        }
    };
    refuse(Code::Forbidden, sentence)
}
