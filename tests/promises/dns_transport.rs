//! How resolvers are reached, and which of them are one: through a proxy, by several names, without EDNS. Real servers on
//! loopback (checks.md §5.1, §5.4).

use crate::support::connect_proxy;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::dns_server;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::zones;

use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

use connect_proxy::{ConnectProxy, Manners};
use dns_server::{Delivery, DnsServer, HTTPS_NAME};
use ebl_verifier::evidence::{Answer, Cause, Dnssec, Fact, TxtReading};
use ebl_verifier::sources::ProxyRules;
use ebl_verifier::sources::RootCertificate;
use ebl_verifier::sources::dns::{DnsConfig, DnsSource, Resolver};
use hickory_server::net::xfer::Protocol;
use zones::Zones;

fn found(answer: Answer) -> TxtReading {
    match answer {
        Ok(Fact::DnsTxt(reading)) => reading,
        other => panic!("{other:?}"),
    }
}

fn through(proxy: &ConnectProxy) -> ProxyRules {
    ProxyRules { all: Some(proxy.url().parse().unwrap()), ..ProxyRules::default() }
}

fn over_https(name: &str) -> Resolver {
    format!("https://{name}/dns-query").parse().unwrap()
}

#[tokio::test]
async fn a_resolver_over_https_is_reached_through_a_proxy_and_validated_like_any_other() {
    let zones = Arc::new(Zones::new(&[]).txt("carrier.example.", &["x"]).signed());
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let config = |proxy| DnsConfig {
        resolvers: vec![over_https(HTTPS_NAME)],
        extra_roots: vec![RootCertificate::from_der(server.ca.to_vec())],
        resolve: vec![(HTTPS_NAME.into(), 443, server.https)],
        trust_anchors: zones.key_record(".").parse().unwrap(),
        proxy,
        ..DnsConfig::default()
    };
    let proxy = ConnectProxy::start(Manners::default());
    let reading = found(DnsSource::new(config(through(&proxy))).unwrap().txt("carrier.example").await.0);
    assert_eq!((reading.records, reading.dnssec), (vec!["x".to_owned()], Dnssec::Secure));
    // By the address that was found here, and by no other way.
    assert_eq!(proxy.targets(), [server.https.to_string()]);
    assert!(server.asked().iter().all(|(protocol, _)| *protocol == Protocol::Https));

    let asked = server.asked().len();
    let refusing = ConnectProxy::start(Manners { refuses: Some(403), ..Manners::default() });
    let why = DnsSource::new(config(through(&refusing))).unwrap().txt("carrier.example").await.0.unwrap_err();
    assert_eq!(why.cause, Cause::Proxy, "{why:?}");
    assert!(why.detail.contains("made no connection (HTTP status 403)"), "{why:?}");
    assert_eq!(server.asked().len(), asked);
}

#[tokio::test]
async fn plain_dns_goes_by_no_proxy() {
    let zones = Arc::new(Zones::unsigned().txt("carrier.example.", &["x"]));
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let proxy = ConnectProxy::start(Manners { refuses: Some(403), ..Manners::default() });
    let config =
        DnsConfig { resolvers: vec![Resolver::Plain(server.address)], proxy: through(&proxy), ..DnsConfig::default() };
    assert_eq!(found(DnsSource::new(config).unwrap().txt("carrier.example").await.0).records, ["x"]);
    assert!(proxy.targets().is_empty());
}

#[tokio::test]
async fn several_names_of_one_resolver_agree_with_nobody() {
    let zones = Arc::new(Zones::unsigned().txt("carrier.example.", &["x"]));
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let another = DnsServer::start(&zones, Delivery::Whole).await;
    let mapped: SocketAddr = format!("[::ffff:127.0.0.1]:{}", server.address.port()).parse().unwrap();
    let other_name = "other.example";
    let asked = async |resolvers: &[Resolver]| {
        let config = DnsConfig {
            resolvers: resolvers.to_vec(),
            extra_roots: vec![RootCertificate::from_der(server.ca.to_vec())],
            resolve: vec![(HTTPS_NAME.into(), 443, server.https), (other_name.into(), 443, server.https)],
            ..DnsConfig::default()
        };
        let (answer, provenance) = DnsSource::new(config).unwrap().txt("carrier.example").await;
        (found(answer).agreeing, provenance.hosts.len())
    };
    let [plain, mapped] = [server.address, mapped].map(Resolver::Plain);
    assert_eq!(asked(&[plain.clone(), mapped.clone()]).await, (1, 1), "IPv4 written as IPv6");
    assert_eq!(asked(&[plain.clone(), plain.clone()]).await, (1, 1), "one name twice");
    assert_eq!(asked(&[over_https(HTTPS_NAME), over_https(other_name)]).await, (1, 1), "two names of one address");
    let another = Resolver::Plain(another.address);
    assert_eq!(asked(&[plain, mapped, another]).await, (2, 2), "one resolver under two names, and another");
}

#[tokio::test]
async fn a_server_that_answers_edns_with_a_bare_header_is_asked_again_without_it() {
    for code in [1_u8, 4] {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let with_edns = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&with_edns);
        std::thread::spawn(move || {
            let mut query = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut query) {
                let query = &query[..length];
                let has_edns = query[11] != 0;
                seen.lock().unwrap().push(has_edns);
                let reply = if has_edns {
                    // Twelve bytes: it could not read the question, so it repeats none (RFC 6891 §7).
                    [&query[..2], &[0x81, 0x80 | code], &[0; 8]].concat()
                } else {
                    let record = [0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, 0, 2, 1, b'x'];
                    [&query[..2], &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], &query[12..], &record].concat()
                };
                let _ = socket.send_to(&reply, peer);
            }
        });
        let config = DnsConfig { resolvers: vec![Resolver::Plain(address)], ..DnsConfig::default() };
        assert_eq!(found(DnsSource::new(config).unwrap().txt("carrier.example").await.0).records, ["x"], "{code}");
        let seen = with_edns.lock().unwrap();
        assert!(seen.contains(&true) && seen.contains(&false), "{code}: {seen:?}");
    }
}
