//! What people ask of groups in random histories.

use super::{Maker, name};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tidings::model::{
    Command, ConversationId, GroupCard, GroupKind, GroupRules, InviteCode, JoinPolicy, Line, MediaId, NewMemberHistory,
    Paragraph, Timestamp, Who,
};

/// A group by a choice, and what is asked of it.
#[derive(Clone, Debug)]
pub enum GroupAsk {
    Create(Vec<u8>, RulesOf),
    Rules(u8, RulesOf),
    Card(u8, u8),
    Join(u8, bool),
    JoinByCode(u8),
    Answer(u8, u8, bool),
    Invite(u8, Option<u8>, Option<u8>),
    Revoke(u8, u8),
    Manager(u8, u8, bool),
    Transfer(u8, u8),
    Dissolve(u8),
    Mute(u8, bool),
    Silence(u8, u8, Option<u8>),
    Alias(u8, u8, Option<u8>),
}

/// Rules by choices.
#[derive(Clone, Copy, Debug)]
pub struct RulesOf {
    kind: bool,
    join: u8,
    /// A bit each: invite, edit, pin, history, keep reading.
    bits: u8,
    max: Option<u8>,
}

impl RulesOf {
    fn rules(self) -> GroupRules {
        let who = |bit: u8| if self.bits & bit == 0 { Who::Managers } else { Who::Members };
        GroupRules {
            kind: if self.kind { GroupKind::Public } else { GroupKind::Private },
            join: [JoinPolicy::Free, JoinPolicy::Approval, JoinPolicy::Closed][usize::from(self.join) % 3],
            invite: who(1),
            edit: who(2),
            pin: who(4),
            history: if self.bits & 8 == 0 { NewMemberHistory::FromJoining } else { NewMemberHistory::All },
            keep_reading: self.bits & 16 == 0,
            members_max: self.max.map(u32::from),
        }
    }
}

fn rules() -> impl Strategy<Value = RulesOf> {
    let max = prop_oneof![4 => Just(None), 1 => (0..6u8).prop_map(Some)];
    (any::<bool>(), prop_oneof![2 => Just(0), 2 => Just(1), 1 => Just(2)], 0..32u8, max)
        .prop_map(|(kind, join, bits, max)| RulesOf { kind, join, bits, max })
}

pub fn group_ask() -> impl Strategy<Value = GroupAsk> {
    let any8 = any::<u8>;
    let on = || prop::bool::weighted(0.7);
    prop_oneof![
        3 => (vec(any8(), 0..3), rules()).prop_map(|(users, rules)| GroupAsk::Create(users, rules)),
        3 => (any8(), rules()).prop_map(|(chat, rules)| GroupAsk::Rules(chat, rules)),
        2 => (any8(), 0..5u8).prop_map(|(chat, card)| GroupAsk::Card(chat, card)),
        6 => (any8(), any::<bool>()).prop_map(|(chat, greets)| GroupAsk::Join(chat, greets)),
        4 => any8().prop_map(GroupAsk::JoinByCode),
        4 => (any8(), any8(), on()).prop_map(|(chat, user, yes)| GroupAsk::Answer(chat, user, yes)),
        4 => (any8(), option::of(0..4u8), option::of(0..3u8))
            .prop_map(|(chat, expires, uses)| GroupAsk::Invite(chat, expires, uses)),
        2 => (any8(), any8()).prop_map(|(chat, code)| GroupAsk::Revoke(chat, code)),
        4 => (any8(), any8(), on()).prop_map(|(chat, user, on)| GroupAsk::Manager(chat, user, on)),
        2 => (any8(), any8()).prop_map(|(chat, user)| GroupAsk::Transfer(chat, user)),
        1 => any8().prop_map(GroupAsk::Dissolve),
        2 => (any8(), on()).prop_map(|(chat, on)| GroupAsk::Mute(chat, on)),
        3 => (any8(), any8(), option::of(0..4u8)).prop_map(|(chat, user, until)| GroupAsk::Silence(chat, user, until)),
        2 => (any8(), any8(), option::of(0..2u8)).prop_map(|(chat, user, alias)| GroupAsk::Alias(chat, user, alias)),
    ]
}

