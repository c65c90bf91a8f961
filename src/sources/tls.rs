//! One TLS for every https connection: rustls with ring, the public roots and the caller's additional ones.

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
