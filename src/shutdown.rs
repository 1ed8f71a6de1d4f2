//! Stopping: the signal that everything drains, and the tracker that every task belongs to.
//!
//! A task is spawned through [`Tasks`], so that it has an owner that waits for it, and so that a panic in it is counted and
//! logged instead of taking others down.

use futures_util::FutureExt;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// Starts the draining. Dropping it without firing changes nothing.
#[derive(Debug)]
pub struct Trigger(Shutdown);

/// Tells when draining starts; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<Signal>);

#[derive(Debug)]
struct Signal {
    fired: AtomicBool,
    notify: Notify,
}

impl Shutdown {
    /// A signal and what fires it.
    #[allow(clippy::new_ret_no_self, reason = "the two halves are made together")]
    pub fn new() -> (Trigger, Self) {
        let shutdown = Self(Arc::new(Signal { fired: AtomicBool::new(false), notify: Notify::new() }));
        (Trigger(shutdown.clone()), shutdown)
    }

    /// Whether draining has started.
    pub fn is_triggered(&self) -> bool {
        self.0.fired.load(Ordering::Acquire)
    }

    /// Resolves when draining starts; at once when it has.
    pub async fn wait(&self) {
        loop {
            let notified = self.0.notify.notified();
            if self.is_triggered() {
                return;
            }
            notified.await;
        }
    }
}

impl Trigger {
    /// Starts the draining; further calls change nothing.
    pub fn fire(&self) {
        self.0.0.fired.store(true, Ordering::Release);
        self.0.0.notify.notify_waiters();
    }
}

/// The signals that ask the process to end: SIGTERM, or SIGINT from a terminal. From [`Signals::listen`] on they no longer end it
/// by themselves, and none is missed.
#[derive(Debug)]
pub struct Signals {
    term: tokio::signal::unix::Signal,
    int: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes the signals over. Must be called inside the runtime.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// Resolves with the name of the next signal.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.term.recv() => "SIGTERM",
            _ = self.int.recv() => "SIGINT",
        }
    }
}

/// Resolves with the name of the signal when the process is asked to end. A signal that comes before the first poll ends the
/// process; where that matters, use [`Signals`].
pub async fn terminated() -> std::io::Result<&'static str> {
    Ok(Signals::listen()?.next().await)
}

/// The tracker that every task belongs to; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tasks(Arc<Tracker>);

#[derive(Debug, Default)]
struct Tracker {
    next: AtomicU64,
    panics: AtomicU64,
    /// Guards the handles of the running tasks and whether new ones may start.
    running: Mutex<Running>,
    /// Told when the last running task ended.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Running {
    handles: HashMap<u64, Option<AbortHandle>>,
    aborted: bool,
}

/// Signs a task off, however it ends.
struct SignOff {
    tracker: Arc<Tracker>,
    id: u64,
}

impl Drop for SignOff {
    fn drop(&mut self) {
        let mut running = self.tracker.running.lock();
        running.handles.remove(&self.id);
        if running.handles.is_empty() {
            // A table that once held thousands of connections gives its memory back.
            running.handles.shrink_to(64);
            self.tracker.idle.notify_waiters();
        }
    }
}

impl Tasks {
    /// A tracker without tasks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task. A panic in it is caught, counted and logged under `name`. After [`Tasks::finish`] gave up waiting nothing
    /// is started any more.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut running = self.0.running.lock();
            if running.aborted {
                return;
            }
            running.handles.insert(id, None);
        }
        let sign_off = SignOff { tracker: Arc::clone(&self.0), id };
        #[allow(clippy::disallowed_methods, reason = "this is the one place that starts tasks")]
        // Combinators, because an async block would keep room for the task twice, and there are thousands.
        let handle = tokio::spawn(AssertUnwindSafe(task).catch_unwind().map(move |ended| {
            if ended.is_err() {
                sign_off.tracker.panics.fetch_add(1, Ordering::Relaxed);
                tracing::error!(task = name, "a task panicked; the others go on");
            }
            drop(sign_off);
        }));
        // The task may be over already; then there is nothing to keep.
        if let Some(slot) = self.0.running.lock().handles.get_mut(&id) {
            *slot = Some(handle.abort_handle());
        }
    }

    /// Waits until every task has ended, at most for `within`, then aborts the rest. True when none had to be aborted.
    pub async fn finish(&self, within: Duration) -> bool {
        let all = async {
            loop {
                let idle = self.0.idle.notified();
                if self.0.running.lock().handles.is_empty() {
                    return;
                }
                idle.await;
            }
        };
        if tokio::time::timeout(within, all).await.is_ok() {
            return true;
        }
        let mut running = self.0.running.lock();
        running.aborted = true;
        let left = running.handles.len();
        for handle in running.handles.values().flatten() {
            handle.abort();
        }
        drop(running);
        tracing::warn!(tasks = left, "tasks did not end in time and were aborted");
        false
    }

    /// How many tasks run.
    pub fn running(&self) -> usize {
        self.0.running.lock().handles.len()
    }

    /// How many tasks have panicked.
    pub fn panics(&self) -> u64 {
        self.0.panics.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_the_trigger_fires() {
        let (trigger, shutdown) = Shutdown::new();
        assert!(!shutdown.is_triggered());
        let tasks = Tasks::new();
        let waits = shutdown.clone();
        tasks.spawn("waits", async move { waits.wait().await });
        trigger.fire();
        assert!(tasks.finish(Duration::from_secs(5)).await);
        shutdown.wait().await;
    }

    #[tokio::test]
    async fn a_panic_takes_only_its_own_task_down() {
        let tasks = Tasks::new();
        tasks.spawn("panics", async { panic!("on purpose") });
        tasks.spawn("works", async { tokio::task::yield_now().await });
        assert!(tasks.finish(Duration::from_secs(5)).await);
        assert_eq!(tasks.panics(), 1);
    }

    #[tokio::test]
    async fn what_does_not_end_is_aborted() {
        let tasks = Tasks::new();
        tasks.spawn("never ends", std::future::pending());
        assert!(!tasks.finish(Duration::from_millis(10)).await);
        assert!(tasks.finish(Duration::from_secs(5)).await);
    }
}
