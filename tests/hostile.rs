//! Peers that break the protocol, say nothing, say too much or never read: each is refused or closed as `docs/protocol.md` says,
//! what the server keeps for them is bounded, and other users do not notice. The server is the real binary, so that its memory
//! is its own.

use crate::server::{PASSWORD, Server};
use crate::support::in_process;
use crate::support::peer::{Peer, Place, SOON, Way, hello, password, soon, tcp};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tidings::gateway::GatewayOptions;
use tidings::model::clock::monotonic;
use tidings::model::{Code, Command, Key, UserId};
use tidings::protocol::{Auth, ClientFrame, Encoding, LENGTH_BYTES, ServerFrame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const POSTCARD: Way = Way::Tcp(Encoding::Postcard);

/// A server on which nobody waits long.
fn impatient(more: &[(&str, &str)]) -> Server {
    let quick = [
        ("TIDINGS_LIMITS_HELLO_TIMEOUT_S", "1"),
        ("TIDINGS_LIMITS_RATE_PER_SECOND", "0"),
        ("TIDINGS_LIMITS_RATE_BURST", "0"),
    ];
    Server::with(&[&quick, more].concat())
}

/// Everything a server says on a socket until it closes, as JSON frames.
async fn last_words(stream: &mut TcpStream) -> Vec<ServerFrame> {
    let mut bytes = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("the server closes").unwrap();
    let mut frames = Vec::new();
    let mut rest = &bytes[..];
    while let Some((length, more)) = rest.split_first_chunk::<LENGTH_BYTES>() {
        let (frame, more) = more.split_at(u32::from_be_bytes(*length) as usize);
        frames.push(Encoding::Json.decode(frame).unwrap());
        rest = more;
    }
    frames
}

fn refusal(frames: &[ServerFrame]) -> (Code, bool) {
    match frames {
        [ServerFrame::Refused(refused)] => (refused.code, refused.fatal),
        other => panic!("{other:?}"),
    }
}

/// A connection from another address of this machine, so that it has limits of its own.
async fn from_elsewhere(to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// A user who logs in with a password, and must not notice anything.
async fn bystander(server: &Server, user: &str) -> Peer {
    let mut peer = Peer::over(from_elsewhere(server.tcp).await, Encoding::Json).await;
    peer.send(&hello(password(user, PASSWORD), None)).await;
    let welcome = peer.frame().await;
    assert!(matches!(welcome, ServerFrame::Welcome(_)), "{welcome:?}");
    peer
}

async fn is_served(peer: &mut Peer) {
    let started = monotonic();
    let id = UserId::new("ada").unwrap();
    peer.say(&id, "Is anybody there?").await;
    assert!(started.elapsed() < Duration::from_secs(5), "a bystander waited for {:?}", started.elapsed());
}

/// Bytes of a process in memory.
fn resident_bytes(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix("kB").unwrap().trim().parse::<u64>().unwrap() * 1_024
}

fn framed(content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32).to_be_bytes(), content].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_breaks_the_protocol_is_told_so_once_and_closed() {
    let server = impatient(&[]);
    server.add_user("ada");
    server.add_user("bob");
    let mut bob = bystander(&server, "bob").await;
    let json = Encoding::Json.preface();
    let ping = br#"{"ping":{"nonce":1}}"#;
    let cases: Vec<(&str, Vec<u8>, Code)> = vec![
        ("a request of another protocol", b"GET / HTTP/1.1\r\n\r\n".to_vec(), Code::ProtocolVersion),
        ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), Code::ProtocolVersion),
        ("another version", b"TD\x02\x01".to_vec(), Code::ProtocolVersion),
        ("another encoding", b"TD\x01\x07".to_vec(), Code::ProtocolVersion),
        ("a length of zero", [&json[..], &[0; 4]].concat(), Code::BadFrame),
        ("the largest length", [&json[..], &[0xff; 4]].concat(), Code::BadFrame),
        ("one byte too many", [&json[..], &(1_048_577u32).to_be_bytes()].concat(), Code::BadFrame),
        ("a hello too large to be one", [&json[..], &(65_536u32).to_be_bytes()].concat(), Code::BadFrame),
        ("no JSON", [&json[..], &framed(b"hello?")].concat(), Code::BadFrame),
        ("not UTF-8", [&json[..], &framed(b"{\"ping\":{\"nonce\":\"\xff\"}}")].concat(), Code::BadFrame),
        (
            "a query first",
            [&json[..], &framed(br#"{"query":{"request":1,"query":{"sessions":{}}}}"#)].concat(),
            Code::Unauthenticated,
        ),
        ("half a frame and silence", [&json[..], &framed(ping)[..10]].concat(), Code::Unauthenticated),
        ("half a preface and silence", b"TD".to_vec(), Code::Unauthenticated),
        ("silence", Vec::new(), Code::Unauthenticated),
        ("only the preface", json.to_vec(), Code::Unauthenticated),
    ];
    for (what, bytes, code) in cases {
        let mut stream = tcp(server.tcp).await;
        stream.write_all(&bytes).await.unwrap();
        assert_eq!(refusal(&last_words(&mut stream).await), (code, true), "{what}");
    }
    // A ping is answered, and does not count as hello.
    let mut stream = tcp(server.tcp).await;
    stream.write_all(&[&json[..], &framed(ping)].concat()).await.unwrap();
    let words = last_words(&mut stream).await;
    assert!(matches!(words[0], ServerFrame::Pong { nonce: 1, .. }));
    assert_eq!(refusal(&words[1..]), (Code::Unauthenticated, true));
    is_served(&mut bob).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_frame_ends_a_session_and_only_that_one() {
    let server = impatient(&[]);
    server.add_user("ada");
    server.add_user("bob");
    let mut bob = bystander(&server, "bob").await;
    for garbage in [&b"\x01"[..], b"\x08\xff\xff\xff\xff\xff\xff", b"\x00\x00\x00\x00\x00\x00\x00\x00", &[0xff; 300]] {
        let mut ada = Peer::connect(&server, POSTCARD).await;
        ada.send(&hello(password("ada", PASSWORD), None)).await;
        assert!(matches!(ada.frame().await, ServerFrame::Welcome(_)));
        ada.raw(&framed(garbage)).await;
        // A number of a kind that nobody knows is only an unknown frame.
        if garbage[0] == 0xff {
            ada.raw(&framed(&[8])).await;
        }
        assert_eq!(ada.fatal().await, Code::BadFrame, "{garbage:?}");
    }
    is_served(&mut bob).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_may_come_byte_by_byte() {
    let server = impatient(&[("TIDINGS_LIMITS_HELLO_TIMEOUT_S", "30")]);
    server.add_user("ada");
    let stream = tcp(server.tcp).await;
    let mut ada = Peer::over(stream, Encoding::Postcard).await;
    for byte in &Encoding::Postcard.encode_framed(&hello(password("ada", PASSWORD), None))[..] {
        ada.raw(&[*byte]).await;
        tokio::task::yield_now().await;
    }
    assert!(matches!(ada.frame().await, ServerFrame::Welcome(_)));
}

/// Opens connections that say nothing, and gives those that are still open.
async fn silent(to: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        streams.push(TcpStream::connect(to).await.unwrap());
    }
    streams
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_thousand_silent_connections_from_one_address_two_hundred_get_in() {
    tidings::net::raise_file_limit();
    let server = impatient(&[("TIDINGS_LIMITS_HELLO_TIMEOUT_S", "8")]);
    server.add_user("ada");
    server.add_user("bob");
    let mut bob = bystander(&server, "bob").await;
    let mut streams = silent(server.tcp, 2_000).await;
    is_served(&mut bob).await;
    // Those that did not get in are closed at once, most of them with the reason.
    let (mut told, mut closed) = (0, 0);
    let deadline = monotonic() + Duration::from_secs(6);
    let mut waiting = Vec::new();
    for mut stream in streams.drain(..).rev() {
        let mut first = [0; 512];
        let left = deadline.saturating_duration_since(monotonic()).min(Duration::from_millis(20));
        match tokio::time::timeout(left, stream.read(&mut first)).await {
            Ok(Ok(bytes)) if bytes > LENGTH_BYTES => {
                let frame = Encoding::Json.decode::<ServerFrame>(&first[LENGTH_BYTES..bytes]).unwrap();
                assert_eq!(refusal(&[frame]), (Code::Overloaded, true));
                told += 1;
            }
            Ok(_) => closed += 1,
            Err(_) => waiting.push(stream),
        }
    }
    assert_eq!(told + closed + waiting.len(), 2_000);
    assert!(waiting.len() <= 200 && told >= 1, "{told} told, {closed} closed, {} inside", waiting.len());
    is_served(&mut bob).await;
    // The others are told to say hello, and closed when they do not.
    for mut stream in waiting {
        assert_eq!(refusal(&last_words(&mut stream).await), (Code::Unauthenticated, true));
    }
    let mut ada = Peer::connect(&server, POSTCARD).await;
    ada.ping(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_silent_connections_cost_little_and_are_closed_in_time() {
    tidings::net::raise_file_limit();
    let server = impatient(&[("TIDINGS_LIMITS_HELLO_TIMEOUT_S", "6"), ("TIDINGS_LIMITS_CONNECTIONS_PER_ADDRESS", "0")]);
    server.add_user("ada");
    server.add_user("bob");
    let mut bob = bystander(&server, "bob").await;
    is_served(&mut bob).await;
    let before = resident_bytes(&server);
    let mut streams = silent(server.tcp, 2_000).await;
    // Half of them open with the preface and half a frame, so that something has to be kept.
    for stream in streams.iter_mut().step_by(2) {
        stream.write_all(b"TD\x01\x00\x00\x00\x01\x00half of a frame of 256 bytes").await.unwrap();
    }
    is_served(&mut bob).await;
    let each = resident_bytes(&server).saturating_sub(before) / 2_000;
    assert!(each <= 8 * 1_024, "a silent connection costs {each} bytes");
    let started: Instant = monotonic();
    for mut stream in streams {
        let words = read_to_end(&mut stream).await;
        assert!(!words.is_empty(), "each is told why");
    }
    assert!(started.elapsed() < Duration::from_secs(15), "closed after {:?}", started.elapsed());
    is_served(&mut bob).await;
}

async fn read_to_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut words = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut words)).await.expect("the server closes").unwrap();
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_that_never_read_cost_bounded_memory() {
    let server = impatient(&[("TIDINGS_LIMITS_MAX_FRAME", "262144"), ("TIDINGS_LIMITS_QUEUE_KIB", "512")]);
    server.add_user("ada");
    server.add_user("bob");
    let mut bob = bystander(&server, "bob").await;
    is_served(&mut bob).await;
    // Twenty devices of Ada that read nothing after their welcome.
    let mut deaf = Vec::new();
    for n in 0..20 {
        let mut stream = tcp(server.tcp).await;
        stream.write_all(&Encoding::Postcard.preface()).await.unwrap();
        let ClientFrame::Hello(mut words) = hello(password("ada", PASSWORD), None) else { unreachable!() };
        words.device = in_process::device(&format!("deaf-{n}"));
        stream.write_all(&Encoding::Postcard.encode_framed(&ClientFrame::Hello(words))).await.unwrap();
        let mut first = [0; 1];
        stream.read_exact(&mut first).await.unwrap();
        deaf.push(stream);
    }
    let before = resident_bytes(&server);
    let id = UserId::new("ada").unwrap();
    let words = "x".repeat(32 * 1024);
    // 32 MiB for each of them, unless somebody thinks of the memory.
    for _ in 0..1_000 {
        bob.say(&id, &words).await;
        bob.early.clear();
    }
    let grown = resident_bytes(&server).saturating_sub(before);
    // What the engine keeps of a thousand such messages is the bigger part: journal, tail and the pages of the file.
    assert!(grown < 160 * 1024 * 1024, "the server grew by {} MiB", grown / 1024 / 1024);
    is_served(&mut bob).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_and_never_reads_is_not_listened_to_and_closed() {
    let folder = tempfile::tempdir().unwrap();
    let max_frame = 16 * 1024;
    let options =
        GatewayOptions { max_frame, queue_bytes: 2 * max_frame, write_timeout_ms: 500, ..in_process::quick() };
    let server = in_process::Server::start(folder.path(), options).await;
    let ada = server.person("ada").await;
    let mut stream = tcp(server.tcp).await;
    stream.write_all(&Encoding::Json.preface()).await.unwrap();
    stream.write_all(&Encoding::Json.encode_framed(&hello(Auth::Token(ada.token.clone()), None))).await.unwrap();
    let ping = Encoding::Json.encode_framed(&ClientFrame::Ping { nonce: 7 }).repeat(1_000);
    // Questions go in until nobody takes them any more; then the server gives up on this peer.
    let flood = async {
        let mut sent = 0;
        while stream.write_all(&ping).await.is_ok() {
            sent += ping.len();
        }
        sent
    };
    let sent = tokio::time::timeout(Duration::from_mins(1), flood).await.expect("the server closes");
    assert!(sent < 64 * 1024 * 1024, "{sent} bytes were taken");
    soon("the connection is gone", || server.gateway.stats().connections == 0).await;
    soon("and nothing is kept for it", || server.gateway.stats().queued_bytes == 0).await;
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_and_websocket_peers_are_held_to_the_same() {
    let server = impatient(&[]);
    server.add_user("ada");
    server.add_user("bob");
    let mut bob = bystander(&server, "bob").await;
    // Half a head, and then nothing.
    let started = monotonic();
    let mut half = tcp(server.http).await;
    half.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    read_to_end(&mut half).await;
    let mut idle = tcp(server.http).await;
    read_to_end(&mut idle).await;
    assert!(started.elapsed() < Duration::from_secs(8));
    // A head that is too long.
    let mut long = tcp(server.http).await;
    long.write_all(format!("GET /healthz HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024)).as_bytes()).await.unwrap();
    assert!(read_if_sent(&mut long).await.is_none_or(|answer| answer.starts_with("HTTP/1.1 4")));
    // A WebSocket without a subprotocol.
    let mut plain = tcp(server.http).await;
    let upgrade = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    plain.write_all(upgrade.as_bytes()).await.unwrap();
    let answer = read_if_sent(&mut plain).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("tidings.v1.json"), "{answer}");
    // One that says nothing, one that says too much, one that says it the wrong way.
    let way = Way::WebSocket(Encoding::Postcard);
    let mut nothing = Peer::connect(&server, way).await;
    assert_eq!(nothing.fatal().await, Code::Unauthenticated);
    let mut much = Peer::connect(&server, way).await;
    // The server hangs up at the head of the message; while the rest is still on its way, its last words can get lost.
    much.raw(&vec![0; 1_048_577]).await;
    let last = much.closed_with().await;
    assert!(last.is_none_or(|frame| refusal(&[frame]) == (Code::BadFrame, true)));
    let mut wrong = Peer::connect(&server, Way::WebSocket(Encoding::Json)).await;
    wrong.raw(b"binary on a text protocol").await;
    assert_eq!(wrong.fatal().await, Code::BadFrame);
    let mut early = Peer::connect(&server, way).await;
    early.send(&ClientFrame::Submit { request: 1, key: Key([0; 16]), command: Command::LogOut {} }).await;
    assert_eq!(early.fatal().await, Code::Unauthenticated);
    is_served(&mut bob).await;
}

/// What a server has said by the time it closes or falls silent; none when it has hung up.
async fn read_if_sent(stream: &mut TcpStream) -> Option<String> {
    let mut answer = vec![0; 64 * 1024];
    let bytes = tokio::time::timeout(SOON, stream.read(&mut answer)).await.expect("an answer").ok()?;
    (bytes > 0).then(|| String::from_utf8_lossy(&answer[..bytes]).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_in_all_are_limited_too() {
    let server = impatient(&[("TIDINGS_LIMITS_CONNECTIONS", "10")]);
    server.add_user("ada");
    server.add_user("bob");
    let mut bob = bystander(&server, "bob").await;
    let mut inside = Vec::new();
    for _ in 0..9 {
        let mut peer = Peer::connect(&server, POSTCARD).await;
        peer.ping(1).await;
        inside.push(peer);
    }
    let mut outside = tcp(Place::from(&server).tcp).await;
    assert_eq!(refusal(&last_words(&mut outside).await), (Code::Overloaded, true));
    is_served(&mut bob).await;
}
