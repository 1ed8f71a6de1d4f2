//! `/sessions`: logging in, and the list of one's devices.

use super::answers::{Changed, created};
use super::caller::{Caller, unexpected};
use super::extract::{At, Json, invalid};
use super::problem::Problem;
use super::{ApiState, cookie, key, origins};
use crate::auth;
use crate::gateway::ForeignPage;
use crate::http::Peer;
use crate::model::text::DeviceId;
use crate::model::{
    Answer, AppId, AppRef, Code, Command, Device, Epoch, Key, Lsn, Name, Platform, Query, Secret, SessionId,
    SessionInfo, Timestamp, UserId,
};
use crate::protocol::Auth;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(open, list)).routes(routes!(end))
}

/// A log-in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// The app; 1, the server's own, when absent.
    #[serde(default)]
    #[schema(value_type = Option<WhichApp>, nullable = false)]
    app: WhichApp,
    /// Who; with `password`.
    #[serde(default)]
    user: Option<UserId>,
    /// Their password.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
    /// In place of user and password: a token that the user's app has signed (a JWT), exchanged this once.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    signed: Option<Secret>,
    /// The device; when absent a new one of platform `api`. The same device again takes the place of its last session.
    #[serde(default)]
    device: Option<Device>,
    /// For browsers: put the token into a cookie that scripts cannot read, and not into the answer.
    #[serde(default)]
    cookie: bool,
}

/// An app by its number or its name.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum WhichApp {
    Number(AppId),
    Name(String),
}

impl Default for WhichApp {
    fn default() -> Self {
        Self::Number(home())
    }
}

impl WhichApp {
    /// Which it is. Whoever names one that is not there hears the same as after a wrong password: what apps there are is nobody's to find out.
    async fn number(self, api: &ApiState) -> Result<AppId, Problem> {
        match self {
            Self::Number(app) => Ok(app),
            // What is no name is none of an app, and nobody looks for it.
            Self::Name(name) if !name.is_empty() && Name::new(&name).is_err() => Ok(nobodys(&name)),
            Self::Name(name) => match api.office.app(&auth::server(), AppRef(name.clone())).await {
                Ok(found) => Ok(found.app),
                Err(refusal) if refusal.code == Code::NotFound => Ok(nobodys(&name)),
                Err(refusal) => Err(refusal.into()),
            },
        }
    }
}

/// The number by which guesses are counted at an app that is not there: one for each name, so that they are counted as they are at one
/// that is. It is above the numbers that apps get.
fn nobodys(name: &str) -> AppId {
    if let Ok(number) = name.parse() {
        return AppId(number);
    }
    let hash = Sha256::digest(name.to_lowercase().as_bytes());
    let number = hash.iter().take(4).fold(0, |number, byte| number << 8 | u32::from(*byte));
    AppId(number | 1 << 31)
}

/// The server's own app.
pub const fn home() -> AppId {
    AppId::HOME
}

/// A session that was opened.
#[derive(Serialize, ToSchema)]
pub struct NewlyOpened {
    /// Its id.
    session: SessionId,
    /// The token that opens everything else, told this once; absent for a browser session, which has it in its cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "tds_…")]
    token: Option<Secret>,
    /// The user's app.
    app: AppId,
    /// The user, spelt as they were created.
    user: UserId,
    /// Whether they administer this server.
    administrator: bool,
    /// The server's name.
    server: String,
    /// The server's time.
    time: Timestamp,
    /// Which data this is.
    epoch: Epoch,
    /// Where a device that has read everything starts to follow changes.
    cursor: Lsn,
}

/// The caller's sessions.
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    sessions: Vec<SessionInfo>,
}

/// Log in with a password, or with a token that an app has signed
///
/// Opens a session. Wrong passwords are limited for each user and address. A signed token with a `jti` is exchanged once; the same request
/// with the same `Idempotency-Key` gives the same session.
#[utoipa::path(post, path = "/sessions", tag = "sessions", security(()),
    params(("Idempotency-Key" = Option<String>, Header, description = "A name for the exchange of a signed token with a `jti`.")),
    request_body = NewSession,
    responses((status = 201, description = "Logged in.", body = NewlyOpened)))]
async fn open(
    State(api): State<ApiState>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Json(new): Json<NewSession>,
) -> Result<Response, Problem> {
    let NewSession { app, user, password, signed, device, cookie } = new;
    check_page(cookie, &headers)?;
    let with = match (user, password, signed) {
        (Some(user), Some(password), None) => Auth::Password { app: app.number(&api).await?, user, password },
        (None, None, Some(signed)) => Auth::Signed(signed),
        _ => return Err(invalid("Log in with `user` and `password`, or with `signed` alone.".to_owned())),
    };
    let key = match with {
        // A device that is named is part of what is asked for.
        Auth::Signed(_) => key::named("POST /sessions", &headers)?.map(|key| match &device {
            Some(device) => Key::of_word(device.id.as_str(), &key.to_string()),
            None => key,
        }),
        Auth::Password { .. } | Auth::Token(_) | Auth::Cookie {} => None,
    };
    let page = origins::foreign(&headers, &api.gateway.options().url);
    open_session(&api, &peer, (with, device), cookie, (page.as_ref(), key)).await
}

