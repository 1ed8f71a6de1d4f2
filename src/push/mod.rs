//! Web Push: devices are told of messages while nothing of Tidings is open on them.
//!
//! It promises: a message is pushed to the devices of those who belong to its conversation, have not read it a moment later, and have
//! not silenced the conversation (unless it names them); at least once, also when the server was stopped in between; a push service
//! that fails costs nobody else anything; what is pushed can be read by the device alone, and has the message's words only if the
//! device wants them shown. It follows the log, so nobody who writes waits for it.
//!
//! In reading order: `who` (whom a message is pushed to), `payload` (what a device is told), `seal` (so that only it can read it), `vapid`
//! (who sends), `send` (one push on its way), `follow` (the worker), this file (the door).

mod follow;
mod payload;
mod seal;
mod send;
mod vapid;
mod who;

use crate::engine::Engine;
use crate::model::{Code, PushSubscription, Refusal, UserActor};
use crate::outbound::{Outbound, Trust};
use crate::shutdown::Shutdown;
use crate::store::Read;
use crate::store::records::PushRow;
use payload::{Kind, Payload};
use send::{Answered, Sender};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use vapid::Vapid;

/// How push is made.
#[derive(Clone, Debug)]
pub struct PushOptions {
    /// The server's name, as a test shows it.
    pub server_name: String,
    /// How push services reach whoever runs this server: `https:` or `mailto:`.
    pub contact: String,
    /// A message is pushed when it was not read so long after it was sent.
    pub quiet: Duration,
}

impl PushOptions {
    /// The defaults for a server.
    pub fn new(server_name: impl Into<String>, contact: impl Into<String>) -> Self {
        Self { server_name: server_name.into(), contact: contact.into(), quiet: Duration::from_millis(2_500) }
    }
}

/// What push counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushStats {
    /// Pushes that a push service took.
    pub sent: u64,
    /// Tries that failed.
    pub failed: u64,
    /// Subscriptions that a push service did not know any more.
    pub expired: u64,
    /// Pushes that wait to be tried again.
    pub waiting: u64,
}

struct Inner {
    engine: Engine,
    options: PushOptions,
    sender: Sender,
}

/// Web Push; cheap to clone.
#[derive(Clone)]
pub struct Push(Arc<Inner>);

impl Push {
    /// The push of an engine; its key is in the data folder. That anything is pushed needs [`Push::run`].
    pub fn open(engine: &Engine, data: &Path, outbound: Outbound, options: PushOptions) -> io::Result<Self> {
        let vapid = Vapid::open(data, options.contact.clone())?;
        Ok(Self(Arc::new(Inner { engine: engine.clone(), options, sender: Sender::new(outbound, vapid) })))
    }

    /// Follows the log and pushes, until `shutdown`.
    pub async fn run(self, shutdown: Shutdown) {
        follow::run(self.0, shutdown).await;
    }

    /// The public key that browsers subscribe with, in base64url.
    pub fn key(&self) -> String {
        self.0.sender.vapid.public_key()
    }

    /// Whether a subscription can be kept: it is one, and its address is one that this server connects to.
    pub fn check(&self, subscription: &PushSubscription) -> Result<(), Refusal> {
        subscription.check()?;
        let checked = self.0.sender.outbound.check(Trust::Tenant, subscription.endpoint.reveal());
        checked.map_err(|refused| {
            Refusal::new(Code::Invalid, format!("This push service cannot be used by this server. {refused}"))
        })
    }

    /// Pushes a test to the device of a session, and says what its push service answered.
    pub async fn test(&self, actor: &UserActor) -> Result<(), Refusal> {
        let at = (actor.user, actor.session);
        let row = crate::workers::follow::read(&self.0.engine, move |engine| engine.view().get::<PushRow>(&at)).await;
        let row = row.map_err(|fault| {
            tracing::error!(%fault, "a subscription could not be read");
            Refusal::new(Code::Unavailable, "The subscription of this device could not be read; try again later.")
        })?;
        let Some(device) = row else {
            let words = "This device has no notifications turned on; turn them on first.";
            return Err(Refusal::new(Code::NotFound, words));
        };
        let body = device.subscription.show_text.then(|| "Notifications reach this device.".to_owned());
        let title = payload::title(&self.0.options.server_name);
        let payload =
            Payload { v: 1, kind: Kind::Test, conversation: None, seq: None, count: 1, title, body, badge: None };
        let now = self.0.engine.clock().now();
        match self.0.sender.push(&device.subscription, &payload.bytes(), None, true, now).await {
            Answered::Taken => {
                self.0.sender.counters.sent.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Answered::Gone => {
                self.0.forget(actor, &device).await;
                let words = "The push service does not know this device any more; turn notifications on again.";
                Err(Refusal::new(Code::Expired, words))
            }
            Answered::Later(_, why) | Answered::Never(why) => Err(unreached(&why)),
            Answered::Unreached(error) => Err(unreached(&error.to_string())),
        }
    }

    /// What it counts.
    pub fn stats(&self) -> PushStats {
        let counters = &self.0.sender.counters;
        PushStats {
            sent: counters.sent.load(Ordering::Relaxed),
            failed: counters.failed.load(Ordering::Relaxed),
            expired: counters.expired.load(Ordering::Relaxed),
            waiting: counters.waiting.load(Ordering::Relaxed),
        }
    }
}

fn unreached(why: &str) -> Refusal {
    Refusal::new(Code::Unavailable, format!("The test could not be sent to the push service of this browser. {why}"))
}
