//! Who asks: the session of a bearer token or of a browser's cookie, found once before any handler runs.

use super::acts_as::ActsAs;
use super::extract::invalid;
use super::limits::{Asker, Counted};
use super::problem::Problem;
use super::{ApiState, apps, cookie, key, origins};
use crate::auth::{AddressPrefix, Token};
use crate::gateway::LoggedIn;
use crate::http::Peer;
use crate::model::{
    Actor, Answer, AppActor, AppRef, AppScope, AppScopes, Code, Command, CommandResult, Key, Outcome, Platform, Query,
    Refusal, Secret, SystemCommand, UserActor,
};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The user who asks, through which session. A handler that takes one is for users who are logged in.
#[derive(Clone)]
pub struct Caller {
    /// Who acts; from the session alone.
    pub actor: UserActor,
    /// What their device runs on.
    pub platform: Platform,
    /// The session's token.
    pub token: Secret,
    /// The request's `Idempotency-Key`, if it has one.
    pub key: Option<Key>,
    api: ApiState,
    keys: Keys,
}

/// The idempotency keys of one request's commands: the first is the caller's own, those after it are made from it.
#[derive(Clone)]
struct Keys {
    first: Key,
    used: Arc<AtomicU8>,
}

impl Keys {
    fn next(&self) -> Key {
        let nth = self.used.fetch_add(1, Ordering::Relaxed);
        let mut key = self.first;
        // Byte 9 is random in a UUID of version 7, and a hash's in a word (some programs count in the last ones); the same request makes the same keys again.
        key.0[9] ^= nth;
        key
    }
}

/// What was found out about a request before its handler runs: who asks as a user, and which other system asks.
#[derive(Clone)]
struct Identity {
    user: Arc<Result<Caller, Problem>>,
    app: Option<(AppActor, AppScopes)>,
}

/// Another system that asks with a key of its app. A handler that takes one is for that app alone: one whose path names another
/// app gives the same answer as for an app that is not there.
#[derive(Clone, Copy, Debug)]
pub struct AppCaller(pub AppActor);

impl AppCaller {
    /// Who asks, as commands take it.
    pub const fn by(self) -> Actor {
        Actor::App(self.0)
    }

    /// Counts a command of the app, as those of its users count.
    pub fn take_turn(self, api: &ApiState) -> Result<(), Refusal> {
        api.gateway.take_app_turn(self.0.app)
    }

    /// Its app, as what reads of apps takes it.
    pub fn app(self) -> AppRef {
        AppRef(self.0.app.to_string())
    }
}

impl FromRequestParts<ApiState> for AppCaller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Problem> {
        let identity = parts.extensions.get::<Identity>().cloned();
        let Some((actor, scopes)) = identity.as_ref().and_then(|identity| identity.app.clone()) else {
            return Err(match identity.as_ref().map(|identity| &*identity.user) {
                Some(Err(problem)) => problem.clone(),
                _ => Problem::new(Code::Forbidden, "This is for another system, with a key of its app (`tdk_…`)."),
            });
        };
        let path = axum::extract::RawPathParams::from_request_parts(parts, api).await;
        let named =
            path.ok().and_then(|path| path.iter().find(|(name, _)| *name == "app").map(|(_, app)| app.to_owned()));
        check_app(api, actor, named.unwrap_or_default()).await?;
        check_scope(parts, &scopes)?;
        Ok(Self(actor))
    }
}

/// Refuses a key that lacks the scope of the route.
fn check_scope(parts: &Parts, scopes: &AppScopes) -> Result<(), Problem> {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match apps::scopes::of(&parts.method, path) {
        Some(any_of) => Ok(scopes.check(any_of)?),
        None => Err(Problem::new(Code::Forbidden, "No key of an app opens this.")),
    }
}

/// Refuses a path that names another app than the key's.
async fn check_app(api: &ApiState, actor: AppActor, named: String) -> Result<(), Problem> {
    match api.office.app(&Actor::App(actor), AppRef(named)).await {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.code == Code::NotFound => Err(Problem::new(
            Code::NotFound,
            "There is no such app, or the key is not one of its; name the app of the key.",
        )),
        Err(refusal) => Err(refusal.into()),
    }
}

impl Caller {
    /// What the handlers share.
    pub const fn api(&self) -> &ApiState {
        &self.api
    }

