//! A TCP proxy between a client and a server that does what networks do: cuts connections in the middle of a frame, delays them, closes
//! one direction, and hands on bytes in pieces of any size.

use super::random::Random;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Largest piece that is handed on at once.
const PIECE_BYTES: u64 = 700;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing (any more).
    None,
    /// Every connection ends at once, wherever it is.
    Cut,
    /// The server is told that the client has nothing more to say.
    CloseTowardsServer,
    /// The client is told that the server has nothing more to say.
    CloseTowardsClient,
    /// Every piece waits for so long.
    Delay(Duration),
}

/// A running proxy. Dropping it ends it, and what goes through it.
pub struct Proxy {
    /// Where clients connect.
    pub address: SocketAddr,
    server: watch::Sender<SocketAddr>,
    trouble: watch::Sender<Trouble>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// A proxy in front of a server.
    pub async fn start(server: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (server, trouble) = (watch::Sender::new(server), watch::Sender::new(Trouble::None));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, server.subscribe(), trouble.subscribe(), Random::new(seed)));
        Self { address, server, trouble, _tasks: tasks }
    }

    /// New connections go there.
    pub fn move_to(&self, server: SocketAddr) {
        self.server.send_replace(server);
    }

    /// From now on this goes wrong.
    pub fn make(&self, trouble: Trouble) {
        self.trouble.send_replace(trouble);
    }
}

async fn serve(
    listener: TcpListener,
    server: watch::Receiver<SocketAddr>,
    trouble: watch::Receiver<Trouble>,
    mut random: Random,
) {
    // Connections end with the proxy.
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = *server.borrow();
        let mut trouble = trouble.clone();
        // What went wrong before does not cut what comes after.
        trouble.mark_unchanged();
        let seeds = [random.next(), random.next()];
        connections.spawn(async move {
            let Ok(server) = TcpStream::connect(server).await else { return };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let up = pump(from_client, to_server, trouble.clone(), Trouble::CloseTowardsServer, seeds[0]);
            let down = pump(from_server, to_client, trouble, Trouble::CloseTowardsClient, seeds[1]);
            drop(tokio::try_join!(up, down));
        });
        while connections.try_join_next().is_some() {}
    }
}

/// The connection was cut.
struct Cut;

/// One direction.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut trouble: watch::Receiver<Trouble>,
    close: Trouble,
    seed: u64,
) -> Result<(), Cut> {
    let mut random = Random::new(seed);
    let mut buffer = [0; PIECE_BYTES as usize];
    let mut delay = Duration::ZERO;
    loop {
        let piece = 1 + random.below(PIECE_BYTES) as usize;
        tokio::select! {
            changed = trouble.changed() => {
                changed.map_err(|_| Cut)?;
                let now = *trouble.borrow_and_update();
                match now {
                    Trouble::Cut => return Err(Cut),
                    Trouble::Delay(longer) => delay = longer,
                    now if now == close => {
                        // Nothing more goes this way, whatever still comes.
                        drop(to);
                        while from.read(&mut buffer).await.map_err(|_| Cut)? > 0 {}
                        return Ok(());
                    }
                    Trouble::None | Trouble::CloseTowardsServer | Trouble::CloseTowardsClient => delay = Duration::ZERO,
                }
            }
            read = from.read(&mut buffer[..piece]) => {
                let bytes = read.map_err(|_| Cut)?;
                if bytes == 0 {
                    return to.shutdown().await.map_err(|_| Cut);
                }
                let cut = async {
                    tokio::time::sleep(delay).await;
                    to.write_all(&buffer[..bytes]).await.map_err(|_| Cut)
                };
                cut.await?;
            }
        }
    }
}
