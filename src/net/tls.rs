//! TLS of the listeners: TLS 1.2 and 1.3 with the ring provider; the certificate from files, or one that the server makes for
//! itself and keeps.

use super::NetError;
use crate::model::text::hex;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// The self-signed certificate in the data folder.
const SELF_SIGNED_CERTIFICATE: &str = "self-signed-cert.pem";
/// Its key.
const SELF_SIGNED_KEY: &str = "self-signed-key.pem";

/// Handshakes at the same time, over all listeners; others wait for their turn. A peer takes a place when its first bytes are there,
/// and gives it back after [`HANDSHAKE_TURN`], so that those who say nothing hold up nobody.
const HANDSHAKES_MAX: usize = 256;
/// How long a handshake may take once its first bytes are there.
pub(super) const HANDSHAKE_TURN: Duration = Duration::from_secs(5);

/// Where the certificate comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// No TLS.
    #[default]
    Off,
    /// From PEM files.
    Files {
        /// The chain, the server's own certificate first.
        certificate: PathBuf,
        /// Its private key, readable by its owner only.
        key: PathBuf,
    },
    /// Made by the server, once, and kept in the data folder. Clients trust it by its fingerprint.
    SelfSigned,
}

/// TLS ready for listeners; cheap to clone.
#[derive(Clone)]
pub struct Tls(Option<Loaded>);

#[derive(Clone)]
struct Loaded {
    acceptor: TlsAcceptor,
    /// Places for handshakes; see [`HANDSHAKES_MAX`].
    handshakes: Arc<Semaphore>,
    fingerprint: Arc<str>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tls").field(&self.fingerprint()).finish()
    }
}

impl Tls {
    /// No TLS.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Loads the certificate that `mode` names. `names` (host names and addresses) go into a self-signed one, besides
    /// `localhost` and the loopback addresses.
    pub fn load(mode: &TlsMode, data_folder: &Path, names: &[String]) -> Result<Self, NetError> {
        let (certificate, key) = match mode {
            TlsMode::Off => return Ok(Self::off()),
            TlsMode::Files { certificate, key } => (certificate.clone(), key.clone()),
            TlsMode::SelfSigned => self_signed(data_folder, names)?,
        };
        let chain = read_chain(&certificate)?;
        let fingerprint = fingerprint(&chain[0]);
        let key = read_key(&key)?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| {
                NetError::Certificate(format!(
                    "the certificate {} cannot be used: {error}; does the key belong to it?",
                    certificate.display()
                ))
            })?;
        Ok(Self(Some(Loaded {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES_MAX)),
            fingerprint: fingerprint.into(),
        })))
    }

    /// The SHA-256 of the server's certificate in hexadecimal, for clients that trust it by that; `None` without TLS.
    pub fn fingerprint(&self) -> Option<&str> {
        self.0.as_ref().map(|loaded| &*loaded.fingerprint)
    }

    /// Whether there is TLS.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn acceptor(&self) -> Option<(&TlsAcceptor, &Semaphore)> {
        self.0.as_ref().map(|loaded| (&loaded.acceptor, &*loaded.handshakes))
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    hex(&Sha256::digest(certificate))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, NetError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(NetError::Certificate(format!(
            "{} holds no certificate; it must be a PEM file with `BEGIN CERTIFICATE`",
            path.display()
        ))),
        Err(error) => Err(NetError::Certificate(format!("the certificate {} cannot be read: {error}", path.display()))),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, NetError> {
    let unreadable = |error: &dyn std::fmt::Display| {
        NetError::Certificate(format!("the private key {} cannot be read: {error}", path.display()))
    };
    let mode = std::fs::metadata(path).map_err(|error| unreadable(&error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(NetError::Certificate(format!(
            "the private key {} can be read by others (mode {:03o}); run `chmod 600 {}`",
            path.display(),
            mode & 0o777,
            path.display()
        )));
    }
    PrivateKeyDer::from_pem_file(path).map_err(|error| unreadable(&error))
}

/// The paths of the self-signed certificate and its key, made when they are not there.
fn self_signed(folder: &Path, names: &[String]) -> Result<(PathBuf, PathBuf), NetError> {
    let certificate = folder.join(SELF_SIGNED_CERTIFICATE);
    let key = folder.join(SELF_SIGNED_KEY);
    // The certificate is written last: while it is not there, the pair is not complete and is made again.
    if certificate.exists() {
        return Ok((certificate, key));
    }
    let failed = |error: &dyn std::fmt::Display| {
        NetError::Certificate(format!("a self-signed certificate could not be made in {}: {error}", folder.display()))
    };
    let mut all: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    all.extend(names.iter().filter(|name| !name.is_empty()).cloned());
    all.sort();
    all.dedup();
    let mut params = CertificateParams::new(all).map_err(|error| failed(&error))?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Tidings, self-signed");
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| failed(&error))?;
    let signed = params.self_signed(&pair).map_err(|error| failed(&error))?;
    write_private(&key, &pair.serialize_pem()).map_err(|error| failed(&error))?;
    write_private(&certificate, &signed.pem()).map_err(|error| failed(&error))?;
    Ok((certificate, key))
}

/// Writes a file of mode 0600 whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_self_signed_certificate_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Tls::load(&TlsMode::SelfSigned, folder.path(), &["chat.example".to_owned()]).unwrap();
        let again = Tls::load(&TlsMode::SelfSigned, folder.path(), &[]).unwrap();
        assert_eq!(first.fingerprint().unwrap().len(), 64);
        assert_eq!(first.fingerprint(), again.fingerprint());
        for file in [SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY] {
            let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_cure() {
        let folder = tempfile::tempdir().unwrap();
        Tls::load(&TlsMode::SelfSigned, folder.path(), &[]).unwrap();
        let key = folder.path().join(SELF_SIGNED_KEY);
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let files = TlsMode::Files { certificate: folder.path().join(SELF_SIGNED_CERTIFICATE), key };
        let error = Tls::load(&files, folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_missing_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = TlsMode::Files { certificate: folder.path().join("none.pem"), key: folder.path().join("none.key") };
        let error = Tls::load(&files, folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains("none.pem"), "{error}");
    }
}
