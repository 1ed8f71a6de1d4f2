//! In-memory publish and subscribe: who is connected, who hears what.
//!
//! The hub promises that a frame is encoded at most once per encoding however many hear it, that what waits for a connection is
//! bounded in bytes, and that a session hears of effects in the log's order. It never reads the store (members come through a
//! closure) and never touches a socket. Its user is the gateway; whoever carries the turns of assistants out keeps here what is written so far.
//!
//! Locks: the registry's is taken before an outbox's; both are held for look-ups and copies only.

mod broadcast;
mod drafts;
mod hash;
mod members;
mod outbox;
mod presence;

pub use broadcast::{Broadcast, Scratch};
pub use drafts::{DRAFT_MEMBERS_MAX, DraftId};
pub use members::{Window, Windows};
pub use outbox::{Due, HeldBack, Outbox, Piece, fatal, next_payload, refused};
pub use presence::PresenceChange;

use crate::model::{
    Clock, ConversationId, Effect, EndReason, Entry, Lsn, Name, Platform, PresenceOf, Profile, SessionId, Timestamp,
    UserHandle, UserId,
};
use crate::protocol::ServerFrame;
use hash::IdMap;
use members::Members;
use outbox::Common;
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// When the members of a conversation are so many times more than the users who are connected, these are gone through.
const ONLINE_FEWER: usize = 8;

/// Limits of the hub.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// Members (of all conversations together) that are kept in memory for fan-out; each is 32 bytes.
    pub members_cached_max: usize,
    /// The time, for when somebody was last seen.
    pub clock: Clock,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self { members_cached_max: 1_000_000, clock: Clock::system() }
    }
}

/// The hub; cheap to clone.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    common: Arc<Common>,
    members: Members,
    /// Guards who is connected.
    registry: RwLock<Registry>,
    /// Guards who watches whom.
    watchers: Mutex<Watchers>,
    presence: presence::Changes,
    drafts: drafts::Drafts,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Registry {
    sessions: IdMap<SessionId, UserHandle>,
    users: IdMap<UserHandle, Online>,
}

/// A user with at least one connected session.
#[derive(Debug)]
struct Online {
    links: Vec<Link>,
}

/// A session's connection.
#[derive(Debug)]
struct Link {
    session: SessionId,
    platform: Platform,
    outbox: Arc<Outbox>,
}

/// Who watches whom, found from both ends.
#[derive(Debug, Default)]
struct Watchers {
    by_user: IdMap<UserHandle, Vec<Watcher>>,
    by_session: IdMap<SessionId, Vec<UserHandle>>,
}

impl Watchers {
    /// A session watches nobody any more.
    fn forget(&mut self, session: SessionId) {
        for user in self.by_session.remove(&session).unwrap_or_default() {
            if let Some(watchers) = self.by_user.get_mut(&user) {
                watchers.retain(|watcher| watcher.session != session);
                if watchers.is_empty() {
                    self.by_user.remove(&user);
                }
            }
        }
    }
}

#[derive(Debug)]
struct Watcher {
    session: SessionId,
    viewer: UserHandle,
    outbox: Arc<Outbox>,
    until: Timestamp,
}

/// A session that connects.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Whose.
    pub user: UserHandle,
    /// Their id.
    pub id: UserId,
    /// Which session.
    pub session: SessionId,
    /// On what.
    pub platform: Platform,
}

impl Hub {
    /// A hub without sessions.
    pub fn new(options: HubOptions) -> Self {
        Self(Arc::new(Inner {
            common: Arc::new(Common::new()),
            members: Members::new(options.members_cached_max),
            registry: RwLock::default(),
            watchers: Mutex::default(),
            presence: presence::Changes::default(),
            drafts: drafts::Drafts::default(),
            clock: options.clock,
        }))
    }

    /// An outbox for a new connection that holds at most `bytes_max` before pushes are dropped.
    pub fn outbox(&self, bytes_max: usize) -> Arc<Outbox> {
        Arc::new(Outbox::new(Arc::clone(&self.0.common), bytes_max))
    }

    // Who is connected.

