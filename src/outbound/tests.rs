//! The guard against more than 200 addresses, names that change what they stand for, redirects, and limits of answers.

use super::resolve::{Found, Lookup};
use super::*;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Hosts that tenant addresses must not lead to, as they can be written.
const CLOSED_HOSTS: &str = "
    127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 0177.1 017700000001 127.0.0.1.
    0.0.0.0 0 00 0x0 0.1.2.3 00000000 0x00.0x00.0x00.0x00 10.0.0.1 10.255.255.255 10.1 0xa.0.0.1 012.0.0.1 167772161
    100.64.0.1 100.100.100.200 100.127.255.255 0x64.0x40.0.1 169.254.0.1 169.254.169.254 169.254.170.2 2852039166 0xa9fea9fe
    0xA9.0xFE.0xA9.0xFE 0251.0376.0251.0376 169.254.43518 169.16689662 168.63.129.16 0xa83f8110
    172.16.0.1 172.16.255.255 172.20.10.2 172.31.255.255 0xac.16.0.1 2886729729 192.0.0.1 192.0.0.8 192.0.0.170 192.0.0.192
    192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.88.99.2 192.168.0.1 192.168.1.254 192.168.255.255 0xc0a80001
    3232235521 0300.0250.0.1 192.168.257 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 224.0.0.251
    233.252.0.1 239.255.255.250 240.0.0.1 250.1.2.3 255.255.255.255 0xffffffff 4294967295 037777777777
    [::] [::0] [::1] [0:0:0:0:0:0:0:1] [0000::0001] [::127.0.0.1] [::10.0.0.1] [::8.8.8.8] [::ffff:127.0.0.1] [::ffff:7f00:1]
    [::ffff:0:127.0.0.1] [::ffff:10.0.0.1] [::ffff:a00:1] [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [::ffff:192.168.1.1]
    [::ffff:172.16.0.1] [::ffff:100.64.0.1] [::ffff:0.0.0.0] [::ffff:255.255.255.255] [::ffff:224.0.0.1]
    [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::10.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b::192.168.0.1] [64:ff9b::100.64.0.1]
    [64:ff9b:1::1] [64:ff9b:1::8.8.8.8] [64:ff9b:0:1::8.8.8.8] [100::1] [100::ffff:ffff:ffff:ffff] [100:0:0:1::1]
    [2001::1] [2001:0:7f00:1::] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:2::1] [2001:10::1] [2001:20::1] [2001:1ff::1]
    [2001:db8::1] [2001:db8:ffff::1] [2002::1] [2002:7f00:1::] [2002:a00:1::1] [2002:a9fe:a9fe::1] [2002:c0a8:101::1]
    [2002:808:808::1] [3fff::1] [3fff:fff::1] [4000::1] [5f00::1] [fc00::1] [fd00::1] [fd00:ec2::254] [fdff:ffff::1]
    [fe80::1] [fe80::a9fe:a9fe] [febf::1] [fec0::1] [feff::1] [ff00::1] [ff01::1] [ff02::1] [ff02::fb] [ff05::2] [ff0e::1]
    [2607:f8b0:4005:805:0:5efe:127.0.0.1] [2607:f8b0:4005:805:200:5efe:10.0.0.1]
    \u{ff11}27.0.0.1 127\u{3002}0\u{3002}0\u{3002}1 \u{2460}27.0.0.1 127\u{ff0e}1 1\u{200b}27.0.0.1 %31%32%37.0.0.1 127.0.0%2e1
";

/// Addresses that are no addresses for us, whoever wrote them, with the step that says no.
const WRONG: [&str; 40] = [
    "",
    " ",
    "example.org",
    "//example.org/",
    "/path",
    "https:",
    "https://",
    "http:///",
    "https://:443/",
    "https://[::1",
    "https://[::1]x/",
    "https://[fe80::1%25eth0]/",
    "https://exa mple.org/",
    "https://256.1.1.1/",
    "https://1.2.3.4.5/",
    "https://0x100000000/",
    "https://example.org:99999/",
    "https://example.org:abc/",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "ftp://example.org/",
    "dict://example.org:11211/",
    "ws://example.org/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "unix:/run/docker.sock",
    "jar:https://example.org!/",
    "about:blank",
    "blob:https://example.org/1",
    "https://user@example.org/",
    "https://user:word@example.org/",
    "https://:word@example.org/",
    "https://example.org@127.0.0.1/",
    "https://8.8.8.8:80@127.0.0.1:8000/",
    "https://example.org:22/",
    "https://example.org:25/",
    "https://example.org:1023/",
    "http://example.org:6/",
    "https://example.org:0/",
];

