//! The commands that are offered in a conversation.

use super::own::Own;
use crate::ledger::Stop;
use crate::model::{Answer, Lsn, OfferedCommand, UserActor, UserHandle, limits};
use crate::store::Read;
use crate::store::records::{BotRow, MemberRow, UserRow};

/// Those of the bots that belong to it now. The bots of an app that offer any are few, so each is looked up among the members.
pub(super) fn commands(state: &impl Read, as_of: Lsn, actor: &UserActor, own: &Own) -> Result<Answer, Stop> {
    super::check_not_gone(own)?;
    let (first, last) = ((actor.app, UserHandle(0)), (actor.app, UserHandle(u64::MAX)));
    let mut offering = Vec::new();
    for ((_, handle), row) in state.range::<BotRow>(&first, &last, limits::BOTS_WITH_COMMANDS_MAX)? {
        let here = state.get::<MemberRow>(&(own.id, handle))?.is_some_and(|member| member.until.is_none());
        if !here {
            continue;
        }
        let Some(bot) = state.get::<UserRow>(&handle)?.filter(|bot| !bot.deleted && !bot.flags.suspended) else {
            continue;
        };
        offering.push((bot.id.folded(), bot, row));
    }
    // There may be far more of them than are told, so none is copied before it is known which are.
    let mut offers: Vec<_> = offering
        .iter()
        .flat_map(|(folded, bot, row)| {
            row.commands.iter().map(move |command| (&command.name, folded, &bot.id, command))
        })
        .collect();
    offers.sort_unstable_by_key(|(name, folded, ..)| (*name, *folded));
    let more = offers.len() > limits::COMMANDS_OFFERED_MAX;
    offers.truncate(limits::COMMANDS_OFFERED_MAX);
    let commands =
        offers.into_iter().map(|(_, _, bot, command)| OfferedCommand { bot: bot.clone(), command: command.clone() });
    let commands = commands.collect();
    Ok(Answer::BotCommands { commands, more, as_of })
}
