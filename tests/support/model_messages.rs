//! The rules of the model for what happens to messages: files, forwards, pins, naming everybody, clearing a history, retention.

use super::{Chat, Doer, Person, Said, Step, World, check_words, done, is_message};
use std::collections::BTreeSet;
use tidings::model::{
    AppId, Attachment, Body, Code, Command, CommandResult, Content, ConversationId, Lsn, MediaId, MediaInfo, MediaKind,
    Origin, Role, Seq, SystemCommand, Target, Text, Timestamp, UserHandle, UserId,
};

/// A file that somebody uploaded.
pub struct File {
    owner: Person,
    app: AppId,
    sha256: [u8; 32],
    info: MediaInfo,
}

/// How long a conversation keeps what is said in it: its own rules in place of its app's.
#[derive(Clone, Copy, Default)]
pub struct Keeping {
    ms: Option<u64>,
    entries: Option<u64>,
    hold: bool,
}

/// What retention has left of a conversation.
pub struct Kept {
    /// The first entry that is there.
    pub first: usize,
    /// The last step that deleted something.
    pub trimmed: Option<Step>,
    keeping: Keeping,
}

impl Default for Kept {
    fn default() -> Self {
        Self { first: 1, trimmed: None, keeping: Keeping::default() }
    }
}

impl Chat {
    /// The lsn of the last command that deleted something of it.
    pub(super) fn trimmed(&self, lsns: &[Lsn]) -> Lsn {
        self.kept.trimmed.map_or(Lsn(0), |step| lsns[step])
    }

    fn showing(&self, seq: usize) -> Option<&Attachment> {
        match &self.log[seq - 1].body {
            Body::Media(attachment) => Some(attachment),
            _ => None,
        }
    }
}

/// A message without what tied it to where it was said.
fn alone(body: &Body) -> Body {
    let words = |text: &Text| Text { text: text.text.clone(), markdown: text.markdown, ..Text::default() };
    let mut body = body.clone();
    match &mut body {
        Body::Text(text) => *text = words(text),
        Body::Media(attachment) => attachment.caption = words(&attachment.caption),
        Body::Custom(custom) => custom.reply_to = None,
        Body::Location(location) => location.reply_to = None,
        Body::ContactCard(card) => card.reply_to = None,
        Body::Sticker(sticker) => sticker.reply_to = None,
        _ => {}
    }
    body
}

impl World {
    /// A person's command on messages; `None`: it is another.
    pub(super) fn message_command(&mut self, doer: Doer, command: &Command) -> Option<Result<CommandResult, Code>> {
        Some(match command {
            Command::Forward { from, seq, to } => self.forward(doer, *from, *seq, to),
            Command::PinEntry { conversation, seq, on } => self.pin_entry(doer, *conversation, *seq, *on),
            Command::ClearHistory { conversation } => self.clear_history(doer, *conversation),
            _ => return None,
        })
    }

    /// The server's command on messages; `None`: it is another.
    pub(super) fn message_system(
        &mut self,
        step: Step,
        command: &SystemCommand,
    ) -> Option<Result<CommandResult, Code>> {
        Some(match command {
            SystemCommand::AddMedia { app, owner, info, sha256 } => self.add_file(*app, *owner, info, *sha256),
            SystemCommand::SetRetention { conversation, keep_ms, keep_entries, hold } => {
                let keeping = Keeping { ms: *keep_ms, entries: *keep_entries, hold: *hold };
                match self.chats.get_mut((conversation.0 as usize).wrapping_sub(1)) {
                    None => Err(Code::NotFound),
                    Some(chat) if chat.feed.is_some() && (keep_ms.is_some() || keep_entries.is_some()) => {
                        Err(Code::Invalid)
                    }
                    Some(chat) => {
                        chat.kept.keeping = keeping;
                        Ok(done())
                    }
                }
            }
            SystemCommand::Trim { conversation, first } => self.trim(step, *conversation, *first),
            _ => return None,
        })
    }

