//! Profiles, as their owner and as others see them.

use super::super::Stop;
use super::super::accounts::delete_user::keeps_name;
use super::super::refuse::refuse;
use super::size::{PAGE_BYTES_MAX, escaped};
use super::{USERS_MAX, contacts};
use crate::model::{
    Answer, AppSettings, Card, Code, Lsn, OwnPresence, Profile, SessionInfo, Timestamp, UserActor, UserHandle, UserId,
};
use crate::store::records::{AppRow, CardRow, ContactRow, MediaTotalRow, PresenceRow, UserIdKey, UserIdRow, UserRow};
use crate::store::{Fault, Read};
use std::collections::BTreeSet;

/// Field names and numbers of a profile in JSON.
const PROFILE_FRAME: usize = 384;
/// Users who are told of a change of one profile.
const TOLD_MAX: usize = 10_000;

/// A user as a reader sees them: phone number and e-mail address are there for themselves, and for others if they are shown.
pub(super) fn profile(state: &impl Read, reader: UserHandle, user: UserHandle) -> Result<Option<Profile>, Fault> {
    let Some(row) = state.get::<UserRow>(&user)? else { return Ok(None) };
    let mut card = state.get::<CardRow>(&user)?.map(|row| row.card.clone()).unwrap_or_default();
    if reader != user {
        card.phone = card.phone.filter(|_| row.settings.show_phone);
        card.email = card.email.filter(|_| row.settings.show_email);
    }
    Ok(Some(Profile {
        user: row.id.clone(),
        name: row.name.clone(),
        kind: row.kind,
        card,
        // What a webhook has posted stays under its name when it was taken away.
        deleted: row.deleted && !keeps_name(&row),
        changed: row.changed,
    }))
}

/// The bytes of a profile as it is shown, at most.
pub(super) fn profile_bytes(profile: &Profile) -> usize {
    let Card { avatar: _, gender, birthday, location, signature, language, phone, email, extra } = &profile.card;
    let lines = [gender, birthday, location, signature, language, phone, email];
    let lines: usize = lines.into_iter().flatten().map(|line| escaped(line.as_str())).sum();
    PROFILE_FRAME + profile.user.as_str().len() + escaped(profile.name.as_str()) + lines + extra_bytes(extra)
}

/// The same of what an integrator keeps.
pub(super) fn extra_bytes(extra: &crate::model::Extra) -> usize {
    extra.map().iter().map(|(key, value)| escaped(key) + escaped(value) + 8).sum()
}

/// Profiles of users of the caller's own app, in the order asked for.
pub(super) fn users(state: &impl Read, actor: &UserActor, ids: &[UserId]) -> Result<Answer, Stop> {
    let (mut users, mut bytes) = (Vec::with_capacity(ids.len()), 0);
    for user in find_all(state, actor, ids)? {
        let Some(profile) = profile(state, actor.user, user)? else { continue };
        bytes += profile_bytes(&profile);
        if bytes > PAGE_BYTES_MAX {
            return refuse(Code::TooLarge, "The profiles of these users are too large for one answer; ask in parts.");
        }
        users.push(profile);
    }
    Ok(Answer::Users { users })
}

/// The users of a list of ids in the caller's own app; those that are not there are left out.
pub(super) fn find_all(state: &impl Read, actor: &UserActor, ids: &[UserId]) -> Result<Vec<UserHandle>, Stop> {
    if !(1..=USERS_MAX).contains(&ids.len()) {
        return refuse(Code::Invalid, format!("`users` must name 1 to {USERS_MAX} users; ask in parts."));
    }
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(state.get::<UserIdRow>(&UserIdKey::new(actor.app, id))?.map(|row| row.user));
    }
    Ok(found)
}

