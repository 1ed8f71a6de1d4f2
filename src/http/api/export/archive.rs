//! A ZIP that is made while it is read: what was written is handed on in pieces, and no more is made before the last one was taken.

use crate::model::Refusal;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use parking_lot::Mutex;
use serde::Serialize;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// What is collected before it is handed on, in bytes.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that may wait for the reader.
const PIECES: usize = 1;

/// An archive in the making.
pub struct Archive {
    zip: ZipWriter<StreamWriter<Made>>,
    made: Made,
    pieces: mpsc::Sender<Bytes>,
}

/// Why an archive ends before it is complete. Its reader sees that the answer breaks off.
#[derive(Debug)]
pub struct Ended(io::Error);

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl From<zip::result::ZipError> for Ended {
    fn from(error: zip::result::ZipError) -> Self {
        Self(error.into())
    }
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self(io::Error::other(refusal.to_string()))
    }
}

impl Archive {
    /// Begins a file of text, which is made smaller.
    pub fn text(&mut self, name: &str) -> Result<(), Ended> {
        self.file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
    }

    /// Begins a file of so many bytes, which is kept as it is: pictures, sounds and films are small already.
    pub fn bytes_as_they_are(&mut self, name: &str, bytes: u64) -> Result<(), Ended> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        self.file(name, options.large_file(bytes >= u64::from(u32::MAX)))
    }

    fn file(&mut self, name: &str, options: SimpleFileOptions) -> Result<(), Ended> {
        Ok(self.zip.start_file(name, options)?)
    }

    /// Writes a value into the current file, as JSON on a line.
    pub async fn line(&mut self, value: &impl Serialize) -> Result<(), Ended> {
        let mut line = serde_json::to_vec(value).map_err(io::Error::other)?;
        line.push(b'\n');
        self.write(&line).await
    }

    /// Writes into the current file.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.zip.write_all(bytes)?;
        if self.made.0.lock().len() >= PIECE_BYTES { self.hand_on().await } else { Ok(()) }
    }

    async fn hand_on(&mut self) -> Result<(), Ended> {
        let piece = Bytes::from(std::mem::take(&mut *self.made.0.lock()));
        let gone = |_| Ended(io::Error::from(io::ErrorKind::BrokenPipe));
        self.pieces.send(piece).await.map_err(gone)
    }

    /// Writes the list of all files, which is the archive's end.
    pub async fn finish(mut self) -> Result<(), Ended> {
        std::mem::replace(&mut self.zip, ZipWriter::new_stream(Made::default())).finish()?;
        self.hand_on().await
    }
}

/// What the archive has written and nobody has taken yet.
#[derive(Clone, Default)]
struct Made(Arc<Mutex<Vec<u8>>>);

impl Write for Made {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Making = Pin<Box<dyn Future<Output = Result<(), Ended>> + Send>>;

/// The body of an answer that is an archive. `make` runs as the body is read, and ends with it when the reader goes.
pub fn body<F>(make: impl FnOnce(Archive) -> F) -> Body
where
    F: Future<Output = Result<(), Ended>> + Send + 'static,
{
    let (pieces, made) = mpsc::channel(PIECES);
    let buffer = Made::default();
    let archive = Archive { zip: ZipWriter::new_stream(buffer.clone()), made: buffer, pieces };
    let making: Making = Box::pin(make(archive));
    Body::from_stream(stream::unfold((Some(making), made), next))
}

/// The next piece; the maker works while it is waited for.
async fn next((mut making, mut made): State) -> Option<(io::Result<Bytes>, State)> {
    loop {
        let Some(maker) = &mut making else {
            // What it left behind when it ended.
            return made.recv().await.map(|piece| (Ok(piece), (None, made)));
        };
        tokio::select! {
            biased;
            Some(piece) = made.recv() => return Some((Ok(piece), (making, made))),
            ended = maker => {
                making = None;
                if let Err(Ended(error)) = ended {
                    tracing::info!(%error, "an export ended before it was complete");
                    return Some((Err(error), (None, made)));
                }
            }
        }
    }
}

type State = (Option<Making>, mpsc::Receiver<Bytes>);
