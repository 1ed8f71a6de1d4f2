//! The rules of the model for contacts: feeds, requests, lists, labels, blocks, settings, and who may write to whom.

use super::{Doer, Person, Said, Step, World, done};
use std::collections::{BTreeMap, BTreeSet};
use tidings::model::{
    Body, Code, Command, CommandResult, Contact, ContactPolicy, ConversationId, Label, LabelId, Line, Lsn, Name,
    Ordinal, Relation, RequestState, Seq, Strangers, Timestamp, UserId, UserSettings,
};

/// What one person keeps of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Kept {
    since: Option<u64>,
    blocked: bool,
    remark: Option<Name>,
    labels: Vec<LabelId>,
    extra: tidings::model::Extra,
    changed: Step,
}

/// A row as it is compared: whom, contact, blocked, remark, labels, since, changed.
pub type ContactLine = (UserId, bool, bool, Option<Name>, Vec<LabelId>, Option<Timestamp>, Lsn);

/// What one person has asked another.
#[derive(Clone, Debug)]
struct Asked {
    state: RequestState,
    greeting: Option<Line>,
    remark: Option<Name>,
    source: Option<Line>,
    answered: u64,
    /// Where it stands in the feed of the one who is asked.
    seq: usize,
}

/// Everything about contacts.
#[derive(Default)]
pub struct Contacts {
    /// By whose list it is, and whom it is about.
    rows: BTreeMap<(Person, Person), Kept>,
    /// By who asks, and whom.
    asked: BTreeMap<(Person, Person), Asked>,
    labels: BTreeMap<LabelId, (Person, Name)>,
    labels_made: u64,
    settings: BTreeMap<Person, UserSettings>,
}

impl Contacts {
    fn has(&self, owner: Person, other: Person) -> bool {
        self.rows.get(&(owner, other)).is_some_and(|row| row.since.is_some())
    }

    fn blocks(&self, owner: Person, other: Person) -> bool {
        self.rows.get(&(owner, other)).is_some_and(|row| row.blocked)
    }
}

impl World {
    fn feed_of(&self, person: Person) -> usize {
        self.chats.iter().position(|chat| chat.feed == Some(person)).unwrap()
    }

    /// A notice in somebody's feed.
    fn tell(&mut self, doer: Doer, author: Person, person: Person, body: Body) -> CommandResult {
        let (feed, at) = (self.feed_of(person), self.now);
        self.chats[feed].log.push(Said {
            made: doer.step,
            changed: doer.step,
            at,
            author,
            key: doer.key.filter(|_| person == doer.person),
            body,
            reactions: Vec::new(),
            edited_at: None,
            recalled_at: None,
            mentioned: BTreeSet::new(),
            origin: None,
            pinned: false,
        });
        CommandResult::Appended {
            conversation: ConversationId(feed as u64 + 1),
            seq: Seq(self.chats[feed].log.len() as u64),
            ordinal: Ordinal(0),
            at: Timestamp(at),
        }
    }

    fn tell_changed(&mut self, doer: Doer, people: &[Person]) -> CommandResult {
        let users = people.iter().map(|person| self.id(*person)).collect();
        self.tell(doer, doer.person, doer.person, Body::ContactsChanged { users })
    }

