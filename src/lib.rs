//! Tidings: a whole instant-messaging system in one binary.

pub mod app;
pub mod auth;
pub mod cli;
pub mod client;
pub mod config;
pub mod control;
pub mod engine;
pub mod gateway;
pub mod http;
pub mod hub;
pub mod ledger;
pub mod model;
pub mod net;
pub mod protocol;
pub mod shutdown;
pub mod store;
pub mod telemetry;
