//! What the DNS source makes of every kind of answer, from servers on loopback: some speak raw packets, some are a real
//! server over UDP, TCP and HTTPS. DNSSEC has tests of its own.

#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::dns_server;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::zones;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dns_server::{Delivery, DnsServer, HTTPS_NAME, tls_server};
use ebl_verifier::evidence::{Answer, Cause, Dnssec, Fact, Provenance};
use ebl_verifier::sources::RootCertificate;
use ebl_verifier::sources::dns::{DnsConfig, DnsSource, Resolver};
use hickory_proto::rr::RecordType;
use hickory_server::net::xfer::Protocol;
use rustls_pki_types::CertificateDer;
use zones::{Trust, Zones};

/// What is said of every TXT question. For the top-level domain, all but the blind answer.
#[derive(Clone, Copy)]
enum Behaviour {
    Records(&'static [&'static [&'static str]]),
    Code(u8),
    /// This code, and no record, to every question.
    Blind(u8),
    Silence,
    Garbage,
    /// An answer to a question about another name.
    OtherQuestion,
    /// A record that belongs to another name than the one asked for.
    OtherOwner,
}

fn server(behaviour: Behaviour) -> Resolver {
    speaking(move |query| {
        Some(match behaviour {
            Behaviour::Records(_) | Behaviour::Code(3) if is_about_servers(query) => {
                with_records(query, 0, &[(NS, &[0])], &[])
            }
            Behaviour::Records(records) => packet(query, 0, records),
            Behaviour::Code(code) | Behaviour::Blind(code) => packet(query, code, &[]),
            Behaviour::Silence => return None,
            Behaviour::Garbage => [&query[..2], &[0xff; 9]].concat(),
            Behaviour::OtherQuestion => {
                let mut reply = packet(query, 0, &[&["x"]]);
                reply[13] ^= 1;
                reply
            }
            Behaviour::OtherOwner => {
                let mut reply = packet(query, 0, &[&["x"]]);
                // The owner of the record: the parent of the name asked for.
                let owner = reply.windows(2).rposition(|pair| pair == [0xc0, 0x0c]).unwrap();
                reply[owner + 1] += query[12] + 1;
                reply
            }
        })
    })
}

/// Answers each packet over UDP with what the function makes of it.
fn speaking(mut reply: impl FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> Resolver {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut query = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut query) {
            if let Some(reply) = reply(&query[..length]) {
                let _ = socket.send_to(&reply, peer);
            }
        }
    });
    Resolver::Plain(address)
}

const A: u8 = 1;
const NS: u8 = 2;
const SOA: u8 = 6;
const TXT: u8 = 16;

/// The name and what follows it of a question.
fn question(query: &[u8]) -> &[u8] {
    let name_end = 12 + query[12..].iter().position(|&byte| byte == 0).unwrap() + 1;
    &query[12..name_end + 4]
}

fn is_about_servers(query: &[u8]) -> bool {
    question(query).ends_with(&[0, NS, 0, 1])
}