    /// A person's command on contacts; `None`: it is another.
    pub(super) fn contact_command(&mut self, doer: Doer, command: &Command) -> Option<Result<CommandResult, Code>> {
        Some(match command {
            Command::SetSettings { settings } => {
                self.contacts.settings.insert(doer.person, *settings);
                Ok(done())
            }
            Command::RequestContact { user, greeting, remark, source } => {
                self.request(doer, user, greeting, remark, source)
            }
            Command::AnswerContact { user, accept } => self.answer_contact(doer, user, *accept),
            Command::SetContact { user, remark, labels, extra } => self.set_contact(doer, user, remark, labels, extra),
            Command::DeleteContacts { users } => self.delete_contacts(doer, users),
            Command::DeleteAllContacts {} => {
                let all: Vec<Person> =
                    (0..self.users.len()).filter(|other| self.contacts.has(doer.person, *other)).collect();
                for other in &all {
                    self.let_go(doer, *other);
                }
                if !all.is_empty() {
                    self.tell_changed(doer, &[]);
                }
                Ok(CommandResult::Removed { count: all.len() as u32, more: false })
            }
            Command::Block { user, on } => self.block(doer, user, *on),
            Command::CreateLabel { name } => self.create_label(doer, name),
            Command::RenameLabel { label, name } => self.rename_label(doer, *label, name),
            Command::DeleteLabel { label } => self.own_label(doer, *label).map(drop).map(|()| {
                self.contacts.labels.remove(label);
                for row in self.contacts.rows.values_mut() {
                    row.labels.retain(|other| other != label);
                }
                self.tell(doer, doer.person, doer.person, Body::LabelsChanged {})
            }),
            Command::LabelContacts { label, add, remove } => self.label_contacts(doer, *label, add, remove),
            _ => return None,
        })
    }

    fn another(&self, doer: Doer, id: &UserId) -> Result<Person, Code> {
        let other = self.find(self.users[doer.person].app, id).ok_or(Code::NotFound)?;
        if other == doer.person { Err(Code::Invalid) } else { Ok(other) }
    }

    fn row(&mut self, owner: Person, other: Person) -> &mut Kept {
        self.contacts.rows.entry((owner, other)).or_default()
    }

    /// Both have each other from now on; every open request between them is answered.
    fn become_contacts(
        &mut self,
        doer: Doer,
        other: Person,
        asker: Person,
        sayer: Person,
        remark: Option<&Name>,
    ) -> CommandResult {
        for (owner, whom) in [(doer.person, other), (other, doer.person)] {
            let pending =
                self.contacts.asked.get_mut(&(owner, whom)).filter(|asked| asked.state == RequestState::Pending);
            let asked_as = pending.and_then(|asked| {
                asked.state = RequestState::Accepted;
                asked.remark.clone()
            });
            let now = self.now;
            let row = self.row(owner, whom);
            let own = remark.filter(|_| owner == doer.person);
            if row.since.is_none() {
                row.since = Some(now);
                row.changed = doer.step;
                if let Some(own) = own {
                    row.remark = Some(own.clone());
                }
            }
            if row.remark.is_none() && asked_as.is_some() {
                row.remark = asked_as;
                row.changed = doer.step;
            }
        }
        let user = self.id(asker);
        let body = Body::ContactAnswered { user, accepted: true };
        let result = self.tell(doer, sayer, doer.person, body.clone());
        self.tell(doer, sayer, other, body);
        result
    }

