//! DNSSEC, proven against a real server on loopback with a root of its own: what is secure, what is provably not signed,
//! what is bogus, and what cannot be decided.

#[path = "support/dns_server.rs"]
mod dns_server;
#[path = "support/zones.rs"]
mod zones;

use std::sync::Arc;
use std::time::Duration;

use dns_server::{Delivery, DnsServer};
use ebl_verifier::evidence::{Answer, Cause, Dnssec, Fact, Provenance, TxtReading};
use ebl_verifier::sources::dns::{DnsConfig, DnsSource, Resolver, TrustAnchor};
use zones::{Trust, Zones};

const RECORD: &str = "openatts net=ethereum netId=1337 addr=0x8F9C0B5Da5Bf6F2C8F9e0f9b1e5b0A0A7C1D2E3F";

fn hierarchy() -> Arc<Zones> {
    let zones = Zones::new(&[
        ("example.", Trust::Signed),
        ("carrier.example.", Trust::Signed),
        ("changed.example.", Trust::Signed),
        ("unsigned.example.", Trust::Unsigned),
        ("below.unsigned.example.", Trust::Island),
        ("island.example.", Trust::Island),
        ("wrong-ds.example.", Trust::WrongDs),
        ("expired.example.", Trust::Expired),
    ])
    .txt("carrier.example.", &[RECORD])
    .txt("deep.down.carrier.example.", &[RECORD])
    .txt("changed.example.", &[RECORD])
    .txt("unsigned.example.", &[RECORD])
    .txt("below.unsigned.example.", &[RECORD])
    .txt("island.example.", &[RECORD])
    .txt("*.wild.carrier.example.", &[RECORD])
    .txt("wrong-ds.example.", &[RECORD])
    .txt("expired.example.", &[RECORD])
    .cname("alias.carrier.example.", "deep.down.carrier.example.")
    .cname("to-wild.carrier.example.", "any.wild.carrier.example.")
    .cname("to-unsigned.carrier.example.", "unsigned.example.")
    .cname("to-changed.carrier.example.", "changed.example.")
    .cname("to-nothing.carrier.example.", "nothing.carrier.example.")
    .cname("from.unsigned.example.", "carrier.example.");
    Arc::new(zones.signed().tampered("changed.example.", "openatts net=ethereum netId=1 addr=0x00"))
}

async fn asked_with(zones: &Arc<Zones>, delivery: Delivery, name: &str) -> (Answer, Provenance) {
    let server = DnsServer::start(zones, delivery).await;
    source(&[&server], &zones.key_record(".")).txt(name).await
}

fn source(servers: &[&DnsServer], anchor: &str) -> DnsSource {
    let resolvers = servers.iter().map(|server| Resolver::Plain(server.address)).collect();
    let anchor: TrustAnchor = anchor.parse().unwrap();
    let timeout = Duration::from_secs(5);
    DnsSource::new(DnsConfig { resolvers, timeout, trust_anchor: Some(anchor), ..DnsConfig::default() }).unwrap()
}

fn reading((answer, provenance): (Answer, Provenance)) -> TxtReading {
    match answer {
        Ok(Fact::DnsTxt(reading)) => reading,
        other => panic!("{other:?} {provenance:?}"),
    }
}

fn cause((answer, provenance): (Answer, Provenance)) -> Cause {
    answer.map_err(|why| why.cause).expect_err(&format!("{provenance:?}"))
}

fn found(records: &[&str], dnssec: Dnssec) -> TxtReading {
    let records = records.iter().map(|record| (*record).to_owned()).collect();
    TxtReading { name_exists: true, records, dnssec, agreeing: 1 }
}

fn no_such_name(dnssec: Dnssec) -> TxtReading {
    TxtReading { name_exists: false, records: Vec::new(), dnssec, agreeing: 1 }
}

#[tokio::test]
async fn an_answer_signed_up_to_the_anchor_is_secure() {
    let zones = hierarchy();
    for name in [
        "carrier.example",
        "deep.down.carrier.example",
        "alias.carrier.example",
        "any.wild.carrier.example",
        "any.other.wild.carrier.example",
        "to-wild.carrier.example",
    ] {
        let reading = reading(asked_with(&zones, Delivery::Whole, name).await);
        assert_eq!(reading, found(&[RECORD], Dnssec::Secure), "{name}");
    }
}

