//! Send a message. In a conversation that is there it writes nothing but the entry, a row for each member it mentions (one for all),
//! and the rows of a file it shows.

use super::{check_entry_size, check_reply, content};
use crate::ledger::Stop;
use crate::ledger::assistants::asking::{self, Names};
use crate::ledger::caller::{Caller, EMPTY};
use crate::ledger::contacts::may_write;
use crate::ledger::conversations::direct::{self, Direct, NewDirect};
use crate::ledger::groups::may_speak;
use crate::ledger::groups::permissions::{Action, allows};
use crate::ledger::media;
use crate::ledger::place::{Place, append};
use crate::ledger::read;
use crate::ledger::refuse::refuse;
use crate::model::{
    Body, Code, CommandResult, Content, ConversationId, Effect, Entry, Origin, Target, Text, UserHandle, UserId,
};
use crate::store::records::{ConversationRow, MemberRow, MentionAllRow, MentionRow, UserRow};
use crate::store::{Read, Tables};
use std::collections::BTreeSet;

/// Where a message goes.
pub(super) enum Where {
    There(Box<Place>),
    New(Box<NewDirect>),
}

impl Where {
    /// Where it is, when it is there.
    fn place(&self) -> Option<&Place> {
        match self {
            Self::There(place) => Some(place),
            Self::New(_) => None,
        }
    }

    /// The rules of the other side of a direct chat.
    fn check_peer(&self, state: &impl Read, caller: &Caller<'_>) -> Result<(), Stop> {
        match self {
            Self::There(place) => may_write::check_in(state, caller, &place.row),
            Self::New(new) => may_write::check_in(state, caller, &new.row),
        }
    }

    /// Whether somebody belongs to it.
    fn has(&self, state: &impl Read, user: UserHandle) -> Result<bool, Stop> {
        match self {
            Self::There(place) => {
                Ok(state.get::<MemberRow>(&(place.id, user))?.is_some_and(|member| member.until.is_none()))
            }
            Self::New(new) => Ok(new.members.iter().any(|(member, _)| *member == user)),
        }
    }
}

/// Whom a message names.
#[derive(Default)]
struct Named {
    users: BTreeSet<UserHandle>,
    all: bool,
}

/// A message that may go where it goes.
pub(super) struct Message {
    to: Where,
    entry: Entry,
    named: Named,
    /// The assistant that is asked.
    asks: Option<UserHandle>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    to: &Target,
    content: &Content,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let message = decide(tables, caller, to, content)?;
    message.apply(tables, caller, effects)
}

/// The checks in their order: those of [`target`], then size and kind.
fn decide(state: &impl Read, caller: &Caller<'_>, to: &Target, content: &Content) -> Result<Message, Stop> {
    let to = target(state, caller, to)?;
    content::check(content, caller.app(state)?.settings.message_bytes_max)?;
    check_reply(content.reply_to(), |seq| match &to {
        Where::There(place) => place.sees(seq),
        Where::New(_) => false,
    })?;
    let named = content.text().map_or_else(|| Ok(Named::default()), |text| named(state, caller, &to, text))?;
    let body = content::body(state, caller, content)?;
    let buttons = matches!(body, Body::Buttons(_));
    let mentions = content.text().map_or(&[][..], |text| &text.mentions);
    let message = Message::new(caller, to, body, None, named);
    if buttons {
        check_entry_size(&message.entry, Code::TooLarge)?;
    }
    message.asking(state, caller, &Names { mentions, reply_to: content.reply_to() })
}

/// Where a message would go, the other side of a direct chat, and what it would say; else why it would be refused.
pub(in crate::ledger) fn look(
    state: &impl Read,
    caller: &Caller<'_>,
    to: &Target,
    content: &Content,
) -> Result<(Option<ConversationId>, Option<UserId>, Body), Stop> {
    decide(state, caller, to, content)?.looked_at(state, caller)
}

/// Where the caller may send to, in the order of the rules: the sender may act (they are admitted); the conversation is there and
/// open; it is theirs; they may speak in it; the other side of a direct chat takes their messages.
pub(super) fn target(state: &impl Read, caller: &Caller<'_>, to: &Target) -> Result<Where, Stop> {
    let to = find(state, caller, to)?;
    may_speak::check(caller, to.place())?;
    to.check_peer(state, caller)?;
    Ok(to)
}

