//! Data that may vanish at any time: when users were last there. It is kept in memory and written behind into a folder of its own
//! (sled), so that it survives a restart; who deletes that folder loses nothing else. The only room that names `sled`.

mod last_seen;

pub use last_seen::LastSeen;
