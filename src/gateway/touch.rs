//! Sessions that are connected are in use, however long they stay so: that is written down about once a day, so that they do not
//! count as idle.

use super::Gateway;
use super::login::{TOUCH_AFTER_MS, touch};
use crate::model::SessionId;
use crate::store::Read;
use crate::store::records::SessionRow;
use std::time::Duration;

/// How often it is looked at.
const EVERY: Duration = Duration::from_hours(1);

/// Runs until it is aborted.
pub async fn run(gateway: Gateway) {
    loop {
        tokio::time::sleep(EVERY).await;
        for session in gateway.hub().connected() {
            if is_due(&gateway, session) {
                touch(gateway.engine(), session).await;
            }
        }
    }
}

/// Whether the use of a session was written down long ago. What cannot be read is looked at next time.
fn is_due(gateway: &Gateway, session: SessionId) -> bool {
    let engine = gateway.engine();
    let row = engine.view().get::<SessionRow>(&session);
    matches!(row, Ok(Some(row)) if engine.clock().now().since_ms(row.seen) > TOUCH_AFTER_MS)
}
