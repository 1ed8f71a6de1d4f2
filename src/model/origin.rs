//! Where a page of another system comes from: the origins that an app lists, spelt as browsers send them in `Origin` (RFC 6454,
//! section 6.2), so that two are the same when their texts are the same.

use super::text::TextError;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Origins of one app.
pub const ORIGINS_MAX: usize = 20;
/// Longest name of a host, in bytes (RFC 1035, section 2.3.4).
const HOST_BYTES_MAX: usize = 253;
/// Longest part of such a name.
const LABEL_BYTES_MAX: usize = 63;

/// Checks that a text is an origin that an app can list.
pub(super) fn check(text: &str) -> Result<(), TextError> {
    const WRONG: TextError = TextError(
        "an origin is `https://` and a host in small letters, with its port where that is not 443, and nothing behind it; plain \
         `http://` is for this machine alone (`localhost`, 127.0.0.1, [::1])",
    );
    let (secure, authority) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(authority), _) => (true, authority),
        (None, Some(authority)) => (false, authority),
        (None, None) => return Err(WRONG),
    };
    // The colons of an IPv6 address stand in brackets.
    let (host, port) = match authority.rfind([':', ']']).map(|at| authority.split_at(at)) {
        Some((host, port)) if port.starts_with(':') => (host, Some(&port[1..])),
        _ => (authority, None),
    };
    let default = if secure { 443 } else { 80 };
    if port.is_some_and(|port| !is_port(port, default)) || !is_host(host) || !(secure || is_here(host)) {
        return Err(WRONG);
    }
    Ok(())
}

/// Whether it is a port as browsers write it, and not the one that they leave out.
fn is_port(text: &str, default: u16) -> bool {
    text.parse::<u16>().is_ok_and(|port| port != 0 && port != default && port.to_string() == text)
}

/// Whether it is a host as browsers write it.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
    }
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    // What ends in a number is an address of four numbers and nothing else.
    let numeric = last.bytes().all(|c| c.is_ascii_digit()) || last.starts_with("0x");
    host.len() <= HOST_BYTES_MAX && host.split('.').all(is_label) && (!numeric || host.parse::<Ipv4Addr>().is_ok())
}

/// Whether a host is this very machine, from where plain http is as safe as any other way.
fn is_here(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use crate::model::WebOrigin;

    #[test]
    fn an_origin_is_spelt_as_browsers_send_it() {
        for text in [
            "https://shop.example",
            "https://shop.example:8443",
            "https://xn--mller-kva.example",
            "https://192.0.2.7",
            "https://[2001:db8::1]:8443",
            "https://intranet",
            "http://localhost",
            "http://localhost:5173",
            "http://shop.localhost:5173",
            "http://127.0.0.1:8080",
            "http://127.0.0.2",
            "http://[::1]:8080",
        ] {
            assert!(WebOrigin::new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_no_browser_sends_or_nobody_may_list_is_refused() {
        let long = format!("https://{}.example", "a".repeat(64));
        let longer = format!("https://{}a", "abcdefg.".repeat(32));
        for text in [
            "",
            "*",
            "null",
            "https://*",
            "https://*.shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example/path",
            "https://shop.example?x",
            "https://shop.example#x",
            "https://user@shop.example",
            "https://shop.example:",
            "https://shop.example:443",
            "https://shop.example:0",
            "https://shop.example:08443",
            "https://shop.example:65536",
            "https://shop.example:+1",
            "https://Shop.example",
            "HTTPS://shop.example",
            "https://shop.example.",
            "https://.shop.example",
            "https://shop..example",
            "https://-shop.example",
            "https://shop_.example",
            "https://sh\u{f6}p.example",
            "https://shop.example https://evil.example",
            "https://shop.example;",
            "https://shop.example'",
            "https://shop.example\n",
            " https://shop.example",
            "https://1.2.3",
            "https://1.2.3.4.5",
            "https://192.0.2.07",
            "https://0x7f.1",
            "https://a.0x7f",
            "https://[::1",
            "https://[0:0:0:0:0:0:0:1]",
            "https://[fe80::1%25eth0]",
            "https://2001:db8::1",
            "http://shop.example",
            "http://localhost:80",
            "http://localhost.evil.example",
            "http://evillocalhost",
            "http://128.0.0.1",
            "http://192.168.1.7:8080",
            "ws://localhost",
            "file://",
            "app://localhost",
            &long,
            &longer,
        ] {
            assert!(WebOrigin::new(text).is_err(), "{text:?}");
        }
    }
}
