//! Which data folder a command is about, and how it reaches it: through the running server, or by itself.

use super::{Failure, exit};
use crate::administration::Administration;
use crate::app::{self, AppError, Opened};
use crate::config::{Config, FILE_DEFAULT, Flag, Sources};
use crate::control::{self, AskError, Control, Request, Response};
use crate::model::{Code, Name, Refusal};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A server that is just starting holds the folder's lock before it can answer; it is asked again this often.
const TRIES: u32 = 20;
/// And after this time each.
const TRY_AGAIN: Duration = Duration::from_millis(150);

/// The data folder and the configuration.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Place {
    /// The data folder [default: ./data, or what the configuration says].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The configuration file [default: ./tidings.toml, when there is one].
    #[arg(long, value_name = "FILE", env = "TIDINGS_CONFIG")]
    pub config: Option<PathBuf>,
}

/// Which app, and where.
#[derive(Debug, clap::Args)]
pub struct InApp {
    /// The app (tenant) [default: home].
    #[arg(long)]
    pub app: Option<Name>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}

impl Place {
    /// Where the configuration comes from: the file, the environment, and `--data` as a flag.
    pub fn sources(&self) -> Sources {
        let beside = Path::new(FILE_DEFAULT);
        let file = self.config.clone().or_else(|| beside.exists().then(|| beside.to_owned()));
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .filter(|(name, _)| name.starts_with("TIDINGS_"))
            .collect();
        let data = self.data.as_ref().map(|data| Flag {
            key: "server.data",
            flag: "--data",
            value: data.to_string_lossy().into_owned(),
        });
        Sources { file, environment, flags: data.into_iter().collect(), ..Sources::default() }
    }

    /// The configuration; every problem of it is in the failure.
    pub fn load(&self) -> Result<Config, Failure> {
        load(&self.sources())
    }

    /// Has a request carried out: by the server that runs on the data folder, or, when none runs, by this process, which opens
    /// the folder for that time. A folder that is not there yet is made only when `makes` says so.
    pub async fn ask(&self, request: Request, makes: bool) -> Result<Response, Failure> {
        let config = self.load()?;
        let folder = &config.server.data;
        for _ in 0..TRIES {
            match control::ask(folder, &request).await {
                Ok(response) => return accept(response),
                Err(AskError::NotRunning) => {}
                Err(error) => return Err(Failure::new(exit::UNAVAILABLE, format!("{}: {error}.", folder.display()))),
            }
            if !makes && !app::is_data_folder(folder) {
                return Err(Failure::new(
                    exit::UNAVAILABLE,
                    format!(
                        "There is no data in {}. Name the data folder with --data DIR, or start a server with \
                         `tidings serve`.",
                        folder.display()
                    ),
                ));
            }
            match app::open(&config, Vec::new()).await {
                Ok(opened) => return accept(alone(&config, opened, request).await),
                Err(AppError::Locked(_)) => tokio::time::sleep(TRY_AGAIN).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::new(
            exit::TEMPORARY,
            format!(
                "Another process uses the data folder {}, but does not answer on its control socket. If a server is just \
                 starting or stopping there, try again in a moment; else end that process (its id stands in {}).",
                folder.display(),
                folder.join("LOCK").display()
            ),
        ))
    }
}

/// Reads a configuration; every problem of it is in the failure.
pub fn load(sources: &Sources) -> Result<Config, Failure> {
    Config::load(sources).map_err(|problems| Failure::new(exit::CONFIG, problems.to_string()))
}

/// Carries a request out on an engine of our own.
async fn alone(config: &Config, opened: Opened, request: Request) -> Response {
    if opened.founded {
        eprintln!("A new data folder was made at {}.", config.server.data.display());
    }
    let auth = match app::open_auth(config) {
        Ok(auth) => auth,
        Err(error) => {
            app::close(opened.engine).await;
            return Response::Refused(Refusal::new(Code::Unavailable, error.to_string()));
        }
    };
    let passwords = auth.passwords.clone();
    let url = app::url(config, config.listen.http);
    let office = Administration::new(opened.engine.clone(), auth, &url, config.server.name.as_str());
    let mut control = Control::new(office, passwords, config.server.data.clone());
    if let Ok(tester) = app::tester_alone(config) {
        control = control.with_tester(tester);
    }
    let response = control.handle(request).await;
    app::close(opened.engine).await;
    response
}

fn accept(response: Response) -> Result<Response, Failure> {
    match response {
        Response::Refused(refusal) => Err(refusal.into()),
        response => Ok(response),
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let exit_code = match refusal.code {
            Code::Unauthenticated | Code::TokenExpired | Code::SessionRevoked | Code::Suspended | Code::Forbidden => {
                exit::PERMISSION
            }
            Code::RateLimited | Code::Overloaded | Code::Unavailable | Code::ReadOnly => exit::TEMPORARY,
            _ => exit::DATA,
        };
        Self::new(exit_code, refusal.message)
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let exit_code = match &error {
            AppError::Folder(_) | AppError::Control(_) | AppError::Disk(_) => exit::CANNOT_CREATE,
            AppError::Locked(_) => exit::TEMPORARY,
            AppError::Data(_) => exit::DATA,
            AppError::Net(crate::net::NetError::Certificate(_)) => exit::CONFIG,
            AppError::Net(_) | AppError::Outbound(_) | AppError::Signals(_) | AppError::Down { .. } => {
                exit::UNAVAILABLE
            }
        };
        Self::new(exit_code, error.to_string())
    }
}