    /// What a message of some content says, and whom it names; in the order in which it is checked.
    pub(super) fn check_content(
        &self,
        doer: Doer,
        chat: Option<usize>,
        content: &Content,
    ) -> Result<(Body, Vec<UserId>, bool), Code> {
        let app = self.users[doer.person].app;
        let most = self.settings(app).message_bytes_max as usize;
        match content {
            Content::Text(text) => check_words(&text.text, most)?,
            Content::Custom(custom) => {
                let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
                if custom.kind.is_empty() || custom.kind.len() > 64 || !custom.kind.chars().all(fits) {
                    return Err(Code::Invalid);
                }
                if custom.json.len() > most {
                    return Err(Code::TooLarge);
                }
                if serde_json::from_str::<serde_json::Value>(&custom.json).is_err() {
                    return Err(Code::Invalid);
                }
            }
            Content::Media(attach) if attach.caption.text.len() > most => return Err(Code::TooLarge),
            Content::Location(place) => {
                if place.latitude_e6.abs() > 90_000_000 || place.longitude_e6.abs() > 180_000_000 {
                    return Err(Code::Invalid);
                }
            }
            Content::Media(_) | Content::ContactCard(_) | Content::Sticker(_) => {}
            Content::Buttons(_) => return Err(Code::Forbidden),
        }
        if content.text().is_some_and(|text| text.mentions.len() > 50) {
            return Err(Code::TooLarge);
        }
        if let Some(reply) = content.reply_to() {
            let seen = |chat: usize| self.chats[chat].seen_by(doer.person).contains(&(reply.0 as usize));
            if !chat.is_some_and(seen) {
                return Err(Code::Invalid);
            }
        }
        let all = content.text().is_some_and(|text| text.mention_all);
        let in_charge = |chat: usize| {
            self.chats[chat].direct.is_none() && self.chats[chat].stays[&doer.person].role != Role::Member
        };
        if all && !chat.is_some_and(in_charge) {
            return Err(Code::Forbidden);
        }
        let named = content.text().filter(|_| !all).map_or_else(Vec::new, |text| text.mentions.clone());
        let body = match content {
            Content::Media(attach) => {
                let file = self.files.get(&attach.media).filter(|file| file.owner == doer.person);
                let info = &file.ok_or(Code::NotFound)?.info;
                let fits = match attach.kind {
                    MediaKind::Image => info.content_type.starts_with("image/"),
                    MediaKind::Voice => info.content_type.starts_with("audio/"),
                    MediaKind::Video => info.content_type.starts_with("video/"),
                    MediaKind::File => true,
                };
                if !fits {
                    return Err(Code::Invalid);
                }
                Body::Media(Attachment { kind: attach.kind, info: info.clone(), caption: attach.caption.clone() })
            }
            Content::ContactCard(card) => {
                let user = self.find(app, &card.user).ok_or(Code::NotFound)?;
                let mut card = card.clone();
                card.user = self.id(user);
                Body::ContactCard(card)
            }
            other => other.body().ok_or(Code::Invalid)?,
        };
        Ok((body, named, all))
    }

    fn forward(&mut self, doer: Doer, from: ConversationId, seq: Seq, to: &Target) -> Result<CommandResult, Code> {
        let chat = self.target(doer, to)?;
        let source = self.known(doer, from)?;
        let said = self.message(doer, source, seq)?;
        if said.recalled_at.is_some() {
            return Err(Code::Conflict);
        }
        let most = self.settings(self.users[doer.person].app).message_bytes_max as usize;
        let bytes = match &said.body {
            Body::Text(text) => text.text.len(),
            Body::Custom(custom) => custom.json.len(),
            Body::Media(attachment) => attachment.caption.text.len(),
            _ => 0,
        };
        if bytes > most {
            return Err(Code::TooLarge);
        }
        let (body, origin) = (alone(&said.body), said.origin.unwrap_or((said.author, said.at)));
        let chat = chat.unwrap_or_else(|peer| self.make_direct(doer, peer));
        let result = self.say(doer, chat, body);
        if let Some(said) = self.chats[chat].log.last_mut() {
            said.origin = Some(origin);
        }
        Ok(result)
    }

    fn pin_entry(
        &mut self,
        doer: Doer,
        conversation: ConversationId,
        seq: Seq,
        on: bool,
    ) -> Result<CommandResult, Code> {
        let chat = self.joined(doer, conversation)?;
        self.may_speak_in(doer, chat)?;
        self.may_touch(doer.person, chat)?;
        if !self.may_pin(doer.person, chat) {
            return Err(Code::Forbidden);
        }
        if self.message(doer, chat, seq)?.recalled_at.is_some() {
            return Err(Code::Conflict);
        }
        let said = &mut self.chats[chat].log[seq.0 as usize - 1];
        if said.pinned == on {
            return Ok(done());
        }
        said.pinned = on;
        Ok(self.say(doer, chat, Body::EntryPinned { entry: seq, on }))
    }

    fn clear_history(&mut self, doer: Doer, conversation: ConversationId) -> Result<CommandResult, Code> {
        let chat = self.known(doer, conversation)?;
        let stay = &self.chats[chat].stays[&doer.person];
        let top = stay.last.unwrap_or(self.chats[chat].head());
        if let Some(stay) = self.chats[chat].stays.get_mut(&doer.person)
            && (stay.first <= top || stay.marked)
        {
            stay.first = stay.first.max(top + 1);
            stay.read = stay.read.max(top);
            stay.delivered = stay.delivered.max(top);
            stay.place_changed = doer.step;
            if std::mem::take(&mut stay.marked) {
                stay.side_changed = doer.step;
            }
        }
        Ok(done())
    }

    fn add_file(
        &mut self,
        app: AppId,
        owner: UserHandle,
        info: &MediaInfo,
        sha256: [u8; 32],
    ) -> Result<CommandResult, Code> {
        let person = (owner.0 as usize).wrapping_sub(1);
        if let Some(there) = self.files.get(&info.media) {
            let same = there.owner == person && there.sha256 == sha256;
            return if same { Ok(done()) } else { Err(Code::Conflict) };
        }
        let user = self.users.get(person).filter(|user| user.app == app).ok_or(Code::NotFound)?;
        if user.flags.suspended {
            return Err(Code::Suspended);
        }
        let info = MediaInfo { created: Timestamp(self.now), ..info.clone() };
        self.files.insert(info.media, File { owner: person, app, sha256, info });
        Ok(done())
    }

