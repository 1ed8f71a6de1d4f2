//! Send a message. In a conversation that is there it writes nothing but the entry and a row for each member it mentions.

use super::{check_reply, content};
use crate::ledger::Stop;
use crate::ledger::caller::{Caller, EMPTY};
use crate::ledger::conversations::direct::{self, Direct, NewDirect};
use crate::ledger::groups::may_speak;
use crate::ledger::media;
use crate::ledger::place::{Place, append};
use crate::model::{Body, CommandResult, Content, ConversationId, Effect, Entry, Target, UserHandle};
use crate::store::records::{MemberRow, MentionRow};
use crate::store::{Read, Tables};
use std::collections::BTreeSet;

/// Where the message goes.
enum Where {
    There(Box<Place>),
    New(NewDirect),
}

impl Where {
    /// Where it is, when it is there.
    fn place(&self) -> Option<&Place> {
        match self {
            Self::There(place) => Some(place),
            Self::New(_) => None,
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

struct Plan {
    to: Where,
    entry: Entry,
    mentioned: BTreeSet<UserHandle>,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    to: &Target,
    content: &Content,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(tables, caller, to, content)?;
    apply(tables, caller, plan, effects)
}

/// The checks in their order: the sender may act (they are admitted); the conversation is there and theirs; they may speak;
/// size and kind.
fn decide(state: &impl Read, caller: &Caller<'_>, to: &Target, content: &Content) -> Result<Plan, Stop> {
    let to = find(state, caller, to)?;
    may_speak::check(caller, to.place())?;
    content::check(content, caller.app(state)?.settings.message_bytes_max)?;
    check_reply(content.reply_to(), |seq| match &to {
        Where::There(place) => place.sees(seq),
        Where::New(_) => false,
    })?;
    let mentioned = mentioned(state, caller, &to, content)?;
    let head = match &to {
        Where::There(place) => &place.head,
        Where::New(_) => &EMPTY,
    };
    let body = match content {
        Content::Media(attach) => Body::Media(media::attachment(state, caller, attach)?),
        content => content::body(content)?,
    };
    let entry = caller.entry(head, body);
    Ok(Plan { to, entry, mentioned })
}

fn find(state: &impl Read, caller: &Caller<'_>, to: &Target) -> Result<Where, Stop> {
    let conversation = match to {
        Target::Conversation(conversation) => *conversation,
        Target::User(user) => match direct::find(state, caller, user)? {
            Direct::There(conversation) => conversation,
            Direct::New(new) => return Ok(Where::New(new)),
        },
    };
    Ok(Where::There(Box::new(Place::joined(state, caller, conversation)?)))
}

/// Of the users that a text names, the members; naming others, or oneself, tells nobody.
fn mentioned(
    state: &impl Read,
    caller: &Caller<'_>,
    to: &Where,
    content: &Content,
) -> Result<BTreeSet<UserHandle>, Stop> {
    let mut mentioned = BTreeSet::new();
    let Some(text) = content.text() else { return Ok(mentioned) };
    for id in &text.mentions {
        let Some(user) = caller.find(state, id)? else { continue };
        if user != caller.handle() && to.has(state, user)? {
            mentioned.insert(user);
        }
    }
    Ok(mentioned)
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let conversation: ConversationId = match plan.to {
        Where::There(place) => place.id,
        Where::New(new) => new.apply(tables, effects)?,
    };
    for user in plan.mentioned {
        tables.put(&(user, conversation, plan.entry.seq), MentionRow {})?;
    }
    if let Body::Media(attachment) = &plan.entry.body {
        media::attach(tables, (conversation, plan.entry.seq), attachment)?;
    }
    Ok(append(tables, caller.actor.app, conversation, plan.entry, effects)?)
}
