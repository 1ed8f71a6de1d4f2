//! The rules of groups in the plain model: written from the documents. Who may do what is one list of names for each thing, and not
//! the table of the code.

use super::messages::Kept;
use super::{Chat, Code, CommandResult, Doer, Person, Step, World, done};
use std::collections::{BTreeMap, BTreeSet};
use tidings::model::{
    AppId, Body, Command, ConversationId, GroupCard, GroupKind, GroupPreview, GroupRules, GroupView, Invite,
    InviteCode, JoinPolicy, JoinRequest, Line, NewMemberHistory, Role, Timestamp, UserId, Who,
};

/// What only a group has.
#[derive(Default)]
pub struct Group {
    pub rules: GroupRules,
    card: GroupCard,
    muted: bool,
    dissolved: Option<u64>,
    /// Those who asked to join and were not answered.
    asked: BTreeMap<Person, (Option<Line>, u64)>,
}

/// A link into a group.
pub struct Link {
    chat: usize,
    by: Person,
    created: u64,
    expires: Option<u64>,
    uses_max: Option<u32>,
    uses: u32,
}

impl Link {
    fn is_spent(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| expires <= now) || self.uses_max.is_some_and(|max| self.uses >= max)
    }
}

const EVERYBODY: [Role; 3] = [Role::Owner, Role::Manager, Role::Member];
const ABOVE: [Role; 2] = [Role::Owner, Role::Manager];

fn said(who: Who) -> Vec<Role> {
    match who {
        Who::Members => EVERYBODY.to_vec(),
        Who::Managers => ABOVE.to_vec(),
    }
}

impl Group {
    pub fn new(rules: GroupRules) -> Self {
        Self { rules, ..Self::default() }
    }

    fn inviters(&self) -> Vec<Role> {
        let guarded = self.rules.kind == GroupKind::Public && self.rules.join != JoinPolicy::Free;
        if guarded { ABOVE.to_vec() } else { said(self.rules.invite) }
    }

    fn editors(&self) -> Vec<Role> {
        if self.rules.kind == GroupKind::Public { ABOVE.to_vec() } else { said(self.rules.edit) }
    }

    fn is_listed(&self) -> bool {
        self.rules.kind == GroupKind::Public && self.dissolved.is_none()
    }
}

impl Chat {
    fn owner(&self) -> Option<Person> {
        self.stays.iter().find(|(_, stay)| stay.role == Role::Owner).map(|(person, _)| *person)
    }

    /// Where the next one who joins begins to see.
    pub(super) fn first_of_joining(&self) -> usize {
        match &self.group {
            Some(group) if group.rules.history == NewMemberHistory::All => 1,
            Some(_) | None => self.head() + 1,
        }
    }

    /// Who joins waits no longer.
    pub(super) fn stop_waiting(&mut self, person: Person) {
        if let Some(group) = &mut self.group {
            group.asked.remove(&person);
        }
    }

    /// Where somebody who goes after the entry `last` begins to see.
    pub(super) fn first_of_leaving(&self, first: usize, last: usize) -> usize {
        let keeps = self.group.as_ref().is_none_or(|group| group.rules.keep_reading);
        if keeps { first } else { first.max(last) }
    }
}