/// Who logs in, with what.
pub struct Opening {
    pub app: AppId,
    pub user: UserId,
    pub password: Secret,
    pub device: Option<Device>,
    pub cookie: bool,
}

/// Refuses a browser session that is asked for by another site's page: it could log a browser in as somebody of its own choice.
pub fn check_page(cookie: bool, headers: &HeaderMap) -> Result<(), Problem> {
    if cookie && !cookie::is_own_page(headers) {
        let words = "A browser session is opened from this server's own pages only; leave `cookie` out to get a token.";
        return Err(Problem::new(Code::Forbidden, words));
    }
    Ok(())
}

/// Opens a session and says so. No page of another system gets here.
pub async fn log_in(api: &ApiState, peer: &Peer, opening: Opening) -> Result<Response, Problem> {
    let Opening { app, user, password, device, cookie } = opening;
    open_session(api, peer, (Auth::Password { app, user, password }, device), cookie, (None, None)).await
}

async fn open_session(
    api: &ApiState,
    peer: &Peer,
    (with, device): (Auth, Option<Device>),
    cookie: bool,
    from: (Option<&ForeignPage>, Option<Key>),
) -> Result<Response, Problem> {
    let device = match device {
        Some(device) => device,
        None => nameless_device()?,
    };
    let opened = api.gateway.log_in(with, device, peer.address, from).await?;
    let token = opened.token.ok_or_else(unexpected)?;
    let engine = api.engine();
    let view = engine.view();
    let answer = NewlyOpened {
        session: opened.actor.session,
        token: (!cookie).then(|| token.clone()),
        app: opened.actor.app,
        user: opened.actor.id,
        administrator: opened.administrator,
        server: api.gateway.options().server_name.clone(),
        time: engine.clock().now(),
        epoch: view.epoch(),
        cursor: view.lsn().next(),
    };
    drop(view);
    let location = format!("{}/sessions/{}", super::ROOT, answer.session);
    let mut response = created(&location, Json(answer));
    if cookie {
        let cookie = cookie::set(&token, peer.tls).ok_or_else(unexpected)?;
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// A device of its own for a program that names none.
pub fn nameless_device() -> Result<Device, Problem> {
    let id = uuid::Uuid::new_v4().to_string();
    let (Ok(id), Ok(name)) = (DeviceId::new(id), Name::new("API")) else { return Err(unexpected()) };
    Ok(Device { id, platform: Platform::Api, name })
}

/// List one's sessions
#[utoipa::path(get, path = "/sessions", tag = "sessions",
    responses((status = 200, description = "Every device the caller is logged in on.", body = SessionList)))]
async fn list(caller: Caller) -> Result<Json<SessionList>, Problem> {
    match caller.ask(Query::Sessions {}).await? {
        Answer::Sessions { sessions } => Ok(Json(SessionList { sessions })),
        _ => Err(unexpected()),
    }
}

/// Log out, or sign another device out
///
/// The session's id, as the list tells it, or `current`. Its connections are closed at once.
#[utoipa::path(delete, path = "/sessions/{session}", tag = "sessions",
    params(("session" = String, Path, description = "The id of a session of the caller, or `current`.", example = "current")),
    responses((status = 200, description = "It has ended.", body = Changed)))]
async fn end(caller: Caller, Extension(peer): Extension<Peer>, At(session): At<String>) -> Result<Response, Problem> {
    let current = caller.actor.session;
    let session = match session.as_str() {
        "current" => current,
        other => other
            .parse()
            .map_err(|_| Problem::new(Code::NotFound, "You have no such session; GET /api/v1/sessions lists yours."))?,
    };
    let command = if session == current { Command::LogOut {} } else { Command::EndSession { session } };
    let mut response = Changed::from(caller.submit(command).await?).into_response();
    if session == current
        && let Some(cleared) = cookie::clear(peer.tls)
    {
        response.headers_mut().insert(header::SET_COOKIE, cleared);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_at_apps_that_are_not_there_are_counted_for_each_name() {
        assert_eq!(nobodys("Shop"), nobodys("shop"));
        assert_ne!(nobodys("shop"), nobodys("shops"));
        assert_eq!(nobodys("77"), AppId(77));
        assert!(nobodys("shop").0 >= 1 << 31 && nobodys(&"x".repeat(100_000)).0 >= 1 << 31);
    }
}
