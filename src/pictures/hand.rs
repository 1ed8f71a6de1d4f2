//! Handing a picture on in pieces. Whoever takes none of them for a while, or is too long about all of them, gets no more: what
//! the picture held is given back, whatever becomes of the connection.

use crate::shutdown::Tasks;
use bytes::Bytes;
use futures_util::{Stream, stream};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// A piece. Each is a copy, so that one that waits in a connection holds nothing of the picture.
const PIECE_BYTES: usize = 32 * 1024;
/// All pieces together have so many times as long as one.
const ALL_TIMES: u32 = 10;

/// The bytes piece by piece; each may wait for `stall` until the reader has room for it.
pub fn pieces(bytes: Bytes, stall: Duration, tasks: &Tasks) -> impl Stream<Item = io::Result<Bytes>> + use<> {
    let (sender, receiver) = mpsc::channel(1);
    tasks.spawn("picture", async move {
        let end = Instant::now() + stall * ALL_TIMES;
        for piece in bytes.chunks(PIECE_BYTES) {
            let until = end.min(Instant::now() + stall);
            // Either the reader has gone, or it takes nothing.
            let Ok(Ok(())) = timeout_at(until, sender.send(Ok(Bytes::copy_from_slice(piece)))).await else {
                return;
            };
        }
    });
    stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::room::held;
    use futures_util::StreamExt;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    /// Bytes that hold the only place of a semaphore.
    async fn holding(length: usize) -> (Bytes, Arc<Semaphore>) {
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        (held(Bytes::from(vec![7; length]), place), places)
    }

    #[tokio::test]
    async fn who_reads_gets_all_of_it() {
        let (tasks, length) = (Tasks::new(), 3 * PIECE_BYTES + 1);
        let (bytes, places) = holding(length).await;
        let all: Vec<_> = pieces(bytes, Duration::from_mins(10), &tasks).map(Result::unwrap).collect().await;
        assert_eq!(all.concat(), vec![7; length]);
        drop(places.acquire().await.unwrap());
    }

    #[tokio::test]
    async fn who_reads_nothing_holds_nothing_for_long() {
        let tasks = Tasks::new();
        let (bytes, places) = holding(10 * PIECE_BYTES).await;
        let mut unread = Box::pin(pieces(bytes, Duration::from_millis(50), &tasks));
        let first = unread.next().await.unwrap().unwrap();
        // Neither the piece that was taken nor the stream lets it wait for ever.
        drop(places.acquire().await.unwrap());
        assert_eq!(first.len(), PIECE_BYTES);
        assert!(unread.map(|piece| piece.unwrap().len()).collect::<Vec<_>>().await.len() < 9, "it is not whole");
    }

    #[tokio::test]
    async fn who_leaves_gives_it_back_at_once() {
        let tasks = Tasks::new();
        let (bytes, places) = holding(10 * PIECE_BYTES).await;
        drop(pieces(bytes, Duration::from_mins(10), &tasks));
        drop(places.acquire().await.unwrap());
    }
}