    fn request(
        &mut self,
        doer: Doer,
        id: &UserId,
        greeting: &Option<Line>,
        remark: &Option<Name>,
        source: &Option<Line>,
    ) -> Result<CommandResult, Code> {
        let (me, other) = (doer.person, self.another(doer, id)?);
        if self.contacts.blocks(other, me) {
            return Err(Code::Blocked);
        }
        if [me, other].iter().any(|person| self.users[*person].flags.contacts_disabled) {
            return Err(Code::ContactsDisabled);
        }
        if greeting.is_some() {
            self.may_speak(doer)?;
        }
        match (self.contacts.has(me, other), self.contacts.has(other, me)) {
            (true, true) => return Ok(done()),
            (_, theirs) => {
                let asked_me =
                    self.contacts.asked.get(&(other, me)).is_some_and(|asked| asked.state == RequestState::Pending);
                if asked_me {
                    return Ok(self.become_contacts(doer, other, other, me, remark.as_ref()));
                }
                let policy = self.contacts.settings.get(&other).copied().unwrap_or_default().contact_policy;
                if theirs || policy == ContactPolicy::Open {
                    return Ok(self.become_contacts(doer, other, me, other, remark.as_ref()));
                }
                if policy == ContactPolicy::Closed {
                    return Err(Code::Forbidden);
                }
            }
        }
        let pause = self.settings(self.users[me].app).contact_cooldown_ms;
        match self.contacts.asked.get(&(me, other)) {
            Some(asked) if asked.state == RequestState::Pending => {
                if (&asked.greeting, &asked.remark, &asked.source) == (greeting, remark, source) {
                    return Ok(done());
                }
            }
            Some(asked) if asked.state == RequestState::Declined && self.now < asked.answered + pause => {
                return Err(Code::Conflict);
            }
            Some(_) | None => {}
        }
        let body = Body::ContactRequested { user: self.id(other), greeting: greeting.clone() };
        let result = self.tell(doer, me, me, body.clone());
        self.tell(doer, me, other, body);
        let asked = Asked {
            state: RequestState::Pending,
            greeting: greeting.clone(),
            remark: remark.clone(),
            source: source.clone(),
            answered: 0,
            seq: self.chats[self.feed_of(other)].log.len(),
        };
        self.contacts.asked.insert((me, other), asked);
        Ok(result)
    }

    fn answer_contact(&mut self, doer: Doer, id: &UserId, accept: bool) -> Result<CommandResult, Code> {
        let (me, other) = (doer.person, self.another(doer, id)?);
        let state = self.contacts.asked.get(&(other, me)).ok_or(Code::NotFound)?.state;
        match (state, accept) {
            (RequestState::Accepted, true) | (RequestState::Declined, false) => Ok(done()),
            (RequestState::Accepted, false) | (RequestState::Declined, true) => Err(Code::Conflict),
            (RequestState::Pending, true) => {
                if [me, other].iter().any(|person| self.users[*person].flags.contacts_disabled) {
                    return Err(Code::ContactsDisabled);
                }
                Ok(self.become_contacts(doer, other, other, me, None))
            }
            (RequestState::Pending, false) => {
                let now = self.now;
                let asked = self.contacts.asked.get_mut(&(other, me)).ok_or(Code::NotFound)?;
                asked.state = RequestState::Declined;
                asked.answered = now;
                let body = Body::ContactAnswered { user: self.id(other), accepted: false };
                let result = self.tell(doer, me, me, body.clone());
                self.tell(doer, me, other, body);
                Ok(result)
            }
        }
    }

    fn set_contact(
        &mut self,
        doer: Doer,
        id: &UserId,
        remark: &Option<Name>,
        labels: &[LabelId],
        extra: &tidings::model::Extra,
    ) -> Result<CommandResult, Code> {
        let other = self.another(doer, id)?;
        if !self.contacts.has(doer.person, other) {
            return Err(Code::NotContact);
        }
        if labels.len() > 20 {
            return Err(Code::TooLarge);
        }
        let mut wanted: Vec<LabelId> = Vec::new();
        for label in labels {
            self.own_label(doer, *label)?;
            if !wanted.contains(label) {
                wanted.push(*label);
            }
        }
        let before = self.row(doer.person, other).clone();
        let after = Kept { remark: remark.clone(), labels: wanted, extra: extra.clone(), ..before.clone() };
        if after == before {
            return Ok(done());
        }
        *self.row(doer.person, other) = Kept { changed: doer.step, ..after };
        Ok(self.tell_changed(doer, &[other]))
    }

    fn let_go(&mut self, doer: Doer, other: Person) {
        let row = self.row(doer.person, other);
        row.since = None;
        row.changed = doer.step;
    }

