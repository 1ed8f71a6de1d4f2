//! Durable storage in one redb file. The only room that names redb.
//!
//! It promises: what [`Store::commit`] made durable is there after any crash; a reader sees one committed state ([`View`]); a value
//! that is not what was written is never served ([`Fault::Damaged`]). It never decides a rule of the domain. `engine` owns the one
//! [`Store`]; `ledger` sees [`Tables`] and [`Read`].
//!
//! In reading order: [`records`] (the rows), [`key`] and `codec` (their bytes), `journal` (the tables with shapes of their own),
//! `tables` (a batch's staging layer), `store` (the commit), `folding` (when journal rows become entries), `tail` and `view` (what
//! readers see), `log` (what followers read), `keys` (idempotency keys in memory), `file` (the data folder), `check` (is everything what was written?).

mod check;
mod codec;
mod fault;
mod file;
mod folding;
mod journal;
pub mod key;
mod keys;
mod log;
mod read;
pub mod records;
#[allow(clippy::module_inception, reason = "the file is named after the type it holds")]
mod store;
mod tables;
mod tail;
mod view;

#[cfg(test)]
mod tests;

pub use check::{CheckReport, check, check_view, dump};
pub use fault::Fault;
pub use journal::{LogItem, LogKind};
pub use log::LogBatch;
pub use read::{Read, Rows};
pub use store::{StagedBatch, Store, StoreOptions, StoreStats};
pub use tables::Tables;
pub use view::View;
