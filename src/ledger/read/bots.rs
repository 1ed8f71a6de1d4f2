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
    let mut commands = Vec::new();
    for ((_, handle), row) in state.range::<BotRow>(&first, &last, limits::BOTS_WITH_COMMANDS_MAX)? {
        let here = state.get::<MemberRow>(&(own.id, handle))?.is_some_and(|member| member.until.is_none());
        if !here {
            continue;
        }
        let Some(bot) = state.get::<UserRow>(&handle)?.filter(|bot| !bot.deleted && !bot.flags.suspended) else {
            continue;
        };
        let offers =
            row.commands.iter().map(|command| OfferedCommand { bot: bot.id.clone(), command: command.clone() });
        commands.extend(offers);
    }
    commands
        .sort_by(|left, right| (&left.command.name, left.bot.folded()).cmp(&(&right.command.name, right.bot.folded())));
    let more = commands.len() > limits::COMMANDS_OFFERED_MAX;
    commands.truncate(limits::COMMANDS_OFFERED_MAX);
    Ok(Answer::BotCommands { commands, more, as_of })
}
