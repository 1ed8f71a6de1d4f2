//! The composition root: opens, wires, starts and stops. The only file that names every room.
//!
//! Start: folder, engine (which locks it), certificate, listeners, control socket, and only then `ready`. Stop, in the opposite
//! order: sessions are told and finished, tasks end, the engine drains, commits and closes. Whoever is told `ready` can connect;
//! whoever got an outcome finds it after any kind of end.

use crate::administration::Administration;
use crate::assistant::{self, AssistantOptions, Assistants, Times, Wake};
use crate::auth::{Auth, Vault, Work};
use crate::before_hooks::BeforeHooks;
use crate::config::{Config, QuickRepair, TlsMode};
use crate::control::{ConnectionStatus, Control, ServerStatus, Socket, Tester};
use crate::engine::{Engine, EngineOptions, Health, Subscriber};
use crate::gateway::{self, Gateway, GatewayOptions, GatewayStats};
use crate::hot::LastSeen;
use crate::hub::{Hub, HubOptions};
use crate::media::{Media, MediaOptions};
use crate::model::clock::monotonic;
use crate::model::{AdminAnswer, AdminQuery, AppId, AppRef, Code, Secret, SystemCommand};
use crate::net::{self, Listener, NetError, Tls};
use crate::outbound::{Outbound, OutboundError, OutboundOptions};
use crate::pictures::{PictureOptions, Pictures};
use crate::push::{Push, PushOptions};
use crate::search::Search;
use crate::shutdown::{Shutdown, Signals, Tasks};
use crate::store::{self, CheckReport, Fault};
use crate::webhooks::{WebhookOptions, Webhooks};
use crate::workers::{self, WorkerOptions, retention};
use crate::{http, telemetry};
use std::ffi::OsStr;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Sessions and tasks have this long to finish when the server stops.
const DRAIN: Duration = Duration::from_secs(7);
/// And then the engine this long to write down and close.
const CLOSE: Duration = Duration::from_secs(3);
/// Clients are told to come back after this long.
const RETRY_AFTER_MS: u64 = 1_000;
/// A store that takes no commands for this long makes the server give up, so that its supervisor can act.
const DOWN_MAX: Duration = Duration::from_secs(30);
/// The database in the data folder, as `store` names it.
const DATABASE: &str = "tidings.redb";
/// The search index in the data folder.
const SEARCH: &str = "search";
/// The folder of what may be deleted at any time, in the data folder.
const HOT: &str = "hot";
/// Files beside connections: the database, listeners, the control socket, the runtime.
const FILES_BESIDE: u64 = 64;

/// Why the server, or the data folder alone, could not be started or went down.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data folder cannot be used.
    #[error("{0}")]
    Folder(String),
    /// Another process uses the data folder.
    #[error("{0}")]
    Locked(Fault),
    /// The disk fails.
    #[error("{0}")]
    Disk(Fault),
    /// The data is damaged, of a newer version, or not ours.
    #[error("{0}")]
    Data(Fault),
    /// The network says no.
    #[error("{0}")]
    Net(#[from] NetError),
    /// Nothing can be asked of other servers.
    #[error("connections to other servers cannot be set up: {0}")]
    Outbound(OutboundError),
    /// The control socket cannot be made.
    #[error("the control socket in the data folder cannot be made: {0}")]
    Control(io::Error),
    /// The system does not give the process its signals.
    #[error("the signals that end the process cannot be taken over: {0}")]
    Signals(io::Error),
    /// It ran, and then could not go on.
    #[error("The storage takes no commands any more, so the server stops: {reason}")]
    Down {
        /// Why.
        reason: String,
    },
}

impl From<Fault> for AppError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Locked { .. } => Self::Locked(fault),
            Fault::Io(_) => Self::Disk(fault),
            _ => Self::Data(fault),
        }
    }
}

/// What a started server says about itself.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Where clients connect over TCP.
    pub tcp: SocketAddr,
    /// Where HTTP and WebSocket are.
    pub http: SocketAddr,
    /// The SHA-256 of the certificate; none without TLS.
    pub fingerprint: Option<String>,
    /// The data folder was set up by this start.
    pub founded: bool,
    /// The one-time link to make the first administrator, on the first start.
    pub setup: Option<Secret>,
}

/// An engine on its data folder.
pub struct Opened {
    /// The engine.
    pub engine: Engine,
    /// The data folder was set up just now.
    pub founded: bool,
}

