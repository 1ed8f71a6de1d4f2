//! Which devices of one user may be logged in together.

use crate::model::{LoginPolicy, Platform};

/// Kinds of devices that a policy tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Phone,
    Desktop,
    Web,
}

/// `None` for programs, which no policy counts.
const fn class(platform: Platform) -> Option<Class> {
    match platform {
        Platform::Ios | Platform::Android => Some(Class::Phone),
        Platform::Macos | Platform::Windows | Platform::Linux => Some(Class::Desktop),
        Platform::Web => Some(Class::Web),
        Platform::Api => None,
    }
}

/// Whether a device may stay when another one of the same user logs in.
pub(super) fn may_stay(policy: LoginPolicy, older: Platform, newer: Platform) -> bool {
    let (Some(older), Some(newer)) = (class(older), class(newer)) else { return true };
    match policy {
        LoginPolicy::One => false,
        LoginPolicy::Two => (older == Class::Web) != (newer == Class::Web),
        LoginPolicy::Three => older != newer,
        LoginPolicy::All => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_keeps_the_devices_it_names() {
        use LoginPolicy::{All, One, Three, Two};
        use Platform::{Android, Api, Ios, Linux, Macos, Web, Windows};
        for (policy, older, newer, stays) in [
            (One, Web, Android, false),
            (One, Api, Android, true),
            (One, Android, Api, true),
            (Two, Android, Linux, false),
            (Two, Android, Web, true),
            (Two, Web, Android, true),
            (Two, Web, Web, false),
            (Three, Android, Ios, false),
            (Three, Macos, Windows, false),
            (Three, Android, Linux, true),
            (Three, Web, Web, false),
            (Three, Linux, Web, true),
            (All, Web, Web, true),
        ] {
            assert_eq!(may_stay(policy, older, newer), stays, "{policy:?}: {older:?}, then {newer:?}");
        }
    }
}
