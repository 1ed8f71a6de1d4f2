//! A whole server inside the test: the real engine on a temporary folder, the real gateway and HTTP on free ports of the loopback.

use std::net::SocketAddr;
use std::time::Duration;
use tidings::assistant::{AssistantOptions, Assistants, Times, Wake};
use tidings::auth::{self, Auth, Token, Vault, Work};
use tidings::before_hooks::BeforeHooks;
use tidings::engine::{Engine, EngineOptions};
use tidings::gateway::{self, Gateway, GatewayOptions};
use tidings::http;
use tidings::hub::{Hub, HubOptions};
use tidings::media::{Media, MediaOptions};
use tidings::model::text::DeviceId;
use tidings::model::{
    AppId, AppSettings, Clock, CommandResult, Device, Name, PasswordHash, Platform, Secret, SessionId, SystemCommand,
    UserHandle, UserId, UserKind,
};
use tidings::net::{Listener, Tls};
use tidings::outbound::{Outbound, OutboundOptions};
use tidings::pictures::{PictureOptions, Pictures};
use tidings::push::{Push, PushOptions};
use tidings::search::Search;
use tidings::shutdown::{Shutdown, Tasks, Trigger};
use tidings::store::Fault;
use tidings::webhooks::{WebhookOptions, Webhooks};
use tidings::workers::{self, WorkerOptions};

/// A running server.
pub struct Server {
    pub engine: Engine,
    pub gateway: Gateway,
    pub auth: Auth,
    pub media: Media,
    pub push: Push,
    pub webhooks: Webhooks,
    pub tasks: Tasks,
    pub tcp: SocketAddr,
    pub http: SocketAddr,
    pub search: Search,
    trigger: Trigger,
}

/// A user with a session that was opened without a password.
pub struct Person {
    pub id: UserId,
    pub handle: UserHandle,
    pub session: SessionId,
    pub token: Secret,
}

/// Options with which tests are quick.
pub fn quick() -> GatewayOptions {
    GatewayOptions {
        presence_settle_ms: 0,
        rate_per_second: 0,
        rest_per_second: 0,
        mcp_per_second: 0,
        ..GatewayOptions::default()
    }
}

/// How tests post to webhooks: it is tried again soon, and whoever answers has time for it, however busy the machine is.
pub fn posting() -> WebhookOptions {
    let retries = vec![Duration::from_millis(200); 100];
    WebhookOptions { retries, time: Duration::from_secs(20), ..WebhookOptions::default() }
}

/// How tests fetch pictures: from this machine, or from the public internet alone.
pub fn fetching(options: PictureOptions, from_here: bool) -> Pictures {
    let allow = if from_here { vec!["127.0.0.0/8".parse().unwrap()] } else { Vec::new() };
    Pictures::new(Outbound::new(OutboundOptions { allow, ..OutboundOptions::default() }).unwrap(), options)
}

/// Opens the engine. A lock that a test has just let go can be held for a moment longer by a process that another test is
/// starting: until that runs its own program it has all our files.
fn open(options: &EngineOptions, hub: &Hub, wake: &Wake) -> Engine {
    let mut tries = 0..500;
    loop {
        match Engine::open(options.clone(), vec![gateway::subscriber(hub), wake.subscriber()]) {
            Err(Fault::Locked { .. }) if tries.next().is_some() => std::thread::sleep(Duration::from_millis(20)),
            opened => return opened.unwrap(),
        }
    }
}

impl Server {
    /// Starts one on a folder.
    pub async fn start(folder: &std::path::Path, options: GatewayOptions) -> Self {
        Self::start_with(folder, options, Tls::off()).await
    }

    pub async fn start_with(folder: &std::path::Path, options: GatewayOptions, tls: Tls) -> Self {
        Self::start_by(folder, options, tls, (Clock::system(), posting())).await
    }

    /// Starts one that fetches pictures in another way than tests do.
    pub async fn start_fetching(folder: &std::path::Path, pictures: Pictures) -> Self {
        Self::start_all(folder, quick(), Tls::off(), (Clock::system(), posting(), pictures)).await
    }

