//! A real https server on loopback with a certificate authority of its own, for what documents make us fetch.

// Each test binary uses a part of it.
#![allow(dead_code)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use ebl_verifier::sources::RootCertificate;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What a server sends back.
pub enum Reply {
    /// These bytes, and then the end of the connection.
    Raw(Vec<u8>),
    /// These bytes, and then nothing until the other side gives up.
    Stalled(Vec<u8>),
}

impl Reply {
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::with("200 OK", "", body)
    }

    pub fn redirect(location: &str) -> Self {
        Self::with("302 Found", &format!("location: {location}\r\n"), "")
    }

    /// `headers` are whole lines.
    pub fn with(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        Self::Raw([head.as_bytes(), body].concat())
    }
}

/// Serves until the test ends.
pub struct HttpsServer {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    authority: CertificateDer<'static>,
    authority_pem: String,
}

impl HttpsServer {
    /// `names` stand in the certificate; `respond` is given the path with its query.
    pub fn start(names: &[&str], respond: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (tls, respond, seen) = (Arc::new(tls), Arc::new(respond), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, respond, seen) = (Arc::clone(&tls), Arc::clone(&respond), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, tls, respond.as_ref(), &seen));
            }
        });
        Self { address, requests, authority: authority.der().clone(), authority_pem: authority.pem() }
    }

    /// The root certificate to trust.
    pub fn authority(&self) -> RootCertificate {
        RootCertificate::from_der(self.authority.to_vec())
    }

    /// The same as a file's text.
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A client that leaves in the middle is not the server's failure.
fn serve(
    stream: TcpStream,
    tls: Arc<rustls::ServerConfig>,
    respond: &(dyn Fn(&str) -> Reply + Send + Sync),
    seen: &Mutex<Vec<String>>,
) {
    let mut stream = rustls::StreamOwned::new(rustls::ServerConnection::new(tls).unwrap(), stream);
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(head);
    let (bytes, ends) = match respond(&path) {
        Reply::Raw(bytes) => (bytes, true),
        Reply::Stalled(bytes) => (bytes, false),
    };
    let _ = stream.write_all(&bytes);
    if ends {
        stream.conn.send_close_notify();
        let _ = stream.flush();
    } else {
        let _ = stream.flush();
        let _ = stream.read(&mut byte);
    }
}
