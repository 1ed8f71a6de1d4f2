//! Direct chats.

pub(super) mod direct;
pub(super) mod open_direct;
