//! What several capabilities' tests share.

pub mod peer;
pub mod server;
