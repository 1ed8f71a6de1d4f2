//! All deadlines of all connections: one task that looks at each of them about once a second, instead of a timer for each.

use super::Gateway;
use std::time::Duration;

/// How long a connection may take to write its last words.
const CLOSE_MS: u64 = 5_000;
/// What all connections together may hold before each is allowed less.
const HELD_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Longest and shortest time between two turns.
const TURN_MS: std::ops::RangeInclusive<u64> = 10..=1_000;

/// Runs until it is aborted.
pub async fn run(gateway: Gateway) {
    let options = gateway.options();
    let shortest = options.hello_timeout_ms.min(options.silence_timeout_ms).min(options.write_timeout_ms);
    let turn = Duration::from_millis((shortest / 8).clamp(*TURN_MS.start(), *TURN_MS.end()));
    loop {
        tokio::time::sleep(turn).await;
        let now_ms = gateway.now_ms();
        let mut held_bytes = 0;
        for outbox in gateway.outboxes() {
            held_bytes += outbox.held_bytes() as u64;
            if outbox.is_ended() && outbox.deadline_ms() > now_ms + CLOSE_MS {
                outbox.set_deadline_ms(now_ms + CLOSE_MS);
            }
            if now_ms >= outbox.deadline_ms() || gateway.is_stuck(&outbox) {
                outbox.poke();
            }
        }
        gateway.note_held_bytes(held_bytes);
        gateway.hub().set_pressed(held_bytes > HELD_BYTES_MAX);
        // Outcomes that came outside of a batch (when the storage failed) are not forgotten.
        gateway.hub().flush();
    }
}
