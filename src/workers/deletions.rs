//! Deleted accounts leave their groups and lose their contacts, step by step.

use crate::auth;
use crate::engine::Engine;
use crate::model::{CommandResult, SystemCommand, UserHandle};
use crate::store::Read;
use crate::store::records::DeletionRow;

/// Accounts in one round.
const ACCOUNTS_AT_ONCE: usize = 16;
/// Steps of one account in one round; an account with thousands of groups takes several.
const STEPS_AT_ONCE: usize = 256;

/// One round over those that are not done.
pub async fn run(engine: Engine) {
    let rows = engine.view().range::<DeletionRow>(&UserHandle(0), &UserHandle(u64::MAX), ACCOUNTS_AT_ONCE);
    let rows = match rows {
        Ok(rows) => rows,
        Err(fault) => {
            tracing::error!(%fault, "which accounts were deleted could not be read");
            return;
        }
    };
    for (user, _) in rows {
        for _ in 0..STEPS_AT_ONCE {
            let command = SystemCommand::DeleteUserStep { user }.into();
            match engine.execute(auth::server(), None, command).await.map(|accepted| accepted.result) {
                Ok(CommandResult::Removed { more: true, .. }) => {}
                Ok(_) => break,
                Err(refusal) => {
                    tracing::warn!(%refusal, "a deleted account could not leave its groups; it is tried again");
                    break;
                }
            }
        }
    }
}
