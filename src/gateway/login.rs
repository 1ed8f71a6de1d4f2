//! Who a connection belongs to: by password or by session token.

use super::foreign::{self, ForeignPage};
use crate::auth::signed::{self, Verifier};
use crate::auth::{self, AddressPrefix, SIGNING, Token};
use crate::engine::{Before, Engine, Submission};
use crate::ledger::{self, Stop};
use crate::model::{
    AppActor, AppId, AppKeyId, AppKeySecret, AppScopes, AppState, Code, CommandResult, Device, Key, Line, McpAccess,
    MediaId, Platform, Refusal, Secret, SessionId, SystemCommand, Timestamp, UserActor, UserHandle, UserId, UserKind,
    limits,
};
use crate::protocol::Auth;
use crate::store::records::{
    AppKeyRow, AppKeyTokenRow, AppStateRow, SessionRow, TokenRow, UserIdKey, UserIdRow, UserRow,
};
use crate::store::{Fault, Read, View};
use std::net::IpAddr;

/// A session's use is written down at most this often.
pub const TOUCH_AFTER_MS: u64 = 24 * 3_600 * 1_000;

/// Who a connection belongs to.
#[derive(Debug)]
pub struct LoggedIn {
    /// The user and session.
    pub actor: UserActor,
    /// What the session's device runs on.
    pub platform: Platform,
    /// A right of persons in the app `home`.
    pub administrator: bool,
    /// The new session's token.
    pub token: Option<Secret>,
}

/// From where somebody logs in.
#[derive(Clone, Copy, Debug)]
pub struct From<'a> {
    /// Their address.
    pub peer: IpAddr,
    /// The page they are on, when it is not our own.
    pub page: Option<&'a ForeignPage>,
    /// The session token of a browser whose page is our own.
    pub cookie: Option<&'a Secret>,
    /// The name of this server, for which a signed token must be.
    pub server: &'a str,
    /// With which a caller exchanges the same signed token again without being refused for it.
    pub key: Option<Key>,
}

/// Finds out who says `hello`, or asks over HTTP.
pub async fn log_in(
    engine: &Engine,
    auth: &auth::Auth,
    (with, device): (Auth, Device),
    from: From<'_>,
) -> Result<LoggedIn, Refusal> {
    match with {
        Auth::Password { app, user, password } => {
            foreign::check(engine, app, from.page)?;
            Box::pin(by_password(engine, auth, app, user, password, device, from.peer)).await
        }
        Auth::Token(token) => {
            let found = by_token(engine, &token).await?;
            foreign::check(engine, found.actor.app, from.page)?;
            Ok(found)
        }
        Auth::Signed(token) => Box::pin(by_signed(engine, auth, &token, device, from)).await,
        Auth::Cookie {} => match from.cookie {
            Some(token) => by_token(engine, token).await,
            None => Err(Refusal::new(
                Code::Unauthenticated,
                "There is no browser session on this connection: the request for the WebSocket must carry its cookie and an \
                 `Origin` of this server. Other programs log in with a token or a password.",
            )),
        },
    }
}

/// Whether a session is still there: asked again once it is connected, so that an end in between is not missed.
pub fn is_there(engine: &Engine, session: SessionId) -> Result<bool, Refusal> {
    Ok(get::<SessionRow>(&engine.view(), &session)?.is_some())
}