/// Hosts that anybody may name.
const OPEN_HOSTS: &str = "
    8.8.8.8 1.1.1.1 9.9.9.9 100.63.255.255 100.128.0.1 128.0.0.1 126.255.255.255 172.15.255.255 172.32.0.1 169.253.1.1 169.255.0.1
    192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255 134744072 0x08080808 11.0.0.1 191.255.0.1
    [2606:4700:4700::1111] [2001:4860:4860::8888] [2a00:1450:4001:830::200e] [2400:cb00:2048:1::c629:d7a2] [64:ff9b::8.8.8.8]
    [::ffff:8.8.8.8] [2001:200::1] [2003::1] [3ffe::1] example.org xn--nxasmq6b.example localhost.example.org push.example.org
";

fn outbound(allow: &[&str]) -> Outbound {
    let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
    Outbound::new(OutboundOptions { allow, ..OutboundOptions::default() }).unwrap()
}

#[test]
fn more_than_200_addresses_of_tenants_lead_nowhere() {
    let outbound = outbound(&[]);
    let mut tried = 0;
    for host in CLOSED_HOSTS.split_whitespace() {
        for scheme in ["https", "http"] {
            let url = format!("{scheme}://{host}/hook");
            let refused = outbound.check(Trust::Tenant, &url).unwrap_err();
            assert!(matches!(refused, Refused::Private(_) | Refused::Unreadable), "{url}: {refused}");
            tried += 1;
        }
    }
    for url in WRONG {
        for trust in [Trust::Tenant, Trust::Operator] {
            assert!(outbound.check(trust, url).is_err(), "{url}");
        }
        tried += 1;
    }
    assert!(outbound.check(Trust::Tenant, &format!("https://example.org/{}", "a".repeat(URL_BYTES_MAX))).is_err());
    assert!(tried >= 200, "{tried}");
    for host in OPEN_HOSTS.split_whitespace() {
        for port in ["", ":443", ":80", ":1024", ":8443", ":65535"] {
            let url = format!("https://{host}{port}/hook?x=1#part");
            assert_eq!(outbound.check(Trust::Tenant, &url), Ok(()), "{url}");
        }
        // Without TLS only to what the operator allows; a name is looked at when it is resolved.
        let plain = outbound.check(Trust::Tenant, &format!("http://{host}/"));
        let is_address = host.trim_matches(['[', ']']).chars().all(|c| c.is_ascii_hexdigit() || ".:x".contains(c));
        assert_eq!(plain.is_err(), is_address, "{host}: {plain:?}");
    }
}

#[test]
fn what_the_operator_wrote_may_be_private_and_what_they_allow_too() {
    let strict = outbound(&[]);
    for url in [
        "http://127.0.0.1:11434/v1",
        "http://192.168.1.7:8080/",
        "http://[fd00::7]/",
        "https://8.8.8.8/",
        "http://[::1]:9/",
    ] {
        let ports = url.ends_with(":9/");
        assert_eq!(strict.check(Trust::Operator, url).is_ok(), !ports, "{url}");
    }
    for url in ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://0.0.0.0:8000/", "http://[ff02::1]/"]
    {
        assert!(matches!(strict.check(Trust::Operator, url), Err(Refused::Nowhere(_))), "{url}");
    }
    let open = outbound(&["192.168.1.0/24", "127.0.0.1/32", "fd00:7::/64"]);
    for url in
        ["http://192.168.1.7/", "https://192.168.1.7/", "http://127.0.0.1:8080/", "http://[::ffff:127.0.0.1]:8080/"]
    {
        assert_eq!(open.check(Trust::Tenant, url), Ok(()), "{url}");
    }
    for url in ["http://192.168.2.7/", "http://127.0.0.2:8080/", "http://[fd00:8::1]/", "http://8.8.8.8/"] {
        assert!(open.check(Trust::Tenant, url).is_err(), "{url}");
    }
}

/// A name server of our own: each question gets the next answer, the last one again and again.
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }
}

impl Lookup for Scripted {
    fn lookup(&self, _: String) -> Found {
        let at = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[at].clone();
        Box::pin(async move { Ok(answer) })
    }
}