/// Opens the data folder, makes it when it is not there, and sets it up when it is empty.
pub async fn open(config: &Config, subscribers: Vec<Box<dyn Subscriber>>) -> Result<Opened, AppError> {
    let folder = config.server.data.clone();
    prepare_folder(&folder)?;
    let founded = !is_data_folder(&folder);
    let options = EngineOptions {
        cache_bytes: config.storage.cache_mib.get() as usize * 1024 * 1024,
        quick_repair_always: config.storage.quick_repair == QuickRepair::Always,
        home: config.home.settings(),
        ..EngineOptions::new(folder)
    };
    // Opening reads the journal and waits for the first command, so it gets a thread of its own.
    let opening = tokio::task::spawn_blocking(move || Engine::open(options, subscribers));
    let engine = opening.await.unwrap_or(Err(Fault::Misuse("opening the data folder panicked")))?;
    Ok(Opened { engine, founded })
}

/// Whether there is a database in a folder.
pub fn is_data_folder(folder: &Path) -> bool {
    folder.join(DATABASE).exists()
}

/// Reads everything in a data folder that no server uses, and reports what is damaged.
pub async fn check_data(folder: PathBuf) -> Result<CheckReport, AppError> {
    let checking = tokio::task::spawn_blocking(move || store::check(&folder));
    Ok(checking.await.unwrap_or(Err(Fault::Misuse("checking the data folder panicked")))?)
}

/// Makes the data folder, for its owner alone; closes one that is still blank; refuses one that others could write into.
fn prepare_folder(folder: &Path) -> Result<(), AppError> {
    let name = folder.display();
    if let Some(problem) = folder_problem(folder) {
        return Err(AppError::Folder(problem));
    }
    let Ok(found) = std::fs::metadata(folder) else {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        return made.map_err(|error| AppError::Folder(format!("The data folder {name} cannot be made: {error}.")));
    };
    let open_to_others = found.permissions().mode() & 0o077 != 0;
    if !open_to_others {
        return Ok(());
    }
    if is_blank(folder) {
        let closed = std::fs::set_permissions(folder, Permissions::from_mode(0o700));
        return closed.map_err(|error| {
            AppError::Folder(format!(
                "The data folder {name} cannot be closed to other users of this machine: {error}."
            ))
        });
    }
    tracing::warn!(folder = %name, "other users of this machine can read the data folder; close it with chmod 700");
    Ok(())
}

/// Why a folder cannot be the data folder; none when it can, or when it is not there yet. Changes nothing.
pub fn folder_problem(folder: &Path) -> Option<String> {
    let name = folder.display();
    let found = match std::fs::metadata(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return Some(format!("The data folder {name} cannot be used: {error}.")),
    };
    if !found.is_dir() {
        return Some(format!("{name} is not a folder. Name another data folder with --data."));
    }
    let mode = found.permissions().mode() & 0o777;
    (mode & 0o022 != 0 && !is_blank(folder)).then(|| {
        format!(
            "Other users of this machine can write into the data folder {name} (mode {mode:03o}). Close it with \
             `chmod 700 {name}`."
        )
    })
}

/// Whether a folder holds nothing yet, or only what the repository keeps in its own `data`.
fn is_blank(folder: &Path) -> bool {
    let ours = |name: &OsStr| name == "README.md" || name == ".gitignore";
    std::fs::read_dir(folder)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| ours(&entry.file_name()))))
}

/// Runs the server until it is asked to end. `ready` is called once, when clients can connect.
pub async fn serve(config: &Config, ready: impl FnOnce(&Ready) + Send) -> Result<(), AppError> {
    telemetry::start(&config.log);
    let files = net::raise_file_limit();
    let wanted = u64::from(config.limits.connections.get()) + FILES_BESIDE;
    if let Some(files) = files.filter(|files| *files < wanted) {
        tracing::warn!(files, wanted, "this process may open fewer files than [limits] connections needs");
    }

    let hub = Hub::new(HubOptions::default());
    let wake = Wake::default();
    let Opened { engine, founded } = open(config, vec![gateway::subscriber(&hub), wake.subscriber()]).await?;
    let ended = Box::pin(run(config, &engine, (hub, wake), founded, ready)).await;
    if ended.is_err() {
        close(engine).await;
    }
    ended
}

