//! One connection of the generator, and what all of them share.

use super::super::{Failure, exit};
use super::glance::{Glance, glance};
use super::report::histogram;
use crate::client::wire::{Connection, Endpoint, READ_BYTES, WireError};
use crate::model::{Clock, Code, Command, CommandResult, Device, DeviceId, Key, Lsn, Name, Platform, Secret, clock};
use crate::protocol::{Auth, ClientFrame, Encoding, Hello, Resume, ServerFrame, Welcome};
use hdrhistogram::Histogram;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long anything that is not measured may take.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// What the run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Running, not counted yet.
    Warm,
    /// Running and counted.
    Counted,
    /// Nothing new is sent.
    Drain,
}

/// What all connections share; everything runs on one thread.
pub(super) struct Shared {
    pub encoding: Encoding,
    pub phase: Cell<Phase>,
    /// Acknowledged while counted.
    pub acks: Cell<u64>,
    pub ack_latencies: RefCell<Histogram<u64>>,
    /// Delivered while counted.
    pub deliveries: Cell<u64>,
    pub delivery_latencies: RefCell<Histogram<u64>>,
    pub refused: Cell<u64>,
    pub lagging: Cell<u64>,
    /// Lent to whichever connection reads.
    scratch: RefCell<Vec<u8>>,
    start: Instant,
    start_ms: u64,
}

impl Shared {
    pub(super) fn new(encoding: Encoding) -> Rc<Self> {
        Rc::new(Self {
            encoding,
            phase: Cell::new(Phase::Warm),
            acks: Cell::new(0),
            ack_latencies: RefCell::new(histogram()),
            deliveries: Cell::new(0),
            delivery_latencies: RefCell::new(histogram()),
            refused: Cell::new(0),
            lagging: Cell::new(0),
            scratch: RefCell::new(vec![0; READ_BYTES]),
            start: clock::monotonic(),
            start_ms: Clock::system().now().0,
        })
    }

    /// Microseconds since the start.
    pub(super) fn now_us(&self) -> u64 {
        clock::monotonic().duration_since(self.start).as_micros() as u64
    }

    /// The time of day at `us` microseconds after the start, in milliseconds.
    pub(super) const fn wall_ms(&self, us: u64) -> u64 {
        self.start_ms + us / 1_000
    }
}

/// One more in a counter.
pub(super) fn add(counter: &Cell<u64>, more: u64) {
    counter.set(counter.get() + more);
}

/// A connection that is logged in.
pub(super) struct Peer {
    pub connection: Connection,
    pub welcome: Welcome,
    pub shared: Rc<Shared>,
    frames: VecDeque<ServerFrame>,
    next_request: u32,
}

impl Peer {
    /// Connects and logs in.
    pub(super) async fn log_in(
        shared: &Rc<Shared>,
        endpoint: &Endpoint,
        token: &Secret,
        resume: Option<Resume>,
    ) -> Result<Self, Failure> {
        let mut connection = endpoint.connect().await?;
        let wrong = |error: crate::model::TextError| Failure::new(exit::DATA, error.to_string());
        let device = Device {
            id: DeviceId::new("bench").map_err(wrong)?,
            platform: Platform::Api,
            name: Name::new("bench").map_err(wrong)?,
        };
        let hello = Hello { auth: Auth::Token(token.clone()), device, resume, client: "tidings bench".to_owned() };
        connection.push(&ClientFrame::Hello(hello));
        let mut frames = VecDeque::new();
        loop {
            match next(shared, &mut connection, &mut frames).await? {
                ServerFrame::Welcome(welcome) => {
                    let shared = Rc::clone(shared);
                    return Ok(Self { connection, welcome: *welcome, shared, frames, next_request: 0 });
                }
                ServerFrame::Refused(refused) => return Err(Failure::new(exit::UNAVAILABLE, refused.message)),
                _ => {}
            }
        }
    }

    /// The next frame, decoded.
    pub(super) async fn receive(&mut self) -> Result<ServerFrame, Failure> {
        next(&self.shared, &mut self.connection, &mut self.frames).await
    }

    /// Reads once and shows each frame, with the time at which they were read.
    pub(super) async fn turn(&mut self, mut see: impl FnMut(u64, Glance<'_>)) -> Result<(), Failure> {
        let Self { connection, shared, .. } = self;
        let (mut now_us, mut wrong) = (None, None);
        poll_fn(|cx| {
            let mut scratch = shared.scratch.borrow_mut();
            connection.poll_turn(cx, &mut scratch, |bytes| {
                let now_us = *now_us.get_or_insert_with(|| shared.now_us());
                if let Err(error) = glance(shared.encoding, bytes, |glance| see(now_us, glance)) {
                    wrong = Some(error);
                }
            })
        })
        .await?;
        wrong.map_or(Ok(()), |error| Err(WireError::from(error).into()))
    }

    pub(super) const fn request(&mut self) -> u32 {
        self.next_request += 1;
        self.next_request
    }

    /// Submits a command and waits for its outcome; again and again while the server says "not now".
    pub(super) async fn execute(&mut self, command: Command) -> Result<(Lsn, CommandResult), Failure> {
        let key = Key::new(Clock::system().now());
        loop {
            let request = self.request();
            self.connection.push(&ClientFrame::Submit { request, key, command: command.clone() });
            let refusal = loop {
                match self.receive().await? {
                    ServerFrame::Outcome { request: of, lsn, result, .. } if of == request => {
                        return Ok((lsn, result));
                    }
                    ServerFrame::Refused(refused) if refused.request == Some(request) => break refused,
                    _ => {}
                }
            };
            let later = refusal.retry_after_ms.is_some() || refusal.code == Code::Unavailable;
            if !later {
                return Err(Failure::new(exit::DATA, refusal.message));
            }
            tokio::time::sleep(Duration::from_millis(refusal.retry_after_ms.unwrap_or(100))).await;
        }
    }
}

async fn next(
    shared: &Shared,
    connection: &mut Connection,
    frames: &mut VecDeque<ServerFrame>,
) -> Result<ServerFrame, Failure> {
    let encoding = shared.encoding;
    loop {
        if let Some(frame) = frames.pop_front() {
            return Ok(frame);
        }
        let mut wrong = None;
        let turned = poll_fn(|cx| {
            let mut scratch = shared.scratch.borrow_mut();
            connection.poll_turn(cx, &mut scratch, |bytes| match encoding.decode::<ServerFrame>(bytes) {
                Ok(frame) => frames.push_back(frame),
                Err(error) => wrong = Some(error),
            })
        });
        tokio::time::timeout(PATIENCE, turned).await.map_err(|_| {
            Failure::new(exit::UNAVAILABLE, format!("The server did not answer within {} s.", PATIENCE.as_secs()))
        })??;
        if let Some(error) = wrong {
            return Err(WireError::from(error).into());
        }
    }
}
