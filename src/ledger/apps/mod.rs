//! Apps (tenants) and their settings.

pub(super) mod create_app;
pub(super) mod found;
pub(super) mod invites;
pub(super) mod set_app;

use super::Stop;
use super::refuse::refuse;
use crate::model::{AppSettings, Code};

/// Settings that rules can work with: an entry must stay below its limit, a group must hold its owner and somebody else.
fn check_settings(settings: &AppSettings) -> Result<(), Stop> {
    if !(1..=AppSettings::MESSAGE_BYTES_LIMIT).contains(&settings.message_bytes_max) {
        let limit = AppSettings::MESSAGE_BYTES_LIMIT;
        return refuse(Code::Invalid, format!("`message_bytes_max` must be between 1 and {limit}."));
    }
    if !(2..=AppSettings::GROUP_MEMBERS_LIMIT).contains(&settings.group_members_max) {
        let limit = AppSettings::GROUP_MEMBERS_LIMIT;
        return refuse(Code::Invalid, format!("`group_members_max` must be between 2 and {limit}."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stay_within_what_the_rules_can_hold() {
        let with = |message_bytes_max, group_members_max| AppSettings {
            message_bytes_max,
            group_members_max,
            ..AppSettings::default()
        };
        for (settings, fine) in [
            (AppSettings::default(), true),
            (with(1, 2), true),
            (with(0, 10), false),
            (with(AppSettings::MESSAGE_BYTES_LIMIT, AppSettings::GROUP_MEMBERS_LIMIT), true),
            (with(AppSettings::MESSAGE_BYTES_LIMIT + 1, 10), false),
            (with(10, 1), false),
            (with(10, AppSettings::GROUP_MEMBERS_LIMIT + 1), false),
        ] {
            assert_eq!(check_settings(&settings).is_ok(), fine, "{settings:?}");
        }
    }
}
