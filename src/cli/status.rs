//! `tidings status`: how the server and its data are.

use super::place::Place;
use super::{Failure, print, unexpected};
use crate::control::{Request, Response, Status};
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
With a running server it shows connections, queues, commit latency and storage; without one,
what the data folder tells. --json prints one object with everything.

Examples:
  tidings status
  tidings status --data /srv/tidings --json";

/// What `tidings status` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Shows it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    let Response::Status(status) = args.place.ask(Request::Status {}, false).await? else { return Err(unexpected()) };
    print(&if args.json { super::json(&status)? + "\n" } else { describe(&status) })?;
    Ok(ExitCode::SUCCESS)
}

fn describe(status: &Status) -> String {
    let mut rows: Vec<(&str, String)> = Vec::new();
    match &status.server {
        Some(server) => {
            let state = status.down.as_ref().map_or_else(|| "live".to_owned(), |reason| format!("DOWN: {reason}"));
            rows.push(("server", format!("{state}, process {}, up {}", server.pid, duration(server.uptime_s))));
            let tls = if server.tls { "TLS" } else { "plain" };
            rows.push(("listening", format!("tcp {}, http {} ({tls})", server.tcp, server.http)));
            if let Some(fingerprint) = &server.fingerprint {
                rows.push(("fingerprint", fingerprint.clone()));
            }
            let open = &server.connections;
            rows.push((
                "connections",
                format!(
                    "{} open ({} logged in), {} accepted, {} turned away",
                    open.open, open.sessions, open.accepted, open.turned_away
                ),
            ));
            rows.push(("log-ins", format!("{}, and {} refused", open.logins, open.logins_refused)));
            rows.push(("queued to clients", format!("{}, {} times too slow", bytes(open.queued_bytes), open.lagging)));
        }
        None => rows.push(("server", "not running; this is what the data folder tells".into())),
    }
    let commands = &status.commands;
    if status.server.is_some() {
        rows.push((
            "commands",
            format!(
                "{} accepted, {} refused, {} duplicates, {} waiting",
                commands.accepted, commands.refused, commands.duplicates, commands.queued
            ),
        ));
        rows.push((
            "commits",
            format!(
                "{}, p50 {} ms, p99 {} ms",
                commands.commits,
                millis(commands.commit_p50_us),
                millis(commands.commit_p99_us)
            ),
        ));
    }
    let storage = &status.storage;
    rows.push(("data", format!("{}, lsn {}, epoch {}", storage.folder, status.lsn, status.epoch)));
    rows.push((
        "storage",
        format!(
            "{} on disk, {} free; {} entries in {} journal rows to fold",
            bytes(storage.file_bytes),
            bytes(storage.free_bytes),
            storage.tail_entries,
            storage.journal_rows
        ),
    ));
    rows.iter().fold(String::new(), |text, (name, value)| text + &format!("{name:<18} {value}\n"))
}

fn millis(us: u64) -> String {
    format!("{}.{:02}", us / 1_000, us % 1_000 / 10)
}

fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if size < 1_024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1_024.0;
    }
    format!("{size:.1} TiB")
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_for_people() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(3 << 30), "3.0 GiB");
        assert_eq!(bytes(5 << 40), "5.0 TiB");
        assert_eq!(duration(61), "61 s");
        assert_eq!(duration(3_600), "60 min");
        assert_eq!(duration(1_000_000), "11 d");
        assert_eq!(millis(1_234), "1.23");
    }
}
