//! `tidings check`: reports every problem, changes nothing.

use super::place;
use super::{Failure, exit, print, serve};
use crate::app;
use crate::config::{Config, TlsMode};
use crate::net;
use std::path::Path;
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
It reads the configuration exactly as `tidings serve` would, flags and environment included,
and reports every problem with its line. With --data it also reads every record in the data
folder and reports damage; no server may run on it meanwhile. Exit code 0: all is well. 78:
the configuration has problems. 65: the data is damaged. 75: the data is in use.

Examples:
  tidings check
  tidings check --config /etc/tidings.toml
  tidings check --data /srv/tidings";

/// What `tidings check` is told: the same as `tidings serve`.
pub type Args = serve::Args;

/// Checks.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    let sources = args.sources();
    let config = place::load(&sources)?;
    let mut problems = certificate(&config);
    problems.extend(app::folder_problem(&config.server.data));
    if !problems.is_empty() {
        return Err(Failure::new(exit::CONFIG, problems.join("\n")));
    }
    let from = sources.file.map_or_else(|| "no file".to_owned(), |file| file.display().to_string());
    print(&format!("The configuration is fine (read from {from}, the environment and flags).\n"))?;
    if args.place.data.is_some() { data(&config.server.data).await } else { Ok(ExitCode::SUCCESS) }
}

/// Whether the certificate files can be used. (A self-signed certificate is made at the start, so there is nothing to check.)
fn certificate(config: &Config) -> Vec<String> {
    let (TlsMode::Files, Some(certificate), Some(key)) =
        (config.tls.mode, config.tls.certificate.clone(), config.tls.key.clone())
    else {
        return Vec::new();
    };
    let loaded = net::Tls::load(&net::TlsMode::Files { certificate, key }, &config.server.data, &config.tls.names);
    loaded.err().map(|error| format!("[tls]: {error}")).into_iter().collect()
}

/// Whether every record in the data folder is what was written.
async fn data(folder: &Path) -> Result<ExitCode, Failure> {
    let report = app::check_data(folder.to_owned()).await?;
    if report.problems.is_empty() {
        print(&format!("{} records in {} were read; nothing is damaged.\n", report.records, folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let count = report.problems.len();
    let list = report.problems.join("\n  ");
    Err(Failure::new(exit::DATA, format!("The data in {} has {count} problems:\n  {list}", folder.display())))
}
