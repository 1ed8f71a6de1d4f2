//! `tidings bench`: measure a server, and verify what is measured.
//!
//! The generator is one thread, so that it takes as little as possible from the server beside it: one task a connection, one read
//! buffer for all, frames made from a template and looked at without unpacking them ([`glance`]). Everything acknowledged is read
//! back afterwards ([`verify`]).

mod catchup;
mod glance;
mod idle;
mod load;
mod peer;
mod probe;
mod receiver;
mod report;
mod sender;
mod target;
mod verify;
mod webhook;

use super::{Failure, exit, print};
use crate::client::{ServerUrl, Trust};
use crate::protocol::Encoding;
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;
use target::Target;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
Scenarios:
  pairs     --pairs P senders, each to a receiver of its own, with --window messages in flight each
  group     one group of --members members, all connected; one of them sends
  idle      --connections connections that do nothing: what one costs, and how fast they come back
  catchup   --messages messages wait for a device that was away: how fast it has them
  mixed     pairs, a group, idle connections, receipts, history and reconnects, all together
  webhook   pairs, --rounds times without and with a webhook that is told of every message, and the medians of both

Without --server it starts a server of its own in another process, with a data folder that is removed afterwards; rates and the
limit per address are lifted there, and the output says so (`limits_lifted`). A server that runs already is named with --server
and --data: users and sessions are made through the control socket in its data folder.

Every acknowledged message is read back. `lost`, `duplicated` and `reordered` must be 0; if they are not, it ends with 65.
`device_sync_p50_ms` is what one 4 KiB write and sync of the same disk costs, measured before and after the load.

Examples:
  tidings bench --scenario pairs --pairs 128 --window 16
  tidings bench --scenario group --members 1000 --json
  tidings bench --scenario idle --connections 10000 --transport ws
  tidings bench --scenario webhook --pairs 16 --rounds 5 --seconds 5
  tidings bench --server tls://127.0.0.1:9000 --data /srv/tidings --pairs 16";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// One-to-one messages.
    Pairs,
    /// One group.
    Group,
    /// Connections that do nothing.
    Idle,
    /// A device that was away.
    Catchup,
    /// All together.
    Mixed,
    /// One-to-one messages with and without a webhook.
    Webhook,
}

impl Scenario {
    const fn name(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Group => "group",
            Self::Idle => "idle",
            Self::Catchup => "catchup",
            Self::Mixed => "mixed",
            Self::Webhook => "webhook",
        }
    }
}

/// How a server of our own is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Transport {
    /// Frames on TCP.
    Tcp,
    /// Frames on TLS, self-signed.
    Tls,
    /// Frames in a WebSocket.
    Ws,
    /// Frames in a WebSocket on TLS, self-signed.
    Wss,
}

impl Transport {
    const fn is_encrypted(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }
}

/// What `tidings bench` is told.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// What to measure.
    #[arg(long, value_enum, default_value_t = Scenario::Pairs)]
    pub scenario: Scenario,
    /// Pairs of a sender and a receiver.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub pairs: u32,
    /// Messages in flight for each sender.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub window: u32,
    /// Members of the group.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub members: u32,
    /// Idle connections.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub connections: u32,
    /// Messages that wait in `catchup`.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub messages: u32,
    /// Rounds of `webhook`: each is --seconds without one and --seconds with one.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// How long to measure.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Bytes of each message.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(64..=65_536))]
    pub bytes: u32,
    /// Receivers tell what was delivered to them, as people's devices do (always in `mixed`).
    #[arg(long)]
    pub receipts: bool,
    /// A server that runs already: tcp://, tls://, ws:// or wss://.
    #[arg(long, value_name = "URL", requires = "data")]
    pub server: Option<ServerUrl>,
    /// The data folder of that server.
    #[arg(long, value_name = "DIR", requires = "server")]
    pub data: Option<PathBuf>,
    /// Believe only the certificate with this SHA-256 fingerprint [default: what the server itself says on its control socket].
    #[arg(long, value_name = "HEX")]
    pub fingerprint: Option<Trust>,
    /// How to reach the server that it starts itself.
    #[arg(long, value_enum, default_value_t = Transport::Tcp, conflicts_with = "server")]
    pub transport: Transport,
    /// Speak JSON instead of postcard.
    #[arg(long)]
    pub json_frames: bool,
    /// One object on one line.
    #[arg(long)]
    pub json: bool,
}

impl Args {
    const fn encoding(&self) -> Encoding {
        if self.json_frames { Encoding::Json } else { Encoding::Postcard }
    }
}

/// Runs it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    crate::net::raise_file_limit();
    let target = Target::make(&args).await?;
    let json = args.json;
    let report = on_one_thread(args, target).await?;
    let text = if json { super::json(&report)? + "\n" } else { report.to_string() };
    print(&text)?;
    if report.is_sound() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(Failure::new(exit::DATA, "Messages were lost, duplicated or reordered; the output says how many."))
    }
}

/// Runs the generator on a thread of its own.
async fn on_one_thread(args: Args, target: Target) -> Result<Report, Failure> {
    let (done, ended) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("bench".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let result = match runtime {
            Ok(runtime) => tokio::task::LocalSet::new().block_on(&runtime, measure(&args, &target)),
            Err(error) => {
                Err(Failure::new(exit::TEMPORARY, format!("The generator's thread cannot be made: {error}.")))
            }
        };
        // Nobody waits for it only when the whole program is ending.
        drop(done.send(result));
    });
    let thread = thread.map_err(|error| Failure::new(exit::TEMPORARY, format!("A thread cannot be made: {error}.")))?;
    let result = ended.await;
    // What it has to say it has said; a panic shows in the missing result.
    drop(thread.join());
    result.unwrap_or_else(|_| Err(Failure::new(exit::TEMPORARY, "The generator ended without a result.")))
}

async fn measure(args: &Args, target: &Target) -> Result<Report, Failure> {
    let sync_before = probe::device_sync(&target.data)?;
    let mut report = Report::new(args, target);
    match args.scenario {
        Scenario::Pairs | Scenario::Group | Scenario::Mixed => load::run(args, target, &mut report).await?,
        Scenario::Idle => idle::run(args, target, &mut report).await?,
        Scenario::Catchup => catchup::run(args, target, &mut report).await?,
        Scenario::Webhook => webhook::run(args, target, &mut report).await?,
    }
    report.device_sync_p50_ms = probe::median_ms(sync_before, probe::device_sync(&target.data)?);
    Ok(report)
}