fn find(state: &impl Read, caller: &Caller<'_>, to: &Target) -> Result<Where, Stop> {
    let conversation = match to {
        Target::Conversation(conversation) => *conversation,
        Target::User(user) => match direct::find(state, caller, user)? {
            Direct::There(conversation) => conversation,
            Direct::New(new) => return Ok(Where::New(Box::new(new))),
        },
    };
    Ok(Where::There(Box::new(Place::speaking(state, caller, conversation)?)))
}

/// Of the users that a text names, the members; naming others, or oneself, tells nobody. Whoever names everybody names no one else
/// besides, so that each message counts once.
fn named(state: &impl Read, caller: &Caller<'_>, to: &Where, text: &Text) -> Result<Named, Stop> {
    if text.mention_all {
        let may = match to {
            Where::There(place) => {
                let group = place.row.group.as_ref();
                group.is_some_and(|group| allows(Action::MentionAll, place.member.role, &group.rules))
            }
            Where::New(_) => false,
        };
        if !may {
            return refuse(
                Code::Forbidden,
                "`mention_all` is for the owner and managers of a group; name the users in `mentions` instead.",
            );
        }
        return Ok(Named { users: BTreeSet::new(), all: true });
    }
    let mut users = BTreeSet::new();
    for id in &text.mentions {
        let Some(user) = caller.find(state, id)? else { continue };
        if user != caller.handle() && to.has(state, user)? {
            users.insert(user);
        }
    }
    Ok(Named { users, all: false })
}

/// The other side of a direct chat.
pub(super) fn peer(state: &impl Read, caller: &Caller<'_>, row: &ConversationRow) -> Result<Option<UserId>, Stop> {
    let Some(other) = read::other_side(row, caller.handle()) else { return Ok(None) };
    Ok(state.get::<UserRow>(&other)?.map(|user| user.id.clone()))
}

impl Message {
    fn new(caller: &Caller<'_>, to: Where, body: Body, origin: Option<Origin>, named: Named) -> Self {
        let head = match &to {
            Where::There(place) => &place.head,
            Where::New(_) => &EMPTY,
        };
        let entry = Entry { origin, ..caller.entry(head, body) };
        Self { to, entry, named, asks: None }
    }

    /// The same as a question, if it is one.
    fn asking(mut self, state: &impl Read, caller: &Caller<'_>, names: &Names<'_>) -> Result<Self, Stop> {
        self.asks = match self.to.place() {
            Some(place) => asking::decide(state, caller, place, names)?,
            None => None,
        };
        Ok(self)
    }

    /// Something that was said elsewhere. It names nobody here.
    pub(super) fn forwarded(
        state: &impl Read,
        caller: &Caller<'_>,
        to: Where,
        body: Body,
        origin: Origin,
    ) -> Result<Self, Stop> {
        let message = Self::new(caller, to, body, Some(origin), Named::default());
        message.asking(state, caller, &Names { mentions: &[], reply_to: None })
    }

    /// Where it would go, the other side of a direct chat, and what it would say.
    pub(super) fn looked_at(
        self,
        state: &impl Read,
        caller: &Caller<'_>,
    ) -> Result<(Option<ConversationId>, Option<UserId>, Body), Stop> {
        let (place, peer) = match &self.to {
            Where::There(place) => (Some(place.id), peer(state, caller, &place.row)?),
            Where::New(new) => {
                let other = new.members.iter().find(|(member, _)| *member != caller.handle());
                (None, other.map(|(_, id)| id.clone()))
            }
        };
        Ok((place, peer, self.entry.body))
    }

    pub(super) fn apply(
        self,
        tables: &mut Tables<'_>,
        caller: &Caller<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<CommandResult, Stop> {
        let conversation: ConversationId = match self.to {
            Where::There(place) => place.id,
            Where::New(new) => new.apply(tables, effects)?,
        };
        let seq = self.entry.seq;
        for user in self.named.users {
            tables.put(&(user, conversation, seq), MentionRow {})?;
        }
        if self.named.all {
            tables.put(&(conversation, seq), MentionAllRow {})?;
        }
        if let Body::Media(attachment) = &self.entry.body {
            media::attach(tables, (conversation, seq), attachment)?;
        }
        let result = append(tables, caller.actor.app, conversation, self.entry, effects)?;
        if let Some(assistant) = self.asks {
            asking::apply(tables, caller, (conversation, seq), (assistant, None), effects)?;
        }
        Ok(result)
    }
}
