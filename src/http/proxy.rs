//! Who asks when a proxy stands in front: what it says in `X-Forwarded-For` and `X-Forwarded-Proto` counts only from the operator's
//! own proxies. Whatever anybody else says in them is passed over, because everybody can send them.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Hops that are looked at, from the right; a header fits more of them into a request than any chain of proxies has.
const HOPS_MAX: usize = 16;

/// Whether an address is that of a proxy.
pub fn is_proxy(proxies: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|network| network.contains(&address))
}

/// The address that a request comes from, and whether it was encrypted on its way to the outermost known proxy: the right-most hop
/// that is no proxy of ours. Each proxy adds the address that it was asked from at the right, so that what stands left of it is
/// hearsay.
pub fn origin(proxies: &[IpNet], peer: IpAddr, tls: bool, headers: &HeaderMap) -> (IpAddr, bool) {
    if !is_proxy(proxies, peer) {
        return (peer, tls);
    }
    let mut address = peer;
    for hop in values(headers, "x-forwarded-for").take(HOPS_MAX) {
        // What no proxy of ours wrote cannot be read either; the last one that is known stands for it.
        let Some(hop) = hop_address(hop) else { break };
        address = hop;
        if !is_proxy(proxies, address) {
            break;
        }
    }
    let tls = match values(headers, "x-forwarded-proto").next() {
        Some(scheme) => scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("wss"),
        None => tls,
    };
    (address, tls)
}

/// The values of a list header, right to left.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    lines.into_iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim)
}

/// An address, perhaps with a port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_says_counts_from_the_operators_own_alone() {
        let proxies: Vec<IpNet> = ["10.0.0.0/8", "::1/128"].iter().map(|text| text.parse().unwrap()).collect();
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &["203.0.113.9"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("::1", &["2001:db8::7"], "2001:db8::7"),
            // What the client itself had sent stands left of what the proxy added.
            ("10.0.0.1", &["127.0.0.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["127.0.0.1", "203.0.113.9"], "203.0.113.9"),
            // A chain of our own proxies.
            ("10.0.0.1", &["198.51.100.4, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let (address, _) = origin(&proxies, peer.parse().unwrap(), false, &headers);
            assert_eq!(address.to_string(), expected, "{peer} {forwarded:?}");
        }
        for (peer, tls, scheme, expected) in [
            ("192.0.2.1", false, Some("https"), false),
            ("192.0.2.1", true, Some("http"), true),
            ("10.0.0.1", false, Some("https"), true),
            ("10.0.0.1", false, Some("HTTPS"), true),
            ("10.0.0.1", true, Some("http"), false),
            ("10.0.0.1", false, Some("https, http"), false),
            ("10.0.0.1", false, None, false),
            ("10.0.0.1", true, None, true),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(scheme) = scheme {
                headers.insert("x-forwarded-proto", scheme.parse().unwrap());
            }
            headers.insert("x-forwarded-for", "203.0.113.9".parse().unwrap());
            let (_, secure) = origin(&proxies, peer.parse().unwrap(), tls, &headers);
            assert_eq!(secure, expected, "{peer} {tls} {scheme:?}");
        }
    }
}