impl Maker<'_> {
    /// Any conversation at all, so that those who are outside of a group meet it.
    fn anywhere(&self, choice: u8) -> ConversationId {
        ConversationId(u64::from(choice) % (self.world.chats.len() as u64 + 1) + 1)
    }

    /// A code that was made, now and then one that was not.
    fn code(&self, choice: u8) -> InviteCode {
        let codes = self.world.codes();
        if choice.is_multiple_of(8) || codes.is_empty() {
            return InviteCode::new(format!("code-of-nothing-{choice}")).unwrap();
        }
        codes[usize::from(choice) % codes.len()].clone()
    }

    pub fn group_command(&self, person: usize, ask: &GroupAsk) -> Command {
        let chat = |choice: &u8| self.chat(person, *choice);
        let later = |hours: u8| Timestamp(self.world.now + u64::from(hours) * 3_600_000);
        match ask {
            GroupAsk::Create(users, rules) => Command::CreateGroup {
                title: name(&format!("group of step {}", self.step)),
                members: self.users(users),
                rules: rules.rules(),
            },
            GroupAsk::Rules(choice, rules) => {
                Command::SetGroupRules { conversation: chat(choice), rules: rules.rules() }
            }
            GroupAsk::Card(choice, card) => {
                let paragraph = |text: &str| Some(Paragraph::new(text).unwrap());
                let card = GroupCard {
                    avatar: (*card == 4).then_some(MediaId([0xff; 16])),
                    introduction: (*card > 0).then(|| paragraph("tea and talk")).flatten(),
                    notice: (*card > 1).then(|| paragraph(&format!("notice {card}"))).flatten(),
                    ..GroupCard::default()
                };
                Command::SetGroupCard { conversation: chat(choice), card }
            }
            GroupAsk::Join(choice, greets) => {
                let greeting = greets.then(|| Line::new(format!("hello from step {}", self.step)).unwrap());
                Command::Join { conversation: self.anywhere(*choice), greeting }
            }
            GroupAsk::JoinByCode(code) => Command::JoinByCode { code: self.code(*code) },
            GroupAsk::Answer(choice, user, accept) => {
                Command::AnswerJoin { conversation: chat(choice), user: self.user(*user), accept: *accept }
            }
            GroupAsk::Invite(choice, expires, uses) => Command::CreateInvite {
                conversation: chat(choice),
                code: InviteCode::new(format!("code-of-step-{:06}", self.step)).unwrap(),
                expires: expires.map(later),
                uses_max: uses.map(u32::from),
            },
            GroupAsk::Revoke(choice, code) => {
                Command::RevokeInvite { conversation: chat(choice), code: self.code(*code) }
            }
            GroupAsk::Manager(choice, user, manager) => {
                let conversation = chat(choice);
                Command::SetManager { conversation, user: self.member(conversation, *user), manager: *manager }
            }
            GroupAsk::Transfer(choice, user) => {
                let conversation = chat(choice);
                Command::Transfer { conversation, user: self.member(conversation, *user) }
            }
            GroupAsk::Dissolve(choice) => Command::Dissolve { conversation: chat(choice) },
            GroupAsk::Mute(choice, on) => Command::MuteGroup { conversation: chat(choice), on: *on },
            GroupAsk::Silence(choice, user, until) => {
                let conversation = chat(choice);
                let user = self.member(conversation, *user);
                Command::SilenceMember { conversation, user, until: until.map(later) }
            }
            GroupAsk::Alias(choice, user, alias) => {
                let conversation = chat(choice);
                let alias = alias.map(|alias| name(["Tea", "Ginger"][usize::from(alias)]));
                Command::SetAlias { conversation, user: self.member(conversation, *user), alias }
            }
        }
    }
}
