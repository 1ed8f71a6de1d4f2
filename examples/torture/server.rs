//! The real server as a process of our own: started, killed, and killed too when this is dropped.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;
use tidings::model::clock::monotonic;

/// A server that is not ready within this time never will be.
const PATIENCE: Duration = Duration::from_mins(1);

/// Rates and addresses without limits, because this is one busy address; edits and recalls at any time.
const CONFIG: &str = "\
[limits]
rate_per_second = 0
rate_burst = 0
connections_per_address = 0

[log]
level = \"warn\"

[home]
recall_window_s = 86400
edit_window_s = 86400
";

/// What is needed to start it.
pub struct Launcher {
    binary: PathBuf,
    folder: PathBuf,
}

/// A running server.
pub struct Server {
    process: Child,
    /// Where it listens; none when it was killed before it was ready.
    pub address: Option<SocketAddr>,
    /// How long it took to get ready.
    pub ready_ms: u64,
}

impl Launcher {
    /// Prepares `folder`: its data is in `data`, its log in `server.log`.
    pub fn new(binary: PathBuf, folder: &Path) -> io::Result<Self> {
        std::fs::write(folder.join("tidings.toml"), CONFIG)?;
        Ok(Self { binary, folder: folder.to_owned() })
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, word: &str) -> io::Result<Command> {
        let log = File::options().create(true).append(true).open(self.folder.join("server.log"))?;
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDINGS_")) {
            command.env_remove(name);
        }
        command.current_dir(&self.folder).stdin(Stdio::null()).stderr(log).arg(word);
        command.arg("--data").arg(self.data()).arg("--config").arg(self.folder.join("tidings.toml"));
        Ok(command)
    }

    /// Starts it. With `kill_after` it is killed that long after its start, ready or not.
    pub fn start(&self, kill_after: Option<Duration>) -> Result<Server, String> {
        let began = monotonic();
        let mut process = self
            .command("serve")
            .and_then(|mut command| {
                command.args(["--listen-tcp", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"]);
                command.stdout(Stdio::piped()).spawn()
            })
            .map_err(|error| format!("the server could not be started: {error}"))?;
        let stdout = process.stdout.take();
        let mut server = Server { process, address: None, ready_ms: 0 };
        let (said, ready) = sync_channel(1);
        std::thread::spawn(move || {
            for line in stdout.into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok) {
                // Only the first line is waited for; the rest is read so that the server never waits for us.
                drop(said.try_send(line));
            }
        });
        match ready.recv_timeout(kill_after.unwrap_or(PATIENCE)) {
            Ok(line) => {
                let address = line.split(' ').find_map(|part| part.strip_prefix("tcp=")?.parse().ok());
                server.address =
                    Some(address.ok_or_else(|| format!("the server said `{line}`, not where it listens"))?);
                server.ready_ms = began.elapsed().as_millis() as u64;
                Ok(server)
            }
            Err(RecvTimeoutError::Timeout) if kill_after.is_some() => Ok(server),
            Err(_) => Err(format!("the server did not get ready; its last words:\n{}", self.last_words())),
        }
    }

    /// Reads every record in the data folder and compares its checksum, with `tidings check`.
    pub fn check(&self) -> Result<(), String> {
        let status = self
            .command("check")
            .and_then(|mut command| command.stdout(Stdio::null()).status())
            .map_err(|error| format!("`tidings check` could not be started: {error}"))?;
        if status.success() {
            return Ok(());
        }
        Err(format!("`tidings check` found damage ({status}):\n{}", self.last_words()))
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Server {
    /// Ends it with SIGKILL and waits until it is gone. An error when it had ended by itself.
    pub fn kill(mut self) -> Result<(), String> {
        match self.process.try_wait() {
            Ok(None) => {}
            Ok(Some(status)) => return Err(format!("the server ended by itself ({status})")),
            Err(error) => return Err(format!("the server's process was lost: {error}")),
        }
        self.process
            .kill()
            .and_then(|()| self.process.wait())
            .map_err(|error| format!("it was not killed: {error}"))?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already is as good as killed.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
