//! What several capabilities' tests share.

pub mod http;
pub mod in_process;
pub mod peer;
