//! The key of a provider, read anew for each question: changed where it is, it counts from the next one.

use crate::model::{AssistantSettings, KeySource, Secret};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of key files in the data folder.
const FOLDER: &str = "keys";
/// Longest key, in bytes.
const KEY_BYTES_MAX: u64 = 8 * 1024;

/// Where keys are.
#[derive(Clone, Debug)]
pub struct Keys {
    folder: PathBuf,
}

impl Keys {
    /// For a data folder.
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// The key of an assistant, if it has one; the error says what is missing, and what to do.
    pub async fn of(&self, settings: &AssistantSettings) -> Result<Option<Secret>, String> {
        let Some(source) = settings.key.clone() else { return Ok(None) };
        let keys = self.clone();
        let reading = tokio::task::spawn_blocking(move || keys.read(&source));
        reading.await.unwrap_or_else(|_| Err("the key could not be read; try again".to_owned())).map(Some)
    }

    fn read(&self, source: &KeySource) -> Result<Secret, String> {
        let (key, place) = match source {
            KeySource::Environment(name) => {
                let found = std::env::var(name.as_str()).map_err(|_| {
                    format!(
                        "the server's environment has no variable {name} (it is read when the server starts: set it there, \
                         and start the server again)"
                    )
                })?;
                (found, format!("the variable {name}"))
            }
            KeySource::File(name) => {
                // A plain name is one of the folder; the operator may name any other place.
                let path = self.folder.join(name.as_str());
                let place = format!("the file {}", path.display());
                // A pipe or a device would be waited for.
                if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
                    return Err(format!("{place} cannot be read: it is no file"));
                }
                let mut text = String::new();
                let opened = std::fs::File::open(&path).map_err(|error| format!("{place} cannot be read: {error}"))?;
                opened
                    .take(KEY_BYTES_MAX)
                    .read_to_string(&mut text)
                    .map_err(|error| format!("{place} cannot be read: {error}"))?;
                (text, place)
            }
        };
        let key = key.trim();
        if key.is_empty() {
            return Err(format!("{place} is empty; put the provider's key there"));
        }
        if !key.bytes().all(|c| c.is_ascii_graphic()) {
            return Err(format!("{place} holds more than a key: it must be one word"));
        }
        Ok(Secret::new(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Line;

    #[test]
    fn a_key_is_one_word_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::new(folder.path());
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        let file = |name: &str| KeySource::File(Line::new(name).unwrap());
        for (name, text, right) in [("good", "sk-1\n", true), ("empty", " \n", false), ("two", "sk 1", false)] {
            std::fs::write(folder.path().join("keys").join(name), text).unwrap();
            assert_eq!(keys.read(&file(name)).is_ok(), right, "{name}");
        }
        assert_eq!(keys.read(&file("good")).unwrap().reveal(), "sk-1");
        assert!(keys.read(&file("none")).unwrap_err().contains("cannot be read"));
        let variable = KeySource::Environment(Line::new("NOBODY_SETS_THIS_API_KEY").unwrap());
        assert!(keys.read(&variable).unwrap_err().contains("NOBODY_SETS_THIS_API_KEY"));
    }
}
