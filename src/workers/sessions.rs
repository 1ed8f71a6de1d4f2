//! Sessions that are too old, or were not used for too long, end.

use crate::auth;
use crate::engine::Engine;
use crate::ledger::accounts::end_expired::is_expired;
use crate::model::{SessionId, SystemCommand, limits};
use crate::store::records::SessionRow;
use crate::store::{Fault, Read};

/// Rows read at once.
const PIECE: usize = 1_000;

/// One round over all sessions.
pub async fn run(engine: Engine) {
    let mut from = SessionId(0);
    loop {
        let reader = engine.clone();
        let piece = tokio::task::spawn_blocking(move || expired(&reader, from)).await;
        let (over, next) = match piece {
            Ok(Ok(piece)) => piece,
            Ok(Err(fault)) => {
                tracing::error!(%fault, "the sessions could not be read");
                return;
            }
            Err(_) => return,
        };
        for sessions in over.chunks(limits::SESSIONS_PER_COMMAND_MAX) {
            let command = SystemCommand::EndExpired { sessions: sessions.to_vec() }.into();
            if let Err(refusal) = engine.execute(auth::server(), None, command).await {
                tracing::warn!(%refusal, "sessions that are over could not be ended; it is tried again");
                return;
            }
        }
        match next {
            Some(next) => from = next,
            None => return,
        }
    }
}

/// Those of one piece that are over, and where the next piece begins.
fn expired(engine: &Engine, from: SessionId) -> Result<(Vec<SessionId>, Option<SessionId>), Fault> {
    let now = engine.clock().now();
    let view = engine.view();
    let rows = view.range::<SessionRow>(&from, &SessionId(u64::MAX), PIECE)?;
    let next = if rows.len() == PIECE { rows.last().map(|(session, _)| session.next()) } else { None };
    let mut over = Vec::new();
    for (session, row) in rows {
        if is_expired(&*view, &row, now)? {
            over.push(session);
        }
    }
    Ok((over, next))
}
