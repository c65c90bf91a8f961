//! DNSSEC, proven against a real server on loopback with a root of its own: what is secure, what is provably not signed,
//! what is bogus, and what cannot be decided.

#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::dns_server;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::zones;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use dns_server::{Delivery, DnsServer};
use ebl_verifier::dnssec::TrustAnchors;
use ebl_verifier::evidence::{Answer, Cause, Dnssec, Fact, Provenance, TopLevelReading, TxtReading};
use ebl_verifier::sources::dns::{DnsConfig, DnsSource, Resolver};
use serde_json::{Value, json};
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
    .cname("diverted.carrier.example.", "unsigned.example.")
    .cname("from.unsigned.example.", "carrier.example.");
    let zones = zones.signed().tampered("changed.example.", "openatts net=ethereum netId=1 addr=0x00");
    Arc::new(zones.diverted("diverted.carrier.example.", "deep.down.carrier.example."))
}

async fn asked_with(zones: &Arc<Zones>, delivery: Delivery, name: &str) -> (Answer, Provenance) {
    let server = DnsServer::start(zones, delivery).await;
    source(&[&server], &zones.key_record(".")).txt(name).await
}

fn source(servers: &[&DnsServer], anchor: &str) -> DnsSource {
    let resolvers = servers.iter().map(|server| Resolver::Plain(server.address)).collect();
    let trust_anchors: TrustAnchors = anchor.parse().unwrap();
    let timeout = Duration::from_secs(5);
    DnsSource::new(DnsConfig { resolvers, timeout, trust_anchors, ..DnsConfig::default() }).unwrap()
}

fn reading((answer, provenance): (Answer, Provenance)) -> TxtReading {
    match answer {
        // The chain has tests of its own.
        Ok(Fact::DnsTxt(reading)) => TxtReading { chain: None, ..reading },
        other => panic!("{other:?} {provenance:?}"),
    }
}

fn cause((answer, provenance): (Answer, Provenance)) -> Cause {
    answer.map_err(|why| why.cause).expect_err(&format!("{provenance:?}"))
}

fn found(records: &[&str], dnssec: Dnssec) -> TxtReading {
    let records = records.iter().map(|record| (*record).to_owned()).collect();
    TxtReading { name_exists: true, records, dnssec, chain: None, agreeing: 1, top_level: None }
}

fn no_such_name(dnssec: Dnssec) -> TxtReading {
    // Only what is not proven is asked for twice.
    let top_level = TopLevelReading { name: "example".into(), answered: true };
    let top_level = (dnssec != Dnssec::Secure).then_some(top_level);
    TxtReading { name_exists: false, records: Vec::new(), dnssec, chain: None, agreeing: 1, top_level }
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
    // Each alias counts, also when what is behind it has to be asked for by itself.
    for delivery in [Delivery::Whole, Delivery::OneAliasAtATime] {
        let answer = asked_with(&zones, delivery, "diverted.carrier.example").await;
        assert_eq!(cause(answer), Cause::Bogus, "{delivery:?}");
    }
    let answer = asked_with(&zones, Delivery::OneAliasAtATime, "from.unsigned.example").await;
    assert_eq!(reading(answer), found(&[RECORD], Dnssec::Insecure));
    // Who delivers the root's keys is no resolver that strips DNSSEC.
    for name in ["carrier.example", "unsigned.example", "nothing.carrier.example"] {
        assert_eq!(cause(asked_with(&zones, Delivery::StrippedBelowRoot, name).await), Cause::Bogus, "{name}");
    }
    // The chain says that the zone is signed, and the answer is not.
    let answer = asked_with(&zones, Delivery::WithoutTxtSignature, "carrier.example").await;
    assert_eq!(cause(answer), Cause::Bogus);
}

#[tokio::test]
async fn an_absence_without_its_proof_is_bogus() {
    let zones = hierarchy();
    // A wildcard's signature fits any name below it, so it needs the proof that there is nothing closer.
    for name in ["nothing.carrier.example", "example", "any.wild.carrier.example", "any.other.wild.carrier.example"] {
        assert_eq!(cause(asked_with(&zones, Delivery::WithoutProofs, name).await), Cause::Bogus, "{name}");
    }
    let answer = asked_with(&zones, Delivery::DeniesBesideAnotherZone, "carrier.example").await;
    assert_eq!(cause(answer), Cause::Bogus);
    let answer = asked_with(&zones, Delivery::DeniesWithAnotherZone, "carrier.example").await;
    assert_eq!(cause(answer), Cause::NotAnAnswer);
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
        trust_anchors: zones.key_record(".").parse().unwrap(),
        ..DnsConfig::default()
    };
    let answer = DnsSource::new(config).unwrap().txt("carrier.example").await;
    assert_eq!(reading(answer), found(&[RECORD], Dnssec::NotChecked));
}

#[tokio::test]
async fn of_two_resolvers_that_differ_the_validated_one_counts_and_the_other_is_named() {
    let zones = hierarchy();
    let honest = DnsServer::start(&zones, Delivery::Whole).await;
    let forged =
        Arc::new(Zones::new(&[]).txt("carrier.example.", &["openatts net=ethereum netId=1 addr=0x00"]).signed());
    let liar = DnsServer::start(&forged, Delivery::Stripped).await;
    let anchor = zones.key_record(".");

    let (answer, provenance) = source(&[&liar, &honest], &anchor).txt("carrier.example").await;
    assert_eq!(provenance.hosts, [honest.address.to_string()]);
    let [set_aside] = provenance.failed.as_slice() else { panic!("{provenance:?}") };
    assert_eq!((set_aside.cause, set_aside.host.clone()), (Cause::Disagreement, Some(liar.address.to_string())));
    assert_eq!(reading((answer, provenance)), found(&[RECORD], Dnssec::Secure));

    // Without a validated answer neither counts.
    let stripping = DnsServer::start(&zones, Delivery::Stripped).await;
    assert_eq!(cause(source(&[&liar, &stripping], &anchor).txt("carrier.example").await), Cause::Disagreement);
    // An answer that nobody validated does not repair a bogus one.
    assert_eq!(cause(source(&[&stripping, &honest], &anchor).txt("changed.example").await), Cause::Bogus);
    // The same records from both: what one validated holds for both.
    let both = reading(source(&[&stripping, &honest], &anchor).txt("carrier.example").await);
    assert_eq!((both.dnssec, both.agreeing), (Dnssec::Secure, 2));
}

