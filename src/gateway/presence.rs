//! Presence: one task that takes changes from the hub, compares them with what was told, and tells; and what a reader is answered.
//!
//! What others see is made of three things: what the user is connected with (the hub), what they say about it (a row), and when
//! they were last there (`hot`). Whoever is invisible looks just like somebody who is not there.

use super::{Gateway, login};
use crate::hub::PresenceChange;
use crate::ledger::read::{Peer, Sight};
use crate::model::{
    Answer, Availability, Emoji, Line, OwnPresence, Platform, PresenceOf, PresenceState, Query, Refusal, Timestamp,
    UserActor, UserHandle, UserId,
};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// How often it is looked whether something has ended.
const TURN: Duration = Duration::from_secs(1);
/// Turns after which the times of who was last there are written.
const FLUSH_TURNS: u32 = 5;
/// Users whose presence is remembered as told; of those beyond, changes may be told twice.
const TOLD_MAX: usize = 1_000_000;

/// What was told of a user. What they are connected with is no news.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    state: PresenceState,
    text: Option<Line>,
    emoji: Option<Emoji>,
    until: Option<Timestamp>,
}

impl Told {
    fn of(presence: &PresenceOf) -> Self {
        let PresenceOf { state, text, emoji, until, .. } = presence.clone();
        Self { state, text, emoji, until }
    }
}

/// The presence of a user as whoever may see all of it sees it.
fn fold(user: UserId, own: OwnPresence, platforms: Vec<Platform>, last_seen: Option<Timestamp>) -> PresenceOf {
    let OwnPresence { availability, text, emoji, until } = own;
    let state = match availability {
        _ if platforms.is_empty() => PresenceState::Offline,
        Availability::Online => PresenceState::Online,
        Availability::Away => PresenceState::Away,
        Availability::Busy => PresenceState::Busy,
        Availability::Invisible => PresenceState::Offline,
    };
    let there = state != PresenceState::Offline;
    // When something ends that nobody sees is nobody's business.
    let until = until.filter(|_| there || text.is_some() || emoji.is_some());
    PresenceOf {
        user,
        state,
        text,
        emoji,
        until,
        platforms: if there { platforms } else { Vec::new() },
        last_seen: last_seen.filter(|_| !there),
    }
}

/// Whoever may not be seen looks like somebody who is not there.
pub const fn hidden(user: UserId) -> PresenceOf {
    PresenceOf {
        user,
        state: PresenceState::Offline,
        text: None,
        emoji: None,
        until: None,
        platforms: Vec::new(),
        last_seen: None,
    }
}

/// What was told, and what will end.
#[derive(Default)]
struct State {
    told: HashMap<UserHandle, Told>,
    ends: BTreeSet<(Timestamp, UserHandle)>,
}

/// Runs until the gateway has drained. Nothing is told before everybody had the time to come back after a start.
pub async fn run(gateway: Gateway) {
    let mut state = State::default();
    tokio::select! {
        () = tell_all(&gateway, &mut state) => {}
        () = gateway.drained() => {}
    }
    let now = gateway.engine().clock().now();
    for (user, told) in &state.told {
        if told.state != PresenceState::Offline {
            gateway.last_seen().note(*user, now);
        }
    }
    flush(&gateway).await;
}

async fn flush(gateway: &Gateway) {
    let last_seen = gateway.last_seen().clone();
    // It says itself when it fails.
    drop(tokio::task::spawn_blocking(move || last_seen.flush()).await);
}

async fn tell_all(gateway: &Gateway, state: &mut State) {
    tokio::time::sleep(Duration::from_millis(gateway.options().presence_settle_ms)).await;
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut turn = 0_u32;
    loop {
        tokio::select! {
            change = gateway.hub().presence_changed() => match change {
                PresenceChange::Came(user) => state.changed(gateway, user, false).await,
                PresenceChange::Said(user) => state.changed(gateway, user, true).await,
                PresenceChange::Related(user, other) => {
                    state.related(gateway, user, other).await;
                    state.related(gateway, other, user).await;
                }
            },
            _ = turns.tick() => {
                state.end(gateway).await;
                turn = turn.wrapping_add(1);
                if turn.is_multiple_of(FLUSH_TURNS) {
                    flush(gateway).await;
                }
            }
        }
    }
}

