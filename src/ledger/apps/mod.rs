//! Apps (tenants): their settings, how other systems use them, their keys, and what is done for a whole app a step at a time.

pub(super) mod create_app;
pub(super) mod delete_app;
pub(super) mod found;
pub(super) mod invites;
pub(super) mod keys;
pub mod once;
pub mod origins;
pub(super) mod reseal;
pub mod scope;
pub(super) mod set_access;
pub(super) mod set_app;
pub mod sign_in;
pub(super) mod step;
pub(super) mod step_delete;
pub(super) mod suspend;
pub(super) mod tokens;
pub(super) mod totals;

use super::Stop;
use super::refuse::refuse;
use crate::model::{AppId, AppSettings, AppState, Code};
use crate::store::records::{AppRow, AppStateRow};
use crate::store::{Fault, Read};
use std::sync::Arc;

/// An app, or the refusal that says that there is none.
pub(super) fn find(state: &impl Read, app: AppId) -> Result<Arc<AppRow>, Stop> {
    state.get::<AppRow>(&app)?.map_or_else(|| no_such_app(app), Ok)
}

fn no_such_app<T>(app: AppId) -> Result<T, Stop> {
    refuse(Code::NotFound, format!("There is no app {app}; `tidings app list` shows those there are."))
}

/// Refuses an app that is not there, or of which nobody acts.
pub(super) fn check_there(state: &impl Read, app: AppId) -> Result<(), Stop> {
    find(state, app)?;
    check_active(state, app)
}

/// How other systems use an app; as by default when nothing was set.
pub(super) fn state_of(state: &impl Read, app: AppId) -> Result<Arc<AppStateRow>, Fault> {
    Ok(state.get::<AppStateRow>(&app)?.unwrap_or_default())
}

/// Refuses an app of which nobody acts.
pub(super) fn check_active(state: &impl Read, app: AppId) -> Result<(), Stop> {
    match state_of(state, app)?.state {
        AppState::Active => Ok(()),
        AppState::Suspended => refuse(Code::Suspended, "This app is suspended; ask whoever runs this server."),
        AppState::Deleting => {
            refuse(Code::Suspended, "This app is being deleted; nobody of it can do anything any more.")
        }
    }
}

/// The server's own app is not done away with.
fn check_not_home(app: AppId, doing: &str) -> Result<(), Stop> {
    if app == AppId::HOME {
        return refuse(Code::Invalid, format!("The app `home` is the server's own and cannot be {doing}."));
    }
    Ok(())
}

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