async fn by_password(
    engine: &Engine,
    auth: &auth::Auth,
    app: AppId,
    id: UserId,
    password: Secret,
    device: Device,
    peer: IpAddr,
) -> Result<LoggedIn, Refusal> {
    let place = AddressPrefix::of(peer);
    if let Err(throttled) = attempt(engine, auth, app, &id, place) {
        if throttled.report {
            note_throttled(engine, app, &id, place).await;
        }
        return Err(Refusal::new(
            Code::RateLimited,
            "Too many wrong passwords for this user; wait, then try again, or ask an administrator for a new one.",
        )
        .retry_after_ms(throttled.wait_ms));
    }
    let view = engine.view();
    let user = match get::<UserIdRow>(&view, &UserIdKey::new(app, &id))? {
        Some(row) => get::<UserRow>(&view, &row.user)?.map(|user| (row.user, user)),
        None => None,
    };
    // A snapshot that is held while others hash their passwords would keep old pages of the file.
    drop(view);
    let hash = user.as_ref().and_then(|(_, row)| row.password.clone());
    let checked = auth.passwords.verify(hash, password.clone()).await;
    let right = checked.inspect_err(|_| auth.guesses.withdrawn(app, &id, place))?;
    let Some((handle, row)) = user.filter(|(_, row)| right && row.kind != UserKind::Bot) else {
        return Err(Refusal::new(Code::Unauthenticated, "The user or the password is wrong."));
    };
    auth.guesses.succeeded(app, &id, place);
    if row.flags.suspended {
        return Err(suspended());
    }
    upgrade(engine, auth, handle, &row, password).await;
    let token = Token::draw();
    let platform = device.platform;
    let command = SystemCommand::LogIn {
        user: handle,
        credential: row.credential,
        device,
        token: token.hash(),
        address: peer.to_canonical().to_string(),
    };
    let accepted = engine.execute(auth::server(), None, command.into()).await?;
    let CommandResult::Session { session } = accepted.result else {
        tracing::error!("a log-in gave something else than a session");
        return Err(Refusal::new(Code::Unavailable, "The log-in failed; try again."));
    };
    let actor = auth::session_actor(row.app, handle, row.id.clone(), session);
    Ok(LoggedIn { actor, platform, administrator: row.administrator, token: Some(token.secret()) })
}

/// Opens a session for whom a token names that their app has signed.
async fn by_signed(
    engine: &Engine,
    auth: &auth::Auth,
    token: &Secret,
    device: Device,
    From { peer, page, cookie: _, server, key: again }: From<'_>,
) -> Result<LoggedIn, Refusal> {
    let unverified = signed::read(token.reveal())?;
    let (app, key) = (unverified.app, unverified.key);
    let (claims, used) = {
        let view = engine.view();
        let row = get::<AppKeyRow>(&view, &(app, key))?.ok_or_else(signed::unsigned)?;
        let secret;
        let verifier = match &row.secret {
            AppKeySecret::Api(_) => return Err(signed::unsigned()),
            AppKeySecret::Eddsa(public) => Verifier::Eddsa(public),
            AppKeySecret::Hs256(sealed) => {
                let Some(found) = auth.vault.open_sealed(app, SIGNING, sealed) else {
                    tracing::error!(%app, %key, "a signing secret does not open with secrets.key; it may be another folder's");
                    return Err(signed::unsigned());
                };
                secret = found;
                Verifier::Hs256(secret.reveal().as_bytes())
            }
        };
        let age_max_ms = get::<AppStateRow>(&view, &app)?.unwrap_or_default().access.signed_age_max_ms;
        (unverified.verify(&verifier, server, age_max_ms, engine.clock().now())?, row.used)
    };
    foreign::check(engine, app, page)?;
    touch_key(engine, app, key, used).await;
    // Of an exchange that has a name, and counts once, the session's token is made of that name: nobody else can make it, and the same
    // exchange makes it again.
    let token = match (claims.once, again) {
        (Some(once), Some(again)) => Token::of_exchange(&auth.vault.exchange(app, (once.id, token), again)),
        (Some(_), None) | (None, _) => Token::draw(),
    };
    let platform = device.platform;
    let avatar = claims.avatar.filter(|avatar| is_picture(engine, app, *avatar));
    let command = SystemCommand::SignIn {
        app,
        id: claims.user.clone(),
        name: claims.name,
        avatar,
        once: claims.once,
        key,
        issued: claims.issued,
        device,
        token: token.hash(),
        address: peer.to_canonical().to_string(),
    };
    let accepted = engine.execute(auth::server(), None, command.into()).await?;
    let CommandResult::Session { session } = accepted.result else {
        tracing::error!("a log-in gave something else than a session");
        return Err(Refusal::new(Code::Unavailable, "The log-in failed; try again."));
    };
    let view = engine.view();
    let ended = || Refusal::new(Code::SessionRevoked, "This session was ended; log in again.");
    let row = get::<SessionRow>(&view, &session)?.ok_or_else(ended)?;
    let actor = auth::session_actor(app, row.user, row.id.clone(), session);
    Ok(LoggedIn { actor, platform, administrator: false, token: Some(token.secret()) })
}