impl State {
    /// Tells a user's presence if it is not what was told; with `said` their own devices too.
    async fn changed(&mut self, gateway: &Gateway, user: UserHandle, said: bool) {
        let Some((id, own)) = gateway.said(user) else { return };
        let platforms = gateway.hub().platforms(user);
        let before = self.told.get(&user).cloned().unwrap_or_default();
        let now = gateway.engine().clock().now();
        let mut presence = fold(id, own, platforms, None);
        let told = Told::of(&presence);
        if told == before {
            return;
        }
        let there = |told: &Told| told.state != PresenceState::Offline;
        if there(&told) != there(&before) {
            gateway.last_seen().note(user, now);
        }
        if !there(&told) {
            presence.last_seen = gateway.last_seen().get(user);
        }
        if let Some(until) = before.until {
            self.ends.remove(&(until, user));
        }
        if told == Told::default() {
            self.told.remove(&user);
        } else if self.told.len() < TOLD_MAX || self.told.contains_key(&user) {
            self.ends.extend(told.until.map(|until| (until, user)));
            self.told.insert(user, told);
        }
        let mut viewers: Vec<(UserHandle, bool)> =
            gateway.peers(user).await.into_iter().map(|peer| (peer.user, peer.last_seen)).collect();
        if said && let Err(place) = viewers.binary_search_by_key(&user, |(viewer, _)| *viewer) {
            viewers.insert(place, (user, true));
        }
        gateway.hub().tell_presence(user, &presence, &viewers);
    }

    /// Tells one user what they may see of another one from now on.
    async fn related(&self, gateway: &Gateway, reader: UserHandle, user: UserHandle) {
        // Of whom nothing was told there is nothing to take back, and nothing to tell.
        if !self.told.contains_key(&user) || !gateway.hub().is_online(reader) {
            return;
        }
        let Some(sight) = gateway.sight(reader, user).await else { return };
        let last_seen = sight.last_seen;
        let presence = gateway.seen(sight);
        gateway.hub().tell_presence(user, &presence, &[(reader, last_seen)]);
    }

    /// Tells what has ended.
    async fn end(&mut self, gateway: &Gateway) {
        let now = gateway.engine().clock().now();
        while let Some((until, user)) = self.ends.first().copied().filter(|(until, _)| *until <= now) {
            self.ends.remove(&(until, user));
            self.changed(gateway, user, true).await;
        }
    }
}

impl Gateway {
    /// Answers a query of a user: all that REST and the socket can ask.
    pub async fn query(&self, actor: &UserActor, query: Query) -> Result<Answer, Refusal> {
        match query {
            // Who is connected is no row.
            Query::Presences { users } => Ok(Answer::Presences { presences: self.presences(actor, users).await? }),
            query => Ok(self.with_drafts(self.engine().query(actor.clone(), query).await?)),
        }
    }

    /// What is written so far is no row: it is with those who hear of it.
    fn with_drafts(&self, mut answer: Answer) -> Answer {
        if let Answer::Drafts { conversation, drafts, .. } = &mut answer {
            for draft in drafts {
                draft.text = self.hub().draft_text((*conversation, draft.question)).unwrap_or_default();
            }
        }
        answer
    }

    /// The presence of users (1–100) as somebody may see it, in the order asked for; those that are not there are left out.
    pub async fn presences(&self, actor: &UserActor, users: Vec<UserId>) -> Result<Vec<PresenceOf>, Refusal> {
        let sights = self.engine().sights(actor.clone(), users).await?;
        Ok(sights.into_iter().map(|sight| self.seen(sight)).collect())
    }

    /// What a reader sees of a user.
    pub(super) fn seen(&self, sight: Sight) -> PresenceOf {
        let Sight { user, id, own, seen, last_seen } = sight;
        if !seen {
            return hidden(id);
        }
        let last_seen = if last_seen { self.last_seen().get(user) } else { None };
        fold(id, own, self.hub().platforms(user), last_seen)
    }

    /// Who may see a user's presence; nobody when that cannot be read.
    async fn peers(&self, user: UserHandle) -> Vec<Peer> {
        let engine = self.engine().clone();
        match tokio::task::spawn_blocking(move || engine.peers(user)).await {
            Ok(Ok(peers)) => peers,
            Ok(Err(fault)) => {
                login::unreadable(&fault);
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    /// What one user may see of another one; nothing when that cannot be read.
    async fn sight(&self, reader: UserHandle, user: UserHandle) -> Option<Sight> {
        let engine = self.engine().clone();
        match tokio::task::spawn_blocking(move || engine.sight(reader, user)).await {
            Ok(Ok(sight)) => sight,
            Ok(Err(fault)) => {
                login::unreadable(&fault);
                None
            }
            Err(_) => None,
        }
    }

    fn said(&self, user: UserHandle) -> Option<(UserId, OwnPresence)> {
        self.engine().said(user).unwrap_or_else(|fault| {
            login::unreadable(&fault);
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_invisible_looks_like_somebody_who_is_not_there() {
        let ada = || UserId::new("ada").unwrap();
        let text = Line::new("writing").unwrap();
        for text in [None, Some(text)] {
            let own = |availability| OwnPresence { availability, text: text.clone(), ..OwnPresence::default() };
            let seen = Some(Timestamp(5));
            let invisible = fold(ada(), own(Availability::Invisible), vec![Platform::Linux], seen);
            assert_eq!(invisible, fold(ada(), own(Availability::Online), Vec::new(), seen));
            let there = fold(ada(), own(Availability::Busy), vec![Platform::Linux], seen);
            assert_eq!((there.state, there.last_seen), (PresenceState::Busy, None));
            assert_eq!(there.text, text);
        }
    }
}