    /// Starts one by a clock that the test moves.
    pub async fn start_at(folder: &std::path::Path, options: GatewayOptions, clock: Clock) -> Self {
        Self::start_by(folder, options, Tls::off(), (clock, posting())).await
    }

    /// Starts one that posts to webhooks in another way than tests do.
    pub async fn start_posting(folder: &std::path::Path, clock: Clock, posting: WebhookOptions) -> Self {
        Self::start_by(folder, quick(), Tls::off(), (clock, posting)).await
    }

    async fn start_by(
        folder: &std::path::Path,
        options: GatewayOptions,
        tls: Tls,
        (clock, posting): (Clock, WebhookOptions),
    ) -> Self {
        let hour = Duration::from_hours(1);
        let pictures = PictureOptions { time: Duration::from_secs(20), failure_kept: hour, stall: hour, on: true };
        let pictures = fetching(pictures, true);
        Self::start_all(folder, options, tls, (clock, posting, pictures)).await
    }

    async fn start_all(
        folder: &std::path::Path,
        options: GatewayOptions,
        tls: Tls,
        (clock, posting, pictures): (Clock, WebhookOptions, Pictures),
    ) -> Self {
        let hub = Hub::new(HubOptions { clock: clock.clone(), ..HubOptions::default() });
        let wake = Wake::default();
        let options_of_engine = EngineOptions { clock, ..EngineOptions::new(folder) };
        let opening = {
            let (hub, wake) = (hub.clone(), wake.clone());
            tokio::task::spawn_blocking(move || open(&options_of_engine, &hub, &wake))
        };
        let engine = opening.await.unwrap();
        let (trigger, shutdown) = Shutdown::new();
        let vault = Vault::open(folder).unwrap();
        let (tasks, auth) = (Tasks::new(), Auth::with(Work::default(), vault.clone()));
        let media = {
            let (engine, folder, tasks) = (engine.clone(), folder.to_owned(), tasks.clone());
            // Nothing that a test waits for happens by the sweep: tests call it. A body that stands still ends soon.
            let options = MediaOptions {
                reserve_bytes: 0,
                sweep_every: Duration::from_hours(1_000),
                body_idle: Duration::from_secs(1),
            };
            let opening = move || Media::open(engine, &folder, options, tasks);
            tokio::task::spawn_blocking(opening).await.unwrap().unwrap()
        };
        let search = Search::new(&engine, folder.join("search"));
        tasks.spawn("search", search.clone().run(shutdown.clone()));
        let listen = || Listener::bind("127.0.0.1:0".parse().unwrap(), tls.clone()).unwrap();
        let (tcp, web) = (listen(), listen());
        let (tcp_address, http_address) = (tcp.local_addr().unwrap(), web.local_addr().unwrap());
        let gateway = Gateway::new(engine.clone(), hub.clone(), auth.clone(), options, tasks.clone());
        // Sessions expire when a test says so.
        let looking = WorkerOptions {
            deletions_every: Duration::from_millis(20),
            sessions_every: Duration::from_hours(1_000),
            signed_every: Duration::from_hours(1_000),
        };
        // What tests listen with is on this machine.
        let allow = vec!["127.0.0.0/8".parse().unwrap()];
        let outbound = Outbound::new(OutboundOptions { allow: allow.clone(), ..OutboundOptions::default() }).unwrap();
        let asking = OutboundOptions { allow, tenant_requests_max: 1_024, ..OutboundOptions::default() };
        let asking = Outbound::new(asking).unwrap();
        let before_hooks = BeforeHooks::new(&engine, asking, auth.vault.clone(), tasks.clone());
        workers::start(&engine, looking, &shutdown, &tasks);
        // Nobody waits for long in a test.
        let pushing =
            PushOptions { quiet: Duration::from_millis(300), ..PushOptions::new("test", "mailto:test@example.org") };
        let push = Push::open(&engine, folder, outbound.clone(), pushing).unwrap();
        tasks.spawn("push", push.clone().run(shutdown.clone()));
        // Whoever waits for a provider in vain does not do so for long.
        let seconds = Duration::from_secs;
        let times = Times { first_byte: seconds(2), silence: seconds(1), total: seconds(20) };
        let options_of_assistants = AssistantOptions { times, ..AssistantOptions::new(folder) };
        let assistants = Assistants::new(
            engine.clone(),
            hub,
            media.clone(),
            outbound.clone(),
            wake,
            tasks.clone(),
            options_of_assistants,
        );
        tasks.spawn("assistants", assistants.clone().run(shutdown.clone()));
        let webhooks = Webhooks::new(&engine, vault, outbound, posting);
        tasks.spawn("webhooks", webhooks.clone().run(shutdown.clone(), tasks.clone()));
        let serve_tcp = {
            let (gateway, shutdown) = (gateway.clone(), shutdown.clone());
            async move { gateway.serve_tcp(tcp, shutdown).await }
        };
        tasks.spawn("tcp", serve_tcp);
        tasks.spawn("media", media.clone().keep_tidy(shutdown.clone()));
        tasks.spawn(
            "http",
            http::serve(
                gateway.clone(),
                engine.clone(),
                (media.clone(), push.clone(), assistants, before_hooks, webhooks.clone(), pictures),
                web,
                shutdown,
                tasks.clone(),
            ),
        );
        Self {
            engine,
            gateway,
            auth,
            media,
            push,
            webhooks,
            search,
            tasks,
            tcp: tcp_address,
            http: http_address,
            trigger,
        }
    }

