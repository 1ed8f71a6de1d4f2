//! Carries out what the operator asks for.

use super::{
    AppLine, CommandStatus, Request, Response, ServerStatus, Status, StorageStatus, USERS_PAGE_MAX, UserDetail,
    UserLine, bench,
};
use crate::administration::{Administration, FlagChanges, NewAccount, NewAppKey};
use crate::auth::{self, Passwords};
use crate::engine::{Engine, Health};
use crate::model::{
    AdminAnswer, AdminQuery, AnyCommand, AppId, AssistantCheck, AssistantInfo, AssistantSettings, Code, CommandResult,
    Name, Refusal, SystemCommand, Timestamp, UserHandle, UserId, UserKind,
};
use crate::store::records::{AppRow, AppStateRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Fault, Read};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

/// Apps that are listed at most.
const APPS_MAX: usize = 1_000;

/// What carries out requests; cheap to clone.
#[derive(Clone)]
pub struct Control {
    pub(super) engine: Engine,
    pub(super) passwords: Passwords,
    office: Administration,
    folder: Arc<PathBuf>,
    server: Option<Arc<dyn Fn() -> ServerStatus + Send + Sync>>,
    tester: Option<Tester>,
}

/// What tests how an assistant is.
pub type Tester = Arc<dyn Fn(AssistantSettings) -> Pin<Box<dyn Future<Output = AssistantCheck> + Send>> + Send + Sync>;

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Control {
    /// For the data folder of an engine.
    pub fn new(office: Administration, passwords: Passwords, folder: PathBuf) -> Self {
        let engine = office.engine().clone();
        Self { engine, passwords, office, folder: Arc::new(folder), server: None, tester: None }
    }

    /// The same in a running server, which `status` asks about itself.
    #[must_use]
    pub fn with_server(mut self, status: impl Fn() -> ServerStatus + Send + Sync + 'static) -> Self {
        self.server = Some(Arc::new(status));
        self
    }

    /// The same with what tests assistants.
    #[must_use]
    pub fn with_tester(mut self, tester: Tester) -> Self {
        self.tester = Some(tester);
        self
    }

    /// Carries out a request.
    pub async fn handle(&self, request: Request) -> Response {
        self.carry_out(request).await.unwrap_or_else(Response::Refused)
    }

    async fn carry_out(&self, request: Request) -> Result<Response, Refusal> {
        match request {
            Request::Status {} => Ok(Response::Status(Box::new(self.status()))),
            Request::UserAdd { app, id, name, password, administrator } => {
                let (app, kind) = (app.as_ref().into(), UserKind::Person);
                let new = NewAccount { app, id, name, password: Some(password), administrator, kind };
                self.office.add_user(&auth::operator(), new).await.map(|_| Response::Done {})
            }
            Request::UserList { app, after } => self.users(app.as_ref(), after),
            Request::UserPasswd { app, id, password } => {
                done(self.office.set_password(&auth::operator(), app.as_ref().into(), id, password).await)
            }
            Request::UserSuspend { app, id, suspended } => {
                let changes = FlagChanges { suspended: Some(suspended), ..FlagChanges::default() };
                self.flags(app.as_ref(), id, changes).await
            }
            Request::UserFlags { app, id, silenced, contacts_disabled } => {
                let changes = FlagChanges { suspended: None, silenced, contacts_disabled };
                self.flags(app.as_ref(), id, changes).await
            }
            Request::UserShow { app, id } => self.show(app.as_ref(), id).await,
            Request::UserEndSessions { app, id } => {
                done(self.office.end_sessions(&auth::operator(), app.as_ref().into(), id).await)
            }
            Request::UserLink { app, id } => {
                self.office.password_link(&auth::operator(), app.as_ref().into(), id).await.map(Response::Link)
            }
            Request::UserDelete { app, id } => {
                done(self.office.delete_user(&auth::operator(), app.as_ref().into(), id).await)
            }
            Request::AdminList {} => self.administrators().await,
            Request::AdminSet { id, administrator } => {
                done(self.office.set_administrator(&auth::operator(), id, administrator).await)
            }
            Request::SetupLink {} => self.office.setup_link(&auth::operator()).await.map(Response::Link),
            Request::InviteCreate { app, expires_s, uses_max } => {
                let now = self.engine.clock().now();
                let expires = expires_s.map(|seconds| Timestamp(now.0.saturating_add(seconds.saturating_mul(1_000))));
                let made = self.office.create_invite(&auth::operator(), app.as_ref().into(), expires, uses_max).await?;
                Ok(Response::Invite(Box::new(made)))
            }
            Request::InviteList { app } => {
                match self.office.read(&auth::operator(), AdminQuery::Invites { app: app.as_ref().into() }).await? {
                    AdminAnswer::Invites { invites } => Ok(Response::Invites { invites }),
                    _ => Err(mixed_up()),
                }
            }
            Request::InviteRevoke { app, code } => {
                done(self.office.revoke_invite(&auth::operator(), app.as_ref().into(), code).await)
            }
            Request::Audit { before, limit } => {
                match self.office.read(&auth::operator(), AdminQuery::Audit { before, limit }).await? {
                    AdminAnswer::Audit { lines, more } => Ok(Response::Audit { lines, more }),
                    _ => Err(mixed_up()),
                }
            }
            Request::AppList {} => {
                let lines = self.apps()?.into_iter().map(|found| self.line(found));
                Ok(Response::Apps { apps: lines.collect::<Result<_, _>>()? })
            }
            Request::AppCreate { name, settings } => {
                let settings = settings.unwrap_or_default();
                self.execute(SystemCommand::CreateApp { name: name.clone(), settings }).await?;
                Ok(Response::Apps { apps: vec![self.line(self.app(Some(&name))?)?] })
            }
            Request::AppGet { name } => Ok(Response::Apps { apps: vec![self.line(self.app(Some(&name))?)?] }),
            Request::AppSet { name, settings } => {
                let app = self.app(Some(&name))?.0;
                self.execute(SystemCommand::SetApp { app, settings }).await
            }
            Request::AssistantList { app } => {
                Ok(Response::Assistants { assistants: self.assistants(app.as_ref(), None).await? })
            }
            Request::AssistantSet { app, id, name, settings } => {
                let app = self.app(app.as_ref())?.0;
                self.execute(SystemCommand::SetAssistant { app, id, name, settings }).await
            }
            Request::AssistantRemove { app, id } => {
                let user = self.assistant(app.as_ref(), id).await?.handle;
                self.execute(SystemCommand::RemoveAssistant { user }).await
            }
            Request::AssistantTest { app, id } => {
                let settings = self.assistant(app.as_ref(), id).await?.settings;
                let Some(tester) = &self.tester else { return Err(mixed_up()) };
                Ok(Response::AssistantCheck(Box::new(tester(settings).await)))
            }
            Request::BenchUsers { count, prefix } => bench::users(self, count, &prefix).await,
            Request::AppUse { name } => {
                let uses = self.office.app_use(&auth::operator(), Some(&name).into()).await?;
                Ok(Response::AppUse(Box::new(uses)))
            }
            Request::AppAccess { name, access } => {
                done(self.office.set_access(&auth::operator(), Some(&name).into(), access).await)
            }
            Request::AppOrigins { name, origins } => {
                done(self.office.set_origins(&auth::operator(), Some(&name).into(), origins).await.map(drop))
            }
            Request::AppSuspend { name, suspended } => {
                done(self.office.suspend_app(&auth::operator(), Some(&name).into(), suspended).await)
            }
            Request::AppDelete { name } => done(self.office.delete_app(&auth::operator(), Some(&name).into()).await),
            Request::AppKeyCreate { name, kind, called, public_key, scopes } => {
                let new = NewAppKey { kind, name: called, public_key, scopes };
                let made = self.office.create_app_key(&auth::operator(), Some(&name).into(), new).await?;
                Ok(Response::AppKey(Box::new(made)))
            }
            Request::BotAdd { app, id, name } => {
                let (app, password, kind) = (app.as_ref().into(), None, UserKind::Bot);
                let new = NewAccount { app, id: id.clone(), name, password, administrator: false, kind };
                let app = new.app.clone();
                self.office.add_user(&auth::operator(), new).await?;
                let made = self.office.create_token(&auth::operator(), (app, id), None, None).await?;
                Ok(Response::Token(Box::new(made)))
            }
            Request::BotToken { app, id, called, replaces } => {
                let bot = (app.as_ref().into(), id);
                let made = self.office.create_token(&auth::operator(), bot, called, replaces).await?;
                Ok(Response::Token(Box::new(made)))
            }
            Request::BotTokens { app, id } => {
                let tokens = self.office.tokens(&auth::operator(), (app.as_ref().into(), id)).await?;
                Ok(Response::Tokens { tokens })
            }
            Request::BotRevoke { app, id, token } => {
                done(self.office.revoke_token(&auth::operator(), (app.as_ref().into(), id), token).await)
            }
            Request::SecretsRotate {} => {
                self.office.rotate_secrets(&auth::operator()).await.map(Response::SecretsRotated)
            }
            Request::AppKeyRevoke { name, key } => {
                done(self.office.revoke_app_key(&auth::operator(), Some(&name).into(), key).await)
            }
            Request::AppBeforeHook { name } => {
                let (_, hook) = self.office.before_hook(&auth::operator(), Some(&name).into()).await?;
                Ok(Response::BeforeHook { hook: hook.map(Box::new) })
            }
            Request::AppBeforeHookRemove { name } => {
                done(self.office.remove_before_hook(&auth::operator(), Some(&name).into()).await)
            }
            Request::AppRevokeTokens { name, user } => {
                let revoked = self.office.revoke_tokens(&auth::operator(), Some(&name).into(), user, None).await;
                done(revoked.map(drop))
            }
            Request::AppWebhooks { name } => {
                let webhooks = self.office.webhooks(&auth::operator(), Some(&name).into()).await?;
                Ok(Response::Webhooks { webhooks })
            }
            Request::AppWebhookCreate { name, settings } => {
                let made = self.office.create_webhook(&auth::operator(), Some(&name).into(), *settings).await?;
                Ok(Response::Webhook(Box::new(made)))
            }
            Request::AppWebhookDelete { name, webhook } => {
                done(self.office.delete_webhook(&auth::operator(), Some(&name).into(), webhook).await)
            }
            Request::AppWebhookReplay { name, webhook } => {
                let count = self.office.replay_webhook(&auth::operator(), Some(&name).into(), webhook, None).await?;
                Ok(Response::Replayed { count })
            }
        }
    }

    async fn execute(&self, command: SystemCommand) -> Result<Response, Refusal> {
        self.submit(command).await.map(|_| Response::Done {})
    }

    /// Puts a command in order and waits for what it gave.
    pub(super) async fn submit(&self, command: SystemCommand) -> Result<CommandResult, Refusal> {
        let accepted = self.engine.execute(auth::operator(), None, AnyCommand::System(command)).await?;
        Ok(accepted.result)
    }

    async fn flags(&self, app: Option<&Name>, id: UserId, changes: FlagChanges) -> Result<Response, Refusal> {
        self.office.set_flags(&auth::operator(), app.into(), id, changes).await.map(|_| Response::Done {})
    }

    async fn show(&self, app: Option<&Name>, id: UserId) -> Result<Response, Refusal> {
        let account = self.office.account(&auth::operator(), app.into(), id.clone()).await?;
        match self.office.read(&auth::operator(), AdminQuery::Sessions { app: app.into(), id }).await? {
            AdminAnswer::Sessions { sessions } => {
                Ok(Response::User(Box::new(UserDetail { account, sessions_list: sessions })))
            }
            _ => Err(mixed_up()),
        }
    }

    async fn administrators(&self) -> Result<Response, Refusal> {
        match self.office.read(&auth::operator(), AdminQuery::Administrators).await? {
            AdminAnswer::Accounts { accounts, .. } => {
                let users = accounts.into_iter().map(|account| UserLine {
                    id: account.id,
                    name: account.name,
                    administrator: account.administrator,
                    suspended: account.flags.suspended,
                    silenced: account.flags.silenced,
                    contacts_disabled: account.flags.contacts_disabled,
                    deleted: account.deleted,
                    created: account.created,
                });
                Ok(Response::Users { users: users.collect(), next: None })
            }
            _ => Err(mixed_up()),
        }
    }

    async fn assistants(&self, app: Option<&Name>, id: Option<UserId>) -> Result<Vec<AssistantInfo>, Refusal> {
        let query = AdminQuery::Assistants { app: app.into(), id };
        match self.office.read(&auth::operator(), query).await? {
            AdminAnswer::Assistants { assistants } => Ok(assistants),
            _ => Err(mixed_up()),
        }
    }

    async fn assistant(&self, app: Option<&Name>, id: UserId) -> Result<AssistantInfo, Refusal> {
        self.assistants(app, Some(id)).await?.pop().ok_or_else(mixed_up)
    }

    fn status(&self) -> Status {
        let stats = self.engine.stats();
        let down = match self.engine.health() {
            Health::Live => None,
            Health::Down(reason) | Health::Failed(reason) => Some(reason),
        };
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            server: self.server.as_ref().map(|server| server()),
            down,
            epoch: self.engine.epoch(),
            lsn: stats.lsn,
            commands: CommandStatus {
                accepted: stats.accepted,
                refused: stats.refused,
                duplicates: stats.duplicates,
                queued: stats.queued,
                commits: stats.commits,
                commit_p50_us: stats.commit_p50_us,
                commit_p99_us: stats.commit_p99_us,
            },
            storage: StorageStatus {
                folder: self.folder.display().to_string(),
                file_bytes: stats.file_bytes,
                free_bytes: rustix::fs::statvfs(&*self.folder).map_or(0, |disk| disk.f_bavail * disk.f_frsize),
                tail_entries: stats.tail_entries,
                journal_rows: stats.journal_rows,
            },
        }
    }

    fn apps(&self) -> Result<Vec<(AppId, Arc<AppRow>)>, Refusal> {
        self.engine.view().range::<AppRow>(&AppId(0), &AppId(u32::MAX), APPS_MAX).map_err(|fault| broken(&fault))
    }

    fn line(&self, (app, row): (AppId, Arc<AppRow>)) -> Result<AppLine, Refusal> {
        let state =
            self.engine.view().get::<AppStateRow>(&app).map_err(|fault| broken(&fault))?.unwrap_or_default().state;
        Ok(AppLine { app, name: row.name.clone(), created: row.created, state, settings: row.settings.clone() })
    }

    /// The app of a name, compared without regard to case; `home` when there is none.
    fn app(&self, name: Option<&Name>) -> Result<(AppId, Arc<AppRow>), Refusal> {
        let apps = self.apps()?;
        let wanted = |(app, row): &(AppId, Arc<AppRow>)| match name {
            None => *app == AppId::HOME,
            Some(name) => row.name.as_str().to_lowercase() == name.as_str().to_lowercase(),
        };
        apps.into_iter().find(wanted).ok_or_else(|| {
            let name = name.map_or("home", Name::as_str);
            let message = format!("There is no app `{name}`; `tidings app list` shows those there are.");
            Refusal::new(Code::NotFound, message)
        })
    }

    /// A user by id.
    pub(super) fn find_user(&self, app: AppId, id: &UserId) -> Result<Option<(UserHandle, Arc<UserRow>)>, Refusal> {
        let view = self.engine.view();
        let Some(found) = view.get::<UserIdRow>(&UserIdKey::new(app, id)).map_err(|fault| broken(&fault))? else {
            return Ok(None);
        };
        let row = view.get::<UserRow>(&found.user).map_err(|fault| broken(&fault))?;
        Ok(row.map(|row| (found.user, row)))
    }

    fn users(&self, app: Option<&Name>, after: UserHandle) -> Result<Response, Refusal> {
        let (app, _) = self.app(app)?;
        let rows = self
            .engine
            .view()
            .range::<UserRow>(&after.next(), &UserHandle(u64::MAX), USERS_PAGE_MAX as usize)
            .map_err(|fault| broken(&fault))?;
        let next = if rows.len() == USERS_PAGE_MAX as usize { rows.last().map(|(user, _)| *user) } else { None };
        let users = rows
            .into_iter()
            .filter(|(_, row)| row.app == app)
            .map(|(_, row)| UserLine {
                id: row.id.clone(),
                name: row.name.clone(),
                administrator: row.administrator,
                suspended: row.flags.suspended,
                silenced: row.flags.silenced,
                contacts_disabled: row.flags.contacts_disabled,
                deleted: row.deleted,
                created: row.created,
            })
            .collect();
        Ok(Response::Users { users, next })
    }
}

fn done(result: Result<(), Refusal>) -> Result<Response, Refusal> {
    result.map(|()| Response::Done {})
}

/// An answer that does not belong to its question: a mistake of ours.
fn mixed_up() -> Refusal {
    Refusal::new(Code::Unavailable, "The server made a mistake; try again.")
}

/// A fault of the store, told to the operator, whose store it is.
fn broken(fault: &Fault) -> Refusal {
    tracing::error!(%fault, "a request of the operator met a fault of the store");
    Refusal::new(Code::Unavailable, fault.to_string())
}
