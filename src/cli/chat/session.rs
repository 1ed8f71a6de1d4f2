//! What a device keeps between two chats: its id, and the session token of each account.

use crate::cli::{Failure, exit};
use crate::client::ServerUrl;
use crate::model::{Device, DeviceId, Name, Platform, UserId};
use std::io;
use std::path::{Path, PathBuf};

/// The folder of the tokens and of the device's id.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// `given`, or `tidings` in the user's folder for configuration (XDG Base Directory Specification).
    pub fn find(given: Option<PathBuf>) -> Result<Self, Failure> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        given
            .or_else(|| absolute("XDG_CONFIG_HOME").map(|folder| folder.join("tidings")))
            .or_else(|| absolute("HOME").map(|home| home.join(".config/tidings")))
            .map(Self)
            .ok_or_else(|| {
                Failure::new(
                    exit::CANNOT_CREATE,
                    "There is no place to keep the session: HOME is not set. Name a folder with --state DIR.",
                )
            })
    }

    /// The file of the session token of `user` at a server.
    pub fn token(&self, server: &ServerUrl, user: &UserId) -> PathBuf {
        let host = server.host.replace([':', '/', '\\'], "_");
        self.0.join("sessions").join(format!("{host}_{}", server.port)).join(format!("{}.token", user.folded()))
    }

    /// This device, the same at every start.
    pub fn device(&self) -> Result<Device, Failure> {
        let path = self.0.join("device");
        let id = kept_id(&path).map_err(|error| {
            Failure::new(
                exit::CANNOT_CREATE,
                format!("{} cannot be kept: {error}. Name another folder with --state DIR.", path.display()),
            )
        })?;
        // Where a system keeps its name elsewhere, the device is simply a terminal.
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = Name::new(format!("{} (terminal)", host.trim())).or_else(|_| Name::new("terminal"));
        let name = name.map_err(|error| Failure::new(exit::DATA, error.to_string()))?;
        let platform = if cfg!(target_os = "macos") { Platform::Macos } else { Platform::Linux };
        Ok(Device { id, platform, name })
    }
}

fn kept_id(path: &Path) -> io::Result<DeviceId> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            if let Ok(id) = text.trim().parse() {
                return Ok(id);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let text = uuid::Uuid::new_v4().simple().to_string();
    let id = DeviceId::new(&text).map_err(|error| io::Error::other(error.to_string()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, &text)?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_keeps_its_id_and_each_account_its_own_token() {
        let folder = tempfile::tempdir().unwrap();
        let state = Folder::find(Some(folder.path().join("deep"))).unwrap();
        assert_eq!(state.device().unwrap(), state.device().unwrap());
        let server: ServerUrl = "tcp://[::1]:9000".parse().unwrap();
        let other: ServerUrl = "tcp://[::1]:9001".parse().unwrap();
        let (ada, also_ada, bob) = ("ada".parse().unwrap(), "ADA".parse().unwrap(), "bob".parse().unwrap());
        assert_eq!(state.token(&server, &ada), state.token(&server, &also_ada));
        assert_ne!(state.token(&server, &ada), state.token(&server, &bob));
        assert_ne!(state.token(&server, &ada), state.token(&other, &ada));
        assert!(state.token(&server, &ada).starts_with(folder.path()));
    }
}
