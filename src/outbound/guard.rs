//! Where the server may connect to: the egress guard.
//!
//! An address is looked at three times: as it is written (scheme, port, credentials), when its host is an IP address itself (the
//! client does not ask the resolver for those), and when its name was resolved, which is what the connection then uses. A name that
//! is public when somebody looks and private when somebody connects gains nothing by that.

use super::Trust;
use ipnet::IpNet;
use reqwest::Url;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest address that is taken, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;

/// Networks of IPv4 that are no public addresses (IANA's special-purpose registry), and two public ones where clouds answer their
/// own machines with secrets.
const CLOSED_V4: [(Ipv4Addr, u32); 18] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Networks inside of `2000::/3` that are no public addresses: protocol assignments (Teredo, ORCHID, benchmarking), documentation,
/// 6to4. Everything outside of `2000::/3` is closed, but NAT64.
const CLOSED_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0x0db8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Why an address is not connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("This is not an address such as https://example.org/path.")]
    Unreadable,
    /// It is too long.
    #[error("The address is longer than {URL_BYTES_MAX} bytes.")]
    TooLong,
    /// Neither `http` nor `https`.
    #[error("The address begins with `{0}:`, but only https: and http: are connected to.")]
    Scheme(String),
    /// It has a user name or a password in it.
    #[error("The address has a user name or password in it; leave out what stands before the @.")]
    Credentials,
    /// A port of another service.
    #[error("Port {0} is not connected to; 80, 443 and those from 1024 on are.")]
    Port(u16),
    /// An address that is not public.
    #[error("{0} is not a public address. The operator can allow its network with [outbound] allow.")]
    Private(IpAddr),
    /// A name that stands for addresses that are not public.
    #[error("The name {0} stands for no public address. The operator can allow its network with [outbound] allow.")]
    PrivateName(String),
    /// Plain http beyond the networks that the operator allows.
    #[error("{0} can only be connected to with https; without it is for networks of [outbound] allow.")]
    Plain(String),
    /// An address where no service can be.
    #[error("{0} is an address where no service is.")]
    Nowhere(IpAddr),
}

/// Which addresses a connection may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Any but those where no service is: the operator wrote it down.
    Operator,
    /// Public ones, and the networks that the operator allows.
    Public,
    /// Only the networks that the operator allows: connections without TLS.
    Listed,
}

/// An address that was looked at.
#[derive(Debug)]
pub(super) struct Checked {
    pub url: Url,
    pub reach: Reach,
}

/// The guard: what the operator allows beside the public internet.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard {
    allow: Vec<IpNet>,
}

impl Guard {
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// Looks at an address as it is written, and at its host when that is an IP address.
    pub fn check(&self, trust: Trust, address: &str) -> Result<Checked, Refused> {
        if address.len() > URL_BYTES_MAX {
            return Err(Refused::TooLong);
        }
        let mut url = Url::parse(address).map_err(|_| Refused::Unreadable)?;
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(Refused::Scheme(other.chars().take(16).collect())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if port != 80 && port != 443 && port < 1024 {
            return Err(Refused::Port(port));
        }
        url.set_fragment(None);
        let reach = match trust {
            Trust::Operator => Reach::Operator,
            Trust::Tenant if encrypted => Reach::Public,
            Trust::Tenant => Reach::Listed,
        };
        let host = url.host_str().ok_or(Refused::Unreadable)?.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = host.parse::<IpAddr>() {
            self.admit(reach, address)?;
        }
        Ok(Checked { url, reach })
    }

    /// Whether a connection may go to an address.
    pub fn admit(&self, reach: Reach, address: IpAddr) -> Result<(), Refused> {
        let address = address.to_canonical();
        if self.allow.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        match reach {
            Reach::Operator if is_nowhere(address) => Err(Refused::Nowhere(address)),
            Reach::Operator => Ok(()),
            Reach::Public if is_public(address) => Ok(()),
            Reach::Listed if is_public(address) => Err(Refused::Plain(address.to_string())),
            Reach::Public | Reach::Listed => Err(Refused::Private(address)),
        }
    }

    /// The addresses of a name that a connection may go to; an error when none is left.
    pub fn admit_resolved(&self, reach: Reach, name: &str, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, Refused> {
        let any_public = found.iter().any(|address| is_public(address.to_canonical()));
        let left: Vec<IpAddr> = found.into_iter().filter(|address| self.admit(reach, *address).is_ok()).collect();
        match left.is_empty() {
            false => Ok(left),
            true if reach == Reach::Listed && any_public => Err(Refused::Plain(name.to_owned())),
            true => Err(Refused::PrivateName(name.to_owned())),
        }
    }
}

/// Whether an address belongs to the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !CLOSED_V4.iter().any(|(network, length)| (bits ^ u32::from(*network)) >> (32 - length) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    // NAT64 (RFC 6052): the network translates to the IPv4 address in the last four bytes.
    let (bits, segments) = (u128::from(address), address.segments());
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(Ipv4Addr::from(bits as u32));
    }
    // ISATAP (RFC 5214) tunnels to the IPv4 address in the last four bytes.
    if segments[4] & !0x0200 == 0 && segments[5] == 0x5efe {
        return false;
    }
    segments[0] >> 13 == 1
        && !CLOSED_V6.iter().any(|(network, length)| (bits ^ u128::from(*network)) >> (128 - length) == 0)
}

/// Addresses that no operator means: this network, broadcast, multicast, and link-local ones, where clouds keep their secrets.
fn is_nowhere(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_unspecified() || address.is_link_local() || address.is_multicast() || address.is_broadcast()
        }
        IpAddr::V6(address) => {
            let metadata = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            address.is_unspecified() || address.is_unicast_link_local() || address.is_multicast() || address == metadata
        }
    }
}
