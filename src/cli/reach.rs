//! How `chat`, `send` and `tail` reach a server: which one, as whom, and which certificate is believed.

use super::{Failure, exit, password};
use crate::client::{ClientError, ClientOptions, Credentials, ServerUrl, Trust, UrlError, wire::WireError};
use crate::model::{Device, DeviceId, Name, Platform, Secret, UserId};
use crate::protocol::Encoding;
use std::path::PathBuf;
use uuid::Uuid;

/// The environment variable with the password.
pub const PASSWORD_VARIABLE: &str = "TIDINGS_PASSWORD";

/// The server and the user.
#[derive(Clone, Debug, clap::Args)]
pub struct Reach {
    /// Who you are.
    #[arg(long, value_name = "USER")]
    pub user: UserId,
    /// The server: tcp://HOST:PORT, tls://HOST:PORT, ws://HOST:PORT or wss://HOST:PORT.
    #[arg(long, value_name = "URL", default_value_t = ServerUrl::default(), env = "TIDINGS_SERVER")]
    pub server: ServerUrl,
    /// Believe only the certificate with this SHA-256 fingerprint; how a self-signed server is trusted.
    #[arg(long, value_name = "HEX", env = "TIDINGS_FINGERPRINT")]
    pub fingerprint: Option<Trust>,
    /// Believe certificates that an authority in this PEM file has signed.
    #[arg(long, value_name = "FILE", conflicts_with = "fingerprint")]
    pub ca: Option<PathBuf>,
    /// Speak JSON instead of the compact encoding, to watch the protocol on the wire.
    #[arg(long)]
    pub json_frames: bool,
}

impl Reach {
    /// How to connect, as `device`.
    pub fn options(&self, device: Device) -> ClientOptions {
        let mut options = ClientOptions::new(device);
        if let Some(trust) = &self.fingerprint {
            options.trust = trust.clone();
        } else if let Some(file) = &self.ca {
            options.trust = Trust::Authority(file.clone());
        }
        if self.json_frames {
            options.encoding = Encoding::Json;
        }
        options
    }

    /// The password from the environment, else from standard input.
    pub fn password(&self) -> Result<Secret, Failure> {
        match std::env::var(PASSWORD_VARIABLE) {
            Ok(password) if !password.is_empty() => Ok(Secret::new(password)),
            _ => password::one_line(),
        }
    }

    /// The user with their password.
    pub fn credentials(&self) -> Result<Credentials, Failure> {
        Ok(Credentials::password(self.user.clone(), self.password()?))
    }
}

/// A device that exists for one run of a program.
pub fn passing_device(name: &str) -> Result<Device, Failure> {
    let wrong = |error: crate::model::TextError| Failure::new(exit::DATA, error.to_string());
    Ok(Device {
        id: DeviceId::new(Uuid::new_v4().to_string()).map_err(wrong)?,
        platform: Platform::Api,
        name: Name::new(name).map_err(wrong)?,
    })
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(refusal) => refusal.into(),
            ClientError::Offline(words) => Self::new(exit::UNAVAILABLE, sentence(&words)),
            ClientError::Over(_) => Self::new(exit::PERMISSION, sentence(&error.to_string())),
            ClientError::Full(_) | ClientError::TimedOut => Self::new(exit::TEMPORARY, sentence(&error.to_string())),
        }
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::new(exit::UNAVAILABLE, sentence(&error.to_string()))
    }
}

impl From<UrlError> for Failure {
    fn from(error: UrlError) -> Self {
        Self::new(exit::USAGE, sentence(&error.to_string()))
    }
}

/// With a capital at its start and a stop at its end.
pub fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let start: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let stop = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{start}{}{stop}", chars.as_str())
}