/// Serves on an open engine, and closes it when asked to end.
async fn run(
    config: &Config,
    engine: &Engine,
    (hub, wake): (Hub, Wake),
    founded: bool,
    ready: impl FnOnce(&Ready) + Send,
) -> Result<(), AppError> {
    // Before anybody can learn that the server runs, so that whoever does can also ask it to end.
    let mut signals = Signals::listen().map_err(AppError::Signals)?;
    let (trigger, shutdown) = Shutdown::new();
    let tasks = Tasks::new();
    let tls = Tls::load(&tls_mode(config), &config.server.data, &config.tls.names)?;
    let fingerprint = tls.fingerprint().map(str::to_owned);
    let tcp = Listener::bind(config.listen.tcp, tls.clone())?;
    let web = Listener::bind(config.listen.http, tls)?;
    let local = |listener: &Listener, wanted| listener.local_addr().unwrap_or(wanted);
    let mut up = Ready {
        tcp: local(&tcp, config.listen.tcp),
        http: local(&web, config.listen.http),
        fingerprint,
        founded,
        setup: None,
    };
    warn_of_plaintext(config, &up);
    let socket = Socket::bind(&config.server.data).map_err(AppError::Control)?;

    let outbound = open_outbound(config)?;
    let search = Search::new(engine, config.server.data.join(SEARCH));
    tasks.spawn("search", search.run(shutdown.clone()));
    let auth = open_auth(config)?;
    let (passwords, vault) = (auth.passwords.clone(), auth.vault.clone());
    let last_seen = open_last_seen(config, engine).await;
    let url = url(config, up.http);
    let office = Administration::new(engine.clone(), auth.clone(), &url, config.server.name.as_str());
    up.setup = first_link(&office, founded).await;
    let push = open_push(config, engine, &outbound, &url)?;
    tasks.spawn("push", push.clone().run(shutdown.clone()));
    let before_hooks = open_before_hooks(config, engine, &auth, &tasks)?;
    let options = GatewayOptions { url, last_seen, ..gateway_options(config) };
    let gateway = Gateway::new(engine.clone(), hub.clone(), auth, options, tasks.clone());
    let media = open_media(config, engine, &tasks).await?;
    let assistants = Assistants::new(
        engine.clone(),
        hub,
        media.clone(),
        outbound.clone(),
        wake,
        tasks.clone(),
        assistant_options(config),
    );
    tasks.spawn("assistants", assistants.clone().run(shutdown.clone()));
    seed_assistants(config, engine).await;
    let control = Control::new(office, passwords, config.server.data.clone())
        .with_server(server_status(gateway.clone(), &up))
        .with_tester(tester(assistants.clone()));
    tasks.spawn("retention", retention::run(engine.clone(), retention::EVERY, shutdown.clone()));
    tasks.spawn("tcp", {
        let (gateway, shutdown) = (gateway.clone(), shutdown.clone());
        async move { gateway.serve_tcp(tcp, shutdown).await }
    });
    tasks.spawn("media", media.clone().keep_tidy(shutdown.clone()));
    let webhooks = open_webhooks(config, engine, vault)?;
    tasks.spawn("webhooks", webhooks.clone().run(shutdown.clone(), tasks.clone()));
    let shared = (media, push, assistants, before_hooks, webhooks, open_pictures(config)?);
    tasks.spawn("http", http::serve(gateway.clone(), engine.clone(), shared, web, shutdown.clone(), tasks.clone()));
    workers::start(engine, WorkerOptions::default(), &shutdown, &tasks);
    tasks.spawn("control socket", socket.serve(control, shutdown.clone(), tasks.clone()));
    tracing::info!(tcp = %up.tcp, http = %up.http, version = env!("CARGO_PKG_VERSION"), "serving");
    if let Some(fingerprint) = &up.fingerprint {
        tracing::info!(fingerprint, "clients can trust this server by the SHA-256 of its certificate");
    }
    ready(&up);

    run_until_asked(engine, &mut signals).await?;

    // A second signal ends the waiting, not the promise: whatever was acknowledged is on disk already.
    let stop = async {
        gateway.drain("the server is stopping", RETRY_AFTER_MS);
        trigger.fire();
        tasks.finish(DRAIN).await;
        close(engine.clone()).await;
    };
    tokio::select! {
        () = stop => tracing::info!("stopped"),
        _ = signals.next() => tracing::warn!("asked again: ending at once"),
    }
    Ok(())
}

