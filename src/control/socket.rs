//! The socket in the data folder: bounded requests, bounded time, a bounded number of clients.

use super::handle::Control;
use super::{LINE_BYTES_MAX, Request, Response};
use crate::model::{Code, Refusal};
use crate::shutdown::{Shutdown, Tasks};
use rustix::fs::{Mode, OFlags};
use std::fs::Permissions;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

/// Its name in the data folder.
const NAME: &str = "control.sock";
/// Clients at once; more wait to be accepted.
const CLIENTS_MAX: usize = 16;
/// A client sends its request, and reads its answer, within this time.
const TRANSFER: Duration = Duration::from_secs(10);
/// A request is carried out within this time (100,000 users take the longest).
const WORK: Duration = Duration::from_mins(5);
/// Longest path that fits into the address of a socket, with some room (Linux: 108 bytes).
const PATH_BYTES_MAX: usize = 100;

/// The listening socket. Dropping it removes the file.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

/// The path of the socket, and what must stay open while it is used. A path that is too long for an address goes through the
/// folder's descriptor.
fn address(folder: &Path) -> io::Result<(PathBuf, Option<OwnedFd>)> {
    let path = folder.join(NAME);
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return Ok((path, None));
    }
    let folder = rustix::fs::open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd())), Some(folder)))
}

impl Socket {
    /// Listens in a data folder. Call it only while holding the folder's lock: whatever socket is there is then a leftover of a
    /// server that is gone, and is removed.
    pub fn bind(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (address, _folder) = address(folder)?;
        let listener = UnixListener::bind(address)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers until `shutdown`.
    pub async fn serve(self, control: Control, shutdown: Shutdown, tasks: Tasks) {
        let places = Arc::new(Semaphore::new(CLIENTS_MAX));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = shutdown.wait() => return,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the control socket could not accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let (control, shutdown) = (control.clone(), shutdown.clone());
            tasks.spawn("control", async move {
                tokio::select! {
                    result = converse(&control, stream) => if let Err(error) = result {
                        tracing::debug!(%error, "a client of the control socket went away");
                    },
                    () = shutdown.wait() => {}
                }
                drop(place);
            });
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket could not be removed; the next start removes it");
        }
    }
}

/// Answers one client, request after request.
async fn converse(control: &Control, stream: UnixStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        let mut bounded = (&mut stream).take(LINE_BYTES_MAX + 1);
        if within(TRANSFER, bounded.read_until(b'\n', &mut line)).await? == 0 {
            return Ok(());
        }
        let response = if line.len() as u64 > LINE_BYTES_MAX {
            let message = format!("A request has at most {LINE_BYTES_MAX} bytes.");
            Response::Refused(Refusal::new(Code::TooLarge, message))
        } else {
            match serde_json::from_slice::<Request>(&line) {
                Ok(request) => within(WORK, async { Ok(Box::pin(control.handle(request)).await) }).await?,
                Err(error) => {
                    Response::Refused(Refusal::new(Code::Unsupported, format!("This request is not known: {error}.")))
                }
            }
        };
        let mut answer = serde_json::to_vec(&response)?;
        answer.push(b'\n');
        within(TRANSFER, stream.get_mut().write_all(&answer)).await?;
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Why a server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No server listens in this data folder.
    #[error("no server is running on this data folder")]
    NotRunning,
    /// It could not be asked, or did not answer.
    #[error("the server's control socket failed: {0}")]
    Io(#[from] io::Error),
    /// It answered something else than an answer.
    #[error("the server's control socket answered what this version does not know: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Asks the server that runs on a data folder.
pub async fn ask(folder: &Path, request: &Request) -> Result<Response, AskError> {
    let (address, _folder) = match address(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(AskError::NotRunning),
        address => address?,
    };
    let mut stream = match UnixStream::connect(address).await {
        Ok(stream) => BufReader::new(stream),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Err(AskError::NotRunning);
        }
        Err(error) => return Err(error.into()),
    };
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    within(TRANSFER, stream.get_mut().write_all(&line)).await?;
    let mut answer = Vec::new();
    within(WORK + TRANSFER, (&mut stream).take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut answer)).await?;
    if answer.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it hung up; the server may be stopping").into());
    }
    Ok(serde_json::from_slice(&answer)?)
}
