//! A hook that fails time after time is left alone for a while: then its users do not wait for it in vain, each for the whole time.

use crate::model::Timestamp;
use parking_lot::Mutex;

/// So many failures in a row …
pub const FAILURES_MAX: u32 = 8;
/// … let a hook rest for so long; then one question tries it again.
pub const REST_MS: u64 = 5_000;

#[derive(Debug, Default)]
struct State {
    /// The setting that failed; another one begins anew.
    changed: Timestamp,
    /// Failures in a row.
    failures: u32,
    rests_until_ms: u64,
}

/// How a hook has done of late.
#[derive(Debug, Default)]
pub struct Breaker(
    /// Guards the few numbers above.
    Mutex<State>,
);

impl Breaker {
    /// Whether a hook, as it was set at `changed`, may be asked now.
    pub fn lets(&self, changed: Timestamp, now_ms: u64) -> bool {
        let mut state = self.0.lock();
        if state.changed < changed {
            *state = State { changed, ..State::default() };
        }
        if state.changed > changed {
            // It was on its way when the hook was set anew, and says nothing of how that does.
            return true;
        }
        if state.failures < FAILURES_MAX {
            return true;
        }
        if now_ms < state.rests_until_ms {
            return false;
        }
        // This one tries it; the others wait for how it does.
        state.rests_until_ms = now_ms + REST_MS;
        true
    }

    /// An answer came to a question that was asked as the hook was set at `changed`.
    pub fn succeeded(&self, changed: Timestamp) {
        let mut state = self.0.lock();
        if state.changed == changed {
            state.failures = 0;
        }
    }

    /// None came that could be understood. True when the hook rests from now on.
    pub fn failed(&self, changed: Timestamp, now_ms: u64) -> bool {
        let mut state = self.0.lock();
        if state.changed != changed {
            return false;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES_MAX {
            state.rests_until_ms = now_ms + REST_MS;
        }
        state.failures == FAILURES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_fails_rests_and_is_tried_by_one_alone() {
        let (breaker, set) = (Breaker::default(), Timestamp(1));
        for n in 1..=FAILURES_MAX {
            assert!(breaker.lets(set, 10));
            assert_eq!(breaker.failed(set, 10), n == FAILURES_MAX);
        }
        assert!(!breaker.lets(set, 10 + REST_MS - 1));
        assert!(breaker.lets(set, 10 + REST_MS));
        assert!(!breaker.lets(set, 10 + REST_MS), "another one waits for the first");
        assert!(!breaker.failed(set, 11 + REST_MS), "it rests already");
        assert!(!breaker.lets(set, 10 + 2 * REST_MS));
        assert!(breaker.lets(set, 11 + 2 * REST_MS));
        breaker.succeeded(set);
        assert!(breaker.lets(set, 11 + 2 * REST_MS));
        for _ in 0..FAILURES_MAX {
            breaker.failed(set, 0);
        }
        assert!(!breaker.lets(set, 1));
        assert!(breaker.lets(Timestamp(2), 1), "whoever sets it anew is not held to what was");
    }

    #[test]
    fn what_was_asked_under_an_older_setting_counts_for_nothing() {
        let (breaker, old, new) = (Breaker::default(), Timestamp(1), Timestamp(2));
        assert!(breaker.lets(new, 0));
        for _ in 1..FAILURES_MAX {
            assert!(!breaker.failed(new, 0));
            assert!(breaker.lets(old, 0));
            assert!(!breaker.failed(old, 0));
            breaker.succeeded(old);
        }
        assert!(breaker.failed(new, 0), "the older ones neither end the row nor add to it");
        assert!(!breaker.lets(new, 1));
    }
}
