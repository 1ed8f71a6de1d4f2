//! Where webhooks are worked for: on a thread of their own, with a lower priority than what people wait for. While the processors have
//! too much to do, chat goes first and webhooks fall behind, which costs nothing, because the log is their queue; otherwise nothing
//! changes. Worker, client and connections on one thread also wake nobody else for each post.
//!
//! Nothing that others wait for may be held there: the store is read on the threads of everybody.

use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

/// How much lower: against a thread of chat on the same processor it gets about a tenth of the time.
const NICER: i32 = 10;
/// The lowest there is.
const NICEST: i32 = 19;

/// The thread, with its runtime; without one, the work is done where it is waited for.
#[derive(Debug)]
pub struct Posters(Option<Runtime>);

impl Posters {
    /// Starts it.
    pub fn start() -> Self {
        let built = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("webhooks")
            .enable_all()
            .on_thread_start(|| {
                // On Linux this is about the calling thread alone. With the usual priority it works as well.
                let usual = rustix::process::getpriority_process(None).unwrap_or_default();
                if let Err(error) = rustix::process::setpriority_process(None, (usual + NICER).min(NICEST)) {
                    tracing::warn!(%error, "webhooks are posted with the priority of everything else");
                }
            })
            .build();
        let runtime = built.inspect_err(|error| tracing::warn!(%error, "webhooks have no thread of their own"));
        Self(runtime.ok())
    }

    /// Does it there; it ends when this is dropped. None when it panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let Some(runtime) = &self.0 else { return Some(work.await) };
        let task = runtime.spawn(work);
        let _aborts = Aborts(task.abort_handle());
        task.await.ok()
    }
}

impl Drop for Posters {
    fn drop(&mut self) {
        // Whoever drops it may be a task, which cannot wait; all posts have ended with those who waited for them.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Ends a task when nobody waits for it any more.
struct Aborts(AbortHandle);

impl Drop for Aborts {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_post_that_nobody_waits_for_ends() {
        let posters = Posters::start();
        let name = posters.run(async { std::thread::current().name().map(str::to_owned) }).await;
        assert_eq!(name.flatten().as_deref(), Some("webhooks"));
        let (alive, ended) = oneshot::channel::<()>();
        let waits = posters.run(async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        });
        assert!(tokio::time::timeout(Duration::from_millis(20), waits).await.is_err());
        assert!(tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap().is_err());
    }
}