    /// A session is connected from now on: it gets pushes. A connection of the same session from before is ended with `kicked`.
    pub fn arrive(&self, arrival: &Arrival, outbox: &Arc<Outbox>) {
        let mut registry = self.0.registry.write();
        registry.sessions.insert(arrival.session, arrival.user);
        let online = registry.users.entry(arrival.user).or_insert_with(|| Online { links: Vec::with_capacity(1) });
        let first = online.links.is_empty();
        let old = online.links.iter_mut().find(|link| link.session == arrival.session);
        let link = Link { session: arrival.session, platform: arrival.platform, outbox: Arc::clone(outbox) };
        let replaced = if let Some(old) = old {
            Some(std::mem::replace(old, link).outbox)
        } else {
            online.links.push(link);
            None
        };
        drop(registry);
        if let Some(replaced) = replaced {
            replaced.end(Some(&ServerFrame::Kicked { reason: EndReason::ReplacedBySameDevice, by: None }));
        }
        if first {
            self.0.presence.note(arrival.user, false);
        }
    }

    /// A connection of a session is gone. Changes nothing when another connection has taken the session over.
    pub fn depart(&self, session: SessionId, outbox: &Arc<Outbox>) {
        let mut registry = self.0.registry.write();
        let Some(user) = registry.sessions.get(&session).copied() else { return };
        let Some(online) = registry.users.get_mut(&user) else { return };
        let before = online.links.len();
        online.links.retain(|link| link.session != session || !Arc::ptr_eq(&link.outbox, outbox));
        if online.links.len() == before {
            return;
        }
        self.removed(registry, user, session);
    }

    /// A session is over: its connection is told why and ended.
    fn end_session(&self, session: SessionId, reason: EndReason, by: Option<&Name>) {
        let mut registry = self.0.registry.write();
        let Some(user) = registry.sessions.get(&session).copied() else { return };
        let Some(online) = registry.users.get_mut(&user) else { return };
        let Some(place) = online.links.iter().position(|link| link.session == session) else { return };
        let outbox = online.links.swap_remove(place).outbox;
        self.removed(registry, user, session);
        match reason {
            // Whoever logs out knows.
            EndReason::LoggedOut => outbox.end(None),
            EndReason::Revoked
            | EndReason::ReplacedByDevice
            | EndReason::ReplacedBySameDevice
            | EndReason::PasswordChanged
            | EndReason::Suspended
            | EndReason::Expired
            | EndReason::AccountDeleted => outbox.end(Some(&ServerFrame::Kicked { reason, by: by.cloned() })),
        }
    }

    /// The link of a session was taken out of the registry.
    fn removed(&self, mut registry: parking_lot::RwLockWriteGuard<'_, Registry>, user: UserHandle, session: SessionId) {
        registry.sessions.remove(&session);
        let gone = registry.users.get(&user).is_some_and(|online| online.links.is_empty());
        if gone {
            registry.users.remove(&user);
        }
        drop(registry);
        self.0.watchers.lock().forget(session);
        if gone {
            self.0.presence.note(user, false);
        }
    }

    /// How many sessions are connected.
    pub fn sessions(&self) -> usize {
        self.0.registry.read().sessions.len()
    }

    /// Every session that is connected.
    pub fn connected(&self) -> Vec<SessionId> {
        self.0.registry.read().sessions.keys().copied().collect()
    }

    // Ephemeral frames.

    /// Gives a frame to every session of some users; it may be lost.
    pub fn tell(&self, users: impl Iterator<Item = UserHandle>, frame: &ServerFrame) {
        let mut scratch = Scratch::default();
        let mut frame = Broadcast::new(frame, &mut scratch);
        let registry = self.0.registry.read();
        for online in users.filter_map(|user| registry.users.get(&user)) {
            for link in &online.links {
                link.outbox.push_ephemeral(&mut frame);
            }
        }
    }

    /// The same for each of some users apart: how many sessions of theirs it was put on its way to.
    pub fn tell_each(&self, users: &[UserHandle], frame: &ServerFrame) -> Vec<usize> {
        let mut scratch = Scratch::default();
        let mut frame = Broadcast::new(frame, &mut scratch);
        let registry = self.0.registry.read();
        let mut told =
            |online: &Online| online.links.iter().filter(|link| link.outbox.push_ephemeral(&mut frame)).count();
        users.iter().map(|user| registry.users.get(user).map_or(0, &mut told)).collect()
    }

    /// The members of a conversation; what is not known is loaded (see [`Publisher::publish`]).
    pub fn members(
        &self,
        conversation: ConversationId,
        load: impl FnOnce(ConversationId) -> Option<Vec<Window>>,
    ) -> Option<Windows> {
        self.0.members.get(conversation, load)
    }

    // Presence.