/// The command on `fixtures/documents/bill-v2.json`, whose issuer is carrier.example. No chain is there to be asked.
async fn command(server: &DnsServer, anchor: &Path, more: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["verify", "--format", "json", "--rpc", "1337=http://127.0.0.1:9/", "--timeout", "5"]);
    command.args(["--dns", &server.address.to_string(), "--dns-anchor"]).arg(anchor).args(more);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json"));
    command.env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))))
}

fn issuer_check(report: &Value) -> (&str, &str, &Value) {
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "issuer").unwrap();
    (check["outcome"].as_str().unwrap(), check["code"].as_str().unwrap(), &check["strength"])
}

fn dns_may_be_changed(report: &Value) -> bool {
    report["not_checked"].as_array().unwrap().iter().any(|item| item.as_str().unwrap().contains("DNS answer"))
}

#[tokio::test]
async fn the_command_tells_secure_insecure_bogus_and_not_checked_apart() {
    let folder = tempfile::tempdir().unwrap();
    let anchor = folder.path().join("anchor.zone");
    let trusts = |zones: &Zones| std::fs::write(&anchor, zones.key_record(".")).unwrap();
    let zones = |trust| {
        Zones::new(&[("example.", Trust::Signed), ("carrier.example.", trust)]).txt("carrier.example.", &[RECORD])
    };
    let require: &[&str] = &["--dnssec", "require"];
    let strong = json!("dnssec_chain");
    let weak = json!("single_resolver");
    let required = ("unknown", "issuer.dnssec_required", &weak);

    let secure = Arc::new(zones(Trust::Signed).signed());
    trusts(&secure);
    let server = DnsServer::start(&secure, Delivery::Whole).await;
    for more in [&[], require] {
        let (exit, report) = command(&server, &anchor, more).await;
        assert_eq!(issuer_check(&report), ("pass", "issuer.dns_txt", &strong), "{report:#}");
        assert_eq!(report["issuer"][0]["dnssec"], "secure");
        // Only the chain is missing.
        assert_eq!((exit, dns_may_be_changed(&report)), (3, false));
    }

    let stripping = DnsServer::start(&secure, Delivery::Stripped).await;
    let (_, report) = command(&stripping, &anchor, &[]).await;
    assert_eq!(issuer_check(&report), ("pass", "issuer.dns_txt", &weak), "{report:#}");
    assert_eq!((&report["issuer"][0]["dnssec"], dns_may_be_changed(&report)), (&json!("not_checked"), true));
    let (exit, report) = command(&stripping, &anchor, require).await;
    assert_eq!((exit, issuer_check(&report)), (3, required));

    let insecure = Arc::new(zones(Trust::Unsigned).signed());
    trusts(&insecure);
    let server = DnsServer::start(&insecure, Delivery::Whole).await;
    let (_, report) = command(&server, &anchor, &[]).await;
    assert_eq!(issuer_check(&report), ("pass", "issuer.dns_txt", &weak), "{report:#}");
    assert_eq!((&report["issuer"][0]["dnssec"], dns_may_be_changed(&report)), (&json!("insecure"), true));
    let (exit, report) = command(&server, &anchor, require).await;
    assert_eq!((exit, issuer_check(&report)), (3, required));

    // Required, an unvalidated absence contradicts nobody either.
    let silent = Arc::new(Zones::new(&[("example.", Trust::Unsigned)]).signed());
    trusts(&silent);
    let server = DnsServer::start(&silent, Delivery::Whole).await;
    let (exit, report) = command(&server, &anchor, &[]).await;
    assert_eq!((exit, issuer_check(&report).1), (1, "issuer.domain_does_not_exist"), "{report:#}");
    let (exit, report) = command(&server, &anchor, require).await;
    assert_eq!((exit, issuer_check(&report)), (3, required));

    let bogus = Arc::new(zones(Trust::Signed).signed().tampered("carrier.example.", &RECORD.replace("1337", "1")));
    trusts(&bogus);
    let server = DnsServer::start(&bogus, Delivery::Whole).await;
    for more in [&[], require] {
        let (exit, report) = command(&server, &anchor, more).await;
        assert_eq!((exit, issuer_check(&report).0, issuer_check(&report).1), (3, "unknown", "issuer.dns_bogus"));
        assert!(dns_may_be_changed(&report));
    }
}

#[test]
fn an_anchor_that_cannot_be_read_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let (wrong, settings) = (folder.path().join("wrong.zone"), folder.path().join("ebl.toml"));
    std::fs::write(&wrong, "carrier.example. IN TXT \"no key\"").unwrap();
    std::fs::write(&settings, format!("dns_anchor = {:?}", wrong.to_str().unwrap())).unwrap();
    let missing = folder.path().join("missing.zone");
    for arguments in
        [[Path::new("--dns-anchor"), &wrong], [Path::new("--dns-anchor"), &missing], [Path::new("--config"), &settings]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_ebl"))
            .arg("verify")
            .args(arguments)
            .arg("bill.json")
            .env_clear()
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("--dns-anchor"), "{said}");
    }
}
