//! The data folder: its lock, the database file, and a creation that survives a crash at any point.

use super::fault::Fault;
use super::journal::{self, FORMAT, META, META_KEY, Meta, Place};
use crate::model::Epoch;
use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableDatabase, StorageBackend};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The database file in the data folder.
pub const FILE: &str = "tidings.redb";
/// The name it has while it is being created; a leftover counts as absent.
const NEW_FILE: &str = "tidings.redb.new";
/// The file that is locked, and holds the process id of who locked it.
const LOCK_FILE: &str = "LOCK";

/// The lock of a data folder, held as long as this lives.
#[derive(Debug)]
pub struct FolderLock(#[allow(dead_code, reason = "the lock is held by the open file")] File);

/// Makes the folder (mode 0700) if it is not there, and locks it for this process.
pub fn lock(folder: &Path) -> Result<FolderLock, Fault> {
    let unusable = |what: &str, error: std::io::Error| {
        Fault::Unusable(format!("the data folder {} {what}: {error}; check its path, owner and mode", folder.display()))
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| unusable("cannot be made", error))?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join(LOCK_FILE))
        .map_err(|error| unusable("cannot be written", error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let read = file.read_to_string(&mut pid);
            let pid = if read.is_ok() && !pid.trim().is_empty() { pid.trim().to_owned() } else { "?".to_owned() };
            return Err(Fault::Locked { folder: folder.display().to_string(), pid });
        }
        Err(TryLockError::Error(error)) => return Err(unusable("cannot be locked", error)),
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(FolderLock(file))
}

/// Opens the database file, creating it when it is not there. `epoch` is used only for a new one.
pub fn open(folder: &Path, cache_bytes: usize, epoch: Epoch) -> Result<Database, Fault> {
    let file = folder.join(FILE);
    if !file.exists() {
        create(folder, &file, epoch)?;
    }
    let mut head = [0; 4];
    let known = File::open(&file)?.read_exact(&mut head).is_ok() && head == *b"redb";
    if !known {
        return Err(Fault::Unusable(format!(
            "{} is not a Tidings database; it was left as it is. Name another folder with --data, or restore a backup",
            file.display()
        )));
    }
    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes);
    builder.open(&file).map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => {
            Fault::Locked { folder: folder.display().to_string(), pid: "?".to_owned() }
        }
        other => Fault::Unusable(format!(
            "{} cannot be opened: {other}. It was left as it is; run `tidings check --data {}` or restore a backup",
            file.display(),
            folder.display()
        )),
    })
}

/// Creates the file under a temporary name; it gets its own name only when its first commit is on disk.
fn create(folder: &Path, file: &Path, epoch: Epoch) -> Result<(), Fault> {
    let new = folder.join(NEW_FILE);
    match fs::remove_file(&new) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let handle = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&new)?;
    let database = Builder::new().create_with_backend(FileBackend::new(handle)?)?;
    found(&database, epoch)?;
    drop(database);
    File::open(&new)?.sync_all()?;
    fs::rename(&new, file)?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Opens a database on a storage of the caller's own: for tests that break the disk on purpose.
pub fn open_on(backend: impl StorageBackend, cache_bytes: usize, epoch: Epoch) -> Result<Database, Fault> {
    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes);
    let database = builder.create_with_backend(backend)?;
    let read = database.begin_read()?;
    if read.list_tables()?.next().is_none() {
        drop(read);
        found(&database, epoch)?;
    }
    Ok(database)
}

/// The first commit: the format and the epoch.
fn found(database: &Database, epoch: Epoch) -> Result<(), Fault> {
    let transaction = database.begin_write()?;
    let meta = Meta { format: FORMAT, epoch, place: Place::default() };
    transaction
        .open_table(journal::definition(META))?
        .insert(META_KEY, journal::seal(META, META_KEY, &meta)?.as_slice())?;
    transaction.commit()?;
    Ok(())
}

/// Reads the store's own facts; refuses what a newer version wrote.
pub fn meta(database: &Database) -> Result<Meta, Fault> {
    let foreign = || Fault::Unusable("the database is not one of Tidings; name another folder with --data".to_owned());
    let read = database.begin_read()?;
    let table = match read.open_table(journal::definition(META)) {
        Ok(table) => table,
        Err(redb::TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Err(foreign()),
    };
    let value = table.get(META_KEY)?.ok_or_else(foreign)?;
    match journal::format_of(value.value())? {
        FORMAT => journal::unseal(META, META_KEY, value.value()),
        newer if newer > FORMAT => Err(Fault::Unusable(format!(
            "the data has format {newer}, this program knows formats up to {FORMAT}; use the newer version of Tidings that wrote it"
        ))),
        older => Err(Fault::Unusable(format!(
            "the data has format {older}, this program reads format {FORMAT}; before version 1.0 formats change without a way over, so \
             use the version of Tidings that wrote it, or name another folder with --data"
        ))),
    }
}
