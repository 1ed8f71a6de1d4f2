//! What several capabilities' tests share.

pub mod in_process;
pub mod peer;
