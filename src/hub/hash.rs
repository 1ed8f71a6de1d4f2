//! A hasher for numbers that the server itself gave out: one multiplication. Peers cannot choose them, so nobody can aim for
//! collisions.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by such a number.
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Hashes one number.
#[derive(Clone, Copy, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The table takes its place from the low bits and its tag from the high ones: both must depend on every bit.
        let product = u128::from(self.0 ^ number) * 0x9E37_79B9_7F4A_7C15;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_spread_in_low_and_high_bits() {
        let hash = |n: u64| {
            let mut hasher = IdHasher::default();
            hasher.write_u64(n);
            hasher.finish()
        };
        let low: std::collections::HashSet<_> = (1..=1_024).map(|n| hash(n) & 0xfff).collect();
        let high: std::collections::HashSet<_> = (1..=1_024).map(|n| hash(n) >> 57).collect();
        assert!(low.len() > 700, "{}", low.len());
        assert!(high.len() > 100, "{}", high.len());
    }
}