/// The client for what the server asks of others, with what the operator allows.
fn open_outbound(config: &Config) -> Result<Outbound, AppError> {
    let defaults = OutboundOptions::default();
    // Every answer that may be written at once has a place, with room for tests of assistants and tasks.
    let operator_requests_max = defaults.operator_requests_max.max(config.assistants.at_once.get() as usize + 32);
    let options = OutboundOptions { allow: config.outbound.allow.clone(), operator_requests_max, ..defaults };
    Outbound::new(options).map_err(AppError::Outbound)
}

/// Most questions to before-hooks of all apps on their way at the same time.
const BEFORE_HOOKS_AT_ONCE: usize = 1_024;
/// Connections to one before-hook that wait for the next question.
const BEFORE_HOOK_IDLE: usize = 32;

/// Before-hooks, with a client of their own: those that hang take no place of what else is asked of other servers.
fn open_before_hooks(config: &Config, engine: &Engine, auth: &Auth, tasks: &Tasks) -> Result<BeforeHooks, AppError> {
    let options = OutboundOptions {
        allow: config.outbound.allow.clone(),
        tenant_requests_max: BEFORE_HOOKS_AT_ONCE,
        idle_per_host_max: BEFORE_HOOK_IDLE,
        ..OutboundOptions::default()
    };
    let outbound = Outbound::new(options).map_err(AppError::Outbound)?;
    Ok(BeforeHooks::new(engine, outbound, auth.vault.clone(), tasks.clone()))
}

/// Web Push, with its key in the data folder.
fn open_push(config: &Config, engine: &Engine, outbound: &Outbound, url: &str) -> Result<Push, AppError> {
    let contact = config.push.contact.get().unwrap_or(url);
    let options = PushOptions::new(config.server.name.as_str(), contact);
    Push::open(engine, &config.server.data, outbound.clone(), options).map_err(|error| {
        let name = config.server.data.display();
        AppError::Folder(format!("The key of push in the data folder {name} cannot be used: {error}."))
    })
}

/// Webhooks of apps. Their posts have a client of their own, so that they take no place of push.
fn open_webhooks(config: &Config, engine: &Engine, vault: Vault) -> Result<Webhooks, AppError> {
    let options = WebhookOptions {
        retries: config.webhooks.retries.get().to_vec(),
        time: Duration::from_secs(config.webhooks.timeout_s.get().into()),
        ..WebhookOptions::default()
    };
    let outbound = OutboundOptions {
        allow: config.outbound.allow.clone(),
        // Beside those that wait for their turn there are tests.
        tenant_requests_max: options.places + 32,
        ..OutboundOptions::default()
    };
    let outbound = Outbound::new(outbound).map_err(AppError::Outbound)?;
    Ok(Webhooks::new(engine, vault, outbound, options))
}

/// Pictures of other servers, with a client of their own: slow ones take no place of what else is asked.
fn open_pictures(config: &Config) -> Result<Pictures, AppError> {
    let options = OutboundOptions { allow: config.outbound.allow.clone(), ..OutboundOptions::default() };
    let outbound = Outbound::new(options).map_err(AppError::Outbound)?;
    Ok(Pictures::new(outbound, PictureOptions { on: config.outbound.pictures, ..PictureOptions::default() }))
}

/// Sets up the assistants that the configuration names and that are not there yet.
async fn seed_assistants(config: &Config, engine: &Engine) {
    for seed in &config.seeded_assistants {
        let there = AdminQuery::Assistants { app: AppRef::default(), id: Some(seed.id.clone()) };
        match engine.administer(crate::auth::server(), there).await {
            // As administrators have it by now.
            Ok(_) => continue,
            Err(refusal) if refusal.code == Code::NotFound => {}
            Err(refusal) => {
                tracing::error!(assistant = %seed.id, %refusal, "whether an assistant is there could not be read");
                continue;
            }
        }
        let (id, name) = (seed.id.clone(), seed.name.clone());
        let settings = Box::new(seed.settings.clone());
        let command = SystemCommand::SetAssistant { app: AppId::HOME, id, name, settings };
        match engine.execute(crate::auth::server(), None, command.into()).await {
            Ok(_) => tracing::info!(assistant = %seed.id, "an assistant was set up as the configuration says"),
            Err(refusal) => tracing::error!(assistant = %seed.id, %refusal, "an assistant could not be set up"),
        }
    }
}

