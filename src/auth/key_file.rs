//! A key of the server in a file of its own in the data folder, for its owner alone: made on the first start, read on all others.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// A key's file is not larger.
const BYTES_MAX: u64 = 4 * 1024;

/// Reads the key `name` of a data folder; writes the one that `make` gives when there is none, whole or not at all. Whoever else
/// could read the file cannot any more. Errors are those of the file system and of `make`.
pub fn open(data: &Path, name: &str, make: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    if let Some(bytes) = read(data, name)? {
        return Ok(bytes);
    }
    let bytes = make()?;
    write_new(data, name, &bytes)?;
    Ok(bytes)
}

/// Reads the key `name` of a data folder, when there is one. Whoever else could read the file cannot any more.
pub fn read(data: &Path, name: &str) -> io::Result<Option<Vec<u8>>> {
    let path = data.join(name);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Gives the key `from` the name `to`, in place of the one that had it: for good when this returns.
pub fn rename(data: &Path, from: &str, to: &str) -> io::Result<()> {
    fs::rename(data.join(from), data.join(to))?;
    File::open(data)?.sync_all()
}

/// Makes sure that the key `name`, which somebody has put there, is there for good.
pub fn settle(data: &Path, name: &str) -> io::Result<()> {
    File::open(data.join(name))?.sync_all()?;
    File::open(data)?.sync_all()
}

/// Reads the key `name` of so many random bytes; makes it when there is none, like [`open`].
pub fn open_random<const BYTES: usize>(data: &Path, name: &str) -> io::Result<[u8; BYTES]> {
    let random = || {
        let mut key = vec![0; BYTES];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(key)
    };
    let bytes = open(data, name, random)?;
    bytes.try_into().map_err(|bytes: Vec<u8>| {
        io::Error::other(format!("{name} has {} bytes, where a key has {BYTES}; put the right file back", bytes.len()))
    })
}

/// Writes a key that is not there, whole or not at all.
pub fn write_new(data: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = data.join(format!("{name}.new"));
    // What a crash left under this name was never used.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, data.join(name))?;
    File::open(data)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("some.key.new"), "what a crash left").unwrap();
        let first = open_random::<32>(data.path(), "some.key").unwrap();
        let path = data.path().join("some.key");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(open_random::<32>(data.path(), "some.key").unwrap(), first);
        assert_eq!(mode(), 0o600, "taken back");
        assert!(open_random::<16>(data.path(), "some.key").unwrap_err().to_string().contains("has 32 bytes"));
    }
}