    /// Hands a command to the ledger and waits for its outcome. The request's `Idempotency-Key` is the key of the first command.
    pub async fn submit(&self, command: Command) -> Result<Outcome, Problem> {
        self.take_turn()?;
        self.carry_out(Actor::User(self.actor.clone()), Some(self.keys.next()), command).await
    }

    /// The same for what the server does in the caller's name, once it has checked that they may.
    pub async fn submit_for_server(&self, command: SystemCommand) -> Result<Outcome, Problem> {
        self.take_turn()?;
        self.carry_out(crate::auth::server(), None, command).await
    }

    async fn carry_out(
        &self,
        actor: Actor,
        key: Option<Key>,
        command: impl Into<crate::model::AnyCommand>,
    ) -> Result<Outcome, Problem> {
        let accepted = self.api.engine().execute(actor, key, command.into()).await?;
        Ok(Outcome { lsn: accepted.lsn, duplicate: accepted.duplicate, result: accepted.result })
    }

    /// Counts a command of the caller that is handed over elsewhere.
    pub fn take_turn(&self) -> Result<(), Refusal> {
        self.api.gateway.take_turn(&self.actor)
    }

    /// Who asks, as those commands take it that an administrator gives. They carry no key: many are made of what is there.
    pub fn by(&self) -> Actor {
        Actor::User(self.actor.clone())
    }

    /// Refuses what only a device of the user itself does.
    pub fn check_session(&self) -> Result<(), Problem> {
        if self.actor.session.key().is_some() {
            let words = "This is for a device of the user; a key of the app follows the app's own events and asks for files directly.";
            return Err(Problem::new(Code::Unsupported, words));
        }
        Ok(())
    }

    /// Reads something for the caller.
    pub async fn ask(&self, query: Query) -> Result<Answer, Problem> {
        Ok(self.api.gateway.query(&self.actor, query).await?)
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Problem> {
        match parts.extensions.get::<Identity>() {
            Some(Identity { user, .. }) => (**user).clone(),
            None => Err(nobody()),
        }
    }
}

/// Runs before every handler: finds out who asks, and counts the request.
pub async fn entrance(State(api): State<ApiState>, mut request: Request, next: Next) -> Response {
    let Some(peer) = request.extensions().get::<Peer>().cloned() else { return nobody().into_response() };
    let page = origins::foreign(request.headers(), &api.gateway.options().url);
    if let Some(page) = page.as_ref().filter(|_| origins::is_preflight(&request)) {
        let (response, counted) = match api.limits.count(Asker::Address(AddressPrefix::of(peer.address))) {
            Ok(counted) => (origins::preflight(&api, page), counted),
            Err((refusal, counted)) => (Problem::from(refusal).into_response(), Some(counted)),
        };
        return origins::varied(told(response, counted));
    }
    let key = key::of(&request);
    let acts_as = request.extensions_mut().remove::<ActsAs>();
    let app = by_key(&api, request.headers()).await;
    let found = match &app {
        Some(Ok((actor, _))) => in_the_name(&api, *actor, acts_as, key, as_user(&request)).await,
        Some(Err(problem)) => Err(problem.clone()),
        None if acts_as.is_some() => Err(no_key()),
        None => identify(&api, &peer, key, (request.method(), request.headers()), page.is_some()).await,
    };
    let app = app.and_then(Result::ok);
    let asker = match (&found, &app) {
        (_, Some((actor, _))) => Asker::Key(actor.key),
        (Ok(caller), None) => Asker::User(caller.actor.user),
        (Err(_), None) => Asker::Address(AddressPrefix::of(peer.address)),
    };
    let count = api.limits.count(asker);
    let verdict = match &page {
        // Whose page it is takes a look at all apps as long as nobody is known. Whoever asks too often gets no such look.
        Some(_) if count.is_err() && found.is_err() && app.is_none() => origins::Verdict::default(),
        Some(page) => {
            let whose = found.as_ref().map(|caller| caller.actor.app);
            let whose = app.as_ref().map_or(whose, |(actor, _)| Ok(actor.app));
            let named = request.headers().contains_key(header::AUTHORIZATION);
            origins::judge(&api, page, whose, (request.method(), request.uri().path(), named))
        }
        None => origins::Verdict::default(),
    };
    let (response, counted) = match (count, &verdict.stop) {
        (Err((refusal, counted)), _) => (Problem::from(refusal).into_response(), Some(counted)),
        (Ok(counted), Some(problem)) => (problem.clone().into_response(), counted),
        (Ok(counted), None) => {
            request.extensions_mut().insert(Identity { user: Arc::new(found), app });
            (next.run(request).await, counted)
        }
    };
    let mut response = told(response, counted);
    verdict.tell(&mut response);
    origins::varied(response)
}

fn told(mut response: Response, counted: Option<Counted>) -> Response {
    if let Some(counted) = counted {
        counted.tell(response.headers_mut());
    }
    response
}

/// Which other system asks, when a key stands where tokens stand.
async fn by_key(api: &ApiState, headers: &HeaderMap) -> Option<Result<(AppActor, AppScopes), Problem>> {
    let token = bearer(headers).ok()??;
    if !Token::looks_like_a_key(token.reveal()) {
        return None;
    }
    Some(api.gateway.authenticate_key(&token).await.map_err(Problem::from))
}

/// The scopes with one of which a key may ask this in the name of a user.
fn as_user(request: &Request) -> &'static [AppScope] {
    let path = request.extensions().get::<MatchedPath>().map_or(request.uri().path(), MatchedPath::as_str);
    apps::scopes::as_user(request.method(), path)
}

