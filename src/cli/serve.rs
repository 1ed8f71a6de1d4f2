//! `tidings serve`: runs the server.

use super::place::{self, Place};
use super::{Failure, print};
use crate::app::{self, Ready};
use crate::config::{Config, Flag, Sources};
use crate::telemetry;
use std::path::Path;
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
The server keeps everything in its data folder and needs nothing else. When clients can
connect it prints one line on standard output, `ready tcp=ADDRESS http=ADDRESS`, and on the
very first start a second one, `setup URL`: a one-time link to make the first administrator.
Everything else goes to standard error. SIGTERM or Ctrl-C lets it finish what it has taken and close; a
second one ends it at once, and nothing acknowledged is lost either way.

Examples:
  tidings serve                                     on this machine, data in ./data
  tidings serve --data /srv/tidings --config /etc/tidings.toml
  TIDINGS_TLS_MODE=self-signed tidings serve --listen-tcp 0.0.0.0:9000 --listen-http 0.0.0.0:8000
  tidings serve --listen-tcp 127.0.0.1:0 --listen-http 127.0.0.1:0      any free ports

Then, in another terminal:
  tidings user add ada
  tidings chat --user ada";

/// What `tidings serve` is told.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Data folder and configuration.
    #[command(flatten)]
    pub place: Place,
    /// Address and port for clients over TCP [default: 127.0.0.1:9000]; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS")]
    pub listen_tcp: Option<String>,
    /// Address and port for HTTP and WebSocket [default: 127.0.0.1:8000]; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS")]
    pub listen_http: Option<String>,
    /// Folder with the web client, in place of the one in the binary, for those who work on it.
    #[arg(long, value_name = "FOLDER")]
    pub web_dir: Option<String>,
}

impl Args {
    /// Where the configuration comes from, these flags included.
    pub fn sources(&self) -> Sources {
        let mut sources = self.place.sources();
        let flags = [
            ("listen.tcp", "--listen-tcp", &self.listen_tcp),
            ("listen.http", "--listen-http", &self.listen_http),
            ("server.web_dir", "--web-dir", &self.web_dir),
        ];
        for (key, flag, value) in flags {
            if let Some(value) = value {
                sources.flags.push(Flag { key, flag, value: value.clone() });
            }
        }
        sources
    }
}

/// Runs it until it is asked to end.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    let config = place::load(&args.sources())?;
    let mut written = Ok(());
    app::serve(&config, |up| {
        if up.founded {
            welcome(&config, up);
        }
        let setup = up.setup.as_ref().map(|link| format!("setup {}\n", link.reveal())).unwrap_or_default();
        written = print(&format!("ready tcp={} http={}\n{setup}", up.tcp, up.http));
    })
    .await?;
    written.map(|()| ExitCode::SUCCESS)
}

/// Says what the first start made, and what to do next. Into the log when that is for machines.
fn welcome(config: &Config, up: &Ready) {
    let folder = std::path::absolute(&config.server.data).unwrap_or_else(|_| config.server.data.clone());
    let place =
        if config.server.data == Path::new("data") { String::new() } else { format!(" --data {}", folder.display()) };
    let text = format!(
        "This is the first start. Everything the server keeps is in the new data folder {}.\n\
         Nobody can log in yet: there is no default account and no default password. The line `setup` on standard output is a \
         link to make the first administrator; it can be used once, within 24 hours (`tidings admin setup-link` gives a new \
         one). Or add people from another terminal:\n\
         \n    tidings user add ada{place}\n    tidings admin create grace{place}\n\
         \nThen they can chat, from this machine:\n\
         \n    tidings chat --user ada --server {}://{}\n",
        folder.display(),
        if up.fingerprint.is_some() { "tls" } else { "tcp" },
        up.tcp,
    );
    if telemetry::is_json(&config.log) {
        tracing::info!(folder = %folder.display(), "first start: the data folder was made; add people with `tidings user add NAME`");
    } else {
        eprintln!("{text}");
    }
}
