//! Steps of a history about contacts.

use super::Maker;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tidings::model::{Command, ContactPolicy, Extra, LabelId, Line, Name, Strangers, UserSettings, Visibility};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub enum ContactAsk {
    Settings { policy: u8, strangers: u8 },
    Request { user: u8, greeting: Option<u8>, remark: bool },
    Answer { user: u8, accept: bool },
    Set { user: u8, remark: Option<u8>, labels: Vec<u8>, extra: bool },
    Delete(Vec<u8>),
    DeleteAll,
    Block { user: u8, on: bool },
    CreateLabel(u8),
    RenameLabel(u8, u8),
    DeleteLabel(u8),
    Label { label: u8, add: Vec<u8>, remove: Vec<u8> },
}

pub fn asks() -> impl Strategy<Value = ContactAsk> {
    let byte = any::<u8>;
    prop_oneof![
        2 => (byte(), byte()).prop_map(|(policy, strangers)| ContactAsk::Settings { policy, strangers }),
        8 => (byte(), option::of(0..2u8), any::<bool>())
            .prop_map(|(user, greeting, remark)| ContactAsk::Request { user, greeting, remark }),
        8 => (byte(), prop::bool::weighted(0.7)).prop_map(|(user, accept)| ContactAsk::Answer { user, accept }),
        3 => (byte(), option::of(0..2u8), vec(byte(), 0..3), any::<bool>())
            .prop_map(|(user, remark, labels, extra)| ContactAsk::Set { user, remark, labels, extra }),
        2 => vec(byte(), 0..3).prop_map(ContactAsk::Delete),
        1 => Just(ContactAsk::DeleteAll),
        4 => (byte(), any::<bool>()).prop_map(|(user, on)| ContactAsk::Block { user, on }),
        2 => byte().prop_map(ContactAsk::CreateLabel),
        1 => (byte(), byte()).prop_map(|(label, name)| ContactAsk::RenameLabel(label, name)),
        1 => byte().prop_map(ContactAsk::DeleteLabel),
        3 => (byte(), vec(byte(), 0..3), vec(byte(), 0..2))
            .prop_map(|(label, add, remove)| ContactAsk::Label { label, add, remove }),
    ]
}

fn name(choice: u8) -> Name {
    Name::new(["Work", "work", "Home", "Chess"][usize::from(choice) % 4]).unwrap()
}

impl Maker<'_> {
    /// One of the labels there are, or the next.
    fn label(choice: u8) -> LabelId {
        LabelId(1 + u64::from(choice) % 4)
    }

    pub fn contact_command(&self, ask: &ContactAsk) -> Command {
        match ask {
            ContactAsk::Settings { policy, strangers } => Command::SetSettings {
                settings: UserSettings {
                    contact_policy: [ContactPolicy::Approve, ContactPolicy::Open, ContactPolicy::Closed]
                        [usize::from(*policy) % 3],
                    strangers: [None, Some(Strangers::Anyone), Some(Strangers::Contacts)][usize::from(*strangers) % 3],
                    last_seen: Visibility::Contacts,
                    ..UserSettings::default()
                },
            },
            ContactAsk::Request { user, greeting, remark } => Command::RequestContact {
                user: self.user(*user),
                greeting: greeting.map(|number| Line::new(format!("greeting {number}")).unwrap()),
                remark: remark.then(|| Name::new(format!("remark of step {}", self.step)).unwrap()),
                source: None,
            },
            ContactAsk::Answer { user, accept } => Command::AnswerContact { user: self.user(*user), accept: *accept },
            ContactAsk::Set { user, remark, labels, extra } => Command::SetContact {
                user: self.user(*user),
                remark: remark.map(|number| Name::new(format!("remark {number}")).unwrap()),
                labels: labels.iter().map(|choice| Self::label(*choice)).collect(),
                extra: if *extra {
                    Extra::new(BTreeMap::from([("key".to_owned(), "value".to_owned())])).unwrap()
                } else {
                    Extra::default()
                },
            },
            ContactAsk::Delete(users) => Command::DeleteContacts { users: self.users(users) },
            ContactAsk::DeleteAll => Command::DeleteAllContacts {},
            ContactAsk::Block { user, on } => Command::Block { user: self.user(*user), on: *on },
            ContactAsk::CreateLabel(choice) => Command::CreateLabel { name: name(*choice) },
            ContactAsk::RenameLabel(label, choice) => {
                Command::RenameLabel { label: Self::label(*label), name: name(*choice) }
            }
            ContactAsk::DeleteLabel(label) => Command::DeleteLabel { label: Self::label(*label) },
            ContactAsk::Label { label, add, remove } => {
                Command::LabelContacts { label: Self::label(*label), add: self.users(add), remove: self.users(remove) }
            }
        }
    }
}
