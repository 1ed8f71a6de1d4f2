//! Set the commands that a bot offers, all of them at once.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::ledger::refuse::refuse;
use crate::model::{BotCommand, Code, CommandName, CommandResult, UserHandle, UserKind, limits};
use crate::store::records::BotRow;
use crate::store::{Read, Tables};
use std::collections::BTreeSet;

/// What is offered from now on.
struct Plan(Option<BotRow>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    commands: &[BotCommand],
) -> Result<CommandResult, Stop> {
    let Plan(row) = decide(tables, caller, commands)?;
    let key = (caller.actor.app, caller.handle());
    match row {
        Some(row) => tables.put(&key, row)?,
        None => tables.remove::<BotRow>(&key)?,
    }
    Ok(CommandResult::Done {})
}

fn decide(state: &impl Read, caller: &Caller<'_>, commands: &[BotCommand]) -> Result<Plan, Stop> {
    if caller.user.kind != UserKind::Bot {
        return refuse(Code::Forbidden, "Only bots offer commands; an administrator makes one with `tidings bot add`.");
    }
    if commands.len() > limits::BOT_COMMANDS_MAX {
        let most = limits::BOT_COMMANDS_MAX;
        return refuse(Code::TooLarge, format!("A bot offers at most {most} commands; name fewer in `commands`."));
    }
    let mut names: BTreeSet<&CommandName> = BTreeSet::new();
    if let Some(twice) = commands.iter().map(|command| &command.name).find(|name| !names.insert(name)) {
        return refuse(Code::Invalid, format!("Two commands are called `{twice}`; give each a name of its own."));
    }
    if commands.is_empty() {
        return Ok(Plan(None));
    }
    let app = caller.actor.app;
    let (first, last, most) = ((app, UserHandle(0)), (app, UserHandle(u64::MAX)), limits::BOTS_WITH_COMMANDS_MAX);
    let is_new = state.get::<BotRow>(&(app, caller.handle()))?.is_none();
    if is_new && state.range::<BotRow>(&first, &last, most)?.len() >= most {
        return refuse(
            Code::Full,
            format!("{most} bots offer commands here, as many as an app may have; another one has to stop first."),
        );
    }
    Ok(Plan(Some(BotRow { commands: commands.to_vec(), changed: caller.lsn })))
}
