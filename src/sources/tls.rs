//! One TLS for every https connection: rustls with ring, the public roots and the caller's additional ones; and one
//! wording of why a connection was not made.

use std::sync::{Arc, OnceLock};

use rustls_pki_types::CertificateDer;

use super::proxy::TunnelError;
use crate::evidence::Cause;

/// Why TLS could not be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsError {
    /// An additional root certificate cannot be used.
    Root,
    /// The system has no root certificate that can be read.
    NoRoots,
    /// The library refused.
    Setup,
}

/// Whose root certificates are trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsRoots {
    /// The public ones that this program carries with it.
    #[default]
    Bundled,
    /// The system's, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR` where these are set.
    System,
}

/// A root certificate that a caller trusts beside the public ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootCertificate(CertificateDer<'static>);

impl RootCertificate {
    /// Of DER bytes (X.509). Whether they are a certificate shows when a source is set up.
    pub fn from_der(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// All certificates of a PEM text; `None` where something in it cannot be read.
    pub fn from_pem(text: &[u8]) -> Option<Vec<Self>> {
        use rustls_pki_types::pem::PemObject as _;
        CertificateDer::pem_slice_iter(text).map(|found| found.map(Self)).collect::<Result<_, _>>().ok()
    }
}

pub(crate) fn client_config(
    trusted: TlsRoots,
    extra_roots: &[RootCertificate],
) -> Result<rustls::ClientConfig, TlsError> {
    let mut roots = match trusted {
        TlsRoots::Bundled => rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        TlsRoots::System => system_roots().clone(),
    };
    if roots.is_empty() && extra_roots.is_empty() {
        return Err(TlsError::NoRoots);
    }
    for certificate in extra_roots {
        roots.add(certificate.0.clone()).map_err(|_| TlsError::Root)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Read once: they do not change while we run.
fn system_roots() -> &'static rustls::RootCertStore {
    static ROOTS: OnceLock<rustls::RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = rustls::RootCertStore::empty();
        // A store of a system may hold some that nobody can read.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    })
}

/// What went wrong below HTTP, in words of ours: the library's own may repeat the URL.
pub(crate) fn no_connection(error: &(dyn std::error::Error + 'static)) -> (Cause, String) {
    if let Some(proxy) = causes(error).find_map(|cause| cause.downcast_ref::<TunnelError>()) {
        return (proxy.cause(), proxy.to_string());
    }
    let known = causes(error).find_map(|cause| {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(tls_detail(tls).to_owned());
        }
        let io = cause.downcast_ref::<std::io::Error>();
        let refused = io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
        refused.then(|| "the connection was refused".to_owned())
    });
    let detail = known.unwrap_or_else(|| "no connection could be made: unknown host or unreachable".to_owned());
    (Cause::Unreachable, detail)
}

/// Whether a connection was not made in time.
pub(crate) fn took_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let io =
        |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    causes(error).any(|cause| io(cause) == Some(std::io::ErrorKind::TimedOut))
}

/// What an error comes from, nearest first.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |cause| {
        // An I/O error passes over the error it wraps when asked for its source.
        let io = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        io.map(|wrapped| wrapped as &(dyn std::error::Error + 'static)).or_else(|| cause.source())
    })
}

fn tls_detail(error: &rustls::Error) -> &'static str {
    use rustls::{CertificateError as Certificate, Error};
    match error {
        Error::InvalidCertificate(Certificate::UnknownIssuer) => {
            "the TLS handshake failed: its certificate is not from a trusted authority (--ca-file adds one)"
        }
        Error::InvalidCertificate(Certificate::NotValidForName | Certificate::NotValidForNameContext { .. }) => {
            "the TLS handshake failed: its certificate is for another name"
        }
        Error::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            "the TLS handshake failed: its certificate has expired"
        }
        Error::InvalidCertificate(_) => "the TLS handshake failed: its certificate is not valid",
        _ => "the TLS handshake failed",
    }
}
