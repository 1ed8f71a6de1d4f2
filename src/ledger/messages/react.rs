//! Put a reaction on a message or take it away: once per user and emoji. What is so already changes nothing.

use super::{check_entry_size, check_not_recalled};
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::contacts::may_write;
use crate::ledger::groups::may_speak;
use crate::ledger::place::{Place, rewrite};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Emoji, Entry, Reaction, Seq, UserId, limits};
use crate::store::{Read, Tables};

struct Plan {
    target: Entry,
    notice: Entry,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    emoji: &Emoji,
    on: bool,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, seq, emoji, on)? {
        None => Ok(CommandResult::Done {}),
        Some(plan) => Ok(rewrite(tables, caller.actor.app, conversation, plan.target, plan.notice, effects)?),
    }
}

/// `None` when it is so already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    emoji: &Emoji,
    on: bool,
) -> Result<Option<Plan>, Stop> {
    let place = Place::joined(state, caller, conversation)?;
    may_speak::check(caller, Some(&place))?;
    may_write::check_not_blocked(state, caller, &place.row)?;
    let before = place.message(state, seq)?;
    check_not_recalled(&before)?;
    let mut target = Entry { changed: caller.lsn, ..(*before).clone() };
    let changed = if on {
        put(&mut target.reactions, emoji, caller.id())?
    } else {
        take(&mut target.reactions, emoji, caller.id())
    };
    if !changed {
        return Ok(None);
    }
    if on {
        check_entry_size(&target, Code::Full)?;
    }
    let notice = caller.entry(&place.head, Body::Reacted { target: seq, emoji: emoji.clone(), on });
    Ok(Some(Plan { target, notice }))
}

/// Adds a user under an emoji; false when they are there already.
fn put(reactions: &mut Vec<Reaction>, emoji: &Emoji, user: &UserId) -> Result<bool, Stop> {
    if let Some(reaction) = reactions.iter_mut().find(|reaction| reaction.emoji == *emoji) {
        if reaction.users.contains(user) {
            return Ok(false);
        }
        if reaction.users.len() >= limits::REACTION_USERS_MAX {
            let limit = limits::REACTION_USERS_MAX;
            return refuse(Code::Full, format!("{limit} users have reacted with {emoji} already; no more are listed."));
        }
        reaction.users.push(user.clone());
        return Ok(true);
    }
    if reactions.len() >= limits::REACTION_KINDS_MAX {
        let limit = limits::REACTION_KINDS_MAX;
        return refuse(Code::Full, format!("The message has {limit} different reactions; use one of those."));
    }
    reactions.push(Reaction { emoji: emoji.clone(), users: vec![user.clone()] });
    Ok(true)
}

/// Takes a user away from under an emoji, and the emoji when nobody is left; false when they were not there.
fn take(reactions: &mut Vec<Reaction>, emoji: &Emoji, user: &UserId) -> bool {
    let Some(at) = reactions.iter().position(|reaction| reaction.emoji == *emoji) else { return false };
    let users = &mut reactions[at].users;
    let before = users.len();
    users.retain(|other| other != user);
    let taken = users.len() < before;
    if users.is_empty() {
        reactions.remove(at);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: usize) -> UserId {
        UserId::new(format!("user{number}")).unwrap()
    }

    #[test]
    fn a_user_reacts_once_with_each_emoji() {
        let (up, down) = (Emoji::new("👍").unwrap(), Emoji::new("👎").unwrap());
        let mut reactions = Vec::new();
        assert!(put(&mut reactions, &up, &user(1)).unwrap());
        assert!(!put(&mut reactions, &up, &user(1)).unwrap());
        assert!(put(&mut reactions, &up, &user(2)).unwrap());
        assert!(put(&mut reactions, &down, &user(1)).unwrap());
        assert_eq!(reactions[0].users, [user(1), user(2)]);
        assert!(!take(&mut reactions, &down, &user(2)));
        assert!(take(&mut reactions, &up, &user(1)));
        assert!(take(&mut reactions, &up, &user(2)));
        assert_eq!(reactions, [Reaction { emoji: down, users: vec![user(1)] }]);
    }

    #[test]
    fn reactions_are_bounded_in_kinds_and_users() {
        let mut reactions = Vec::new();
        for number in 0..limits::REACTION_KINDS_MAX {
            assert!(put(&mut reactions, &Emoji::new(format!("e{number}")).unwrap(), &user(1)).unwrap());
        }
        assert!(put(&mut reactions, &Emoji::new("more").unwrap(), &user(1)).is_err());
        let first = Emoji::new("e0").unwrap();
        for number in 2..=limits::REACTION_USERS_MAX {
            assert!(put(&mut reactions, &first, &user(number)).unwrap());
        }
        assert!(put(&mut reactions, &first, &user(0)).is_err());
    }
}
