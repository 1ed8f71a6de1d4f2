//! Faults of the store: the disk, the file or the data is wrong. Never a user's fault.

/// Why the store cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The disk or the file system failed; the handle is given up and the store is opened again.
    #[error("the storage failed: {0}")]
    Io(String),
    /// A record is not what was written.
    #[error(
        "a record in table `{table}` (key {key}) is damaged: {reason}; run `tidings check --data DIR` and restore a backup"
    )]
    Damaged {
        /// The table.
        table: &'static str,
        /// The key, in hexadecimal.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process uses the data folder.
    #[error("the data folder {folder} is in use by process {pid}; stop it first, or name another folder with --data")]
    Locked {
        /// The folder.
        folder: String,
        /// The process that holds it, `?` when unknown.
        pid: String,
    },
    /// The folder or file is not one of ours, or a newer version wrote it.
    #[error("{0}")]
    Unusable(String),
    /// What a reader was looking at has been folded and let go meanwhile: take the newest View and start again.
    #[error("the state that was read is gone; read again")]
    Stale,
    /// A rule of the store was broken by its caller.
    #[error("the store was used wrongly: {0}")]
    Misuse(&'static str),
}

/// Whatever the disk or redb reports is one kind of fault: the handle is given up.
macro_rules! io {
    ($($error:ty),+) => {
        $(impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                Self::Io(error.to_string())
            }
        })+
    };
}
io!(
    redb::StorageError,
    redb::TransactionError,
    redb::TableError,
    redb::CommitError,
    redb::DatabaseError,
    std::io::Error
);
