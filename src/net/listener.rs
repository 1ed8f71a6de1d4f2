//! A listening socket, and the streams it gives, plain or TLS.

use super::tls::HANDSHAKE_TURN;
use super::{NetError, Tls};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

/// Connections that the system keeps until they are accepted.
const BACKLOG: i32 = 1_024;

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    tls: Tls,
}

/// A connection that was accepted but has not spoken yet.
#[derive(Debug)]
pub struct Incoming {
    stream: TcpStream,
    tls: Tls,
}

impl Listener {
    /// Listens on an address; port 0 takes a free one. Must be called inside the runtime.
    pub fn bind(address: SocketAddr, tls: Tls) -> Result<Self, NetError> {
        let bind = || {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            TcpListener::from_std(socket.into())
        };
        match bind() {
            Ok(socket) => Ok(Self { socket, tls }),
            Err(source) => Err(NetError::Bind { address, source }),
        }
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The next connection. Nothing was read from it and no handshake was made, so that a slow peer holds up nobody.
    pub async fn accept(&self) -> io::Result<(Incoming, SocketAddr)> {
        let (stream, peer) = self.socket.accept().await?;
        // Small frames must not wait for the acknowledgement of earlier ones; a peer that is gone already shows on reading.
        drop(stream.set_nodelay(true));
        Ok((Incoming { stream, tls: self.tls.clone() }, peer))
    }
}

impl Incoming {
    /// Makes the TLS handshake, when there is one, within a time.
    pub async fn handshake(self, within: Duration) -> Result<Stream, NetError> {
        let Some((acceptor, places)) = self.tls.acceptor() else {
            return Ok(Stream(Kind::Plain(self.stream)));
        };
        let handshake = Box::pin(async {
            self.stream.readable().await?;
            let _place = places.acquire().await.map_err(io::Error::other)?;
            match tokio::time::timeout(HANDSHAKE_TURN, acceptor.accept(self.stream)).await {
                Ok(shaken) => shaken,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        });
        match tokio::time::timeout(within, handshake).await {
            Ok(Ok(stream)) => Ok(Stream(Kind::Tls(Box::new(stream)))),
            Ok(Err(error)) => Err(NetError::Handshake(error)),
            Err(_) => Err(NetError::HandshakeTimeout),
        }
    }

    /// The stream without TLS, for a few parting words on a plain listener; `None` where TLS would be needed first.
    pub fn plain(self) -> Option<Stream> {
        (!self.tls.is_on()).then_some(Stream(Kind::Plain(self.stream)))
    }
}

/// A byte stream to a peer, plain or TLS.
#[derive(Debug)]
pub struct Stream(Kind);

#[derive(Debug)]
enum Kind {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Whether it is encrypted.
    pub const fn is_tls(&self) -> bool {
        matches!(self.0, Kind::Tls(_))
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Kind::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Kind::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Kind::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Kind::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Plain(stream) => stream.is_write_vectored(),
            Kind::Tls(stream) => stream.is_write_vectored(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_plain_listener_gives_streams() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Tls::off()).unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (incoming, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        let mut stream = incoming.handshake(Duration::from_secs(5)).await.unwrap();
        client.write_all(b"hello").await.unwrap();
        let mut read = [0; 5];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"hello");
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named() {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Tls::off()).unwrap();
        let address = listener.local_addr().unwrap();
        let error = Listener::bind(address, Tls::off()).unwrap_err().to_string();
        assert!(error.contains(&address.to_string()), "{error}");
    }

    #[tokio::test]
    async fn silence_instead_of_a_handshake_ends_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let tls = Tls::load(&super::super::TlsMode::SelfSigned, folder.path(), &[]).unwrap();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), tls).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (incoming, _) = listener.accept().await.unwrap();
        let error = incoming.handshake(Duration::from_millis(20)).await.unwrap_err();
        assert!(matches!(error, NetError::HandshakeTimeout), "{error}");
        drop(client);
    }
}
