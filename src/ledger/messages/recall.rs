//! Take back a message: an own one within the app's window; in a group its owner anyone's and a manager a member's, at any time.
//! What is recalled already stays so.

use super::beside::Beside;
use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::groups;
use crate::ledger::groups::permissions::{Action, allows};
use crate::ledger::place::{Place, rewrite};
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, CommandResult, ConversationId, Effect, Entry, Role, Seq};
use crate::store::records::MemberRow;
use crate::store::{Read, Tables};

struct Plan {
    target: Entry,
    notice: Entry,
    /// What names it: a mention or a pin of nothing is taken away, and the file is not shown any more.
    beside: Beside,
}

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    match decide(tables, caller, conversation, seq)? {
        None => Ok(CommandResult::Done {}),
        Some(plan) => apply(tables, caller, conversation, plan, effects),
    }
}

/// `None` when it is recalled already.
fn decide(
    state: &impl Read,
    caller: &Caller<'_>,
    conversation: ConversationId,
    seq: Seq,
) -> Result<Option<Plan>, Stop> {
    let place = Place::speaking(state, caller, conversation)?;
    groups::check_open(&place.row)?;
    let before = place.message(state, seq)?;
    check_right(state, caller, &place, &before)?;
    if before.recalled_at.is_some() {
        return Ok(None);
    }
    let target = Entry {
        body: Body::Recalled {},
        reactions: Vec::new(),
        edited_at: None,
        recalled_at: Some(caller.at),
        origin: None,
        changed: caller.lsn,
        ..(*before).clone()
    };
    let notice = caller.entry(&place.head, Body::RecalledEntry { target: seq });
    let beside = Beside::find(state, caller.actor.app, conversation, &before)?;
    Ok(Some(Plan { target, notice, beside }))
}

/// Who may take back what.
fn check_right(state: &impl Read, caller: &Caller<'_>, place: &Place, entry: &Entry) -> Result<(), Stop> {
    let own = entry.author == *caller.id();
    if let Some(group) = &place.row.group {
        let author = author_role(state, caller, place, entry)?;
        if allows(Action::Recall(author), place.member.role, &group.rules) {
            return Ok(());
        }
    }
    if !own {
        return refuse(Code::Forbidden, "This message is not yours, and your role here does not let you recall it.");
    }
    if caller.at.since_ms(entry.at) > caller.app(state)?.settings.recall_window_ms {
        return refuse(Code::Expired, "The time in which this message could be recalled has passed.");
    }
    Ok(())
}

/// The role that an author has now; whoever has left is a member.
fn author_role(state: &impl Read, caller: &Caller<'_>, place: &Place, entry: &Entry) -> Result<Role, Stop> {
    let Some(author) = caller.find(state, &entry.author)? else { return Ok(Role::Member) };
    let member = state.get::<MemberRow>(&(place.id, author))?;
    Ok(member.filter(|member| member.until.is_none()).map_or(Role::Member, |member| member.role))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    conversation: ConversationId,
    plan: Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    plan.beside.remove(tables, caller.at)?;
    Ok(rewrite(tables, caller.actor.app, conversation, plan.target, plan.notice, effects)?)
}