/// A listener that answers every request with `answer` and counts its connections.
async fn listener(answer: impl Into<Vec<u8>>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (hits, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer.into()));
    let counted = Arc::clone(&hits);
    let tasks = crate::shutdown::Tasks::new();
    let connections = tasks.clone();
    tasks.spawn("listener", async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer: Arc<Vec<u8>> = Arc::clone(&answer);
            connections.spawn("connection", async move {
                let mut buffer = [0; 4096];
                let _read = stream.read(&mut buffer).await;
                let _written = stream.write_all(&answer).await;
                // What was promised and not sent is never sent.
                if answer.windows(6).any(|part| part == b"STALL:") || answer.is_empty() {
                    std::future::pending::<()>().await;
                }
                let _closed = stream.shutdown().await;
            });
        }
    });
    (port, hits)
}

const DONE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nretry-after: 7\r\nconnection: close\r\n\r\nhello";

fn with_names(allow: &[&str], names: &Arc<Scripted>) -> Outbound {
    let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
    let names: Arc<dyn Lookup> = Arc::<Scripted>::clone(names);
    Outbound::with_lookup(OutboundOptions { allow, ..OutboundOptions::default() }, &names).unwrap()
}

#[tokio::test]
async fn a_name_that_becomes_private_between_two_looks_is_not_connected_to() {
    let (port, hits) = listener(DONE).await;
    // Somebody looked before and found a public address; the connection's own look finds another one, or a mixture.
    let names =
        Scripted::new(&[&["127.0.0.1"], &["::1", "127.0.0.1", "::ffff:127.0.0.1"], &["10.0.0.1", "169.254.169.254"]]);
    let outbound = with_names(&[], &names);
    for scheme in ["https", "http", "https"] {
        let url = format!("{scheme}://rebinding.example:{port}/");
        assert_eq!(outbound.check(Trust::Tenant, &url), Ok(()));
        let error = outbound.send(Request::post(Trust::Tenant, url, "x")).await.unwrap_err();
        assert_eq!(error, OutboundError::Refused(Refused::PrivateName("rebinding.example".into())));
        assert_eq!((error.step(), error.may_pass(), error.was_not_sent()), ("guard", false, true));
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 3);
    assert_eq!(hits.load(Ordering::SeqCst), 0);
    // A public name without TLS is refused for what it is.
    let outbound = with_names(&["127.0.0.0/8"], &Scripted::new(&[&["8.8.8.8"]]));
    let error = outbound.send(Request::get(Trust::Tenant, "http://plain.example/")).await.unwrap_err();
    assert_eq!(error, OutboundError::Refused(Refused::Plain("plain.example".into())));
}