    fn delete_contacts(&mut self, doer: Doer, ids: &[UserId]) -> Result<CommandResult, Code> {
        if ids.is_empty() || ids.len() > 100 {
            return Err(Code::Invalid);
        }
        let mut gone = Vec::new();
        for id in ids {
            let other = self.find(self.users[doer.person].app, id).ok_or(Code::NotFound)?;
            if self.contacts.has(doer.person, other) && !gone.contains(&other) {
                gone.push(other);
            }
        }
        if gone.is_empty() {
            return Ok(done());
        }
        for other in &gone {
            self.let_go(doer, *other);
        }
        Ok(self.tell_changed(doer, &gone))
    }

    fn block(&mut self, doer: Doer, id: &UserId, on: bool) -> Result<CommandResult, Code> {
        let other = self.another(doer, id)?;
        if self.contacts.blocks(doer.person, other) == on {
            return Ok(done());
        }
        let row = self.row(doer.person, other);
        row.blocked = on;
        row.changed = doer.step;
        Ok(self.tell_changed(doer, &[other]))
    }

    fn own_label(&self, doer: Doer, label: LabelId) -> Result<&Name, Code> {
        let own = self.contacts.labels.get(&label).filter(|(owner, _)| *owner == doer.person);
        own.map(|(_, name)| name).ok_or(Code::NotFound)
    }

    fn name_is_free(&self, doer: Doer, name: &Name, but: Option<LabelId>) -> bool {
        !self.contacts.labels.iter().any(|(label, (owner, other))| {
            *owner == doer.person
                && Some(*label) != but
                && other.as_str().to_lowercase() == name.as_str().to_lowercase()
        })
    }

    fn create_label(&mut self, doer: Doer, name: &Name) -> Result<CommandResult, Code> {
        if !self.name_is_free(doer, name, None) {
            return Err(Code::Conflict);
        }
        self.contacts.labels_made += 1;
        let label = LabelId(self.contacts.labels_made);
        self.contacts.labels.insert(label, (doer.person, name.clone()));
        self.tell(doer, doer.person, doer.person, Body::LabelsChanged {});
        Ok(CommandResult::Label { label })
    }

    fn rename_label(&mut self, doer: Doer, label: LabelId, name: &Name) -> Result<CommandResult, Code> {
        if self.own_label(doer, label)? == name {
            return Ok(done());
        }
        if !self.name_is_free(doer, name, Some(label)) {
            return Err(Code::Conflict);
        }
        self.contacts.labels.insert(label, (doer.person, name.clone()));
        Ok(self.tell(doer, doer.person, doer.person, Body::LabelsChanged {}))
    }

    fn label_contacts(
        &mut self,
        doer: Doer,
        label: LabelId,
        add: &[UserId],
        remove: &[UserId],
    ) -> Result<CommandResult, Code> {
        self.own_label(doer, label)?;
        if add.is_empty() && remove.is_empty() {
            return Err(Code::Invalid);
        }
        // Somebody in both lists is taken away last.
        let mut wanted: BTreeMap<Person, bool> = BTreeMap::new();
        for (ids, on) in [(add, true), (remove, false)] {
            for id in ids {
                let other = self.find(self.users[doer.person].app, id).ok_or(Code::NotFound)?;
                if on && !self.contacts.has(doer.person, other) {
                    return Err(Code::NotContact);
                }
                wanted.insert(other, on);
            }
        }
        let there = |world: &Self, other| {
            world.contacts.rows.get(&(doer.person, other)).is_some_and(|row| row.labels.contains(&label))
        };
        wanted.retain(|other, on| there(self, *other) != *on);
        if wanted.is_empty() {
            return Ok(done());
        }
        for (other, on) in &wanted {
            let row = self.row(doer.person, *other);
            row.labels.retain(|each| *each != label);
            if *on {
                row.labels.push(label);
            }
            row.changed = doer.step;
        }
        let people: Vec<_> = wanted.into_keys().collect();
        Ok(self.tell_changed(doer, &people))
    }

    // --- who may write to whom ---