    /// Stops it; true when everything ended by itself.
    pub async fn stop(self) -> bool {
        self.gateway.drain("the test is over", 1_000);
        self.trigger.fire();
        let all = self.tasks.finish(Duration::from_secs(10)).await;
        tokio::task::spawn_blocking(move || self.engine.stop()).await.unwrap();
        all
    }

    /// Makes a user, with a password perhaps.
    pub async fn add_user(&self, id: &str, password: Option<PasswordHash>) -> UserHandle {
        self.add_user_of(AppId::HOME, id, password).await
    }

    async fn add_user_of(&self, app: AppId, id: &str, password: Option<PasswordHash>) -> UserHandle {
        let id = UserId::new(id).unwrap();
        let kind = UserKind::Person;
        let command = SystemCommand::AddUser { app, id, name: None, password, administrator: false, kind };
        match self.engine.execute(auth::operator(), None, command.into()).await.unwrap().result {
            CommandResult::User { user } => user,
            other => panic!("{other:?}"),
        }
    }

    /// Makes an app.
    pub async fn app(&self, name: &str) -> AppId {
        let command = SystemCommand::CreateApp { name: Name::new(name).unwrap(), settings: AppSettings::default() };
        match self.engine.execute(auth::operator(), None, command.into()).await.unwrap().result {
            CommandResult::App { app } => app,
            other => panic!("{other:?}"),
        }
    }

    /// Makes a user of an app, and a session.
    pub async fn person_of(&self, app: AppId, id: &str) -> Person {
        let handle = self.add_user_of(app, id, None).await;
        self.device(id, handle, &format!("{id}-laptop")).await
    }

    /// Makes a user and a session.
    pub async fn person(&self, id: &str) -> Person {
        let handle = self.add_user(id, None).await;
        self.device(id, handle, &format!("{id}-laptop")).await
    }

    /// Opens another session of a user.
    pub async fn device(&self, id: &str, user: UserHandle, name: &str) -> Person {
        let token = Token::draw();
        let command = SystemCommand::LogIn {
            user,
            credential: 1,
            device: device(name),
            token: token.hash(),
            address: "127.0.0.1".to_owned(),
        };
        let result = self.engine.execute(auth::server(), None, command.into()).await.unwrap().result;
        let CommandResult::Session { session } = result else { panic!("{result:?}") };
        Person { id: UserId::new(id).unwrap(), handle: user, session, token: token.secret() }
    }
}

/// A device.
pub fn device(name: &str) -> Device {
    Device { id: DeviceId::new(name).unwrap(), platform: Platform::Linux, name: Name::new(name).unwrap() }
}
