//! Catching up: the pages of a sync, and what begins another one.

use super::events::{Event, Link};
use super::sending::note;
use super::{Moment, Phase, Purpose, State};
use crate::model::limits::CHANGES_CONVERSATIONS_MAX;
use crate::model::{Epoch, Lsn, Seq, Timestamp};
use crate::protocol::{Changes, ClientFrame, Sync, Welcome};

impl State {
    pub(super) fn welcome(&mut self, now: Moment, welcome: Welcome) {
        self.phase = Phase::Live;
        self.set_time(now, welcome.time);
        self.replica.set_me(welcome.user);
        self.session = Some(welcome.session);
        self.server = welcome.server;
        self.limits = welcome.limits;
        if welcome.token.is_some() {
            self.token = welcome.token;
        }
        self.tell_link(Link::Online);
        if self.options.follow.is_none() {
            self.finish_sync(now);
        } else if self.sync_request.is_none() {
            self.epoch = Some(welcome.epoch);
            self.ask_page(now);
        }
        self.send_watch(now);
    }

    pub(super) fn set_time(&mut self, now: Moment, time: Timestamp) {
        self.offset_ms = time.0.cast_signed().saturating_sub(now.wall.0.cast_signed());
    }

    pub(super) fn ask_page(&mut self, now: Moment) {
        let Some(epoch) = self.epoch else { return };
        let request = self.request();
        self.syncing = true;
        self.sync_request = Some(request);
        self.sync_at_ms = None;
        let limit = CHANGES_CONVERSATIONS_MAX as u32;
        self.send(now, ClientFrame::Sync(Sync { request, epoch, cursor: self.cursor, limit }));
    }

    pub(super) fn changes(&mut self, now: Moment, changes: Changes) {
        if self.sync_request != Some(changes.request) {
            return;
        }
        self.sync_request = None;
        for conversation in changes.conversations {
            self.snapshot(now, conversation, changes.as_of);
        }
        for profile in changes.users {
            self.events.push_back(Event::User(profile));
        }
        let base = self.sync_base.unwrap_or(changes.as_of.next());
        self.sync_base = Some(base);
        self.cursor = changes.cursor.min(base).max(self.cursor);
        if changes.more {
            self.ask_page(now);
            return;
        }
        let lagging = self.sync_again.is_some();
        if std::mem::replace(&mut self.sync_lagged, lagging) && base <= changes.as_of {
            // Pushes were dropped until this page: what changed since the first one may be missing.
            self.sync_again = Some(self.sync_again.map_or(base, |cursor| cursor.min(base)));
        }
        self.sync_base = None;
        if let Some(cursor) = self.sync_again.take() {
            self.cursor = self.cursor.min(cursor);
            self.ask_page(now);
        } else {
            self.finish_sync(now);
        }
    }

    fn finish_sync(&mut self, now: Moment) {
        self.syncing = false;
        self.synced_once = true;
        if std::mem::take(&mut self.reads_unsure) {
            // The server merges moves of cursors and may be gone before it keeps them; nothing in a sync tells that one is lost
            // when nothing else has changed.
            for local in self.replica.iter() {
                let wanted = local.read_wanted();
                if wanted > Seq(0) && local.inbox().is_some_and(|inbox| inbox.read <= wanted && !inbox.gone) {
                    note(&mut self.read, local.id(), wanted, 1, now.ms);
                }
            }
        }
        self.tell_link(Link::Synced);
    }

    pub(super) fn lagging(&mut self, now: Moment) {
        if self.options.follow.is_none() {
            return;
        }
        if self.syncing {
            let from = self.sync_again.map_or(self.cursor, |cursor| cursor.min(self.cursor));
            self.sync_again = Some(from);
        } else {
            self.sync_lagged = true;
            self.ask_page(now);
        }
    }

    pub(super) fn restart(&mut self, now: Moment, epoch: Epoch) {
        self.epoch = Some(epoch);
        self.cursor = Lsn(0);
        self.sync_lagged |= self.sync_again.take().is_some();
        self.sync_base = None;
        self.replica.clear();
        self.needs.clear();
        self.fetching.clear();
        self.delivered.clear();
        self.read.clear();
        for (_, purpose) in self.asked.values_mut() {
            if matches!(purpose, Purpose::Fetch(..)) {
                *purpose = Purpose::Forgotten;
            }
        }
        self.events.push_back(Event::Reset);
        if self.options.follow.is_some() {
            self.ask_page(now);
        }
    }

    pub(super) fn move_cursor(&mut self, lsn: Lsn) {
        if !self.syncing && self.is_online() {
            self.cursor = self.cursor.max(lsn);
        }
    }
}