/// Whether a picture that a token names is one that the app has uploaded. It is no reason to keep somebody out.
fn is_picture(engine: &Engine, app: AppId, avatar: MediaId) -> bool {
    let found = ledger::apps::sign_in::is_picture_of(&*engine.view(), app, avatar);
    let is = found.unwrap_or_default();
    if !is {
        tracing::info!(%app, %avatar, "a signed token names a picture that the app has not uploaded itself; it is passed over");
    }
    is
}

/// The app that a key opens the API for, and what of it; asked for each request.
pub async fn by_key(engine: &Engine, token: &Secret) -> Result<(AppActor, AppScopes), Refusal> {
    let Some(token) = Token::parse_key(token.reveal()) else {
        return Err(Refusal::new(Code::Unauthenticated, "This is no key of an app; an administrator makes one."));
    };
    let (app, key, used, scopes) = {
        let view = engine.view();
        let revoked = || Refusal::new(Code::SessionRevoked, "This key was revoked; use another key of the app.");
        let found = get::<AppKeyTokenRow>(&view, &token.hash())?.ok_or_else(revoked)?;
        let row = get::<AppKeyRow>(&view, &(found.app, found.key))?.ok_or_else(revoked)?;
        if get::<AppStateRow>(&view, &found.app)?.is_some_and(|row| row.state != AppState::Active) {
            return Err(Refusal::new(Code::Suspended, "This app is suspended; ask whoever runs this server."));
        }
        (found.app, found.key, row.used, row.scopes.clone())
    };
    touch_key(engine, app, key, used).await;
    Ok((auth::app_actor(app, key), scopes))
}

/// The user of a token for MCP, and what it lets its program do; asked for each request.
pub fn by_mcp_token(engine: &Engine, token: &Secret) -> Result<(UserActor, McpAccess), Refusal> {
    let Some(token) = Token::parse_mcp(token.reveal()) else {
        let words = "This is no token for MCP (`tdm_…`); its user makes one at /api/v1/mcp-tokens.";
        return Err(Refusal::new(Code::Unauthenticated, words));
    };
    match ledger::read::mcp_opened(&*engine.view(), engine.clock().now(), token.hash()) {
        Ok(found) => {
            let session = SessionId::of_mcp(found.token);
            Ok((auth::session_actor(found.app, found.user, found.id, session), found.access))
        }
        Err(Stop::Refused(refusal)) => Err(refusal),
        Err(Stop::Fault(fault)) => Err(unreadable(&fault)),
    }
}

/// Writes down that a key is in use, at most once an hour. When that cannot be done now, it is next time.
async fn touch_key(engine: &Engine, app: AppId, key: AppKeyId, used: Option<Timestamp>) {
    let now = engine.clock().now();
    if used.is_none_or(|used| now.since_ms(used) > limits::APP_KEY_TOUCH_MS) {
        let command = SystemCommand::TouchAppKey { app, key }.into();
        drop(
            engine
                .submit(Submission { actor: auth::server(), key: None, command, reply: None, before: Before::OWN })
                .await,
        );
    }
}

/// Writes down that a session is in use. When that cannot be done now, it is next time.
pub async fn touch(engine: &Engine, session: SessionId) {
    let command = SystemCommand::TouchSession { session }.into();
    drop(
        engine.submit(Submission { actor: auth::server(), key: None, command, reply: None, before: Before::OWN }).await,
    );
}

/// Takes a try. Whoever would have to wait because of others does not, when the user has a session from the same place.
fn attempt(
    engine: &Engine,
    auth: &auth::Auth,
    app: AppId,
    id: &UserId,
    place: AddressPrefix,
) -> Result<(), auth::Throttled> {
    let now = engine.clock().now();
    match auth.guesses.attempt(app, id, place, now) {
        Err(throttled) if throttled.unless_trusted && is_at_home(&engine.view(), app, id, place) => {
            auth.guesses.trust(app, id, place);
            auth.guesses.attempt(app, id, place, now)
        }
        attempted => attempted,
    }
}