#[tokio::test]
async fn of_a_names_addresses_only_those_that_are_allowed_are_used() {
    let (port, hits) = listener(DONE).await;
    let outbound = with_names(&["127.0.0.1/32"], &Scripted::new(&[&["127.0.0.2", "10.0.0.1", "127.0.0.1"]]));
    let reply = outbound.send(Request::get(Trust::Tenant, format!("http://mixed.example:{port}/"))).await.unwrap();
    assert_eq!((reply.status, reply.body.as_ref(), reply.complete), (200, b"hello".as_ref(), true));
    assert_eq!(reply.headers.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (canary, hits) = listener(DONE).await;
    for status in ["301", "302", "303", "307", "308"] {
        for target in [format!("http://127.0.0.1:{canary}/"), format!("//127.0.0.1:{canary}/"), "/elsewhere".to_owned()]
        {
            let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            let (port, first) = listener(answer).await;
            let outbound = outbound(&["127.0.0.1/32"]);
            let reply =
                outbound.send(Request::post(Trust::Tenant, format!("http://127.0.0.1:{port}/"), "x")).await.unwrap();
            assert_eq!(reply.status.to_string(), status);
            assert!(!reply.is_success());
            assert_eq!(first.load(Ordering::SeqCst), 1);
        }
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_answer_is_bounded_in_bytes_and_time() {
    let outbound = outbound(&[]);
    let ask = |port: u16, limits: Limits| {
        let request = Request::get(Trust::Operator, format!("http://127.0.0.1:{port}/")).limits(limits);
        let outbound = outbound.clone();
        async move { outbound.send(request).await }
    };
    let limits = Limits { body_bytes_max: 8, ..Limits::default() };
    let mut long = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    long.extend_from_slice(&vec![b'x'; 100_000]);
    let (port, _) = listener(long).await;
    let reply = ask(port, limits).await.unwrap();
    assert_eq!((reply.body.len(), reply.complete), (8, false));
    let request = Request::get(Trust::Operator, format!("http://127.0.0.1:{port}/")).limits(limits);
    let mut stream = outbound.stream(request).await.unwrap().body;
    assert_eq!(stream.next().await, Some(Err(OutboundError::TooLarge(8))));
    assert_eq!(stream.next().await, None);

    let short = Duration::from_millis(50);
    let (port, _) = listener(Vec::new()).await;
    let error = ask(port, Limits { first_byte: short, ..Limits::default() }).await.unwrap_err();
    assert_eq!(error, OutboundError::TimedOut(Wait::FirstByte));
    let error = ask(port, Limits { total: short, ..Limits::default() }).await.unwrap_err();
    assert_eq!(error, OutboundError::TimedOut(Wait::Total));
    let (port, _) = listener(*b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nSTALL:").await;
    let error = ask(port, Limits { silence: short, ..Limits::default() }).await.unwrap_err();
    assert_eq!(error, OutboundError::TimedOut(Wait::Silence));
    let (port, _) = listener(*b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort").await;
    assert_eq!(ask(port, Limits::default()).await.unwrap_err().step(), "answer");
    let (port, _) = listener(*b"SSH-2.0-OpenSSH\r\n").await;
    assert_eq!(ask(port, Limits::default()).await.unwrap_err().step(), "answer");
}

#[tokio::test]
async fn errors_name_the_step() {
    let outbound = outbound(&["127.0.0.1/32"]);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = outbound.send(Request::get(Trust::Tenant, format!("http://127.0.0.1:{nobody}/"))).await.unwrap_err();
    assert_eq!((error.step(), error.may_pass()), ("connect", true), "{error}");
    let (plain, _) = listener(DONE).await;
    let error = outbound.send(Request::get(Trust::Tenant, format!("https://127.0.0.1:{plain}/"))).await.unwrap_err();
    assert_eq!((error.step(), error.was_not_sent()), ("tls", true), "{error}");
    let request = Request::get(Trust::Tenant, "https://example.org/").header("x-one", "a\r\nx-two: b");
    assert_eq!(outbound.send(request).await.unwrap_err().step(), "request");
    let none = with_names(&[], &Scripted::new(&[&[]]));
    let error = none.send(Request::get(Trust::Tenant, "https://none.example/")).await.unwrap_err();
    assert_eq!((error.step(), error.to_string().contains("no address")), ("resolve", true), "{error}");
}

#[tokio::test]
async fn no_more_requests_than_there_are_places_are_on_their_way() {
    let allow = vec!["127.0.0.1/32".parse().unwrap()];
    let options = OutboundOptions { allow, tenant_requests_max: 1, ..OutboundOptions::default() };
    let outbound = Outbound::new(options).unwrap();
    let (stalls, _) = listener(*b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nSTALL:").await;
    let (answers, _) = listener(DONE).await;
    let first = outbound.stream(Request::get(Trust::Tenant, format!("http://127.0.0.1:{stalls}/"))).await.unwrap();
    let limits = Limits { total: Duration::from_millis(50), ..Limits::default() };
    let second = || Request::get(Trust::Tenant, format!("http://127.0.0.1:{answers}/")).limits(limits);
    assert_eq!(outbound.send(second()).await, Err(OutboundError::TimedOut(Wait::Turn)));
    // Another class has its own places, and a dropped answer gives its place back.
    let own = Request::get(Trust::Operator, format!("http://127.0.0.1:{answers}/"));
    assert_eq!(outbound.send(own).await.unwrap().status, 200);
    drop(first);
    let later = Limits { total: Duration::from_secs(5), ..Limits::default() };
    assert_eq!(outbound.send(second().limits(later)).await.unwrap().status, 200);
}

#[test]
fn a_request_that_is_shown_shows_no_secret() {
    let request = Request::post(Trust::Operator, "https://example.org/secret-path", "secret-body")
        .header("authorization", "secret");
    let shown = format!("{request:?}");
    assert!(shown.contains("https://example.org") && !shown.contains("secret"), "{shown}");
}