impl World {
    /// What a group's command should give; `None` when it is no command of a group.
    pub(super) fn group_command(&mut self, doer: Doer, command: &Command) -> Option<Result<CommandResult, Code>> {
        Some(match command {
            Command::Rename { conversation, title } => {
                self.change_group(doer, *conversation, Group::editors, |_, chat, _| {
                    chat.title = Some(title.clone());
                    Ok(Some(Body::Renamed { title: title.clone() }))
                })
            }
            Command::SetGroupRules { conversation, rules } => self.change_group(
                doer,
                *conversation,
                |_| vec![Role::Owner],
                |most, chat, _| {
                    let Some(group) = &mut chat.group else { return Err(Code::Invalid) };
                    if group.rules == *rules {
                        return Ok(None);
                    }
                    check_rules(rules, most)?;
                    group.rules = *rules;
                    Ok(Some(Body::RulesChanged { rules: *rules }))
                },
            ),
            Command::SetGroupCard { conversation, card } => {
                self.change_group(doer, *conversation, Group::editors, |_, chat, _| {
                    let Some(group) = &mut chat.group else { return Err(Code::Invalid) };
                    if group.card == *card {
                        return Ok(None);
                    }
                    // The only picture that is ever named here is one that nobody uploaded.
                    if card.avatar.is_some() {
                        return Err(Code::NotFound);
                    }
                    group.card = card.clone();
                    Ok(Some(Body::CardChanged {}))
                })
            }
            Command::MuteGroup { conversation, on } => self.change_group(
                doer,
                *conversation,
                |_| ABOVE.to_vec(),
                |_, chat, _| {
                    let Some(group) = &mut chat.group else { return Err(Code::Invalid) };
                    let before = std::mem::replace(&mut group.muted, *on);
                    Ok((before != *on).then_some(Body::GroupMuted { on: *on }))
                },
            ),
            Command::Dissolve { conversation } => self.change_group(
                doer,
                *conversation,
                |_| vec![Role::Owner],
                |_, chat, now| {
                    let Some(group) = &mut chat.group else { return Err(Code::Invalid) };
                    group.dissolved = Some(now);
                    Ok(Some(Body::Dissolved {}))
                },
            ),
            Command::Join { conversation, greeting } => self.join(doer, *conversation, greeting.as_ref()),
            Command::JoinByCode { code } => self.join_by_code(doer, code),
            Command::AnswerJoin { conversation, user, accept } => self.answer_join(doer, *conversation, user, *accept),
            Command::CreateInvite { conversation, code, expires, uses_max } => {
                self.create_invite(doer, *conversation, code, *expires, *uses_max)
            }
            Command::RevokeInvite { conversation, code } => self.revoke_invite(doer, *conversation, code),
            Command::SetManager { conversation, user, manager } => {
                self.set_manager(doer, *conversation, user, *manager)
            }
            Command::Transfer { conversation, user } => self.transfer(doer, *conversation, user),
            Command::SilenceMember { conversation, user, until } => {
                self.silence(doer, *conversation, user, until.map(|until| until.0))
            }
            Command::SetAlias { conversation, user, alias } => {
                self.set_alias(doer, *conversation, user, alias.as_ref())
            }
            _ => return None,
        })
    }

    /// Speaking, as far as groups have to do with it: dissolved, silenced by an administrator, silenced here, muted.
    pub(super) fn may_speak_in(&self, doer: Doer, chat: usize) -> Result<(), Code> {
        let chat = &self.chats[chat];
        if chat.group.as_ref().is_some_and(|group| group.dissolved.is_some()) {
            return Err(Code::Dissolved);
        }
        if self.users[doer.person].flags.silenced {
            return Err(Code::Silenced);
        }
        let stay = &chat.stays[&doer.person];
        if stay.silenced.is_some_and(|until| until > self.now) {
            return Err(Code::SilencedInGroup);
        }
        if chat.group.as_ref().is_some_and(|group| group.muted) && stay.role == Role::Member {
            return Err(Code::Muted);
        }
        Ok(())
    }

    /// Who pins messages: in a chat of two both, in a group those whom its rules name.
    pub(super) fn may_pin(&self, person: Person, chat: usize) -> bool {
        let place = &self.chats[chat];
        place.group.as_ref().is_none_or(|group| said(group.rules.pin).contains(&place.stays[&person].role))
    }

    pub(super) fn check_open(&self, chat: usize) -> Result<(), Code> {
        let dissolved = self.chats[chat].group.as_ref().is_some_and(|group| group.dissolved.is_some());
        if dissolved { Err(Code::Dissolved) } else { Ok(()) }
    }