/// Whether a user has a session that was opened from a place.
fn is_at_home(view: &View, app: AppId, id: &UserId, place: AddressPrefix) -> bool {
    let Ok(Some(found)) = view.get::<UserIdRow>(&UserIdKey::new(app, id)) else { return false };
    let sessions = ledger::accounts::sessions_of(view, found.user).unwrap_or_default();
    sessions.iter().any(|(_, row)| row.address.parse().is_ok_and(|address| AddressPrefix::of(address) == place))
}

/// Writes down that somebody guesses. An id that nobody has is not told: it may be a password in the wrong field.
async fn note_throttled(engine: &Engine, app: AppId, id: &UserId, place: AddressPrefix) {
    let known = matches!(engine.view().get::<UserIdRow>(&UserIdKey::new(app, id)), Ok(Some(_)));
    let whom = if known { id.as_str() } else { "nobody who is known" };
    let Ok(subject) = Line::new(format!("{whom} from {place}")) else { return };
    let command = SystemCommand::Note { action: "login.throttled", subject }.into();
    if let Err(refusal) =
        engine.submit(Submission { actor: auth::server(), key: None, command, reply: None, before: Before::OWN }).await
    {
        tracing::debug!(%refusal, "a throttled streak could not be noted");
    }
}

/// Hashes a right password anew when more work is asked for than when it was hashed. When that fails it happens next time.
async fn upgrade(engine: &Engine, auth: &auth::Auth, user: UserHandle, row: &UserRow, password: Secret) {
    if !row.password.as_ref().is_some_and(|hash| auth.passwords.is_outdated(hash)) {
        return;
    }
    if let Ok(password) = auth.passwords.hash(password).await {
        let command = SystemCommand::UpgradePassword { user, credential: row.credential, password }.into();
        drop(
            engine
                .submit(Submission { actor: auth::server(), key: None, command, reply: None, before: Before::OWN })
                .await,
        );
    }
}

/// The session of a token.
pub async fn by_token(engine: &Engine, token: &Secret) -> Result<LoggedIn, Refusal> {
    let Some(token) = Token::parse(token.reveal()) else {
        return Err(Refusal::new(Code::Unauthenticated, "This is not a session token; log in with the password."));
    };
    let now = engine.clock().now();
    let (session, row, user, expired) = {
        let view = engine.view();
        let revoked = || Refusal::new(Code::SessionRevoked, "This session was ended; log in again.");
        let session = get::<TokenRow>(&view, &token.hash())?.ok_or_else(revoked)?.session;
        let row = get::<SessionRow>(&view, &session)?.ok_or_else(revoked)?;
        let user = get::<UserRow>(&view, &row.user)?.ok_or_else(revoked)?;
        let expired =
            ledger::accounts::end_expired::is_expired(&*view, &row, now).map_err(|fault| unreadable(&fault))?;
        (session, row, user, expired)
    };
    if user.flags.suspended {
        return Err(suspended());
    }
    if expired {
        return Err(Refusal::new(Code::TokenExpired, "This session is too old; log in again."));
    }
    if now.since_ms(row.seen) > TOUCH_AFTER_MS {
        touch(engine, session).await;
    }
    let actor = auth::session_actor(row.app, row.user, row.id.clone(), session);
    Ok(LoggedIn { actor, platform: row.device.platform, administrator: user.administrator, token: None })
}

fn get<R: crate::store::records::Record>(view: &View, key: &R::Key) -> Result<Option<std::sync::Arc<R>>, Refusal> {
    view.get::<R>(key).map_err(|fault| unreadable(&fault))
}

/// The refusal of a read that failed.
pub fn unreadable(fault: &Fault) -> Refusal {
    tracing::error!(%fault, "a read failed");
    Refusal::new(Code::Unavailable, "The storage could not be read; try again, and tell the operator if it stays so.")
        .retry_after_ms(1_000)
}

fn suspended() -> Refusal {
    Refusal::new(Code::Suspended, "This account is suspended; ask an administrator.")
}
