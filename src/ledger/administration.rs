//! Who may run the server: administrators, through a session of theirs, and the operator.

use super::Stop;
use super::accounts::user;
use super::caller;
use super::refuse::refuse;
use crate::model::{AppId, Code, UserActor, UserHandle, limits};
use crate::store::records::{AdministratorRow, UserRow};
use crate::store::{Fault, Read};

/// Refuses a user who is no administrator (or whose session is gone, or who is suspended).
pub(super) fn admit(state: &impl Read, actor: &UserActor) -> Result<(), Stop> {
    let (session, user) = caller::admit(state, actor, caller::ACTING)?;
    // A key of the app `home` acts for its users, and not with an administrator's right.
    if session.is_some() && user.administrator && user.app == AppId::HOME {
        return Ok(());
    }
    refuse(Code::Forbidden, "Only an administrator of this server can do this; ask one.")
}

/// Whether there is anybody with an administrator's right, even if suspended.
pub(super) fn any(state: &impl Read) -> Result<bool, Fault> {
    Ok(!state.range::<AdministratorRow>(&UserHandle(0), &UserHandle(u64::MAX), 1)?.is_empty())
}

/// Refuses one administrator more than there may be.
pub(super) fn check_room(state: &impl Read) -> Result<(), Stop> {
    let most = limits::ADMINISTRATORS_MAX;
    if state.range::<AdministratorRow>(&UserHandle(0), &UserHandle(u64::MAX), most)?.len() >= most {
        return refuse(Code::Full, format!("This server has {most} administrators, which is as many as it may have."));
    }
    Ok(())
}

/// Refuses what would leave the server without an administrator who can act, unless its operator asks for it: whoever has the
/// machine can always make another one.
pub(super) fn check_not_last(state: &impl Read, by_operator: bool, going: UserHandle) -> Result<(), Stop> {
    if by_operator || !user(state, going)?.administrator {
        return Ok(());
    }
    for (other, _) in
        state.range::<AdministratorRow>(&UserHandle(0), &UserHandle(u64::MAX), limits::ADMINISTRATORS_MAX)?
    {
        let acts = |row: &UserRow| row.administrator && !row.flags.suspended && !row.deleted;
        if other != going && state.get::<UserRow>(&other)?.is_some_and(|row| acts(&row)) {
            return Ok(());
        }
    }
    refuse(
        Code::Conflict,
        "This is the last administrator; make somebody else an administrator first, or use `tidings admin` on the \
         server's own machine.",
    )
}