    /// A group that somebody is in and that is open.
    pub(super) fn group(&self, doer: Doer, conversation: ConversationId) -> Result<usize, Code> {
        let chat = self.joined(doer, conversation)?;
        if self.chats[chat].group.is_none() {
            return Err(Code::Invalid);
        }
        self.check_open(chat)?;
        Ok(chat)
    }

    fn role(&self, chat: usize, person: Person) -> Role {
        self.chats[chat].stays[&person].role
    }

    fn allow(&self, doer: Doer, chat: usize, who: impl Fn(&Group) -> Vec<Role>) -> Result<(), Code> {
        let allowed = self.chats[chat].group.as_ref().map(who).unwrap_or_default();
        if allowed.contains(&self.role(chat, doer.person)) { Ok(()) } else { Err(Code::Forbidden) }
    }

    /// Who may add others and make links.
    pub(super) fn allow_inviting(&self, doer: Doer, chat: usize) -> Result<(), Code> {
        self.allow(doer, chat, Group::inviters)
    }

    fn most(&self, app: AppId) -> u32 {
        self.settings(app).group_members_max
    }

    pub(super) fn check_new_rules(&self, app: AppId, rules: &GroupRules) -> Result<(), Code> {
        check_rules(rules, self.most(app))
    }

    /// Whether so many more fit in.
    pub(super) fn check_room(&self, chat: usize, more: usize) -> Result<(), Code> {
        let chat = &self.chats[chat];
        let own = chat.group.as_ref().and_then(|group| group.rules.members_max).unwrap_or(u32::MAX);
        let fits = chat.members().len() + more <= own.min(self.most(chat.app)) as usize;
        if fits { Ok(()) } else { Err(Code::Full) }
    }

