//! One TLS for every https connection: rustls with ring, the public roots and the caller's additional ones; and one
//! wording of why a connection was not made.

use std::error::Error as _;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;

/// Why TLS could not be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsError {
    /// An additional root certificate cannot be used.
    Root,
    /// The library refused.
    Setup,
}

pub(crate) fn client_config(extra_roots: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig, TlsError> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in extra_roots {
        roots.add(certificate.clone()).map_err(|_| TlsError::Root)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// What went wrong below HTTP, in words of ours: the library's own may repeat the URL.
pub(crate) fn connection_detail(error: &reqwest::Error) -> &'static str {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return tls_detail(tls);
        }
        let io = inner.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
            return "the connection was refused";
        }
        // An I/O error passes over the error it wraps when asked for its source.
        let wrapped = io.and_then(|io| io.get_ref()).map(|wrapped| wrapped as &(dyn std::error::Error + 'static));
        cause = wrapped.or_else(|| inner.source());
    }
    "no connection could be made: unknown host or unreachable"
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
