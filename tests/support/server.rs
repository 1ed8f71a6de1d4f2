//! The real binary, started for a test: on free ports, in a folder of its own, ended by its process id.
#![allow(dead_code, reason = "each capability uses what it needs")]

use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;
use tempfile::TempDir;
use tidings::model::clock::monotonic;

/// A server says `ready`, or a command ends, within this time, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

/// The password of every user that [`Server::add_user`] adds.
pub const PASSWORD: &str = "correct horse battery staple";

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Done {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Done {
    /// Fails the test unless the command ended well; gives standard output.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Fails the test unless the command ended with this code; gives standard error.
    #[track_caller]
    pub fn fails_with(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.err
    }
}

/// The binary under test, without any configuration from outside of the test.
pub fn binary(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDINGS_")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
}

/// Runs the binary to its end in `folder`, with `input` on standard input.
pub fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Done {
    let mut child = binary(folder)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no input may be gone before it is written.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let pid = Pid::from_child(&child);
    let (done, waits) = sync_channel(1);
    let waiter = std::thread::spawn(move || {
        drop(done.send(child.wait_with_output()));
    });
    let output = waits.recv_timeout(PATIENCE);
    if output.is_err() {
        kill_process(pid, Signal::KILL).unwrap();
    }
    waiter.join().unwrap();
    let output = output.unwrap_or_else(|_| panic!("{arguments:?} did not end in time")).unwrap();
    Done {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
    /// Arguments after those that every start has.
    pub arguments: Vec<String>,
    /// The ports, when they must be the same again.
    pub listen: Option<(SocketAddr, SocketAddr)>,
}

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    process: Option<Child>,
    out: Option<Receiver<String>>,
    start: Start,
    folder: PathBuf,
    /// Removed when the server is dropped, after it was killed.
    temporary: Option<TempDir>,
    /// Where clients connect over TCP.
    pub tcp: SocketAddr,
    /// Where HTTP and WebSocket are.
    pub http: SocketAddr,
}

impl Server {
    /// A server with its defaults on a new data folder.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with variables of the environment, such as `("TIDINGS_LIMITS_WINDOW", "8")`.
    pub fn with(environment: &[(&str, &str)]) -> Self {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("data");
        let start = Start { environment, ..Start::default() };
        let mut server = Self::on(&folder, start);
        server.temporary = Some(temporary);
        server
    }

    /// A server on a folder that outlives it.
    pub fn on(folder: &Path, start: Start) -> Self {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self {
            process: None,
            out: None,
            start,
            folder: folder.to_owned(),
            temporary: None,
            tcp: nowhere,
            http: nowhere,
        };
        server.launch();
        server
    }

    fn launch(&mut self) {
        let beside = self.folder.parent().unwrap();
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let (tcp, http) = self.start.listen.unwrap_or((nowhere, nowhere));
        let mut process = binary(beside)
            .arg("serve")
            .arg("--data")
            .arg(&self.folder)
            .args(["--listen-tcp", &tcp.to_string(), "--listen-http", &http.to_string()])
            .args(&self.start.arguments)
            .envs(self.start.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (lines, out) = sync_channel(64);
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    return;
                }
            }
        });
        self.process = Some(process);
        let ready = out.recv_timeout(PATIENCE);
        self.out = Some(out);
        let Ok(ready) = ready else {
            panic!("the server did not get ready; it said:\n{}", self.log());
        };
        let field = |name: &str| {
            let field = ready.split(' ').find_map(|part| part.strip_prefix(name)).expect(&ready);
            field.parse::<SocketAddr>().expect(&ready)
        };
        self.tcp = field("tcp=");
        self.http = field("http=");
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn log_file(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    /// What it has written to standard error, over all its starts.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// The URL of its TCP gateway.
    pub fn url(&self) -> String {
        format!("tcp://{}", self.tcp)
    }

    /// Runs a command of the binary about this server's data folder.
    pub fn command(&self, arguments: &[&str], input: &str) -> Done {
        let folder = self.folder.to_str().unwrap();
        run(self.folder.parent().unwrap(), &[arguments, &["--data", folder]].concat(), &[], input)
    }

    /// Adds a user whose password is [`PASSWORD`].
    #[track_caller]
    pub fn add_user(&self, id: &str) {
        self.command(&["user", "add", id, "--password-stdin"], PASSWORD).ok();
    }

    /// Ends it without a warning, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            process.wait().unwrap();
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.process.as_ref().expect("the server runs")), signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn wait(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the server runs");
        let deadline = monotonic() + PATIENCE;
        loop {
            if let Some(status) = process.try_wait().unwrap() {
                return status;
            }
            if monotonic() > deadline {
                drop(process.kill());
                panic!("the server did not end; it said:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Starts it again on the same folder, after [`Server::kill`] or [`Server::stop`]; on other ports, unless they were given.
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "end it first");
        self.launch();
    }

    /// A further line of standard output, if one comes within `within`.
    pub fn line(&self, within: Duration) -> Option<String> {
        self.out.as_ref()?.recv_timeout(within).ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
