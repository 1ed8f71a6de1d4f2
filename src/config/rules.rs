//! Rules between keys.

use super::problem::Problem;
use super::source::Origin;
use super::table::{Config, Key};
use super::value::TlsMode;

/// Adds every rule that `config` breaks.
pub(super) fn check(config: &Config, problems: &mut Vec<Problem>) {
    let keys = Config::keys();
    let mut report = |full: &str, message: String| {
        let key = keys.iter().find(|key| key.full() == full);
        let origin = key.map_or(Origin::Default, |key: &Key| config.origin(key));
        problems.push(match origin {
            Origin::File { path, line } => Problem::in_file(&path, line, message),
            Origin::Default => Problem::at(full, message),
            other => Problem::at(other.to_string(), message),
        });
    };

    let listen = &config.listen;
    if config.tls.mode == TlsMode::Off && !listen.insecure_plaintext {
        for (full, address) in [("listen.tcp", listen.tcp), ("listen.http", listen.http)] {
            if !address.ip().is_loopback() {
                report(
                    full,
                    format!(
                        "{address} can be reached from other machines, and without TLS passwords and messages would cross the \
                     network in the clear. Set [tls] mode to \"self-signed\" or \"files\"; or listen on 127.0.0.1; or, behind a \
                     proxy that encrypts, set [listen] insecure_plaintext = true."
                    ),
                );
            }
        }
    }
    if listen.tcp.port() != 0 && listen.tcp == listen.http {
        report("listen.http", format!("tcp and http both listen on {}. Give one of them another port.", listen.http));
    }

    let tls = &config.tls;
    if tls.mode == TlsMode::Files {
        for (full, path) in [("tls.certificate", &tls.certificate), ("tls.key", &tls.key)] {
            if path.is_none() {
                report(full, format!("[tls] mode is \"files\", so {full} must name a PEM file."));
            }
        }
    } else {
        for (full, path) in [("tls.certificate", &tls.certificate), ("tls.key", &tls.key)] {
            if path.is_some() {
                report(full, "It is used only when [tls] mode is \"files\". Set the mode, or leave this out.".into());
            }
        }
    }

    let limits = &config.limits;
    let (queue_bytes, needed) = (u64::from(limits.queue_kib.get()) * 1_024, u64::from(limits.max_frame.get()) * 2);
    if queue_bytes < needed {
        report("limits.queue_kib", format!("It must hold two frames: at least {} KiB.", needed.div_ceil(1_024)));
    }
    if (limits.rate_per_second.get() == 0) != (limits.rate_burst.get() == 0) {
        report("limits.rate_burst", "rate_per_second and rate_burst are both 0 (no limit), or neither is.".into());
    }
}