/// The user in whose name another system asks, as the path says; the key must have one of these scopes.
async fn in_the_name(
    api: &ApiState,
    actor: AppActor,
    acts_as: Option<ActsAs>,
    key: Result<Option<Key>, Problem>,
    scopes: &[AppScope],
) -> Result<Caller, Problem> {
    let Some(ActsAs { app, user }) = acts_as else {
        let words = "A key of an app asks for its users at /api/v1/apps/{app}/as/{user}/… and not for itself.";
        return Err(Problem::new(Code::Forbidden, words));
    };
    check_app(api, actor, app).await?;
    let id = user.parse().map_err(|error| invalid(format!("The path names no user: {error}.")))?;
    let acting = api.office.acting_with(actor, &id, scopes)?;
    let key = key?;
    let first = key.unwrap_or_else(|| Key::new(api.engine().clock().now()));
    let keys = Keys { first, used: Arc::new(AtomicU8::new(0)) };
    // Whatever begins another connection with this token finds that it is none of a session.
    let token = Secret::default();
    Ok(Caller { actor: acting, platform: Platform::Api, token, key, api: api.clone(), keys })
}

fn no_key() -> Problem {
    let words = "Acting for users of an app takes a key of it, as `Authorization: Bearer tdk_…`.";
    Problem::new(Code::Unauthenticated, words)
}

async fn identify(
    api: &ApiState,
    peer: &Peer,
    key: Result<Option<Key>, Problem>,
    (method, headers): (&Method, &HeaderMap),
    foreign: bool,
) -> Result<Caller, Problem> {
    let token = match bearer(headers)? {
        Some(token) => token,
        None => match cookie::token(headers, peer.tls) {
            Some(token) => {
                cookie::check_origin(method, headers)?;
                // A page of another system reads nothing with a cookie either.
                if foreign {
                    return Err(nobody());
                }
                token
            }
            None => return Err(nobody()),
        },
    };
    let LoggedIn { actor, platform, .. } = api.gateway.authenticate(&token).await?;
    let key = key?;
    let first = key.unwrap_or_else(|| Key::new(api.engine().clock().now()));
    let keys = Keys { first, used: Arc::new(AtomicU8::new(0)) };
    Ok(Caller { actor, platform, token, key, api: api.clone(), keys })
}

/// The token of `Authorization: Bearer`.
pub fn bearer(headers: &HeaderMap) -> Result<Option<Secret>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim()))
    });
    token.map(Some).ok_or_else(|| {
        let words = "The header `Authorization` must be `Bearer` and a session token; POST /api/v1/sessions gives one.";
        Problem::new(Code::Unauthenticated, words)
    })
}

fn nobody() -> Problem {
    let words =
        "Nobody is logged in here; send a session token as `Authorization: Bearer`. POST /api/v1/sessions gives one.";
    Problem::new(Code::Unauthenticated, words)
}

/// When the engine gives another kind of answer than was asked for.
pub fn unexpected() -> Problem {
    tracing::error!("the engine gave another kind of answer than was asked for");
    Problem::new(Code::Unavailable, "The answer could not be made; try again, and tell the operator if it stays so.")
}

/// The same for the result of a command.
pub fn unexpected_result(result: &CommandResult) -> Problem {
    tracing::error!(?result, "a command gave another kind of result than it should");
    Problem::new(Code::Unavailable, "The answer could not be made; look whether it took effect before you try again.")
}
