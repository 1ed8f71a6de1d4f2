//! `tidings invite`: invite codes, with which people make accounts.

use super::place::InApp;
use super::{Failure, date, exit, print, unexpected};
use crate::control::{Request, Response};
use crate::model::{Invite, InviteCode};
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
With an invite code somebody makes an account of their own, where the app's setting
`registration` is `invite` (it is, unless it was changed). A code is a secret: whoever has it
can use it.

Examples:
  tidings invite create                             a link that lasts 7 days, for one account
  tidings invite create --uses 20 --expires 30d
  tidings invite create --unlimited --expires never
  tidings invite list
  tidings invite revoke CODE";

/// What `tidings invite` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a code.
    Create {
        /// How many accounts it makes.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        uses: u32,
        /// As many accounts as people want.
        #[arg(long, conflicts_with = "uses")]
        unlimited: bool,
        /// How long it lasts: a number with m, h or d behind it, or `never`.
        #[arg(long, value_name = "TIME", default_value = "7d")]
        expires: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// List the codes.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Make a code useless.
    Revoke {
        /// Which.
        code: InviteCode,
        #[command(flatten)]
        app: InApp,
    },
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Create { uses, unlimited, expires, json, app } => {
            let expires_s = seconds(&expires)?;
            let uses_max = (!unlimited).then_some(uses);
            let request = Request::InviteCreate { app: app.app, expires_s, uses_max };
            let Response::Invite(made) = app.place.ask(request, true).await? else { return Err(unexpected()) };
            let text = if json { super::json(&made)? } else { made.url.reveal().to_owned() };
            print(&format!("{text}\n"))?;
        }
        Action::List { json, app } => {
            let Response::Invites { invites } = app.place.ask(Request::InviteList { app: app.app }, false).await?
            else {
                return Err(unexpected());
            };
            let lines: Result<Vec<String>, Failure> =
                invites.iter().map(|invite| if json { super::json(invite) } else { Ok(line(invite)) }).collect();
            let head = format!("{:<26} {:<10} {:<18} {}\n", "CODE", "USES", "EXPIRES", "BY");
            let lines = lines?.into_iter().fold(String::new(), |text, line| text + &line + "\n");
            print(&format!("{}{lines}", if json { "" } else { &head }))?;
        }
        Action::Revoke { code, app } => {
            app.place.ask(Request::InviteRevoke { app: app.app, code }, false).await?;
            print("The code was revoked.\n")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(invite: &Invite) -> String {
    let uses = invite.uses_max.map_or_else(|| format!("{}", invite.uses), |most| format!("{}/{most}", invite.uses));
    let expires = invite.expires.map_or_else(|| "never".to_owned(), date);
    let by = invite.by.as_ref().map_or("operator", |by| by.as_str());
    format!("{:<26} {uses:<10} {expires:<18} {by}", invite.code.as_str())
}

/// A time as `30m`, `12h` or `7d`, in seconds; none for `never`.
fn seconds(text: &str) -> Result<Option<u64>, Failure> {
    if text == "never" {
        return Ok(None);
    }
    let units = [('m', 60), ('h', 3_600), ('d', 86_400)];
    let found = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
    let number = found.and_then(|(number, unit)| number.parse::<u64>().ok()?.checked_mul(*unit));
    number.filter(|seconds| *seconds > 0).map(Some).ok_or_else(|| {
        Failure::new(exit::USAGE, format!("`{text}` is no time; write for example 30m, 12h, 7d, or never."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_say_them() {
        for (text, expected) in [
            ("30m", Some(Some(1_800))),
            ("12h", Some(Some(43_200))),
            ("7d", Some(Some(604_800))),
            ("never", Some(None)),
            ("0d", None),
            ("7", None),
            ("d", None),
            ("-1d", None),
        ] {
            assert_eq!(seconds(text).ok(), expected, "{text}");
        }
    }
}
