//! The files beside the database.
//!
//! ```text
//! data/media/ab/cd/abcd…        a file: its path is its random id and nothing a person chose
//! data/media/ab/cd/abcd….thumb  its small picture
//! data/media/incoming/….part    an upload as far as it has come
//! data/media/incoming/….json    what was promised about it
//! ```
//!
//! Folders are 0700, files 0600. A name appears only when what it names is on disk: a temporary name, sync, rename, sync of the
//! folder. Nothing here follows a symbolic link in its last step, or opens what exists where it makes something new.

use crate::model::MediaId;
use rustix::fs::OFlags;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The folder in the data folder.
const FOLDER: &str = "media";
/// And in it the uploads that are not complete.
const INCOMING: &str = "incoming";

/// Which file of a media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// What was uploaded, byte for byte.
    Original,
    /// The small picture made of it.
    Thumbnail,
}

/// The folder of the files.
#[derive(Clone, Debug)]
pub(super) struct Files {
    root: PathBuf,
}

/// What lies in `incoming`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Incoming {
    /// The bytes.
    Part(MediaId),
    /// What was promised.
    State(MediaId),
    /// Something else: a temporary name that a crash left.
    Other,
}

impl Files {
    /// Makes the folders in a data folder where they are missing.
    pub fn open(data: &Path) -> io::Result<Self> {
        let root = data.join(FOLDER);
        make_folder(&root)?;
        make_folder(&root.join(INCOMING))?;
        Ok(Self { root })
    }

    /// Where a file of a media is.
    pub fn path(&self, media: MediaId, variant: Variant) -> PathBuf {
        let name = media.to_string();
        let folder = self.root.join(&name[..2]).join(&name[2..4]);
        match variant {
            Variant::Original => folder.join(name),
            Variant::Thumbnail => folder.join(format!("{name}.thumb")),
        }
    }

    /// Where the bytes of an upload are.
    pub fn part(&self, media: MediaId) -> PathBuf {
        self.root.join(INCOMING).join(format!("{media}.part"))
    }

    fn state(&self, media: MediaId) -> PathBuf {
        self.root.join(INCOMING).join(format!("{media}.json"))
    }

    /// Starts an upload: an empty part, and beside it what was promised.
    pub fn begin(&self, media: MediaId, state: &[u8]) -> io::Result<()> {
        create(&self.part(media))?.sync_all()?;
        write_new(&self.state(media), state)
    }

    /// What was promised about an upload.
    pub fn promised(&self, media: MediaId) -> io::Result<Vec<u8>> {
        fs::read(self.state(media))
    }