    fn trim(&mut self, step: Step, conversation: ConversationId, first: Seq) -> Result<CommandResult, Code> {
        let index = (conversation.0 as usize).wrapping_sub(1);
        let chat = self.chats.get(index).ok_or(Code::NotFound)?;
        let settings = self.settings(chat.app);
        let keeping = chat.kept.keeping;
        if settings.hold || keeping.hold {
            return Err(Code::Forbidden);
        }
        let (ms, most) =
            (keeping.ms.unwrap_or(settings.retention_ms), keeping.entries.unwrap_or(settings.retention_entries));
        let (ms, most) = if chat.feed.is_some() { (0, 1_000) } else { (ms, most) };
        let goes = |seq: usize| {
            let newer = (chat.head() - seq) as u64;
            ms > 0 && chat.log[seq - 1].at + ms < self.now || most > 0 && newer >= most
        };
        let all = chat.kept.first..=chat.head();
        let count = all.take_while(|seq| (*seq as u64) < first.0 && goes(*seq)).count();
        if count > 0 {
            let kept = &mut self.chats[index].kept;
            kept.first += count;
            kept.trimmed = Some(step);
        }
        Ok(CommandResult::Removed { count: count as u32, more: false })
    }

    // --- what people see ---

    /// How many of those in it have read an entry; `None` when that is not for this person to know.
    pub fn readers(&self, person: Person, id: ConversationId, seq: Seq) -> Option<u32> {
        let chat = &self.chats[id.0 as usize - 1];
        chat.inside(person)?;
        let readers = chat.members().into_iter().filter(|member| chat.stays[member].read as u64 >= seq.0);
        Some(readers.count() as u32)
    }

    /// The pinned messages somebody sees, newest first.
    pub fn pins(&self, person: Person, id: ConversationId) -> Vec<Seq> {
        let chat = &self.chats[id.0 as usize - 1];
        chat.seen_by(person).rev().filter(|seq| chat.log[seq - 1].pinned).map(|seq| Seq(seq as u64)).collect()
    }

    /// The messages with files somebody sees, newest first.
    pub fn gallery(&self, person: Person, id: ConversationId, kinds: &[MediaKind]) -> Vec<Seq> {
        let chat = &self.chats[id.0 as usize - 1];
        let fits =
            |seq: &usize| chat.showing(*seq).is_some_and(|shown| kinds.is_empty() || kinds.contains(&shown.kind));
        chat.seen_by(person).rev().filter(fits).map(|seq| Seq(seq as u64)).collect()
    }

    /// The first entry at or after a time.
    pub fn entry_at(&self, person: Person, id: ConversationId, at: u64) -> Seq {
        let chat = &self.chats[id.0 as usize - 1];
        let seen = chat.seen_by(person);
        if seen.is_empty() {
            return Seq(0);
        }
        let top = *seen.end();
        Seq(seen.into_iter().find(|seq| chat.log[seq - 1].at >= at).unwrap_or(top) as u64)
    }

    /// Every file, and what somebody is told of it.
    pub fn files_for(&self, person: Person) -> Vec<(MediaId, Option<MediaInfo>)> {
        let app = self.users[person].app;
        let sees = |media: MediaId| {
            let shows = |chat: &Chat, seq: usize| chat.showing(seq).is_some_and(|shown| shown.info.media == media);
            let theirs = self.chats.iter().filter(|chat| chat.stays.contains_key(&person));
            theirs.into_iter().any(|chat| chat.seen_by(person).any(|seq| shows(chat, seq)))
        };
        let told = |(media, file): (&MediaId, &File)| {
            let seen = file.app == app && (file.owner == person || sees(*media));
            (*media, seen.then(|| file.info.clone()))
        };
        self.files.iter().map(told).collect()
    }

    /// Where a forwarded message was said first.
    pub(super) fn origin(&self, said: &Said) -> Option<Origin> {
        said.origin.map(|(author, at)| Origin { author: self.id(author), at: Timestamp(at) })
    }

    /// Whom a message names.
    pub(super) fn named(&self, app: AppId, doer: Doer, chat: usize, named: &[UserId]) -> BTreeSet<Person> {
        let members = self.chats[chat].members();
        let people = named.iter().filter_map(|id| self.find(app, id));
        people.filter(|person| *person != doer.person && members.contains(person)).collect()
    }

    /// Whether an entry counts as naming somebody.
    pub(super) fn names(said: &Said, person: Person) -> bool {
        let all = said.body_text().is_some_and(|text| text.mention_all);
        is_message(&said.body) && (all || said.mentioned.contains(&person))
    }
}

impl Said {
    fn body_text(&self) -> Option<&Text> {
        match &self.body {
            Body::Text(text) => Some(text),
            Body::Media(attachment) => Some(&attachment.caption),
            _ => None,
        }
    }
}