#[tokio::test]
async fn the_anchor_may_be_a_digest_and_without_it_nothing_is_secure() {
    let zones = hierarchy();
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let digest = source(&[&server], &zones.digest_record("."));
    assert_eq!(reading(digest.txt("carrier.example").await), found(&[RECORD], Dnssec::Secure));
    // Signatures from another root than the trusted one are forgeries, not an outage.
    let resolvers = vec![Resolver::Plain(server.address)];
    let source = DnsSource::new(DnsConfig { resolvers, ..DnsConfig::default() }).unwrap();
    assert_eq!(cause(source.txt("carrier.example").await), Cause::Bogus);
}

#[tokio::test]
async fn an_anchor_below_the_root_vouches_for_its_zone_only() {
    let zones = hierarchy();
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let source = source(&[&server], &zones.key_record("carrier.example."));
    assert_eq!(reading(source.txt("carrier.example").await), found(&[RECORD], Dnssec::Secure));
    assert_eq!(cause(source.txt("changed.example").await), Cause::Bogus);
}

#[tokio::test]
async fn a_proven_unsigned_delegation_is_insecure() {
    let zones = hierarchy();
    let names = [
        "unsigned.example",
        "island.example",
        "below.unsigned.example",
        "to-unsigned.carrier.example",
        "from.unsigned.example",
    ];
    for name in names {
        let reading = reading(asked_with(&zones, Delivery::Whole, name).await);
        assert_eq!(reading, found(&[RECORD], Dnssec::Insecure), "{name}");
    }
}

#[tokio::test]
async fn what_contradicts_its_signatures_is_bogus_and_never_replaced() {
    let zones = hierarchy();
    for name in ["changed.example", "expired.example", "wrong-ds.example", "to-changed.carrier.example"] {
        assert_eq!(cause(asked_with(&zones, Delivery::Whole, name).await), Cause::Bogus, "{name}");
    }
    // The chain says that the zone is signed, and the answer is not.
    let answer = asked_with(&zones, Delivery::WithoutTxtSignature, "carrier.example").await;
    assert_eq!(cause(answer), Cause::Bogus);
}

#[tokio::test]
async fn a_proven_absence_is_secure_and_one_below_an_unsigned_delegation_is_not() {
    let zones = hierarchy();
    let ask = |name| asked_with(&zones, Delivery::Whole, name);
    assert_eq!(reading(ask("nothing.carrier.example").await), no_such_name(Dnssec::Secure));
    assert_eq!(reading(ask("nothing.test").await), no_such_name(Dnssec::Secure));
    assert_eq!(reading(ask("example").await), found(&[], Dnssec::Secure));
    assert_eq!(reading(ask("down.carrier.example").await), found(&[], Dnssec::Secure));
    assert_eq!(reading(ask("to-nothing.carrier.example").await), found(&[], Dnssec::Secure));
    assert_eq!(reading(ask("nothing.unsigned.example").await), no_such_name(Dnssec::Insecure));
}

#[tokio::test]
async fn without_signatures_the_plain_answer_counts_as_not_checked() {
    let zones = hierarchy();
    for delivery in [Delivery::Stripped, Delivery::RefusesDnssec, Delivery::RefusesKeys] {
        for name in ["carrier.example", "unsigned.example", "alias.carrier.example"] {
            let reading = reading(asked_with(&zones, delivery, name).await);
            assert_eq!(reading, found(&[RECORD], Dnssec::NotChecked), "{delivery:?} {name}");
        }
        let reading = reading(asked_with(&zones, delivery, "nothing.carrier.example").await);
        assert_eq!(reading, no_such_name(Dnssec::NotChecked), "{delivery:?}");
    }
}

#[tokio::test]
async fn a_resolver_that_is_silent_about_keys_still_gives_its_plain_answer() {
    let zones = hierarchy();
    let server = DnsServer::start(&zones, Delivery::SilentAboutKeys).await;
    let config = DnsConfig {
        resolvers: vec![Resolver::Plain(server.address)],
        timeout: Duration::from_millis(500),
        trust_anchor: Some(zones.key_record(".").parse().unwrap()),
        ..DnsConfig::default()
    };
    let answer = DnsSource::new(config).unwrap().txt("carrier.example").await;
    assert_eq!(reading(answer), found(&[RECORD], Dnssec::NotChecked));
}