    /// How many bytes of an upload are here; none when there is no part.
    pub fn part_bytes(&self, media: MediaId) -> io::Result<Option<u64>> {
        match fs::symlink_metadata(self.part(media)) {
            Ok(found) if found.is_file() => Ok(Some(found.len())),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the part of an upload for writing at its end.
    pub fn open_part(&self, media: MediaId) -> io::Result<File> {
        OpenOptions::new().write(true).custom_flags(no_follow()).open(self.part(media))
    }

    /// Opens a complete upload for reading: its part, or the file when it has its name already.
    pub fn complete(&self, media: MediaId) -> io::Result<File> {
        let open = |path| OpenOptions::new().read(true).custom_flags(no_follow()).open(path);
        match open(self.part(media)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => open(self.path(media, Variant::Original)),
            opened => opened,
        }
    }

    /// Gives a complete part the name under which it is served; nothing is left to do when it has it.
    pub fn keep(&self, media: MediaId) -> io::Result<()> {
        if self.has(media) {
            return Ok(());
        }
        let path = self.path(media, Variant::Original);
        self.make_shard(&path)?;
        let part = self.part(media);
        File::open(&part)?.sync_all()?;
        fs::rename(&part, &path)?;
        sync_folder(&path)
    }

    /// Writes the small picture of a media.
    pub fn keep_thumbnail(&self, media: MediaId, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(media, Variant::Thumbnail);
        self.make_shard(&path)?;
        write_new(&path, bytes)
    }

    /// Opens a file for reading, with its length; none when it is not there.
    pub fn read(&self, media: MediaId, variant: Variant) -> io::Result<Option<(File, u64)>> {
        let file = match OpenOptions::new().read(true).custom_flags(no_follow()).open(self.path(media, variant)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes = file.metadata()?.len();
        Ok(Some((file, bytes)))
    }

    /// Whether the file of a media is in its place.
    pub fn has(&self, media: MediaId) -> bool {
        fs::symlink_metadata(self.path(media, Variant::Original)).is_ok_and(|found| found.is_file())
    }

    /// Removes the files of a media; what is not there is passed over.
    pub fn remove(&self, media: MediaId) -> io::Result<()> {
        remove(&self.path(media, Variant::Thumbnail))?;
        remove(&self.path(media, Variant::Original))
    }

    /// Removes an upload, its promise last, so that a crash in between leaves something that is found again.
    pub fn abandon(&self, media: MediaId) -> io::Result<()> {
        remove(&self.part(media))?;
        remove(&self.state(media))
    }

    /// What lies in `incoming`, by name.
    pub fn incoming(&self) -> io::Result<Vec<(PathBuf, Incoming)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.root.join(INCOMING))? {
            let path = entry?.path();
            let id = path.file_stem().and_then(|stem| MediaId::from_str(stem.to_str()?).ok());
            let kind = match (id, path.extension().and_then(|extension| extension.to_str())) {
                (Some(media), Some("part")) => Incoming::Part(media),
                (Some(media), Some("json")) => Incoming::State(media),
                (Some(_) | None, _) => Incoming::Other,
            };
            found.push((path, kind));
        }
        Ok(found)
    }

    /// Calls `each` with every file in the shards, while it says so: its path, and the media it belongs to when its name tells.
    pub fn walk(&self, mut each: impl FnMut(&Path, Option<MediaId>) -> bool) -> io::Result<()> {
        for shard in folders(&self.root)? {
            if shard.file_name().is_some_and(|name| name == INCOMING) {
                continue;
            }
            for folder in folders(&shard)? {
                for entry in fs::read_dir(&folder)? {
                    let path = entry?.path();
                    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                    let name = name.strip_suffix(".new").unwrap_or(name);
                    let id = MediaId::from_str(name.strip_suffix(".thumb").unwrap_or(name)).ok();
                    let home = id.map(|media| self.path(media, Variant::Original));
                    let at_home = home.is_some_and(|home| home.parent() == path.parent());
                    if !each(&path, id.filter(|_| at_home)) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// How many bytes the disk still has for us.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.root)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn make_shard(&self, path: &Path) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        if let Some(above) = folder.parent().filter(|above| *above != self.root) {
            make_folder(above)?;
        }
        make_folder(folder)
    }
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a file of a few kilobytes that is there whole or not at all.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    // What a crash left under this name was never promised to anybody.
    remove(&temporary)?;
    let mut file = create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_folder(path)
}

fn no_follow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

/// Makes a file that was not there.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(no_follow()).open(path)
}

/// Makes a folder for its owner alone, where it is missing; refuses what is something else.
fn make_folder(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return sync_folder(folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.mode() & 0o022 != 0 {
        let words = format!("{} must be a folder that only its owner can write to", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    Ok(())
}

/// Makes a new or removed name durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The folders in a folder, links not among them.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const ID: MediaId = MediaId([0xab; 16]);

    #[test]
    fn a_file_appears_under_its_name_only_when_it_is_complete() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::open(data.path()).unwrap();
        files.begin(ID, b"{}").unwrap();
        files.open_part(ID).unwrap().write_all(b"hello").unwrap();
        assert_eq!(files.part_bytes(ID).unwrap(), Some(5));
        assert!(!files.has(ID) && files.read(ID, Variant::Original).unwrap().is_none());
        files.keep(ID).unwrap();
        assert!(files.has(ID));
        assert_eq!(files.read(ID, Variant::Original).unwrap().unwrap().1, 5);
        let path = files.path(ID, Variant::Original);
        assert!(path.ends_with(format!("media/ab/ab/{}", "ab".repeat(16))), "{}", path.display());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        let mut seen = Vec::new();
        files
            .walk(|_, media| {
                seen.push(media);
                true
            })
            .unwrap();
        assert_eq!(seen, [Some(ID)]);
        files.remove(ID).unwrap();
        files.remove(ID).unwrap();
        assert!(!files.has(ID));
    }

    #[test]
    fn a_symbolic_link_is_neither_read_nor_written_through() {
        let data = tempfile::tempdir().unwrap();
        let files = Files::open(data.path()).unwrap();
        let outside = data.path().join("outside");
        fs::write(&outside, b"secret").unwrap();
        let path = files.path(ID, Variant::Original);
        files.make_shard(&path).unwrap();
        symlink(&outside, &path).unwrap();
        assert!(files.read(ID, Variant::Original).is_err());
        assert!(!files.has(ID));
        symlink(&outside, files.part(ID)).unwrap();
        assert!(files.begin(ID, b"{}").is_err());
        assert!(files.open_part(ID).is_err());
        assert_eq!(files.part_bytes(ID).unwrap(), None);
        assert_eq!(fs::read(&outside).unwrap(), b"secret");
    }

    #[test]
    fn a_folder_that_others_can_write_to_or_a_link_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), data.path().join("media")).unwrap();
        assert!(Files::open(data.path()).is_err());
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("media")).unwrap();
        fs::set_permissions(data.path().join("media"), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Files::open(data.path()).is_err());
    }
}
