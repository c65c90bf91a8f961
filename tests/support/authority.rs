//! A certificate authority of a test's own.

use std::sync::Arc;

use ebl_verifier::sources::RootCertificate;

pub struct Authority {
    root: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("no names");
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = authority.self_signed(&key).expect("a certificate");
        Self { root, issuer: rcgen::Issuer::new(authority, key) }
    }

    pub fn root(&self) -> RootCertificate {
        RootCertificate::from_der(self.root.der().to_vec())
    }

    pub fn pem(&self) -> String {
        self.root.pem()
    }

    /// A server that proves to be `name`.
    pub fn server(&self, name: &str) -> Arc<rustls::ServerConfig> {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = names.signed_by(&key, &self.issuer).expect("a certificate");
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().expect("a key"))
            .expect("a certificate");
        Arc::new(tls)
    }
}
