//! Why there is no picture, in words for whoever wanted to see it. They say nothing of what lies behind this server: a name that
//! does not exist, one of the own network and one that nobody answers at are told in the same words.

use crate::model::{Code, Refusal};
use crate::outbound::{OutboundError, Refused, Wait};

/// Try again after so many milliseconds, when there was no place.
const BUSY_MS: u64 = 2_000;

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The operator wants none to be fetched.
    Off,
    /// There was no place in time.
    Busy,
    /// The address as it is written is not one that is connected to.
    Address(String),
    /// Nobody answers there, or it is not connected to.
    Unreachable,
    /// The same without TLS.
    UnreachablePlainly,
    /// The connection is not safe.
    Unsafe,
    /// It took too long.
    Slow,
    /// The answer broke off.
    Broken,
    /// Another status than success.
    Status(u16),
    /// More than [`super::PICTURE_BYTES_MAX`].
    TooLarge,
    /// What came is not a picture that browsers show, or one of too many pixels.
    NoPicture,
}

impl Failure {
    /// Whether another server was asked, or would have had to be.
    pub const fn is_elsewhere(&self) -> bool {
        !matches!(self, Self::Off | Self::Busy)
    }

    /// Why an address was not answered.
    pub(super) fn of(error: &OutboundError, url: &str) -> Self {
        let plain = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http:"));
        let unreachable = || if plain { Self::UnreachablePlainly } else { Self::Unreachable };
        match error {
            OutboundError::Refused(refused) => match refused {
                Refused::Private(_) | Refused::PrivateName(_) | Refused::Plain(_) | Refused::Nowhere(_) => {
                    unreachable()
                }
                Refused::Unreadable
                | Refused::TooLong
                | Refused::Scheme(_)
                | Refused::Credentials
                | Refused::Port(_) => Self::Address(refused.to_string()),
            },
            OutboundError::Request(_) => Self::Address("The address cannot be asked for.".to_owned()),
            OutboundError::Resolve(_) | OutboundError::Connect(_) => unreachable(),
            OutboundError::Tls(_) => Self::Unsafe,
            OutboundError::TimedOut(Wait::Turn) => Self::Busy,
            OutboundError::TimedOut(Wait::Connect | Wait::FirstByte | Wait::Silence | Wait::Total) => Self::Slow,
            OutboundError::TooLarge(_) => Self::TooLarge,
            OutboundError::Broken(_) => Self::Broken,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Off => "This server fetches no pictures of other servers; open the address itself.".to_owned(),
            Self::Busy => "Too many pictures are on their way; try again in a moment.".to_owned(),
            Self::Address(words) => format!("The picture cannot be fetched. {words}"),
            Self::Unreachable => "The picture's server cannot be reached from here.".to_owned(),
            Self::UnreachablePlainly => "The picture's server cannot be reached from here; without https only servers \
                                         that the operator allows are."
                .to_owned(),
            Self::Unsafe => "The picture's server has no certificate that this server trusts.".to_owned(),
            Self::Slow => "The picture's server took too long.".to_owned(),
            Self::Broken => "The picture's server broke off in the middle of its answer.".to_owned(),
            Self::Status(status @ 300..=399) => {
                format!("The picture's server answered with {status}, which leads elsewhere; that is not followed.")
            }
            Self::Status(status) => format!("The picture's server answered with {status}."),
            Self::TooLarge => format!("The picture is larger than {} MiB.", super::PICTURE_BYTES_MAX / 1024 / 1024),
            Self::NoPicture => {
                "What lies there is not a PNG, JPEG, GIF, WebP or AVIF picture that can be shown: it is \
                                something else, or has too many pixels."
                    .to_owned()
            }
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let code = match failure {
            Failure::Off | Failure::NoPicture => Code::Unsupported,
            Failure::Busy => Code::Overloaded,
            Failure::TooLarge => Code::TooLarge,
            Failure::Address(_)
            | Failure::Unreachable
            | Failure::UnreachablePlainly
            | Failure::Unsafe
            | Failure::Slow
            | Failure::Broken
            | Failure::Status(_) => Code::Unavailable,
        };
        let refusal = Self::new(code, failure.words());
        if failure == Failure::Busy { refusal.retry_after_ms(BUSY_MS) } else { refusal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_behind_this_server_is_not_told() {
        let private = OutboundError::Refused(Refused::PrivateName("printer".to_owned()));
        let literal = OutboundError::Refused(Refused::Private("10.0.0.1".parse().unwrap()));
        let plain = OutboundError::Refused(Refused::Plain("example.org".to_owned()));
        let nobody = OutboundError::Resolve("no such host".to_owned());
        let closed = OutboundError::Connect("connection refused (10.0.0.1)".to_owned());
        for url in ["https://printer/x.png", "http://printer/x.png", "HTTP://printer/x.png"] {
            let all = [&private, &literal, &plain, &nobody, &closed].map(|error| Failure::of(error, url));
            assert!(all.iter().all(|one| *one == all[0]), "{url}: {all:?}");
        }
    }
}
