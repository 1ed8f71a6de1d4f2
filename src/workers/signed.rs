//! Signed tokens that count once are forgotten when they are over.

use crate::auth;
use crate::engine::Engine;
use crate::ledger::apps::once;
use crate::model::{CommandResult, SystemCommand};

/// One round: some with each command, until none is left.
pub async fn run(engine: Engine) {
    let reader = engine.clone();
    let any = tokio::task::spawn_blocking(move || once::any_over(&*reader.view(), reader.clock().now())).await;
    let mut more = match any {
        Ok(Ok(any)) => any,
        Ok(Err(fault)) => {
            tracing::error!(%fault, "signed tokens that count once could not be read");
            return;
        }
        Err(_) => return,
    };
    while more {
        match engine.execute(auth::server(), None, SystemCommand::ForgetSigned {}.into()).await {
            Ok(accepted) => more = matches!(accepted.result, CommandResult::Removed { more: true, .. }),
            Err(refusal) => {
                tracing::warn!(%refusal, "signed tokens that are over could not be forgotten; it is tried again");
                return;
            }
        }
    }
}
