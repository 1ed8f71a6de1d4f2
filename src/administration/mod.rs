//! What every door does for accounts and for those who run the server: it checks and hashes passwords, draws the secrets of links
//! and codes, and hands commands to the engine. The rules themselves (who may) are the ledger's.
//!
//! The command line comes here through the control socket, administrators and everybody else through REST. Nothing here is told
//! twice: the secret of a link exists in the answer that carries it, and as a hash.

mod accounts;
mod apps;
mod before_hooks;
mod bots;
mod incoming;
mod links;
mod mcp;
mod secrets;
mod server_api;
mod webhooks;

pub use accounts::{FlagChanges, NewAccount, Registration};
pub use apps::{MadeAppKey, NewAppKey};
pub use before_hooks::KeptBeforeHook;
pub use bots::MadeBotToken;
pub use incoming::MadeHook;
pub use links::{InviteLink, Link};
pub use mcp::{MadeMcpToken, NewMcpToken};
pub use secrets::RotatedSecrets;
pub use server_api::{Became, PutContact, PutUser};
pub use webhooks::MadeWebhook;

use crate::auth::{Auth, check_password_rules};
use crate::engine::Engine;
use crate::ledger::Accepted;
use crate::model::{
    AccountInfo, Actor, AdminAnswer, AdminQuery, AppInfo, AppRef, Code, PasswordHash, Refusal, Secret, SystemCommand,
    UserId,
};
use std::sync::Arc;

/// What the doors share; cheap to clone.
#[derive(Clone)]
pub struct Administration {
    engine: Engine,
    auth: Auth,
    /// How browsers reach this server, without a slash at the end: links begin with it.
    url: Arc<str>,
    /// The name of the server, which is nobody's password.
    server_name: Arc<str>,
}

impl std::fmt::Debug for Administration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Administration").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Administration {
    /// For an engine. `url` is how browsers reach this server.
    pub fn new(engine: Engine, auth: Auth, url: &str, server_name: &str) -> Self {
        Self { engine, auth, url: url.trim_end_matches('/').into(), server_name: server_name.into() }
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How browsers reach this server.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Reads what an administrator, or the operator, may read.
    pub async fn read(&self, by: &Actor, query: AdminQuery) -> Result<AdminAnswer, Refusal> {
        self.engine.administer(by.clone(), query).await
    }

    /// Hands a command to the ledger, which decides whether the actor may give it.
    pub async fn carry_out(&self, by: &Actor, command: SystemCommand) -> Result<Accepted, Refusal> {
        self.engine.execute(by.clone(), None, command.into()).await
    }

    /// One app.
    pub async fn app(&self, by: &Actor, app: AppRef) -> Result<AppInfo, Refusal> {
        match self.read(by, AdminQuery::App { app }).await? {
            AdminAnswer::Apps { mut apps } => apps.pop().ok_or_else(unexpected),
            _ => Err(unexpected()),
        }
    }

    /// One user.
    pub async fn account(&self, by: &Actor, app: AppRef, id: UserId) -> Result<AccountInfo, Refusal> {
        match self.read(by, AdminQuery::Account { app, id }).await? {
            AdminAnswer::Account { account } => Ok(*account),
            _ => Err(unexpected()),
        }
    }

    /// The hash of a new password that the rules allow. `names` are those that everybody knows, besides the server's.
    async fn hash(
        &self,
        id: &UserId,
        administrator: bool,
        names: &[&str],
        password: Secret,
    ) -> Result<PasswordHash, Refusal> {
        let names = [names, &[&*self.server_name]].concat();
        check_password_rules(id, administrator, &names, &password)?;
        self.auth.passwords.hash(password).await
    }
}

/// An answer that does not belong to its question: a mistake of ours.
fn unexpected() -> Refusal {
    tracing::error!("an administrative question got the answer to another one");
    Refusal::new(Code::Unavailable, "The server made a mistake; try again, and tell the operator if it stays so.")
}

fn unread() -> Refusal {
    Refusal::new(Code::Unavailable, "The storage could not be read; try again.").retry_after_ms(1_000)
}
