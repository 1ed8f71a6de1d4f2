//! What users say of themselves, how they may be reached, and how they are.

pub(super) mod set_presence;
pub(super) mod set_profile;
pub(super) mod set_settings;
