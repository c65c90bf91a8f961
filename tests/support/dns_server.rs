//! A real DNS server on loopback, over UDP, TCP and HTTPS, that answers from [`Zones`] like a recursive resolver.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::{Edns, Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::{Record, RecordType};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, UdpSocket};

use super::zones::{Zones, name};

/// What a resolver makes of DNSSEC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Delivers everything to those who ask for it.
    Whole,
    /// Drops every record of DNSSEC.
    Stripped,
    /// Drops every record of DNSSEC but the root's keys, as somebody would who forges all he can.
    StrippedBelowRoot,
    /// Answers with one alias at a time, never with what is behind it.
    OneAliasAtATime,
    /// Drops the signatures of what was asked for, and delivers all others.
    WithoutTxtSignature,
    /// Puts the alias before everything else that stands at its name.
    AliasesFirst,
    /// Leaves out what proves that something is missing.
    WithoutProofs,
    /// Says that there is no such name, with the SOA record of an unsigned zone beside it.
    DeniesWithAnotherZone,
    /// Says that there is no such name, with another record of an unsigned zone beside it.
    DeniesBesideAnotherZone,
    /// Answers SERVFAIL to questions for keys and digests, and delivers signatures.
    RefusesKeys,
    /// Answers REFUSED whenever the DO bit is set.
    RefusesDnssec,
    /// Never answers questions for keys and digests.
    SilentAboutKeys,
    /// Answers everything over UDP with nothing but the TC bit.
    TruncatesUdp,
}

pub struct DnsServer {
    pub address: SocketAddr,
    pub https: SocketAddr,
    /// The CA that vouches for the HTTPS listener's name, [`HTTPS_NAME`].
    pub ca: CertificateDer<'static>,
    asked: Asked,
    _server: Server<Handler>,
}

pub const HTTPS_NAME: &str = "dns.example";

type Asked = Arc<Mutex<Vec<(Protocol, RecordType)>>>;

impl DnsServer {
    pub async fn start(zones: &Arc<Zones>, delivery: Delivery) -> Self {
        let asked = Asked::default();
        let mut server = Server::new(Handler { zones: Arc::clone(zones), delivery, asked: Arc::clone(&asked) });
        let (udp, tcp) = pair().await;
        let address = tcp.local_addr().unwrap();
        server.register_socket(udp);
        server.register_listener(tcp, Duration::from_secs(10), 64);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let https = listener.local_addr().unwrap();
        let (ca, tls) = tls_server();
        let name = Some(HTTPS_NAME.to_owned());
        let timeout = Duration::from_secs(10);
        server.register_https_listener_with_tls_config(listener, timeout, tls, name, "/dns-query".into()).unwrap();
        Self { address, https, ca, asked, _server: server }
    }

    /// What was asked so far, over which transport.
    pub fn asked(&self) -> Vec<(Protocol, RecordType)> {
        self.asked.lock().unwrap().clone()
    }
}

/// A certificate for [`HTTPS_NAME`] from a CA made for this test.
pub fn tls_server() -> (CertificateDer<'static>, Arc<rustls::ServerConfig>) {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let ca = params.self_signed(&ca_key).unwrap().der().clone();
    let issuer = rcgen::Issuer::new(params, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec![HTTPS_NAME.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
        .unwrap();
    tls.alpn_protocols = vec![b"h2".to_vec()];
    (ca, Arc::new(tls))
}

/// UDP and TCP on one port.
async fn pair() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
}

struct Handler {
    zones: Arc<Zones>,
    delivery: Delivery,
    asked: Asked,
}

#[async_trait::async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut response: R) -> ResponseInfo {
        let info = request.request_info().expect("one query");
        let (owner, kind) = (info.query.original().name().clone(), info.query.query_type());
        self.asked.lock().unwrap().push((info.protocol, kind));
        let dnssec_ok = request.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok);
        let edns = request.edns.as_ref().map(|asked| {
            let mut edns = Edns::new();
            edns.set_max_payload(asked.max_payload()).set_dnssec_ok(dnssec_ok);
            edns
        });
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        let about_keys = matches!(kind, RecordType::DNSKEY | RecordType::DS);
        let mut reply = self.zones.answer(&owner, kind);
        if self.delivery == Delivery::DeniesWithAnotherZone && kind == RecordType::TXT {
            reply = self.zones.answer(&name("nothing.unsigned.example."), kind);
        }
        if self.delivery == Delivery::DeniesBesideAnotherZone && kind == RecordType::TXT {
            reply = self.zones.answer(&name("nothing.unsigned.example."), kind);
            reply.authorities = self.zones.answer(&name("unsigned.example."), kind).answers;
        }
        if self.delivery == Delivery::AliasesFirst {
            let alias = self.zones.answer(&owner, RecordType::CNAME).answers;
            reply.answers.splice(0..0, alias.into_iter().filter(|record| record.record_type() == RecordType::CNAME));
        }
        if self.delivery == Delivery::WithoutProofs && kind == RecordType::TXT {
            reply.authorities.clear();
        }
        metadata.response_code = reply.code;
        match self.delivery {
            Delivery::SilentAboutKeys if about_keys => {
                return ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
            }
            Delivery::RefusesKeys if about_keys => metadata.response_code = ResponseCode::ServFail,
            Delivery::RefusesDnssec if dnssec_ok => metadata.response_code = ResponseCode::Refused,
            Delivery::TruncatesUdp if info.protocol == Protocol::Udp => metadata.truncation = true,
            _ => {}
        }
        if self.delivery == Delivery::WithoutTxtSignature && kind == RecordType::TXT {
            reply.answers.retain(|record| !is_dnssec(record));
        }
        if self.delivery == Delivery::OneAliasAtATime && kind == RecordType::TXT {
            reply.answers.retain(|record| record.name == owner);
            reply.authorities.clear();
        }
        if self.delivery == Delivery::StrippedBelowRoot && !(owner.is_root() && kind == RecordType::DNSKEY) {
            reply.answers.retain(|record| !is_dnssec(record));
            reply.authorities.retain(|record| !is_dnssec(record));
        }
        if !dnssec_ok || self.delivery == Delivery::Stripped {
            let wanted = |record: &Record| {
                !is_dnssec(record) || self.delivery != Delivery::Stripped && record.record_type() == kind
            };
            reply.answers.retain(wanted);
            reply.authorities.retain(wanted);
        }
        if metadata.truncation || !matches!(metadata.response_code, ResponseCode::NoError | ResponseCode::NXDomain) {
            reply.answers.clear();
            reply.authorities.clear();
        }
        let built = MessageResponseBuilder::new(&request.queries, edns.as_ref()).build(
            metadata,
            reply.answers.iter(),
            reply.authorities.iter(),
            [],
            [],
        );
        response.send_response(built).await.expect("the response is sent")
    }
}

fn is_dnssec(record: &Record) -> bool {
    matches!(record.record_type(), RecordType::RRSIG | RecordType::NSEC | RecordType::DNSKEY | RecordType::DS)
}
