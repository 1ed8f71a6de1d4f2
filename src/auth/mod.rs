//! Who somebody is: passwords, session tokens, and the limits on guessing them. The only room that makes an [`Actor`].
//!
//! It keeps nothing durable and reads no store: who calls it brings the rows.

mod address;
mod guesses;
pub mod key_file;
mod passwords;
pub mod signed;
mod token;
mod vault;
pub mod webhook;

pub use address::AddressPrefix;
pub use guesses::{Guesses, Throttled};
pub use passwords::{Passwords, Work, check_password_rules};
pub use token::Token;
pub use vault::Vault;

use crate::model::{Actor, AppActor, AppId, AppKeyId, SessionId, UserActor, UserHandle, UserId};

/// What a log-in needs, together; cheap to clone.
#[derive(Clone, Debug)]
pub struct Auth {
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Limits guessing.
    pub guesses: Guesses,
    /// Encrypts secrets that have to be read back.
    pub vault: Vault,
}

impl Auth {
    /// Everything with its defaults: one hash at a time less than there are cores, 64 log-ins waiting.
    pub fn new() -> Self {
        Self::with(Work::default(), Vault::passing())
    }

    /// The same, with so much work for each new password, and with the key of a data folder.
    pub fn with(work: Work, vault: Vault) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            passwords: Passwords::new(cores.saturating_sub(1).max(1), 64).with_work(work),
            guesses: Guesses::new(),
            vault,
        }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self::new()
    }
}

/// What the signing secrets of apps are encrypted for.
pub const SIGNING: &str = "signing";
/// What the secrets of before-hooks are encrypted for.
pub const BEFORE_HOOK: &str = "before-hook";

/// The operator: whoever runs commands on the server's own machine.
pub const fn operator() -> Actor {
    Actor::Operator
}

/// The server itself.
pub const fn server() -> Actor {
    Actor::Server
}

/// Another system, as the row of its key says.
pub const fn app_actor(app: AppId, key: AppKeyId) -> AppActor {
    AppActor { app, key }
}

/// The user of a session, as its row says (never as a payload says).
pub const fn session_actor(app: AppId, user: UserHandle, id: UserId, session: SessionId) -> UserActor {
    UserActor { app, user, id, session }
}