    /// The next change of somebody's presence, or of who may see it.
    pub async fn presence_changed(&self) -> PresenceChange {
        self.0.presence.next().await
    }

    /// Whether a user is there.
    pub fn is_online(&self, user: UserHandle) -> bool {
        self.0.registry.read().users.contains_key(&user)
    }

    /// What a user is there with; nothing when they are not there.
    pub fn platforms(&self, user: UserHandle) -> Vec<Platform> {
        let mut platforms: Vec<Platform> = {
            let registry = self.0.registry.read();
            registry
                .users
                .get(&user)
                .map_or_else(Vec::new, |online| online.links.iter().map(|link| link.platform).collect())
        };
        platforms.sort_unstable();
        platforms.dedup();
        platforms
    }

    /// A session watches these users, and no others, until a time.
    pub fn watch(
        &self,
        (viewer, session): (UserHandle, SessionId),
        outbox: &Arc<Outbox>,
        users: &[UserHandle],
        until: Timestamp,
    ) {
        let mut watchers = self.0.watchers.lock();
        watchers.forget(session);
        let mut users = users.to_vec();
        users.sort_unstable();
        users.dedup();
        for user in &users {
            let watcher = Watcher { session, viewer, outbox: Arc::clone(outbox), until };
            watchers.by_user.entry(*user).or_default().push(watcher);
        }
        watchers.by_session.insert(session, users);
    }

    /// Tells a user's presence to the sessions of `viewers` (by handle, each with whether they may see when the user was last there)
    /// and to those of them who watch.
    pub fn tell_presence(&self, user: UserHandle, presence: &PresenceOf, viewers: &[(UserHandle, bool)]) {
        let now = self.0.clock.now();
        let whole = ServerFrame::Presence(presence.clone());
        let part = ServerFrame::Presence(PresenceOf { last_seen: None, ..presence.clone() });
        let (mut scratch, mut other) = (Scratch::default(), Scratch::default());
        let mut whole = Broadcast::new(&whole, &mut scratch);
        let mut part = Broadcast::new(&part, &mut other);
        let mut told: Vec<SessionId> = Vec::new();
        {
            let registry = self.0.registry.read();
            for (viewer, last_seen) in viewers {
                let Some(online) = registry.users.get(viewer) else { continue };
                for link in &online.links {
                    link.outbox.push_ephemeral(if *last_seen { &mut whole } else { &mut part });
                    told.push(link.session);
                }
            }
        }
        let mut all = self.0.watchers.lock();
        if let Some(watchers) = all.by_user.get_mut(&user) {
            // The other end of what is over here is forgotten with its session.
            watchers.retain(|watcher| watcher.until > now);
            for watcher in watchers.iter().filter(|watcher| !told.contains(&watcher.session)) {
                let place = viewers.binary_search_by_key(&watcher.viewer, |(viewer, _)| *viewer);
                let Ok(place) = place else { continue };
                watcher.outbox.push_ephemeral(if viewers[place].1 { &mut whole } else { &mut part });
            }
            if watchers.is_empty() {
                all.by_user.remove(&user);
            }
        }
    }

    // What all outboxes share.

    /// Wakes every connection that has something to write since the last call.
    pub fn flush(&self) {
        self.0.common.flush();
    }

    /// All connections together hold too much (or no longer do): each may hold less.
    pub fn set_pressed(&self, pressed: bool) {
        self.0.common.pressed.store(pressed, Ordering::Relaxed);
    }

    /// How often a connection began to lag.
    pub fn lagging(&self) -> u64 {
        self.0.common.lagging.load(Ordering::Relaxed)
    }

    /// The publishing side. There is one, on the engine's publisher thread.
    pub fn publisher(&self) -> Publisher {
        Publisher { hub: self.clone(), scratch: Scratch::default() }
    }
}

/// The publishing side of the hub.
#[derive(Debug)]
pub struct Publisher {
    hub: Hub,
    scratch: Scratch,
}

