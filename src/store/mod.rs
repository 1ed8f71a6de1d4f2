//! Durable storage. See `docs/architecture.md`.

mod fault;
pub mod key;
mod read;
pub mod records;
mod tables;
mod view;

pub use fault::Fault;
pub use read::Read;
pub use tables::Tables;
pub use view::View;
