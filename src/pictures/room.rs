//! How many pictures and how much memory: places for each user, and memory for each app and for all, counted in KiB. A picture on its
//! way takes as much as the largest may have and gives back what it did not need; what it has stays taken until the last who reads
//! it is done.

use super::{ALL_KIB, APP_KIB, Failure, PICTURE_BYTES_MAX, USER_MAX};
use crate::model::{AppId, UserHandle};
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What the largest picture takes, in KiB.
const LARGEST_KIB: usize = PICTURE_BYTES_MAX / 1024;
/// When so many users are known, those who read nothing are forgotten.
const USERS_KNOWN: usize = 1_024;

/// A user's place, given back when it is dropped.
pub type Place = OwnedSemaphorePermit;

/// Memory for a picture that is on its way.
pub struct Memory {
    app: OwnedSemaphorePermit,
    all: OwnedSemaphorePermit,
}

impl Memory {
    /// The bytes of a picture, which hold what they take; the rest is given back.
    pub fn keep(mut self, bytes: Bytes) -> Bytes {
        let spare = LARGEST_KIB.saturating_sub(bytes.len().div_ceil(1024));
        drop((self.app.split(spare), self.all.split(spare)));
        Bytes::from_owner(Held { bytes, _until: self })
    }
}

/// Bytes that hold something until they are gone.
struct Held<T> {
    bytes: Bytes,
    _until: T,
}

impl<T> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Bytes that hold a user's place until they are handed on.
pub fn held(bytes: Bytes, place: Place) -> Bytes {
    Bytes::from_owner(Held { bytes, _until: place })
}

/// The room that there is.
pub struct Room {
    all: Arc<Semaphore>,
    /// One for each app that ever had a picture fetched; apps are few. Held for a look-up.
    apps: Mutex<BTreeMap<AppId, Arc<Semaphore>>>,
    /// One for each user who has a place. Held for a look-up, or a walk over [`USERS_KNOWN`].
    users: Mutex<BTreeMap<UserHandle, Weak<Semaphore>>>,
}

impl Room {
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(ALL_KIB)), apps: Mutex::default(), users: Mutex::default() }
    }

    /// A place of a user, when one of theirs is free.
    pub async fn place(&self, user: UserHandle) -> Result<Place, Failure> {
        let places = {
            let mut users = self.users.lock();
            if users.len() >= USERS_KNOWN {
                users.retain(|_, places| places.strong_count() > 0);
            }
            let known = users.get(&user).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let places = Arc::new(Semaphore::new(USER_MAX));
                users.insert(user, Arc::downgrade(&places));
                places
            })
        };
        places.acquire_owned().await.map_err(|_| Failure::Busy)
    }

    /// Memory for the largest picture, of an app's share and then of all.
    pub async fn memory(&self, app: AppId) -> Result<Memory, Failure> {
        let share = Arc::clone(self.apps.lock().entry(app).or_insert_with(|| Arc::new(Semaphore::new(APP_KIB))));
        let wanted = LARGEST_KIB as u32;
        let app = share.acquire_many_owned(wanted).await.map_err(|_| Failure::Busy)?;
        let all = Arc::clone(&self.all).acquire_many_owned(wanted).await.map_err(|_| Failure::Busy)?;
        Ok(Memory { app, all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_picture_takes_what_it_has_until_the_last_reader_is_done() {
        let room = Room::new();
        let memory = room.memory(AppId(1)).now_or_never().unwrap().unwrap();
        assert_eq!(room.all.available_permits(), ALL_KIB - LARGEST_KIB);
        let bytes = memory.keep(Bytes::from_static(&[7; 1_500]));
        assert_eq!(room.all.available_permits(), ALL_KIB - 2);
        let place = room.place(UserHandle(1)).now_or_never().unwrap().unwrap();
        let reading = held(bytes.clone(), place);
        drop(bytes);
        assert_eq!((room.all.available_permits(), &reading[..3]), (ALL_KIB - 2, &[7, 7, 7][..]));
        drop(reading);
        assert_eq!(room.all.available_permits(), ALL_KIB);
    }

    #[test]
    fn one_app_and_one_user_leave_room_for_others() {
        let room = Room::new();
        let mut taken = Vec::new();
        while let Some(memory) = room.memory(AppId(1)).now_or_never() {
            taken.push(memory);
        }
        assert_eq!(taken.len(), 8);
        assert!(room.memory(AppId(2)).now_or_never().is_some());
        let places: Vec<_> = (0..USER_MAX).map(|_| room.place(UserHandle(1)).now_or_never().unwrap()).collect();
        assert!(room.place(UserHandle(1)).now_or_never().is_none());
        assert!(room.place(UserHandle(2)).now_or_never().is_some());
        drop(places);
        assert!(room.place(UserHandle(1)).now_or_never().is_some());
    }
}
