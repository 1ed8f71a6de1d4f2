//! `tidings audit`: who did what to whom.

use super::place::Place;
use super::{Failure, date, print, unexpected};
use crate::control::{Request, Response};
use crate::model::{AuditLine, Lsn};
use std::process::ExitCode;

/// Lines asked for at once.
const PAGE: u32 = 200;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
Every administrative change leaves a line, whoever made it: an administrator (by id), the
operator (this command line), the server itself. So do log-ins that were held back because
somebody was guessing. Newest first; lines are kept for 400 days.

Examples:
  tidings audit
  tidings audit --limit 1000 --json";

/// What `tidings audit` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many lines.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    let Args { limit, json, place } = args;
    if !json {
        print(&format!("{:<18} {:<20} {:<26} {}\n", "WHEN (UTC)", "WHO", "WHAT", "TO WHOM"))?;
    }
    let (mut left, mut before): (u32, Option<Lsn>) = (limit, None);
    while left > 0 {
        let request = Request::Audit { before, limit: left.min(PAGE) };
        let Response::Audit { lines, more } = place.ask(request, false).await? else { return Err(unexpected()) };
        let mut text = String::new();
        for audited in &lines {
            text += &if json { super::json(audited)? } else { line(audited) };
            text.push('\n');
        }
        print(&text)?;
        left = left.saturating_sub(lines.len() as u32);
        before = lines.last().map(|last| last.lsn);
        if !more || before.is_none() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(audited: &AuditLine) -> String {
    let AuditLine { at, actor, action, subject, .. } = audited;
    format!("{:<18} {:<20} {action:<26} {subject}", date(*at), actor.as_str())
}
