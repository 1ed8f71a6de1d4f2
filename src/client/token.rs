//! Where the session token is kept between two runs.

use crate::model::Secret;
use std::io;
use std::path::{Path, PathBuf};

/// Keeps one session token. Called from the client's task; a slow store holds up the connection.
pub trait TokenStore: Send + 'static {
    /// The token, if there is one.
    fn load(&mut self) -> io::Result<Option<Secret>>;
    /// Keeps a new token instead of the old one.
    fn save(&mut self, token: &Secret) -> io::Result<()>;
    /// Drops the token: its session is over.
    fn forget(&mut self) -> io::Result<()>;
}

/// Keeps the token as long as the program runs.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Option<Secret>);

impl MemoryTokenStore {
    /// A store that holds `token`.
    pub const fn with(token: Secret) -> Self {
        Self(Some(token))
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&mut self) -> io::Result<Option<Secret>> {
        Ok(self.0.clone())
    }

    fn save(&mut self, token: &Secret) -> io::Result<()> {
        self.0 = Some(token.clone());
        Ok(())
    }

    fn forget(&mut self) -> io::Result<()> {
        self.0 = None;
        Ok(())
    }
}

/// Keeps the token in a file that only its owner reads (mode 0600).
#[derive(Debug)]
pub struct FileTokenStore(PathBuf);

impl FileTokenStore {
    /// A store in the file `path`; its folder is created with the first token.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl TokenStore for FileTokenStore {
    fn load(&mut self) -> io::Result<Option<Secret>> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text.trim()).filter(|token| !token.is_empty()).map(Secret::new)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&mut self, token: &Secret) -> io::Result<()> {
        write_private(&self.0, token.reveal().as_bytes())
    }

    fn forget(&mut self) -> io::Result<()> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Replaces the file `path` in one step by one with `bytes` that only its owner reads.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let half = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&half)?.write_all(bytes)?;
    std::fs::rename(&half, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_is_read_by_its_owner_only_and_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/token");
        let mut store = FileTokenStore::new(path.clone());
        assert_eq!(store.load().unwrap(), None);
        store.save(&Secret::new("tds_one")).unwrap();
        store.save(&Secret::new("tds_two")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(store.load().unwrap().unwrap().reveal(), "tds_two");
        store.forget().unwrap();
        store.forget().unwrap();
        assert_eq!(store.load().unwrap(), None);
    }
}
