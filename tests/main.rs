//! Integration tests: one binary, a module per capability, through the public doors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::ref_option,
    clippy::format_push_string,
    clippy::assigning_clones,
    clippy::items_after_statements,
    missing_docs,
    reason = "tests and their support code fail by panicking, and their names are sentences"
)]

#[path = "support/proxy.rs"]
mod proxy;
#[path = "../examples/torture/random.rs"]
mod random;
#[path = "support/server.rs"]
mod server;

#[path = "../examples/torture/check.rs"]
#[allow(dead_code, reason = "the torture itself writes and serialises what is only read here")]
mod torture_check;

mod admin;
mod api;
mod apps;
mod arrows;
mod assistant;
mod before_hooks;
mod behind_proxy;
mod bench;
mod bots;
mod chat;
mod cli;
mod config;
mod contacts;
mod crash;
mod devices;
mod docs;
mod gateway;
mod groups;
mod hostile;
mod mcp;
mod media;
mod messages;
mod model;
mod permissions;
mod presence;
mod protocol;
mod push;
mod search;
mod security;
mod support;
mod typescript;
mod web;
mod webhooks;