/// How the command line has an assistant tested by the running server.
fn tester(assistants: Assistants) -> Tester {
    Arc::new(move |settings| {
        let assistants = assistants.clone();
        Box::pin(async move { assistants.check(&settings).await })
    })
}

/// The same without a server.
pub fn tester_alone(config: &Config) -> Result<Tester, AppError> {
    let (outbound, options) = (open_outbound(config)?, assistant_options(config));
    Ok(Arc::new(move |settings| {
        let (outbound, options) = (outbound.clone(), options.clone());
        Box::pin(async move { assistant::check_alone(outbound, &options, &settings).await })
    }))
}

fn assistant_options(config: &Config) -> AssistantOptions {
    let limits = &config.assistants;
    let seconds = |number: u32| Duration::from_secs(number.into());
    AssistantOptions {
        at_once: limits.at_once.get() as usize,
        times: Times {
            first_byte: seconds(limits.first_byte_s.get()),
            silence: seconds(limits.silence_s.get()),
            total: seconds(limits.total_s.get()),
        },
        ..AssistantOptions::new(&config.server.data)
    }
}

/// Opens the folder of what may vanish; what cannot be opened is kept in memory.
async fn open_last_seen(config: &Config, engine: &Engine) -> LastSeen {
    let (folder, epoch) = (config.server.data.join(HOT), engine.epoch());
    let opening = tokio::task::spawn_blocking(move || LastSeen::open(&folder, epoch));
    opening.await.unwrap_or_default()
}

/// What log-ins need, with the key of the data folder's secrets.
pub fn open_auth(config: &Config) -> Result<Auth, AppError> {
    let vault = Vault::open(&config.server.data).map_err(|error| {
        let name = config.server.data.display();
        AppError::Folder(format!("The key of secrets in the data folder {name} cannot be used: {error}."))
    })?;
    if vault.is_rotating().unwrap_or_default() {
        tracing::warn!("a rotation of secrets.key was begun and not finished; run `tidings secrets rotate`");
    }
    Ok(Auth::with(password_work(config), vault))
}

/// How browsers reach the server: as it is configured, else where HTTP listens.
pub fn url(config: &Config, http: SocketAddr) -> String {
    if let Some(url) = config.server.url.get() {
        return url.to_owned();
    }
    let scheme = if config.tls.mode == TlsMode::Off { "http" } else { "https" };
    if !http.ip().is_unspecified() {
        return format!("{scheme}://{http}");
    }
    let name = config.tls.names.first().map_or("localhost", String::as_str);
    format!("{scheme}://{name}:{}", http.port())
}

/// How much work a password hash is.
pub fn password_work(config: &Config) -> Work {
    Work { memory_kib: config.limits.password_kib.get(), passes: config.limits.password_passes.get() }
}

/// The link to make the first administrator, when the data folder is new. Later starts only say how to get one.
async fn first_link(office: &Administration, founded: bool) -> Option<Secret> {
    if founded {
        match office.setup_link(&crate::auth::server()).await {
            Ok(link) => {
                tracing::info!(
                    "a one-time link to make the first administrator stands on standard output; it lasts 24 hours"
                );
                return Some(link.url);
            }
            Err(refusal) => tracing::warn!(%refusal, "there is no link to make the first administrator"),
        }
        return None;
    }
    let any = office.read(&crate::auth::server(), AdminQuery::AnyAdministrator).await;
    if matches!(any, Ok(AdminAnswer::Accounts { accounts, .. }) if accounts.is_empty()) {
        tracing::info!("there is no administrator yet; `tidings admin setup-link` gives a link to make the first one");
    }
    None
}

/// Opens the folder of the files, and takes up the uploads that the last stop interrupted.
async fn open_media(config: &Config, engine: &Engine, tasks: &Tasks) -> Result<Media, AppError> {
    let (folder, engine, tasks) = (config.server.data.clone(), engine.clone(), tasks.clone());
    let options = MediaOptions {
        reserve_bytes: u64::from(config.media.reserve_mib.get()) * 1024 * 1024,
        sweep_every: Duration::from_secs(u64::from(config.media.sweep_minutes.get()) * 60),
        body_idle: Duration::from_secs(u64::from(config.media.body_idle_s.get())),
    };
    let opening = tokio::task::spawn_blocking(move || Media::open(engine, &folder, options, tasks)).await;
    opening.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(|error| {
        let name = config.server.data.display();
        AppError::Folder(format!("The files in the data folder {name} cannot be used: {error}."))
    })
}

