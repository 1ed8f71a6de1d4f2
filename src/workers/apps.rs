//! Whole apps: their sessions end when they are suspended, and everything goes when they are deleted, step by step.

use crate::auth;
use crate::engine::Engine;
use crate::model::{AppId, CommandResult, SystemCommand};
use crate::store::Read;
use crate::store::records::AppJobRow;

/// Apps in one round; there are never more.
const APPS_AT_ONCE: usize = 250;
/// Steps of one app in one round; a large app takes several.
const STEPS_AT_ONCE: usize = 256;

/// One round over those with something to be done.
pub async fn run(engine: Engine) {
    let rows = match engine.view().range::<AppJobRow>(&AppId(0), &AppId(u32::MAX), APPS_AT_ONCE) {
        Ok(rows) => rows,
        Err(fault) => {
            tracing::error!(%fault, "what is to be done for whole apps could not be read");
            return;
        }
    };
    for (app, _) in rows {
        for _ in 0..STEPS_AT_ONCE {
            let command = SystemCommand::AppStep { app }.into();
            match engine.execute(auth::server(), None, command).await.map(|accepted| accepted.result) {
                Ok(CommandResult::Removed { more: true, .. }) => {}
                Ok(_) => break,
                Err(refusal) => {
                    tracing::warn!(%refusal, %app, "a step for a whole app could not be done; it is tried again");
                    break;
                }
            }
        }
    }
}
