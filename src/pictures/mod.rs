//! Pictures that lie on other servers, fetched when a member wants to see one, so that the other server sees this one and never
//! who looks.
//!
//! It promises: nothing is fetched unless somebody who reads the entry asks for it; an address goes through the egress guard as one
//! that a stranger wrote; what is handed on is a picture by its bytes, whatever its server says it is; an answer has its size and
//! its time; all that is on its way, kept or being read fits into [`ALL_KIB`], and no app takes more than its share; one picture
//! that many look at is fetched once. It looks at no entry: whoever calls it has checked that the caller reads the one which names
//! the picture.
//!
//! In reading order: this file (the door), `failure` (why there is no picture), `shelf` (what is on its way, and what was fetched
//! a moment ago), `room` (how many and how much), `hand` (how the reader gets it, and for how long it may take).

mod failure;
mod hand;
mod room;
mod shelf;

pub use failure::Failure;

use crate::media::shown_picture;
use crate::model::UserActor;
use crate::outbound::{Limits, Outbound, Request, Trust};
use crate::shutdown::Tasks;
use bytes::Bytes;
use futures_util::Stream;
use room::{Place, Room};
use sha2::{Digest, Sha256};
use shelf::Shelf;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Largest picture, in bytes.
pub const PICTURE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Memory of all pictures together, in KiB: sixteen of the largest.
const ALL_KIB: usize = 16 * PICTURE_BYTES_MAX / 1024;
/// Memory of the pictures of one app, in KiB.
const APP_KIB: usize = ALL_KIB / 2;
/// Pictures that one user asks for at the same time; others wait. Of the largest they are a quarter of what the app has.
const USER_MAX: usize = 2;
const _: () =
    assert!(USER_MAX * PICTURE_BYTES_MAX / 1024 * 2 < APP_KIB, "one user has less than half of the app's memory");
/// How long somebody waits for a place, and then for memory.
const TURN_MAX: Duration = Duration::from_secs(5);
/// What is asked for; others send what they have.
const ACCEPT: &str = "image/avif, image/webp, image/png, image/jpeg, image/gif";

/// What the operator says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureOptions {
    /// Whether anything is fetched at all.
    pub on: bool,
    /// How long another server has for a picture.
    pub time: Duration,
    /// How long it is kept that there is no picture.
    pub failure_kept: Duration,
    /// How long a reader may take nothing of a picture that it asked for.
    pub stall: Duration,
}

impl Default for PictureOptions {
    fn default() -> Self {
        let (time, stall) = (Duration::from_secs(10), Duration::from_secs(30));
        Self { on: true, time, failure_kept: Duration::from_secs(3), stall }
    }
}

/// A picture of another server.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it is, by its bytes.
    pub content_type: &'static str,
    /// Its bytes. They take their part of the room until the last copy is gone.
    pub bytes: Bytes,
    /// The beginning of their SHA-256, in hexadecimal.
    pub tag: String,
}

impl Picture {
    /// The same, which keeps a user's place until it is handed on.
    fn held_by(&self, place: Place) -> Self {
        Self { bytes: room::held(self.bytes.clone(), place), ..self.clone() }
    }
}

/// Fetches pictures; cheap to clone.
#[derive(Clone)]
pub struct Pictures(Arc<Inner>);

struct Inner {
    outbound: Outbound,
    options: PictureOptions,
    room: Room,
    shelf: Shelf,
}

impl Pictures {
    /// What fetches with a client. It should have one of its own, so that a slow server takes no place of what else is asked.
    pub fn new(outbound: Outbound, options: PictureOptions) -> Self {
        Self(Arc::new(Inner { outbound, options, room: Room::new(), shelf: Shelf::default() }))
    }

    /// Whether this server fetches any.
    pub fn is_on(&self) -> bool {
        self.0.options.on
    }

    /// The picture at an address, for a user who reads an entry that names it.
    pub async fn fetch(&self, who: &UserActor, url: &str) -> Result<Picture, Failure> {
        if !self.is_on() {
            return Err(Failure::Off);
        }
        let patience = self.0.options.time + 2 * TURN_MAX;
        tokio::time::timeout(patience, self.find(who, url)).await.unwrap_or(Err(Failure::Busy))
    }

    /// The bytes of a picture for a reader, who has a limited time for them. When it is over the stream ends before they do.
    pub fn pieces(&self, bytes: Bytes, tasks: &Tasks) -> impl Stream<Item = io::Result<Bytes>> + use<> {
        hand::pieces(bytes, self.0.options.stall, tasks)
    }

    /// Takes it from the shelf, where the first who asks puts it and everybody else waits for that. When the first one leaves, the
    /// next one fetches.
    async fn find(&self, who: &UserActor, url: &str) -> Result<Picture, Failure> {
        let place = self.0.room.place(who.user).await?;
        let seat = self.0.shelf.seat(who.app, url);
        let came = AtomicBool::new(false);
        let found = seat
            .cell()
            .get_or_try_init(|| async {
                let memory = tokio::time::timeout(TURN_MAX, self.0.room.memory(who.app));
                let memory = memory.await.map_err(|_| Failure::Busy)??;
                let fetched = self.get(url, memory).await;
                match fetched {
                    // That there was no place says nothing of the picture: nobody else is told so.
                    Err(Failure::Busy) => Err(Failure::Busy),
                    fetched => {
                        came.store(true, Ordering::Relaxed);
                        Ok(shelf::Kept::now(fetched, self.0.options.failure_kept))
                    }
                }
            })
            .await?
            .result
            .clone();
        if came.into_inner() {
            self.0.shelf.tidy();
        }
        Ok(found?.held_by(place))
    }

    async fn get(&self, url: &str, memory: room::Memory) -> Result<Picture, Failure> {
        let time = self.0.options.time;
        let limits = Limits { first_byte: time, silence: time, total: time, body_bytes_max: PICTURE_BYTES_MAX };
        let request = Request::get(Trust::Tenant, url).header("accept", ACCEPT).limits(limits);
        let reply = self.0.outbound.send(request).await.map_err(|error| Failure::of(&error, url))?;
        if !reply.is_success() {
            return Err(Failure::Status(reply.status));
        }
        if !reply.complete {
            return Err(Failure::TooLarge);
        }
        let body = reply.body;
        // Readers of headers that strangers wrote may panic: off the task, where that costs only the picture.
        let look = tokio::task::spawn_blocking(move || {
            let content_type = shown_picture(&body)?;
            let digest: [u8; 32] = Sha256::digest(&body).into();
            let tag = format!("{:032x}", u128::from_be_bytes(*digest.first_chunk()?));
            Some(Picture { content_type, bytes: memory.keep(body), tag })
        });
        look.await.ok().flatten().ok_or(Failure::NoPicture)
    }
}
