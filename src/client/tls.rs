//! Whom to trust on an encrypted connection: the only file of the client that names rustls.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A connection with TLS.
pub(super) type Encrypted = TlsStream<TcpStream>;

/// Where systems keep the authorities they trust, in the order in which they are tried; `SSL_CERT_FILE` comes before them.
const SYSTEM_AUTHORITIES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
];
/// Bytes of a SHA-256 fingerprint.
const FINGERPRINT_BYTES: usize = 32;

/// Which server certificate is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// One that an authority of this computer's own list has signed.
    #[default]
    System,
    /// Exactly the one with this SHA-256 fingerprint; how a self-signed server is trusted.
    Fingerprint([u8; FINGERPRINT_BYTES]),
    /// One that an authority in this PEM file has signed (or that is in the file itself).
    Authority(PathBuf),
}

/// Why there is no trust; each with the cure.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The text is not a fingerprint.
    #[error("`{0}` is not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons, are")]
    Fingerprint(String),
    /// The file cannot be read.
    #[error("the authorities in {path} cannot be read: {cause}. Give a file of certificates in PEM form")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        cause: String,
    },
    /// No list of authorities was found.
    #[error(
        "this computer has no list of certificate authorities. Give the server's fingerprint or a file of authorities"
    )]
    NoAuthorities,
    /// The name of the server cannot stand in a certificate.
    #[error("`{0}` is not a name that a certificate can be checked against")]
    Name(String),
    /// rustls does not take it.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] Error),
}

impl FromStr for Trust {
    type Err = TrustError;

    /// Reads a fingerprint.
    fn from_str(text: &str) -> Result<Self, TrustError> {
        let wrong = || TrustError::Fingerprint(text.to_owned());
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
        if digits.len() != 2 * FINGERPRINT_BYTES {
            return Err(wrong());
        }
        let mut fingerprint = [0; FINGERPRINT_BYTES];
        for (byte, pair) in fingerprint.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).ok_or_else(wrong);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(Self::Fingerprint(fingerprint))
    }
}

/// What an encrypted connection needs; made once, used for every attempt.
#[derive(Clone)]
pub(super) struct Connector {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Connector {
    /// Prepares connections to the server called `host`.
    pub(super) fn new(trust: &Trust, host: &str) -> Result<Self, TrustError> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let config = match trust {
            Trust::Fingerprint(fingerprint) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Pinned { fingerprint: *fingerprint, provider }))
                .with_no_client_auth(),
            Trust::Authority(path) => builder.with_root_certificates(authorities(path)?).with_no_client_auth(),
            Trust::System => {
                let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
                let path = named
                    .into_iter()
                    .chain(SYSTEM_AUTHORITIES.into_iter().map(PathBuf::from))
                    .find(|path| path.is_file())
                    .ok_or(TrustError::NoAuthorities)?;
                builder.with_root_certificates(authorities(&path)?).with_no_client_auth()
            }
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TrustError::Name(host.to_owned()))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    /// The handshake.
    pub(super) async fn connect(&self, stream: TcpStream) -> std::io::Result<Encrypted> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

fn authorities(path: &Path) -> Result<RootCertStore, TrustError> {
    let wrong = |cause: String| TrustError::File { path: path.to_owned(), cause };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))? {
        // A system's list may hold one that rustls does not read; the others still count.
        let _ignored = roots.add(certificate.map_err(|error| wrong(error.to_string()))?);
    }
    if roots.is_empty() { Err(wrong("it holds no certificate".to_owned())) } else { Ok(roots) }
}

/// Believes one certificate, by its fingerprint. The handshake's signature is still checked, so a copy of the certificate without
/// its key is worth nothing.
#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; FINGERPRINT_BYTES],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Sha256::digest(end_entity.as_ref()).as_slice() == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_and_without_colons() {
        let plain = "00ff".repeat(16);
        let colons = plain.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair)).collect::<Vec<_>>().join(":");
        assert_eq!(plain.parse::<Trust>().unwrap(), colons.parse::<Trust>().unwrap());
        for text in ["", "00", &"zz".repeat(32)] {
            assert!(text.parse::<Trust>().is_err());
        }
    }

    #[test]
    fn a_missing_file_of_authorities_is_named() {
        let trust = Trust::Authority(PathBuf::from("no/such/file.pem"));
        let error = Connector::new(&trust, "localhost").err().unwrap().to_string();
        assert!(error.contains("no/such/file.pem"), "{error}");
    }
}
