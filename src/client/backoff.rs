//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The bounds of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackoffOptions {
    /// The longest first wait.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl Default for BackoffOptions {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_mins(1) }
    }
}

/// Jittered exponential back-off: the n-th wait is between half of and all of `first · 2ⁿ`, at most `longest`. The jitter keeps
/// the clients of a restarted server from coming back in step.
#[derive(Clone, Debug)]
pub struct Backoff {
    options: BackoffOptions,
    attempts: u32,
    random: u64,
}

impl Backoff {
    /// A back-off whose jitter comes from `seed`.
    pub const fn new(options: BackoffOptions, seed: u64) -> Self {
        Self { options, attempts: 0, random: seed | 1 }
    }

    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        let full = self.options.first.saturating_mul(1 << self.attempts.min(20)).min(self.options.longest);
        self.attempts = self.attempts.saturating_add(1);
        full / 2 + full.mul_f64(self.fraction() / 2.0)
    }

    /// The connection worked: start again with the first wait.
    pub const fn reset(&mut self) {
        self.attempts = 0;
    }

    /// A number in 0 … 1 (xorshift64*; nothing secret depends on it).
    fn fraction(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_one_second_to_one_minute_and_start_again_after_success() {
        let mut backoff = Backoff::new(BackoffOptions::default(), 7);
        for full_ms in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
            let wait_ms = backoff.next_wait().as_millis() as u64;
            assert!((full_ms / 2..=full_ms).contains(&wait_ms), "{wait_ms} is not within half of and all of {full_ms}");
        }
        backoff.reset();
        assert!(backoff.next_wait() <= Duration::from_secs(1));
    }
}