/// The caller's own profile, settings and presence.
pub(super) fn me(state: &impl Read, as_of: Lsn, now: Timestamp, actor: &UserActor) -> Result<Answer, Stop> {
    let user = state.get::<UserRow>(&actor.user)?;
    let (Some(user), Some(profile)) = (user, profile(state, actor.user, actor.user)?) else {
        return super::super::refuse::no_such_user(&actor.id);
    };
    let Some(app) = state.get::<AppRow>(&actor.app)? else { return super::super::refuse::no_such_user(&actor.id) };
    let AppSettings { edit_window_ms, recall_window_ms, .. } = app.settings;
    Ok(Answer::Me {
        profile: Box::new(profile),
        settings: user.settings,
        presence: own_presence(state, now, actor.user)?,
        feed: user.feed,
        administrator: user.administrator,
        media_bytes: state.get::<MediaTotalRow>(&actor.user)?.map_or(0, |total| total.bytes),
        as_of,
        edit_window_ms,
        recall_window_ms,
    })
}

/// What a user says about being there now: what has ended is simply online again.
pub(super) fn own_presence(state: &impl Read, now: Timestamp, user: UserHandle) -> Result<OwnPresence, Fault> {
    let row = state.get::<PresenceRow>(&user)?.map(|row| row.presence.clone());
    Ok(row.filter(|presence| presence.until.is_none_or(|until| until > now)).unwrap_or_default())
}

/// The caller's sessions.
pub(super) fn sessions(state: &impl Read, actor: &UserActor) -> Result<Answer, Stop> {
    let info = |session, row: &crate::store::records::SessionRow| SessionInfo {
        session,
        device: row.device.clone(),
        created: row.created,
        seen: row.seen,
        address: row.address.clone(),
        current: session == actor.session,
    };
    let sessions = super::super::accounts::sessions_of(state, actor.user)?;
    Ok(Answer::Sessions { sessions: sessions.iter().map(|(session, row)| info(*session, row)).collect() })
}

/// A profile that changed, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileNews {
    /// For the user's own devices.
    pub own: Profile,
    /// For the others.
    pub shown: Profile,
    /// Those of the others who are there and have the user as a contact.
    pub others: Vec<UserHandle>,
}

/// What a changed profile is for whom; `is_there` says who could be told at all.
pub fn profile_news(
    state: &impl Read,
    user: UserHandle,
    is_there: impl Fn(UserHandle) -> bool,
) -> Result<Option<ProfileNews>, Fault> {
    let Some(own) = profile(state, user, user)? else { return Ok(None) };
    let Some(shown) = profile(state, UserHandle(0), user)? else { return Ok(None) };
    let mut others = BTreeSet::new();
    // Whoever has the user as a contact stands in the user's own rows too.
    contacts::rows_of(state, user, |other, _| {
        if is_there(other) {
            others.insert(other);
        }
        others.len() < TOLD_MAX
    })?;
    let mut told = Vec::with_capacity(others.len());
    for other in others {
        if state.get::<ContactRow>(&(other, user))?.is_some_and(|row| row.since.is_some()) {
            told.push(other);
        }
    }
    Ok(Some(ProfileNews { own, shown, others: told }))
}

/// The contacts of a user whose profile changed at or after `cursor`, by the lsn of the change.
pub fn changed_profiles(state: &impl Read, user: UserHandle, cursor: Lsn) -> Result<Vec<(Lsn, UserHandle)>, Fault> {
    let mut contacts = Vec::new();
    contacts::rows_of(state, user, |other, row| {
        if row.since.is_some() {
            contacts.push(other);
        }
        true
    })?;
    let mut changed = Vec::new();
    for other in contacts.into_iter().chain([user]) {
        let lsn = state.get::<UserRow>(&other)?.map_or(Lsn(0), |row| row.changed);
        if lsn >= cursor && lsn > Lsn(0) {
            changed.push((lsn, other));
        }
    }
    changed.sort_unstable();
    Ok(changed)
}

/// A profile of a page of changes, with its bytes.
pub fn changed_profile(
    state: &impl Read,
    reader: UserHandle,
    user: UserHandle,
) -> Result<Option<(Profile, usize)>, Fault> {
    Ok(profile(state, reader, user)?.map(|profile| {
        let bytes = profile_bytes(&profile);
        (profile, bytes)
    }))
}