/// Type and data of each record of the name asked for, in the answer and authority sections.
fn with_records(query: &[u8], code: u8, answers: &[(u8, &[u8])], authorities: &[(u8, &[u8])]) -> Vec<u8> {
    let count = |section: &[(u8, &[u8])]| u8::try_from(section.len()).unwrap();
    let counts = [0, 1, 0, count(answers), 0, count(authorities), 0, 0];
    let mut out = [&query[..2], &[0x81, 0x80 | code], &counts, question(query)].concat();
    for (kind, data) in answers.iter().chain(authorities) {
        out.extend([0xc0, 0x0c, 0, *kind, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
        out.extend(*data);
    }
    out
}

fn packet(query: &[u8], code: u8, records: &[&[&str]]) -> Vec<u8> {
    let count = u16::try_from(records.len()).unwrap().to_be_bytes();
    let mut out = [&query[..2], &[0x81, 0x80 | code, 0, 1], &count, &[0, 0, 0, 0], question(query)].concat();
    for strings in records {
        let data: Vec<u8> =
            strings.iter().flat_map(|text| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()).collect();
        out.extend([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(data);
    }
    out
}

async fn asked(resolvers: Vec<Resolver>) -> (Answer, Provenance) {
    let config = DnsConfig { resolvers, timeout: Duration::from_millis(300), ..DnsConfig::default() };
    DnsSource::new(config).unwrap().txt("carrier.example").await
}

fn reading(answer: Answer) -> (bool, Vec<String>) {
    match answer {
        Ok(Fact::DnsTxt(reading)) => (reading.name_exists, reading.records),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn records_are_answers_and_their_strings_are_joined() {
    let (answer, provenance) =
        asked(vec![server(Behaviour::Records(&[&["openatts ", "net=ethereum"], &["other"]]))]).await;
    assert_eq!(reading(answer), (true, vec!["openatts net=ethereum".into(), "other".into()]));
    assert_eq!((provenance.hosts.len(), provenance.failed.len()), (1, 0));
}

#[tokio::test]
async fn nothing_there_and_no_such_domain_are_answers_and_differ() {
    assert_eq!(reading(asked(vec![server(Behaviour::Records(&[]))]).await.0), (true, vec![]));
    assert_eq!(reading(asked(vec![server(Behaviour::Code(3))]).await.0), (false, vec![]));
}

#[tokio::test]
async fn what_is_no_answer_is_unavailable_with_host_and_cause() {
    let cases = [
        (Behaviour::Code(2), vec![Cause::ServerFailure]),
        (Behaviour::Code(5), vec![Cause::ServerFailure]),
        (Behaviour::Silence, vec![Cause::Timeout, Cause::Unreachable]),
        (Behaviour::Garbage, vec![Cause::NotAnAnswer, Cause::Timeout, Cause::Unreachable]),
        (Behaviour::OtherQuestion, vec![Cause::NotAnAnswer, Cause::Timeout, Cause::Unreachable]),
        (Behaviour::OtherOwner, vec![Cause::NotAnAnswer]),
    ];
    for (behaviour, wanted) in cases {
        let (answer, provenance) = asked(vec![server(behaviour)]).await;
        let why = answer.expect_err("no answer");
        assert!(wanted.contains(&why.cause), "{why:?}");
        assert!(why.host.as_deref().is_some_and(|host| host.starts_with("127.0.0.1:")), "{why:?}");
        assert_eq!(provenance.failed, [why]);
    }
}

#[tokio::test]
async fn a_reply_that_is_none_is_no_denial() {
    const ZONE: &[u8] = &[0; 22];
    type Reply = fn(&[u8]) -> Vec<u8>;
    let cases: [(&str, Reply); 7] = [
        ("refers to other servers", |query| with_records(query, 0, &[], &[(NS, &[0])])),
        ("nor answers for this zone", |query| {
            let mut reply = with_records(query, 0, &[], &[]);
            reply[3] = 0;
            reply
        }),
        ("nor answers for this zone", |query| {
            let mut reply = with_records(query, 3, &[], &[]);
            reply[3] = 3;
            reply
        }),
        ("does not exist, and gives records", |query| with_records(query, 3, &[(TXT, b"\x01x")], &[])),
        ("zone that the name does not belong to", |query| {
            let mut reply = with_records(query, 3, &[], &[(SOA, ZONE)]);
            // Some name that is not above the one asked for.
            let owner = reply.len() - ZONE.len() - 12;
            reply.splice(owner..owner + 2, *b"\x05other\0");
            reply
        }),
        ("another operation", |query| {
            let mut reply = with_records(query, 3, &[], &[]);
            reply[2] |= 4 << 3;
            reply
        }),
        // As a login page that answers everything with itself.
        ("not those that were asked for", |query| with_records(query, 0, &[(A, &[192, 0, 2, 1])], &[])),
    ];
    for (words, reply) in cases {
        let (answer, _) = asked(vec![speaking(move |query| Some(reply(query)))]).await;
        let why = answer.expect_err(words);
        assert!(why.cause == Cause::NotAnAnswer && why.detail.contains(words), "{words}: {why:?}");
    }
}

/// What the resolvers said of the top-level domain, beside the answer.
fn shown(answer: Answer) -> (bool, Option<(String, bool)>) {
    match answer {
        Ok(Fact::DnsTxt(found)) => {
            (found.name_exists, found.top_level.map(|top_level| (top_level.name, top_level.answered)))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_denies_is_asked_about_the_top_level_domain() {
    let seen = |answered| Some(("example".to_owned(), answered));
    for (behaviour, wanted) in [
        (Behaviour::Code(3), (false, seen(true))),
        (Behaviour::Records(&[]), (true, seen(true))),
        (Behaviour::Blind(3), (false, seen(false))),
        (Behaviour::Blind(0), (true, seen(false))),
        (Behaviour::Records(&[&["x"]]), (true, None)),
    ] {
        assert_eq!(shown(asked(vec![server(behaviour)]).await.0), wanted);
    }
    // As a login page that answers everything else with its own address.
    let with_itself = speaking(|query| {
        let is_txt = question(query).ends_with(&[0, TXT, 0, 1]);
        let records: &[(u8, &[u8])] = if is_txt { &[] } else { &[(A, &[192, 0, 2, 1])] };
        Some(with_records(query, 0, records, &[]))
    });
    assert_eq!(shown(asked(vec![with_itself]).await.0), (true, seen(false)));
    // As a server whose only zone is an empty root.
    let of_the_root = speaking(|query| {
        let mut reply = with_records(query, 3, &[], &[(SOA, &[0; 22])]);
        let owner = reply.len() - 22 - 12;
        reply.splice(owner..owner + 2, [0]);
        Some(reply)
    });
    assert_eq!(shown(asked(vec![of_the_root]).await.0), (false, seen(false)));
}

#[tokio::test]
async fn the_top_level_domain_is_asked_about_once_and_only_after_a_denial() {
    let zones = || Zones::new(&[("example.", Trust::Unsigned)]).txt("carrier.example.", &["x"]).signed();
    let server = DnsServer::start(&Arc::new(zones()), Delivery::Stripped).await;
    let source = plain_source(&server);
    // Validation asks for NS records, too.
    let asked = |server: &DnsServer| server.asked().iter().filter(|(_, kind)| *kind == RecordType::SOA).count();
    source.txt("carrier.example").await.0.unwrap();
    assert_eq!(asked(&server), 0);
    for name in ["one.example", "two.example", "three.example"] {
        assert_eq!(shown(source.txt(name).await.0), (false, Some(("example".into(), true))), "{name}");
    }
    assert_eq!(asked(&server), 1);
}

#[tokio::test]
async fn behind_aliases_the_denied_name_says_which_top_level_domain_is_meant() {
    let zones = Zones::new(&[("example.", Trust::Unsigned), ("test.", Trust::Unsigned)])
        .cname("known.example.", "nowhere.test.")
        .cname("unknown.example.", "nowhere.invalid.")
        .signed();
    let server = DnsServer::start(&Arc::new(zones), Delivery::Stripped).await;
    let source = plain_source(&server);
    assert_eq!(shown(source.txt("known.example").await.0), (true, Some(("test".into(), true))));
    assert_eq!(shown(source.txt("unknown.example").await.0), (true, Some(("invalid".into(), false))));
    // A name without dots is its own top-level domain.
    assert_eq!(shown(source.txt("test").await.0), (true, Some(("test".into(), true))));
    assert_eq!(shown(source.txt("intranet").await.0), (false, Some(("intranet".into(), false))));
}

#[tokio::test]
async fn beside_somebody_who_knows_a_resolver_that_denies_everything_does_not_count() {
    for blind in [Behaviour::Blind(3), Behaviour::Blind(0)] {
        let (answer, provenance) = asked(vec![server(blind), server(Behaviour::Records(&[&["x"]]))]).await;
        assert_eq!(reading(answer), (true, vec!["x".into()]));
        let [set_aside] = provenance.failed.as_slice() else { panic!("{provenance:?}") };
        assert!(set_aside.cause == Cause::NotAnAnswer && set_aside.detail.contains("nothing of \"example\""));
        let (answer, provenance) = asked(vec![server(blind), server(Behaviour::Code(3))]).await;
        assert_eq!(shown(answer), (false, Some(("example".into(), true))));
        assert_eq!((provenance.hosts.len(), provenance.failed.len()), (1, 1));
    }
    let (answer, provenance) = asked(vec![server(Behaviour::Blind(3)), server(Behaviour::Blind(3))]).await;
    assert_eq!(shown(answer), (false, Some(("example".into(), false))));
    assert_eq!(provenance.hosts.len(), 2);
}

#[tokio::test]
async fn a_server_that_does_not_know_edns_is_asked_again_without_it() {
    // FORMERR and NOTIMP.
    for code in [1, 4] {
        let resolver = speaking(move |query| {
            let has_edns = query[11] != 0;
            Some(if has_edns { packet(query, code, &[]) } else { packet(query, 0, &[&["x"]]) })
        });
        assert_eq!(reading(asked(vec![resolver]).await.0), (true, vec!["x".into()]), "{code}");
        let resolver = speaking(move |query| Some(packet(query, code, &[])));
        assert_eq!(asked(vec![resolver]).await.0.expect_err("no answer").cause, Cause::ServerFailure, "{code}");
    }
}

#[tokio::test]
async fn who_is_silent_is_not_asked_twice() {
    let packets = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&packets);
    let silent = speaking(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        None
    });
    assert_eq!(asked(vec![silent]).await.0.expect_err("no answer").cause, Cause::Timeout);
    // One with DNSSEC and one without, which run at the same time.
    assert_eq!(packets.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_resolver_that_fails_does_not_hide_one_that_answers() {
    let resolvers = vec![server(Behaviour::Code(2)), server(Behaviour::Records(&[&["x"]]))];
    let (answer, provenance) = asked(resolvers).await;
    assert_eq!(reading(answer), (true, vec!["x".into()]));
    assert_eq!((provenance.hosts.len(), provenance.failed.len()), (1, 1));
}

#[tokio::test]
async fn resolvers_agree_whatever_the_order_and_differ_over_any_record() {
    let (one, two) = (&["a"][..], &["b"][..]);
    let same = vec![
        server(Behaviour::Records(Box::leak(Box::new([one, two])))),
        server(Behaviour::Records(Box::leak(Box::new([two, one])))),
    ];
    assert_eq!(reading(asked(same).await.0), (true, vec!["a".into(), "b".into()]));
    for other in [Behaviour::Records(&[&["a"]]), Behaviour::Records(&[]), Behaviour::Code(3)] {
        let (answer, _) = asked(vec![server(Behaviour::Records(&[&["b"]])), server(other)]).await;
        assert_eq!(answer.expect_err("no agreement").cause, Cause::Disagreement);
    }
}

async fn asked_of(zones: Zones, delivery: Delivery, name: &str) -> (Answer, Provenance, DnsServer) {
    let server = DnsServer::start(&Arc::new(zones), delivery).await;
    let (answer, provenance) = plain_source(&server).txt(name).await;
    (answer, provenance, server)
}

fn plain_source(server: &DnsServer) -> DnsSource {
    let resolvers = vec![Resolver::Plain(server.address)];
    DnsSource::new(DnsConfig { resolvers, ..DnsConfig::default() }).unwrap()
}

#[tokio::test]
async fn of_more_records_than_are_read_none_is() {
    for (count, are_read) in [(1024, true), (1025, false)] {
        let texts: Vec<String> = (0..count).map(|index| format!("{index:04}")).collect();
        let zones = texts.iter().fold(Zones::unsigned(), |zones, text| zones.txt("carrier.example.", &[text]));
        let (answer, ..) = asked_of(zones, Delivery::Whole, "carrier.example").await;
        match are_read {
            true => assert_eq!(reading(answer), (true, texts)),
            false => assert!(answer.expect_err("too many").detail.contains("more than 1024"), "{count}"),
        }
    }
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_over_tcp() {
    let zones = Zones::unsigned().txt("carrier.example.", &["one", "two"]);
    let (answer, _, server) = asked_of(zones, Delivery::TruncatesUdp, "carrier.example").await;
    assert_eq!(reading(answer), (true, vec!["onetwo".into()]));
    let txt: Vec<_> = server.asked().into_iter().filter(|(_, kind)| *kind == RecordType::TXT).collect();
    assert!(
        txt.contains(&(Protocol::Udp, RecordType::TXT)) && txt.contains(&(Protocol::Tcp, RecordType::TXT)),
        "{txt:?}"
    );
}

#[tokio::test]
async fn more_records_than_a_packet_holds_all_arrive() {
    let texts: Vec<String> = (0..150).map(|index| format!("{index:03} {}", "x".repeat(200))).collect();
    let zones = texts.iter().fold(Zones::unsigned(), |zones, text| zones.txt("carrier.example.", &[text]));
    let (answer, _, server) = asked_of(zones, Delivery::Whole, "carrier.example").await;
    assert_eq!(reading(answer), (true, texts));
    assert!(server.asked().contains(&(Protocol::Tcp, RecordType::TXT)));
}

#[tokio::test]
async fn only_the_records_at_the_end_of_the_aliases_count() {
    let zones = || {
        Zones::unsigned()
            .cname("carrier.example.", "www.carrier.example.")
            .txt("carrier.example.", &["beside the alias"])
            .cname("www.carrier.example.", "host.other.example.")
            .txt("host.other.example.", &["at the end"])
            .cname("dangling.example.", "nowhere.example.")
    };
    for name in ["carrier.example", "www.carrier.example"] {
        let (answer, ..) = asked_of(zones(), Delivery::AliasesFirst, name).await;
        assert_eq!(reading(answer), (true, vec!["at the end".into()]), "{name}");
    }
    let (answer, ..) = asked_of(zones(), Delivery::Whole, "dangling.example").await;
    assert_eq!(reading(answer), (true, vec![]));
}

#[tokio::test]
async fn aliases_in_a_circle_and_without_end_are_no_answer() {
    let chain = |length: usize| {
        let zones = Zones::unsigned().txt(&format!("a{length}.example."), &["at the end"]);
        (0..length)
            .fold(zones, |zones, index| zones.cname(&format!("a{index}.example."), &format!("a{}.example.", index + 1)))
    };
    let (answer, ..) = asked_of(chain(8), Delivery::Whole, "a0.example").await;
    assert_eq!(reading(answer), (true, vec!["at the end".into()]));
    let (answer, ..) = asked_of(chain(9), Delivery::Whole, "a0.example").await;
    assert_eq!(answer.expect_err("too long").cause, Cause::NotAnAnswer);

    let circle = Zones::unsigned().cname("a.example.", "b.example.").cname("b.example.", "a.example.");
    let (answer, ..) = asked_of(circle, Delivery::Whole, "a.example").await;
    assert!(answer.expect_err("a circle").detail.contains("circle"));
    let itself = Zones::unsigned().cname("a.example.", "a.example.");
    let (answer, ..) = asked_of(itself, Delivery::Whole, "a.example").await;
    assert!(answer.expect_err("a circle").detail.contains("circle"));
}

fn over_https(address: SocketAddr, ca: Option<CertificateDer<'static>>, anchor: Option<String>) -> DnsSource {
    let resolver = format!("https://{HTTPS_NAME}/dns-query").parse().unwrap();
    DnsSource::new(DnsConfig {
        resolvers: vec![resolver],
        extra_roots: ca.iter().map(|ca| RootCertificate::from_der(ca.to_vec())).collect(),
        resolve: vec![(HTTPS_NAME.into(), 443, address)],
        trust_anchors: anchor.map(|anchor| anchor.parse().unwrap()).unwrap_or_default(),
        ..DnsConfig::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_resolver_over_https_is_asked_with_its_own_name_and_validated_like_any_other() {
    let zones = Arc::new(Zones::new(&[]).txt("carrier.example.", &["x"]).signed());
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let source = over_https(server.https, Some(server.ca.clone()), Some(zones.key_record(".")));
    let (answer, provenance) = source.txt("carrier.example").await;
    let Ok(Fact::DnsTxt(found)) = answer else { panic!("{answer:?}") };
    assert_eq!((found.records, found.dnssec), (vec!["x".to_owned()], Dnssec::Secure));
    assert_eq!(provenance.hosts, [HTTPS_NAME]);
    assert!(server.asked().iter().all(|(protocol, _)| *protocol == Protocol::Https));

    // Nobody vouches for the certificate.
    let (answer, _) = over_https(server.https, None, None).txt("carrier.example").await;
    assert!(answer.is_err_and(|why| why.host.as_deref() == Some(HTTPS_NAME) && why.cause != Cause::Bogus));
}

#[tokio::test]
async fn whatever_else_comes_over_https_is_no_answer() {
    let page = b"<html>please log in</html>".as_slice();
    for (status, kind, body) in [
        (200, "text/html", page),
        (500, "text/html", page),
        (302, "application/dns-message", b""),
        (200, "application/dns-message", b"\x00\x01\x02 garbage"),
        // No records, said of another name.
        (200, "application/dns-message", b"\0\0\x81\x80\0\x01\0\0\0\0\0\0\x05other\0\0\x10\0\x01"),
        (200, "application/dns-message", b""),
    ] {
        let (address, ca) = https_server(status, kind, body).await;
        let (answer, _) = over_https(address, Some(ca), None).txt("carrier.example").await;
        let why = answer.expect_err("no answer");
        assert_eq!((why.cause, why.host.as_deref()), (Cause::NotAnAnswer, Some(HTTPS_NAME)), "{status} {kind} {why:?}");
        assert!(!why.detail.contains("log in"), "{why:?}");
    }
}

/// Answers every request over HTTP/2 with the same.
async fn https_server(status: u16, kind: &'static str, body: &'static [u8]) -> (SocketAddr, CertificateDer<'static>) {
    let (ca, tls) = tls_server();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(tls);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.unwrap();
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    let response = http::Response::builder().status(status).header("content-type", kind);
                    let mut send = respond.send_response(response.body(()).unwrap(), false).unwrap();
                    send.send_data(body.into(), true).unwrap();
                }
            });
        }
    });
    (address, ca)
}

/// The issuer check of the real command, asked of one resolver. The chain is out of reach, so the verdict is decided by
/// the issuer alone where it fails, and is indeterminate otherwise.
fn issuer_check_of_the_command(resolver: &Resolver) -> (Option<i32>, serde_json::Value) {
    let Resolver::Plain(address) = resolver else { panic!("a plain resolver") };
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ebl"))
        .args(["verify", "--format", "json", "--timeout", "1", "--rpc", "1337=http://127.0.0.1:9/"])
        .args(["--dns", &address.to_string(), "fixtures/documents/bill-v2.json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), report["checks"][1].clone())
}

#[test]
fn the_command_keeps_outages_of_dns_apart_from_contradictions() {
    const OTHER: &str = "openatts net=ethereum netId=1337 addr=0x00000000000000000000000000000000000000aa";
    let closed = Resolver::Plain("127.0.0.1:9".parse().unwrap());
    let cases = [
        (closed, 3, "unknown", "issuer.dns_unavailable"),
        (server(Behaviour::Code(2)), 3, "unknown", "issuer.dns_unavailable"),
        (server(Behaviour::Code(5)), 3, "unknown", "issuer.dns_unavailable"),
        (server(Behaviour::Silence), 3, "unknown", "issuer.dns_unavailable"),
        (server(Behaviour::Garbage), 3, "unknown", "issuer.dns_unavailable"),
        (server(Behaviour::Code(3)), 1, "fail", "issuer.domain_does_not_exist"),
        (server(Behaviour::Records(&[])), 1, "fail", "issuer.no_record"),
        (server(Behaviour::Blind(3)), 3, "unknown", "issuer.dns_denies_everything"),
        (server(Behaviour::Blind(0)), 3, "unknown", "issuer.dns_denies_everything"),
        (server(Behaviour::Records(&[&[OTHER]])), 1, "fail", "issuer.record_for_other_address"),
    ];
    for (resolver, exit, outcome, code) in cases {
        let (found, check) = issuer_check_of_the_command(&resolver);
        assert_eq!(
            (found, &check["outcome"], &check["code"]),
            (Some(exit), &outcome.into(), &code.into()),
            "{check:#}"
        );
        let host = check["unavailable"][0]["host"].as_str().unwrap_or_default();
        let message = check["message"].as_str().unwrap_or_default();
        assert!(code != "issuer.dns_denies_everything" || message.contains("asked: 127.0.0.1:"), "{check:#}");
        let is_named = host.starts_with("127.0.0.1:");
        assert!(code != "issuer.dns_unavailable" || is_named, "{check:#}");
    }
}
