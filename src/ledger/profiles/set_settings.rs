//! Set the caller's settings.

use crate::ledger::Stop;
use crate::ledger::caller::Caller;
use crate::model::{CommandResult, Effect, UserSettings};
use crate::store::Tables;
use crate::store::records::UserRow;

/// `None` when it is so already.
struct Plan(Option<UserRow>);

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    settings: UserSettings,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    let plan = decide(caller, settings);
    apply(tables, caller, plan, effects)
}

fn decide(caller: &Caller<'_>, settings: UserSettings) -> Plan {
    let changed = caller.user.settings != settings;
    Plan(changed.then(|| UserRow { settings, changed: caller.lsn, ..(*caller.user).clone() }))
}

fn apply(
    tables: &mut Tables<'_>,
    caller: &Caller<'_>,
    Plan(row): Plan,
    effects: &mut Vec<Effect>,
) -> Result<CommandResult, Stop> {
    if let Some(row) = row {
        tables.put(&caller.handle(), row)?;
        effects.push(Effect::Profile { user: caller.handle() });
        effects.push(Effect::Presence { user: caller.handle() });
    }
    Ok(CommandResult::Done {})
}
