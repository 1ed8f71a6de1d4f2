//! The record outside of the server: an append-only file, a line for each thing that was asked, answered or seen. A line is
//! written before what it says counts; the check reads it back from the file.

use super::check::{Line, Record};
use parking_lot::Mutex;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

/// The file.
pub struct Writer(Mutex<File>);

impl Writer {
    /// A new file; it must not be there yet.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(File::options().create_new(true).append(true).open(path)?)))
    }

    /// Appends a line, in one write.
    pub fn write(&self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.0.lock().write_all(&bytes)
    }
}

/// Reads what the file has; each time what is new.
pub struct Reader {
    file: BufReader<File>,
    /// Everything so far.
    pub record: Record,
}

impl Reader {
    /// Opens the file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: BufReader::new(File::open(path)?), record: Record::default() })
    }

    /// Reads on to its end.
    pub fn read_on(&mut self) -> io::Result<()> {
        let mut line = String::new();
        while self.file.read_line(&mut line)? > 0 {
            self.record.take(serde_json::from_str(&line)?);
            line.clear();
        }
        Ok(())
    }
}
