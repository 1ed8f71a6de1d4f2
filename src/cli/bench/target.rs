//! The server that is measured: one of our own in another process, or one that runs already.

use super::super::{Failure, exit, unexpected};
use super::{Args, Scenario, Transport};
use crate::client::wire::Endpoint;
use crate::client::{ServerUrl, Trust};
use crate::control::{self, BENCH_USERS_MAX, BenchUser, Request, Response, Status};
use crate::model::clock::monotonic;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a server of our own may take to start …
const START: Duration = Duration::from_mins(1);
/// … and to stop when asked to.
const STOP: Duration = Duration::from_secs(20);
/// Connections from one address of this machine: below the number of its ports.
const CONNECTIONS_PER_SOURCE: u32 = 20_000;

/// What a server of our own is told. The limits that would otherwise turn the generator away (it is one address, and faster than
/// people) are lifted; those that bound memory are not.
fn config(args: &Args) -> String {
    let connections = 2 * args.pairs + args.members + args.connections + 64;
    let mode = if args.transport.is_encrypted() { "self-signed" } else { "off" };
    format!(
        "[limits]\nrate_per_second = 0\nrate_burst = 0\nconnections = {connections}\nconnections_per_address = 0\n\n\
         [log]\nlevel = \"warn\"\n\n[tls]\nmode = \"{mode}\"\n\n[outbound]\nallow = [\"127.0.0.1/32\"]\n"
    )
}

/// A server to measure.
pub(super) struct Target {
    pub url: ServerUrl,
    pub trust: Trust,
    pub data: PathBuf,
    pub pid: u32,
    pub limits_lifted: bool,
    /// Resident memory before anything was asked of it.
    pub empty_rss_bytes: u64,
    /// Ends with the last use of this.
    #[allow(dead_code, reason = "it is only there to be dropped")]
    own: Option<Own>,
}

/// A server of our own.
struct Own {
    child: Child,
    folder: PathBuf,
}

impl Target {
    pub(super) async fn make(args: &Args) -> Result<Self, Failure> {
        match (&args.server, &args.data) {
            (Some(url), Some(data)) => Self::running(url.clone(), data.clone(), args.fingerprint.clone()).await,
            _ => Self::own(args).await,
        }
    }

    async fn running(url: ServerUrl, data: PathBuf, trust: Option<Trust>) -> Result<Self, Failure> {
        let status = status(&data).await?;
        let server = status.server.ok_or_else(unexpected)?;
        let trust = match (trust, &server.fingerprint) {
            (Some(trust), _) => trust,
            (None, Some(text)) => text.parse().map_err(|_| unexpected())?,
            (None, None) => Trust::System,
        };
        let empty_rss_bytes = super::probe::rss_bytes(server.pid);
        Ok(Self { url, trust, data, pid: server.pid, limits_lifted: false, empty_rss_bytes, own: None })
    }

    async fn own(args: &Args) -> Result<Self, Failure> {
        let failed = |what: &str, error: std::io::Error| {
            Failure::new(exit::CANNOT_CREATE, format!("A server of its own could not be started: {what}: {error}."))
        };
        let folder = std::env::temp_dir().join(format!("tidings-bench-{}", std::process::id()));
        let data = folder.join("data");
        std::fs::create_dir_all(&folder).map_err(|error| failed("its folder", error))?;
        std::fs::write(folder.join("tidings.toml"), config(args))
            .map_err(|error| failed("its configuration", error))?;
        let program = std::env::current_exe().map_err(|error| failed("its program", error))?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDINGS_")) {
            command.env_remove(name);
        }
        command.arg("serve").arg("--data").arg(&data).arg("--config").arg(folder.join("tidings.toml"));
        command.args(["--listen-tcp", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed("its process", error))?;
        let stdout = child.stdout.take();
        let own = Own { child, folder };
        let stdout = stdout.ok_or_else(unexpected)?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        let line = tokio::time::timeout(START, line).await.ok().and_then(Result::ok).and_then(Result::ok);
        let address = |name: &str| {
            let line = line.as_deref()?.trim().strip_prefix("ready ")?;
            line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        let not_ready = || {
            Failure::new(exit::UNAVAILABLE, "The server that was started did not get ready; what it says stands above.")
        };
        let (name, scheme) = match args.transport {
            Transport::Tcp => ("tcp", "tcp"),
            Transport::Tls => ("tcp", "tls"),
            Transport::Ws => ("http", "ws"),
            Transport::Wss => ("http", "wss"),
        };
        let address = address(name).ok_or_else(not_ready)?;
        let url: ServerUrl = format!("{scheme}://{address}").parse()?;
        let mut target = Self::running(url, data, None).await?;
        target.limits_lifted = true;
        target.own = Some(own);
        Ok(target)
    }

    /// Makes users, each with a session.
    pub(super) async fn users(&self, count: u32, prefix: &str) -> Result<Vec<BenchUser>, Failure> {
        let mut made = Vec::with_capacity(count as usize);
        // In pieces, so that no answer is too long for the socket.
        let piece = BENCH_USERS_MAX.min(10_000);
        let mut number = 0;
        while (made.len() as u32) < count {
            let request = Request::BenchUsers {
                count: piece.min(count - made.len() as u32),
                prefix: if number == 0 { prefix.to_owned() } else { format!("{prefix}{number}-") },
            };
            number += 1;
            match ask(&self.data, &request).await? {
                Response::BenchUsers { users } => made.extend(users),
                Response::Refused(refusal) => return Err(refusal.into()),
                _ => return Err(unexpected()),
            }
        }
        Ok(made)
    }

    /// How to reach it, for connection number `number`.
    pub(super) fn endpoint(&self, args: &Args, number: u32) -> Result<Endpoint, Failure> {
        let endpoint = Endpoint::new(&self.url, args.encoding(), &self.trust)?.within(Duration::from_mins(1));
        let source = (number / CONNECTIONS_PER_SOURCE) as u8;
        // One address of this machine has ports for some 28,000 connections to one server.
        Ok(if source > 0 && self.url.host == "127.0.0.1" && args.scenario == Scenario::Idle {
            endpoint.from_address(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1 + source)))
        } else {
            endpoint
        })
    }
}

pub(super) async fn ask(data: &Path, request: &Request) -> Result<Response, Failure> {
    control::ask(data, request).await.map_err(|error| {
        Failure::new(exit::UNAVAILABLE, format!("The server of {} cannot be asked: {error}.", data.display()))
    })
}

async fn status(data: &Path) -> Result<Status, Failure> {
    match ask(data, &Request::Status {}).await? {
        Response::Status(status) => Ok(*status),
        Response::Refused(refusal) => Err(refusal.into()),
        _ => Err(unexpected()),
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let deadline = monotonic() + STOP;
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            // It is our child and not waited for yet, so the number is still its. If it cannot be asked, it is ended below.
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap_or_default();
        }
        while matches!(self.child.try_wait(), Ok(None)) {
            if monotonic() > deadline {
                drop(self.child.kill());
                drop(self.child.wait());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