    /// Lets `who` change the group, and says what was changed.
    fn change_group(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        who: impl Fn(&Group) -> Vec<Role>,
        change: impl FnOnce(u32, &mut Chat, u64) -> Result<Option<Body>, Code>,
    ) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        self.allow(doer, chat, who)?;
        let (most, now) = (self.most(self.chats[chat].app), self.now);
        match change(most, &mut self.chats[chat], now)? {
            Some(body) => Ok(self.say(doer, chat, body)),
            None => Ok(done()),
        }
    }

    /// Somebody who is in it now.
    fn member_of(&self, doer: Doer, chat: usize, user: &UserId) -> Result<Person, Code> {
        let person = self.find(self.users[doer.person].app, user).ok_or(Code::NotMember)?;
        if self.chats[chat].inside(person).is_some() { Ok(person) } else { Err(Code::NotMember) }
    }

    fn let_in(&mut self, doer: Doer, chat: usize, person: Person, body: Body) -> Result<CommandResult, Code> {
        self.check_room(chat, 1)?;
        let now = self.now;
        self.chats[chat].join(person, Role::Member, doer.step, now);
        Ok(self.say(doer, chat, body))
    }

    /// A group of somebody's app, whoever is in it.
    fn any_group(&self, doer: Doer, conversation: ConversationId) -> Option<usize> {
        let chat = (conversation.0 as usize).checked_sub(1)?;
        let app = self.users[doer.person].app;
        self.chats.get(chat).filter(|chat| chat.app == app && chat.group.is_some()).map(|_| chat)
    }

    fn join(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        greeting: Option<&Line>,
    ) -> Result<CommandResult, Code> {
        let chat = self.any_group(doer, conversation).ok_or(Code::NotFound)?;
        let place = &self.chats[chat];
        let Some(group) = &place.group else { return Err(Code::NotFound) };
        if !group.is_listed() && !place.stays.contains_key(&doer.person) {
            return Err(Code::NotFound);
        }
        self.check_open(chat)?;
        if place.inside(doer.person).is_some() {
            return Ok(done());
        }
        match (group.rules.kind, group.rules.join) {
            (GroupKind::Public, JoinPolicy::Free) => self.let_in(doer, chat, doer.person, Body::MemberJoined {}),
            (GroupKind::Public, JoinPolicy::Approval) => {
                if greeting.is_some() && self.users[doer.person].flags.silenced {
                    return Err(Code::Silenced);
                }
                let now = self.now;
                let Some(group) = &mut self.chats[chat].group else { return Err(Code::NotFound) };
                if group.asked.insert(doer.person, (greeting.cloned(), now)).is_none() {
                    self.say(doer, chat, Body::JoinRequested {});
                }
                Ok(done())
            }
            _ => Err(Code::ClosedGroup),
        }
    }

    fn join_by_code(&mut self, doer: Doer, code: &InviteCode) -> Result<CommandResult, Code> {
        let app = self.users[doer.person].app;
        let now = self.now;
        let link = self.links.get(code).filter(|link| self.chats[link.chat].app == app).ok_or(Code::NotFound)?;
        let (chat, spent) = (link.chat, link.is_spent(now));
        if self.chats[chat].inside(doer.person).is_some() {
            return Ok(done());
        }
        self.check_open(chat)?;
        if spent {
            return Err(Code::Expired);
        }
        let result = self.let_in(doer, chat, doer.person, Body::MemberJoined {})?;
        if let Some(link) = self.links.get_mut(code) {
            link.uses += 1;
        }
        Ok(result)
    }

    fn answer_join(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        user: &UserId,
        accept: bool,
    ) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        self.allow(doer, chat, |_| ABOVE.to_vec())?;
        let person = self.find(self.users[doer.person].app, user).ok_or(Code::NotFound)?;
        if self.chats[chat].inside(person).is_some() {
            return if accept { Ok(done()) } else { Err(Code::NotFound) };
        }
        if self.chats[chat].group.as_ref().is_none_or(|group| !group.asked.contains_key(&person)) {
            return Err(Code::NotFound);
        }
        let body = Body::JoinAnswered { conversation, user: self.id(person), accepted: accept };
        if accept {
            return self.let_in(doer, chat, person, body);
        }
        self.chats[chat].stop_waiting(person);
        self.tell_in_feed(doer, person, body.clone());
        Ok(self.say(doer, chat, body))
    }

    /// The newest user has a place where they are told things.
    pub(super) fn make_feed(&mut self, step: Step, owner: Person) {
        let mut feed = Chat {
            app: self.users[owner].app,
            direct: None,
            title: None,
            log: Vec::new(),
            stays: BTreeMap::new(),
            group: None,
            feed: Some(owner),
            created: self.now,
            kept: Kept::default(),
        };
        feed.join(owner, Role::Member, step, self.now);
        if let Some(stay) = feed.stays.get_mut(&owner) {
            (stay.read, stay.delivered) = (0, 0);
        }
        self.chats.push(feed);
    }

    fn tell_in_feed(&mut self, doer: Doer, person: Person, body: Body) {
        let feed = self.chats.iter().position(|chat| chat.feed == Some(person));
        if let Some(feed) = feed {
            let key = doer.key.filter(|_| doer.person == person);
            self.say(Doer { key, ..doer }, feed, body);
        }
    }

    fn create_invite(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        code: &InviteCode,
        expires: Option<Timestamp>,
        uses_max: Option<u32>,
    ) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        self.allow_inviting(doer, chat)?;
        if expires.is_some_and(|expires| expires.0 <= self.now) || uses_max == Some(0) {
            return Err(Code::Invalid);
        }
        if self.links.contains_key(code) {
            return Err(Code::Conflict);
        }
        let (by, created) = (doer.person, self.now);
        let expires = expires.map(|expires| expires.0);
        self.links.insert(code.clone(), Link { chat, by, created, expires, uses_max, uses: 0 });
        Ok(self.say(doer, chat, Body::InviteChanged { on: true }))
    }

    fn revoke_invite(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        code: &InviteCode,
    ) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        let there = self.links.get(code).filter(|link| link.chat == chat);
        if there.is_none_or(|link| link.by != doer.person) {
            self.allow(doer, chat, |_| ABOVE.to_vec())?;
        }
        there.ok_or(Code::NotFound)?;
        self.links.remove(code);
        Ok(self.say(doer, chat, Body::InviteChanged { on: false }))
    }

    fn set_manager(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        user: &UserId,
        manager: bool,
    ) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        self.allow(doer, chat, |_| vec![Role::Owner])?;
        let person = self.member_of(doer, chat, user)?;
        if person == doer.person {
            return Err(Code::Invalid);
        }
        if (self.role(chat, person) == Role::Manager) == manager {
            return Ok(done());
        }
        self.give(doer, chat, person, if manager { Role::Manager } else { Role::Member });
        let user = self.id(person);
        Ok(self.say(doer, chat, Body::ManagerChanged { user, manager }))
    }

    fn give(&mut self, doer: Doer, chat: usize, person: Person, role: Role) {
        if let Some(stay) = self.chats[chat].stays.get_mut(&person) {
            stay.role = role;
            stay.place_changed = doer.step;
        }
    }

    fn transfer(&mut self, doer: Doer, conversation: ConversationId, user: &UserId) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        self.allow(doer, chat, |_| vec![Role::Owner])?;
        let person = self.member_of(doer, chat, user)?;
        if person == doer.person {
            return Err(Code::Invalid);
        }
        self.give(doer, chat, doer.person, Role::Manager);
        self.give(doer, chat, person, Role::Owner);
        if let Some(stay) = self.chats[chat].stays.get_mut(&person) {
            stay.silenced = None;
        }
        let user = self.id(person);
        Ok(self.say(doer, chat, Body::Transferred { user }))
    }

    fn silence(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        user: &UserId,
        until: Option<u64>,
    ) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        let person = self.member_of(doer, chat, user)?;
        let above = match self.role(chat, person) {
            Role::Member => vec![Role::Owner, Role::Manager],
            Role::Manager => vec![Role::Owner],
            Role::Owner => vec![],
        };
        self.allow(doer, chat, |_| above.clone())?;
        if until.is_some_and(|until| until <= self.now) {
            return Err(Code::Invalid);
        }
        let now = self.now;
        let Some(stay) = self.chats[chat].stays.get_mut(&person) else { return Err(Code::NotMember) };
        if stay.silenced.filter(|silenced| *silenced > now) == until {
            return Ok(done());
        }
        stay.silenced = until;
        stay.place_changed = doer.step;
        let user = self.id(person);
        Ok(self.say(doer, chat, Body::MemberSilenced { user, until: until.map(Timestamp) }))
    }

    fn set_alias(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        user: &UserId,
        alias: Option<&tidings::model::Name>,
    ) -> Result<CommandResult, Code> {
        let chat = self.group(doer, conversation)?;
        let person = self.member_of(doer, chat, user)?;
        if person != doer.person {
            self.allow(doer, chat, |_| ABOVE.to_vec())?;
        }
        let Some(stay) = self.chats[chat].stays.get_mut(&person) else { return Err(Code::NotMember) };
        if stay.alias.as_ref() == alias {
            return Ok(done());
        }
        stay.alias = alias.cloned();
        stay.place_changed = doer.step;
        let user = self.id(person);
        Ok(self.say(doer, chat, Body::AliasChanged { user, alias: alias.cloned() }))
    }

    // --- what people see ---

    pub(super) fn group_view(&self, person: Person, chat: &Chat) -> Option<Box<GroupView>> {
        let group = chat.group.as_ref()?;
        let stay = chat.inside(person)?;
        Some(Box::new(GroupView {
            owner: self.id(chat.owner()?),
            rules: group.rules,
            card: group.card.clone(),
            muted: group.muted,
            dissolved: group.dissolved.map(Timestamp),
            alias: stay.alias.clone(),
            silenced_until: stay.silenced.map(Timestamp),
        }))
    }

    /// The seq of the entry with which somebody joined a group (this time): what their devices are told from.
    pub fn joined_at(&self, person: Person, id: ConversationId) -> u64 {
        let chat = &self.chats[id.0 as usize - 1];
        if chat.group.is_some() { chat.stays[&person].joined_at as u64 } else { 1 }
    }

    /// The codes there are or were.
    pub fn codes(&self) -> Vec<InviteCode> {
        self.links.keys().cloned().collect()
    }

    /// The links of a group that somebody may see.
    pub fn links_for(&self, person: Person, id: ConversationId) -> Result<Vec<Invite>, Code> {
        let chat = id.0 as usize - 1;
        let place = &self.chats[chat];
        let role = place.inside(person).ok_or(Code::NotMember)?.role;
        let group = place.group.as_ref().ok_or(Code::Invalid)?;
        let all = ABOVE.contains(&role);
        if !all && !group.inviters().contains(&role) {
            return Err(Code::Forbidden);
        }
        let theirs = self.links.iter().filter(|(_, link)| link.chat == chat && (all || link.by == person));
        let mut found: Vec<_> = theirs
            .map(|(code, link)| Invite {
                code: code.clone(),
                by: Some(self.id(link.by)),
                created: Timestamp(link.created),
                expires: link.expires.map(Timestamp),
                uses_max: link.uses_max,
                uses: link.uses,
            })
            .collect();
        found.sort_by_key(|invite| invite.created);
        Ok(found)
    }

    /// Those who wait to join a group, for those who may see them.
    pub fn waiting_for(&self, person: Person, id: ConversationId) -> Result<Vec<JoinRequest>, Code> {
        let place = &self.chats[id.0 as usize - 1];
        let role = place.inside(person).ok_or(Code::NotMember)?.role;
        let group = place.group.as_ref().ok_or(Code::Invalid)?;
        if !ABOVE.contains(&role) {
            return Err(Code::Forbidden);
        }
        let request = |(person, (greeting, asked)): (&Person, &(Option<Line>, u64))| JoinRequest {
            user: self.id(*person),
            greeting: greeting.clone(),
            asked: Timestamp(*asked),
        };
        Ok(group.asked.iter().map(request).collect())
    }

    fn preview(&self, person: Person, chat: usize) -> Option<GroupPreview> {
        let place = &self.chats[chat];
        let group = place.group.as_ref()?;
        Some(GroupPreview {
            conversation: ConversationId(chat as u64 + 1),
            title: place.title.clone()?,
            avatar: group.card.avatar,
            introduction: group.card.introduction.clone(),
            members: place.members().len() as u32,
            join: group.rules.join,
            joined: place.inside(person).is_some(),
            asked: group.asked.contains_key(&person),
        })
    }

    /// What the directory gives for words.
    pub fn found_groups(&self, person: Person, text: &str) -> Vec<GroupPreview> {
        let app = self.users[person].app;
        let wanted: BTreeSet<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let fits = |title: &str| wanted.iter().all(|word| title.split(' ').any(|other| other.starts_with(word)));
        (0..self.chats.len())
            .filter(|chat| {
                let chat = &self.chats[*chat];
                let title = chat.title.as_ref().map_or("", |title| title.as_str());
                chat.app == app && chat.group.as_ref().is_some_and(Group::is_listed) && fits(title)
            })
            .filter_map(|chat| self.preview(person, chat))
            .collect()
    }

    /// What a code shows.
    pub fn group_of_code(&self, person: Person, code: &InviteCode) -> Result<GroupPreview, Code> {
        let app = self.users[person].app;
        let link = self.links.get(code).filter(|link| self.chats[link.chat].app == app).ok_or(Code::NotFound)?;
        self.check_open(link.chat)?;
        if link.is_spent(self.now) {
            return Err(Code::Expired);
        }
        self.preview(person, link.chat).ok_or(Code::NotFound)
    }
}

fn check_rules(rules: &GroupRules, most: u32) -> Result<(), Code> {
    match rules.members_max {
        Some(max) if max < 2 || max > most => Err(Code::Invalid),
        Some(_) | None => Ok(()),
    }
}