impl Publisher {
    /// Publishes the effects of one command. `origin` is the session that asked for it: it gets the outcome instead of the new
    /// entry. `load` gives the members of a conversation as of a state that holds these effects; it may be ahead of them,
    /// because an entry goes to exactly those whose window holds it.
    pub fn publish(
        &mut self,
        lsn: Lsn,
        origin: Option<SessionId>,
        effects: &[Effect],
        load: impl Fn(ConversationId) -> Option<Vec<Window>>,
    ) {
        // First forget: the entry that adds somebody goes to them too.
        for effect in effects {
            if let Effect::Members { conversation } = effect {
                self.hub.0.members.forget(*conversation);
            }
        }
        for effect in effects {
            match effect {
                Effect::Entry { app: _, conversation, entry } => {
                    self.entry(*conversation, entry, lsn, origin, &load);
                }
                // Who has the user as a contact stands in rows: see [`Publisher::profile`].
                // Turns are for whoever carries them out.
                Effect::Members { .. } | Effect::Profile { .. } | Effect::Turns { .. } => {}
                Effect::Presence { user } => self.hub.0.presence.note(*user, true),
                Effect::Relation { user, other } => self.hub.0.presence.relate(*user, *other),
                Effect::Inbox { user, inbox } => {
                    let frame = ServerFrame::Inbox(inbox.clone());
                    let mut frame = Broadcast::new(&frame, &mut self.scratch);
                    self.hub.0.push_to_user(*user, None, &mut frame);
                }
                Effect::Receipt { conversation, moved } => {
                    let Some(windows) = self.hub.0.members.get(*conversation, &load) else { continue };
                    let frame = ServerFrame::Receipt { conversation: *conversation, lsn, moved: moved.clone() };
                    let mut frame = Broadcast::new(&frame, &mut self.scratch);
                    self.hub.0.push_to(&windows, |window| window.until.is_none(), None, &mut frame);
                }
                Effect::SessionEnded { user: _, session, reason, by } => {
                    self.hub.end_session(*session, *reason, by.as_ref());
                }
            }
        }
    }

    fn entry(
        &mut self,
        conversation: ConversationId,
        entry: &Arc<Entry>,
        lsn: Lsn,
        origin: Option<SessionId>,
        load: impl Fn(ConversationId) -> Option<Vec<Window>>,
    ) {
        let Some(windows) = self.hub.0.members.get(conversation, load) else { return };
        let frame = ServerFrame::Entry { conversation, entry: Arc::clone(entry) };
        let mut frame = Broadcast::new(&frame, &mut self.scratch);
        if entry.lsn == lsn {
            self.hub.0.push_to(&windows, |window| window.holds(entry.seq), origin, &mut frame);
        } else {
            // Rewritten: news only for those who still belong there, and for the session that asked, too.
            let there = |window: &Window| window.until.is_none() && window.holds(entry.seq);
            self.hub.0.push_to(&windows, there, None, &mut frame);
        }
    }

    /// A profile changed: tells the user's own devices `own`, and the others `shown`.
    pub fn profile(&mut self, user: UserHandle, own: Profile, shown: Profile, others: &[UserHandle]) {
        let (own, shown) = (ServerFrame::User(own), ServerFrame::User(shown));
        self.hub.0.push_to_user(user, None, &mut Broadcast::new(&own, &mut self.scratch));
        let mut shown = Broadcast::new(&shown, &mut self.scratch);
        for other in others {
            self.hub.0.push_to_user(*other, None, &mut shown);
        }
    }

    /// The batch is over: wakes whoever has something to write.
    pub fn flush(&mut self) {
        self.hub.flush();
    }
}

impl Inner {
    fn push_to(
        &self,
        windows: &[Window],
        wanted: impl Fn(&Window) -> bool,
        except: Option<SessionId>,
        frame: &mut Broadcast<'_>,
    ) {
        let registry = self.registry.read();
        if windows.len() / ONLINE_FEWER > registry.users.len() {
            // A large group of whom few are there: look for those who are among the members.
            for (user, online) in &registry.users {
                if let Ok(place) = windows.binary_search_by_key(user, |window| window.user)
                    && wanted(&windows[place])
                {
                    online.push(except, frame);
                }
            }
            return;
        }
        for window in windows.iter().filter(|window| wanted(window)) {
            if let Some(online) = registry.users.get(&window.user) {
                online.push(except, frame);
            }
        }
    }

    fn push_to_user(&self, user: UserHandle, except: Option<SessionId>, frame: &mut Broadcast<'_>) {
        if let Some(online) = self.registry.read().users.get(&user) {
            online.push(except, frame);
        }
    }
}

impl Online {
    fn push(&self, except: Option<SessionId>, frame: &mut Broadcast<'_>) {
        for link in &self.links {
            if Some(link.session) != except {
                link.outbox.push(frame);
            }
        }
    }
}

#[cfg(test)]
mod tests;
