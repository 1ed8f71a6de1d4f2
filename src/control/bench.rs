//! Users and sessions for load generators, many at once.

use super::handle::Control;
use super::{BENCH_USERS_MAX, BenchUser, Response};
use crate::auth::Token;
use crate::model::{
    AppId, Code, CommandResult, Device, DeviceId, Name, PasswordHash, Platform, Refusal, SystemCommand, TextError,
    UserHandle, UserId,
};
use futures_util::{StreamExt, TryStreamExt, stream};

/// Commands in flight: enough for the writer to commit them in large batches, below what its queue holds.
const IN_FLIGHT: usize = 512;

/// Makes them. All get the hash of one password that nobody knows, because hashing is slow on purpose.
pub(super) async fn users(control: &Control, count: u32, prefix: &str) -> Result<Response, Refusal> {
    if count > BENCH_USERS_MAX {
        let message = format!("At most {BENCH_USERS_MAX} users are made at once; {count} were asked for.");
        return Err(Refusal::new(Code::TooLarge, message));
    }
    let hash = control.passwords.hash(Token::draw().secret()).await?;
    let users = stream::iter(0..count)
        .map(|number| user(control, format!("{prefix}{number}"), hash.clone()))
        .buffered(IN_FLIGHT)
        .try_collect()
        .await?;
    Ok(Response::BenchUsers { users })
}

async fn user(control: &Control, id: String, hash: PasswordHash) -> Result<BenchUser, Refusal> {
    let id = UserId::new(id).map_err(|error| invalid(&error))?;
    let app = AppId::HOME;
    let (user, credential) = match control.find_user(app, &id)? {
        Some((user, row)) => (user, row.credential),
        None => (add(control, app, &id, hash).await?, 1),
    };
    let token = Token::draw();
    let device = Device {
        id: DeviceId::new("bench").map_err(|error| invalid(&error))?,
        platform: Platform::Api,
        name: Name::new("bench").map_err(|error| invalid(&error))?,
    };
    let token_hash = token.hash();
    let address = "control".to_owned();
    control.submit(SystemCommand::LogIn { user, credential, device, token: token_hash, address }).await?;
    Ok(BenchUser { user: id, token: token.secret() })
}

async fn add(control: &Control, app: AppId, id: &UserId, hash: PasswordHash) -> Result<UserHandle, Refusal> {
    let command = SystemCommand::AddUser {
        app,
        id: id.clone(),
        name: None,
        password: Some(hash),
        administrator: false,
        kind: crate::model::UserKind::Person,
    };
    match control.submit(command).await? {
        CommandResult::User { user } => Ok(user),
        other => Err(Refusal::new(Code::Unavailable, format!("Creating a user gave something else: {other:?}."))),
    }
}

fn invalid(error: &TextError) -> Refusal {
    Refusal::new(Code::Invalid, error.0)
}