/// Waits for the signal to end, or for a store that stays down.
async fn run_until_asked(engine: &Engine, signals: &mut Signals) -> Result<(), AppError> {
    let mut down_since = None;
    loop {
        tokio::select! {
            signal = signals.next() => {
                tracing::info!(signal, "draining");
                return Ok(());
            }
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        match engine.health() {
            Health::Live => down_since = None,
            Health::Down(reason) => {
                let since = *down_since.get_or_insert_with(monotonic);
                if monotonic().duration_since(since) >= DOWN_MAX {
                    return Err(AppError::Down { reason });
                }
            }
            Health::Failed(reason) => return Err(AppError::Down { reason }),
        }
    }
}

/// Writes down what waits and closes the store, on a thread of its own because it blocks.
pub async fn close(engine: Engine) {
    let closing = tokio::task::spawn_blocking(move || engine.stop());
    match tokio::time::timeout(CLOSE, closing).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "closing the store panicked"),
        Err(_) => tracing::warn!("the store did not close in time; the next start recovers it"),
    }
}

fn tls_mode(config: &Config) -> net::TlsMode {
    let tls = &config.tls;
    match tls.mode {
        TlsMode::Off => net::TlsMode::Off,
        TlsMode::SelfSigned => net::TlsMode::SelfSigned,
        TlsMode::Files => net::TlsMode::Files {
            certificate: tls.certificate.clone().unwrap_or_default(),
            key: tls.key.clone().unwrap_or_default(),
        },
    }
}

fn warn_of_plaintext(config: &Config, up: &Ready) {
    for address in [up.tcp, up.http] {
        if !net::is_private(address, &tls_mode(config)) {
            tracing::warn!(
                %address,
                "listening beyond this machine without TLS: passwords and messages can be read on the network; \
                 set [tls] mode unless a proxy in front encrypts"
            );
        }
    }
}

fn gateway_options(config: &Config) -> GatewayOptions {
    let limits = &config.limits;
    let or_none = |number: u32| if number == 0 { usize::MAX } else { number as usize };
    GatewayOptions {
        server_name: config.server.name.as_str().to_owned(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        web_dir: config.server.web_dir.clone(),
        max_frame: limits.max_frame.get() as usize,
        window: limits.window.get(),
        rate_per_second: limits.rate_per_second.get(),
        rate_burst: limits.rate_burst.get(),
        rest_per_second: limits.rest_per_second.get(),
        rest_burst: limits.rest_burst.get(),
        mcp_per_second: limits.mcp_per_second.get(),
        mcp_burst: limits.mcp_burst.get(),
        queue_bytes: limits.queue_kib.get() as usize * 1024,
        hello_timeout_ms: u64::from(limits.hello_timeout_s.get()) * 1_000,
        silence_timeout_ms: u64::from(limits.silence_timeout_s.get()) * 1_000,
        connections_max: limits.connections.get() as usize,
        connections_per_address_max: or_none(limits.connections_per_address.get()),
        ..GatewayOptions::default()
    }
}

/// What `tidings status` shows of a running server.
fn server_status(gateway: Gateway, up: &Ready) -> impl Fn() -> ServerStatus + Send + Sync + 'static {
    let started = monotonic();
    let up = up.clone();
    move || ServerStatus {
        pid: std::process::id(),
        uptime_s: monotonic().duration_since(started).as_secs(),
        tcp: up.tcp.to_string(),
        http: up.http.to_string(),
        tls: up.fingerprint.is_some(),
        fingerprint: up.fingerprint.clone(),
        connections: connections(gateway.stats()),
    }
}

const fn connections(stats: GatewayStats) -> ConnectionStatus {
    ConnectionStatus {
        open: stats.connections,
        sessions: stats.sessions,
        queued_bytes: stats.queued_bytes,
        accepted: stats.accepted,
        turned_away: stats.turned_away,
        logins: stats.logins,
        logins_refused: stats.logins_refused,
        throttled: stats.throttled,
        lagging: stats.lagging,
        protocol_errors: stats.protocol_errors,
        timeouts: stats.timeouts,
    }
}
