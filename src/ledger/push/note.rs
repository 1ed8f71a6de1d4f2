//! Note what became of pushes: retries that wait, subscriptions that expired.

use super::forget;
use crate::ledger::refuse::refuse;
use crate::ledger::{Stop, follower};
use crate::model::{Code, CommandResult, Follower, Lsn, PushOutcome, PushThen, limits};
use crate::store::records::{PushRetryRow, PushRow};
use crate::store::{Fault, Read, Tables};

pub(in crate::ledger) fn run(
    tables: &mut Tables<'_>,
    upto: Option<Lsn>,
    outcomes: &[PushOutcome],
) -> Result<CommandResult, Stop> {
    if outcomes.len() > limits::PUSH_OUTCOMES_MAX {
        return refuse(Code::Invalid, "Too many outcomes of pushes in one command.");
    }
    for outcome in outcomes {
        note(tables, outcome)?;
    }
    if let Some(upto) = upto {
        follower::note(tables, Follower::Push, upto)?;
    }
    Ok(CommandResult::Done {})
}

fn note(tables: &mut Tables<'_>, outcome: &PushOutcome) -> Result<(), Fault> {
    let PushOutcome { user, session, conversation, then } = *outcome;
    let device = tables.get::<PushRow>(&(user, session))?;
    let retry = (session, conversation);
    match then {
        PushThen::Again { seq, at, tries } if device.is_some() => {
            return tables.put(&retry, PushRetryRow { user, seq, at, tries });
        }
        PushThen::Expired { created } if device.is_some_and(|device| device.created == created) => {
            forget(tables, user, session)?;
        }
        PushThen::Again { .. } | PushThen::Expired { .. } | PushThen::Done => {}
    }
    if tables.get::<PushRetryRow>(&retry)?.is_some() {
        tables.remove::<PushRetryRow>(&retry)?;
    }
    Ok(())
}