    /// Whether the other side of a direct chat lets somebody write.
    pub(super) fn may_write_to(&self, person: Person, peer: Person) -> Result<(), Code> {
        if person == peer {
            return Ok(());
        }
        self.is_not_blocked(person, peer)?;
        let own = self.contacts.settings.get(&peer).and_then(|settings| settings.strangers);
        let strangers = own.unwrap_or(self.settings(self.users[peer].app).strangers);
        if strangers == Strangers::Contacts && !self.contacts.has(peer, person) {
            return Err(Code::Stranger);
        }
        Ok(())
    }

    fn is_not_blocked(&self, person: Person, peer: Person) -> Result<(), Code> {
        if self.contacts.blocks(peer, person) { Err(Code::Blocked) } else { Ok(()) }
    }

    /// The other one of a direct chat.
    pub(super) fn peer_of(&self, person: Person, chat: usize) -> Option<Person> {
        self.chats[chat].direct.as_ref()?.iter().copied().find(|other| *other != person)
    }

    /// Whether somebody may change what stands before the eyes of the other one.
    pub(super) fn may_touch(&self, person: Person, chat: usize) -> Result<(), Code> {
        self.peer_of(person, chat).map_or(Ok(()), |peer| self.is_not_blocked(person, peer))
    }

    /// Who may see somebody's presence because of contacts, and who may not because of a block.
    pub(super) fn contact_peers(&self, person: Person, peers: &mut BTreeSet<Person>) {
        let related = (0..self.users.len())
            .filter(|other| self.contacts.has(person, *other) || self.contacts.has(*other, person));
        peers.extend(related);
        peers.retain(|other| !self.contacts.blocks(person, *other));
    }

    // --- what people see ---

    /// The rows somebody keeps, by the number of the other one, without the profiles.
    pub fn contacts_of(&self, person: Person, lsns: &[Lsn]) -> Vec<ContactLine> {
        let own = self.contacts.rows.iter().filter(|((owner, _), _)| *owner == person);
        own.map(|((_, other), row)| {
            let since = row.since.map(Timestamp);
            (
                self.id(*other),
                since.is_some(),
                row.blocked,
                row.remark.clone(),
                row.labels.clone(),
                since,
                lsns[row.changed],
            )
        })
        .collect()
    }

    /// The same of what a query gave.
    pub fn told_contacts(contacts: Vec<Contact>) -> Vec<ContactLine> {
        let each = |row: Contact| (row.user, row.contact, row.blocked, row.remark, row.labels, row.since, row.changed);
        contacts.into_iter().map(each).collect()
    }

    /// The requests to somebody: from whom, how they stand, whether they are unread.
    pub fn requests_to(&self, person: Person) -> Vec<(UserId, RequestState, Option<Line>, bool)> {
        let read = self.chats[self.feed_of(person)].stays[&person].read;
        let mut to: Vec<_> = self.contacts.asked.iter().filter(|((_, to), _)| *to == person).collect();
        to.sort_by_key(|((from, _), _)| *from);
        to.into_iter()
            .map(|((from, _), asked)| {
                let unread = asked.state == RequestState::Pending && asked.seq > read;
                (self.id(*from), asked.state, asked.greeting.clone(), unread)
            })
            .collect()
    }

    pub fn labels_of(&self, person: Person) -> Vec<Label> {
        let own = self.contacts.labels.iter().filter(|(_, (owner, _))| *owner == person);
        own.map(|(label, (_, name))| Label { label: *label, name: name.clone() }).collect()
    }

    /// How everybody of the app and somebody are related.
    pub fn relations_of(&self, person: Person) -> Vec<Relation> {
        let app = self.users[person].app;
        let others = (0..self.users.len()).filter(|other| self.users[*other].app == app);
        others
            .map(|other| Relation {
                user: self.id(other),
                contact: self.contacts.has(person, other),
                contact_of: self.contacts.has(other, person),
                blocked: self.contacts.blocks(person, other),
                blocked_by: self.contacts.blocks(other, person),
            })
            .collect()
    }
}
