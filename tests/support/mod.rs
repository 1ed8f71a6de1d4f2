//! What several capabilities' tests share.

pub mod crew;
pub mod http;
pub mod in_process;
pub mod peer;
pub mod provider;
pub mod requests;
