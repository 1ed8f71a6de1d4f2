//! Why an answer did not come, in words that name the step which failed.

use super::guard::Refused;
use std::error::Error;
use std::io;

/// What was waited for when the time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A free place: too many requests are on their way.
    Turn,
    /// The connection.
    Connect,
    /// The beginning of the answer.
    FirstByte,
    /// The next piece of the answer.
    Silence,
    /// The whole.
    Total,
}

/// Why there is no answer, or none that is whole. Never holds what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The egress guard does not let the request out.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// A header or the method cannot be sent.
    #[error("The request cannot be sent: {0}.")]
    Request(String),
    /// The name has no address.
    #[error("The name of the address could not be resolved: {0}.")]
    Resolve(String),
    /// Nobody answers there.
    #[error("The connection failed: {0}.")]
    Connect(String),
    /// There is somebody, but not safely.
    #[error("The encrypted connection failed: {0}.")]
    Tls(String),
    /// It took too long.
    #[error("{}", words(*.0))]
    TimedOut(Wait),
    /// The answer is larger than the asker takes.
    #[error("The answer is larger than {0} bytes.")]
    TooLarge(usize),
    /// The connection broke, or what came is not HTTP.
    #[error("The answer broke off or could not be read: {0}.")]
    Broken(String),
}

const fn words(wait: Wait) -> &'static str {
    match wait {
        Wait::Turn => "Too many requests are on their way already; no place became free in time.",
        Wait::Connect => "The other side did not take the connection in time.",
        Wait::FirstByte => "The other side took the request, and no answer began in time.",
        Wait::Silence => "The answer stopped in the middle.",
        Wait::Total => "The answer did not end in time.",
    }
}

impl OutboundError {
    /// The step that failed, one word for tables and metrics.
    pub const fn step(&self) -> &'static str {
        match self {
            Self::Refused(_) => "guard",
            Self::Request(_) => "request",
            Self::Resolve(_) => "resolve",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::TimedOut(_) => "time-out",
            Self::TooLarge(_) => "too-large",
            Self::Broken(_) => "answer",
        }
    }

    /// Whether the same request may succeed later with nothing changed here.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Resolve(_) | Self::Connect(_) | Self::Tls(_) | Self::TimedOut(_) | Self::Broken(_) => true,
            Self::Refused(_) | Self::Request(_) | Self::TooLarge(_) => false,
        }
    }

    /// Whether the other side cannot have seen the request, so that sending it again repeats nothing.
    pub const fn was_not_sent(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::Request(_)
                | Self::Resolve(_)
                | Self::Connect(_)
                | Self::Tls(_)
                | Self::TimedOut(Wait::Turn | Wait::Connect)
        )
    }

    /// What the client's error means.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        let mut last = String::new();
        while let Some(one) = cause {
            if let Some(refused) = one.downcast_ref::<Refused>() {
                return Self::Refused(refused.clone());
            }
            if let Some(tls) = tls_error(one) {
                return Self::Tls(plain(&tls));
            }
            last = plain(&one.to_string());
            cause = one.source();
        }
        if error.is_dns() {
            Self::Resolve(last)
        } else if error.is_connect() && error.is_timeout() {
            Self::TimedOut(Wait::Connect)
        } else if error.is_connect() {
            Self::Connect(last)
        } else if error.is_builder() {
            Self::Request(last)
        } else {
            Self::Broken(last)
        }
    }
}

/// The words of a TLS error, also of one that is wrapped in an I/O error.
fn tls_error(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls.to_string());
    }
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    inner.downcast_ref::<rustls::Error>().map(ToString::to_string).or_else(|| tls_error(inner))
}

/// One line without a full stop at its end.
fn plain(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    line.trim().trim_end_matches('.').to_owned()
}
