//! DNSSEC chains that are kept beside an answer (checks.md §5.4, docs/evidence.md): gathered from zones on loopback without a further
//! query, checked by the judge itself on verifying and on judging again, and worth nothing where anything about them is another.

#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::dns_server;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::proven_bill;
#[allow(dead_code, reason = "other tests use the rest")]
use crate::support::zones;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dns_server::{Delivery, DnsServer};
use ebl_verifier::dnssec::{self, TrustAnchors};
use ebl_verifier::evidence::{Dnssec, Fact, TxtReading};
use ebl_verifier::sources::dns::{DnsConfig, DnsSource, Resolver};
use ebl_verifier::verify::{CheckName, Grade, Outcome, Policy, ProofMode, Report, Strength};
use ebl_verifier::{Verifier, Wishes};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zones::{Trust, Zones};

use crate::support::running_testchain::Running;
use crate::support::schema::follows;

const RECORD: &str = "openatts net=ethereum netId=1337 addr=0x8F9C0B5Da5Bf6F2C8F9e0f9b1e5b0A0A7C1D2E3F";
const BILL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/documents/bill-v2.json");

fn hierarchy() -> Zones {
    Zones::new(&[
        ("example.", Trust::Signed),
        ("carrier.example.", Trust::Signed),
        ("other.example.", Trust::Signed),
        ("ed25519.example.", Trust::By(15)),
        ("rsa.example.", Trust::By(8)),
        ("p384.rsa.example.", Trust::By(14)),
        ("unsigned.example.", Trust::Unsigned),
    ])
    .txt("carrier.example.", &[RECORD])
    .txt("carrier.example.", &["v=spf1 ", "-all"])
    .txt("carrier.example.", &["\u{fc}ber"])
    .txt("other.example.", &[RECORD])
    .txt("deep.down.carrier.example.", &[RECORD])
    .txt("*.wild.carrier.example.", &[RECORD])
    .txt("ed25519.example.", &[RECORD])
    .txt("rsa.example.", &[RECORD])
    .txt("p384.rsa.example.", &[RECORD])
    .txt("unsigned.example.", &[RECORD])
    .cname("alias.other.example.", "deep.down.carrier.example.")
    .cname("to-alias.example.", "alias.other.example.")
    .cname("to-unsigned.example.", "unsigned.example.")
}

async fn read(server: &DnsServer, anchor: &str, name: &str) -> TxtReading {
    let resolvers = vec![Resolver::Plain(server.address)];
    let config = DnsConfig { resolvers, trust_anchors: anchor.parse().unwrap(), ..DnsConfig::default() };
    match DnsSource::new(config).unwrap().txt(name).await.0 {
        Ok(Fact::DnsTxt(reading)) => reading,
        other => panic!("{name}: {other:?}"),
    }
}

fn now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[tokio::test]
async fn a_validated_answer_comes_with_the_chain_that_proves_it() {
    let zones = Arc::new(hierarchy().signed());
    let anchors: TrustAnchors = zones.key_record(".").parse().unwrap();
    for delivery in [Delivery::Whole, Delivery::OneAliasAtATime] {
        let server = DnsServer::start(&zones, delivery).await;
        for name in [
            "carrier.example",
            "deep.down.carrier.example",
            "alias.other.example",
            "to-alias.example",
            "rsa.example",
            "p384.rsa.example",
        ] {
            for anchor in [zones.key_record("."), zones.digest_record(".")] {
                let reading = read(&server, &anchor, name).await;
                let chain = reading.chain.unwrap_or_else(|| panic!("{name} {delivery:?}"));
                let proven = dnssec::check(&chain, name, now(), &anchors).unwrap();
                assert_eq!((&proven.records, reading.dnssec), (&reading.records, Dnssec::Secure), "{name}");
                assert_eq!(proven.rests_on.len(), 1, "{name}");
                assert!(dnssec::check(&chain, name, now() + 2 * 86_400, &anchors).is_err(), "{name}");
                assert!(dnssec::check(&chain, name, now() - 8 * 86_400, &anchors).is_err(), "{name}");
                assert!(dnssec::check(&chain, name, now(), &TrustAnchors::default()).is_err(), "{name}");
            }
        }
        // Up to a trusted zone, and no further.
        let reading = read(&server, &zones.key_record("carrier.example."), "carrier.example").await;
        let short = reading.chain.unwrap();
        let anchors: TrustAnchors = zones.digest_record("carrier.example.").parse().unwrap();
        assert!(dnssec::check(&short, "carrier.example", now(), &anchors).is_ok());
    }
}

#[tokio::test]
async fn what_the_judge_cannot_check_has_no_chain_and_is_as_secure_as_before() {
    let zones = Arc::new(hierarchy().signed());
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    for (name, dnssec) in [
        ("any.wild.carrier.example", Dnssec::Secure),
        ("ed25519.example", Dnssec::Secure),
        ("nothing.carrier.example", Dnssec::Secure),
        ("unsigned.example", Dnssec::Insecure),
        ("to-unsigned.example", Dnssec::Insecure),
    ] {
        let reading = read(&server, &zones.key_record("."), name).await;
        assert_eq!((reading.dnssec, reading.chain), (dnssec, None), "{name}");
    }
}

#[tokio::test]
async fn no_query_is_made_for_a_chain() {
    let zones = Arc::new(hierarchy().signed());
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    read(&server, &zones.key_record("."), "carrier.example").await;
    // TXT twice, the keys of three zones, and the digests of two: as before chains were kept.
    assert!(server.asked().len() <= 7, "{:?}", server.asked());
}

/// The report on a title proven by its state, with these records of the issuer's domain.
fn judged(reading: &TxtReading, policy: Policy) -> Report {
    let recording = proven_bill::recording();
    let policy = Policy { trusted_block: Some(recording.proof.block.hash), proof: ProofMode::Require, ..policy };
    proven_bill::report_with_records(&recording, reading, policy, now())
}

fn issuer(report: &Report) -> (Outcome, &'static str, Option<Strength>) {
    let check = report.checks.iter().find(|check| check.name == CheckName::Issuer).expect("all checks are listed");
    (check.outcome, check.code.id, check.strength)
}

#[tokio::test]
async fn a_chain_that_holds_proves_the_issuer_and_one_that_does_not_leaves_it_unknown() {
    let record = format!("openatts net=ethereum netId=31337 addr={}", proven_bill::recording().registry);
    let zones = Zones::new(&[("example.", Trust::Signed), ("carrier.example.", Trust::Signed)])
        .txt("carrier.example.", &[&record])
        .txt("other.example.", &[&record])
        .signed();
    let zones = Arc::new(zones);
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let genuine = read(&server, &zones.key_record("."), "carrier.example").await;
    let trusting = || Policy { dns_anchors: zones.digest_record(".").parse().unwrap(), ..Policy::default() };
    let report = judged(&genuine, trusting());
    assert_eq!(issuer(&report), (Outcome::Pass, "issuer.dns_txt", Some(Strength::DnssecChain)));
    // That the endpoint serves this chain is said by the endpoint alone; all else is proven, in a block that the caller knows.
    assert_eq!(report.grade, Some(Grade::Proven));
    let proven = [Strength::Computed, Strength::Proven, Strength::DnssecChain];
    let weaker = report.checks.iter().filter(|check| check.strength.is_some_and(|found| !proven.contains(&found)));
    assert_eq!(weaker.map(|check| check.name).collect::<Vec<_>>(), [CheckName::Chain]);
    assert!(!report.not_checked.iter().any(|item| item.contains("DNS answer")), "{:?}", report.not_checked);

    let without = TxtReading { chain: None, ..genuine.clone() };
    let report = judged(&without, trusting());
    assert_eq!(issuer(&report), (Outcome::Pass, "issuer.dns_txt", Some(Strength::Dnssec)));
    assert_eq!(report.grade, Some(Grade::Said));

    let of_other = read(&server, &zones.key_record("."), "other.example").await.chain;
    let mut changed = genuine.chain.clone().unwrap();
    changed[200] ^= 1;
    let cases: [(TxtReading, Policy, &str); 9] = [
        (TxtReading { chain: of_other, ..genuine.clone() }, trusting(), "of another name"),
        (TxtReading { chain: Some(changed), ..genuine.clone() }, trusting(), "does not hold"),
        (TxtReading { chain: Some(Vec::new()), ..genuine.clone() }, trusting(), "no TXT records"),
        (TxtReading { records: vec![record.clone(), record.clone()], ..genuine.clone() }, trusting(), "other records"),
        (TxtReading { records: Vec::new(), ..genuine.clone() }, trusting(), "other records"),
        // A chain does not make secure what nobody says is.
        (TxtReading { dnssec: Dnssec::NotChecked, ..genuine.clone() }, trusting(), "not said to be validated"),
        (TxtReading { dnssec: Dnssec::Insecure, ..genuine.clone() }, trusting(), "not said to be validated"),
        (TxtReading { name_exists: false, ..genuine.clone() }, trusting(), "not said to be validated"),
        (genuine.clone(), Policy::default(), "no key is trusted that the keys of . lead to"),
    ];
    for (reading, policy, words) in cases {
        for require_dnssec in [false, true] {
            let report = judged(&reading, Policy { require_dnssec, ..policy.clone() });
            let check = report.checks.iter().find(|check| check.name == CheckName::Issuer).unwrap();
            assert_eq!((check.outcome, check.code.id), (Outcome::Unknown, "issuer.dns_bogus"), "{words}");
            assert!(check.message.contains(words), "{words}: {}", check.message);
            assert!(report.issuer.iter().all(|issuer| !issuer.confirmed && issuer.dnssec.is_none()), "{words}");
        }
    }
}

#[tokio::test]
async fn a_verifier_s_own_anchors_count_for_every_policy() {
    let zones = Arc::new(hierarchy().signed());
    let server = DnsServer::start(&zones, Delivery::Whole).await;
    let verifier = Verifier::builder()
        .resolver(Resolver::Plain(server.address))
        .dns_anchors(zones.key_record(".").parse().unwrap())
        .default_endpoints(false)
        .build()
        .unwrap();
    let bill = std::fs::read(BILL).unwrap();
    let report = verifier.verify(&bill, &Wishes::default()).await.unwrap();
    assert_eq!(issuer(&report), (Outcome::Pass, "issuer.dns_txt", Some(Strength::DnssecChain)));
    assert_eq!(report.grade, Some(Grade::Proven));
}

/// A folder, and zones that a resolver on this machine serves.
struct Desk {
    folder: tempfile::TempDir,
    server: DnsServer,
}

impl Desk {
    async fn open(zones: Zones) -> Self {
        let zones = Arc::new(zones.signed());
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("anchor.zone"), zones.key_record(".")).unwrap();
        std::fs::write(folder.path().join("digest.zone"), zones.digest_record(".")).unwrap();
        Self { folder, server: DnsServer::start(&zones, Delivery::Whole).await }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn kept(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path("kept")).unwrap()).unwrap()
    }

    /// In base64.
    fn chain(&self) -> String {
        let file = self.kept();
        let mut entries = file["evidence"]["entries"].as_array().unwrap().iter();
        entries.find_map(|entry| entry["reading"]["chain"].as_str()).unwrap().to_owned()
    }

    /// Of `fixtures/documents/bill-v2.json`, whose chain nobody can reach.
    async fn verify(&self, more: &[&str]) -> Output {
        let server = self.server.address.to_string();
        let mut args = vec!["verify", BILL, "--format", "json", "--rpc", "1337=http://127.0.0.1:9/", "--dns", &server];
        args.extend(more);
        let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        tokio::task::spawn_blocking(move || ebl(&args)).await.unwrap()
    }

    fn replay(&self, file: &str, more: &[&str]) -> Output {
        let file = self.path(file);
        ebl(&[&["replay", &file, BILL, "--format", "json"], more].concat())
    }

    /// With another answer of the resolver.
    fn forged(&self, change: impl FnOnce(&mut Value)) -> Output {
        self.sealed_anew(|file| {
            let entries = file["evidence"]["entries"].as_array_mut().unwrap();
            let entry = entries.iter_mut().find(|entry| entry["question"]["kind"] == "dns_txt").unwrap();
            change(&mut entry["reading"]);
        })
    }

    /// As somebody would who writes the file anew, hash and all.
    fn sealed_anew(&self, change: impl FnOnce(&mut Value)) -> Output {
        let mut file = self.kept();
        change(&mut file);
        file.as_object_mut().unwrap().remove("sha256");
        let hash = Sha256::digest(file.to_string());
        file["sha256"] = json!(format!("0x{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()));
        std::fs::write(self.path("forged"), file.to_string()).unwrap();
        self.replay("forged", &["--dns-anchor", &self.path("anchor.zone")])
    }
}

fn ebl(args: &[impl AsRef<str>]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(args.iter().map(AsRef::as_ref)).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command.output().expect("it runs")
}

fn report(run: &Output) -> Value {
    serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", errors(run)))
}

fn errors(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// Outcome, code and strength of the check of the issuer, and the grade of the whole report.
fn shown(report: &Value) -> [&str; 4] {
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "issuer").unwrap();
    [
        check["outcome"].as_str().unwrap_or("-"),
        check["code"].as_str().unwrap_or("-"),
        check["strength"].as_str().unwrap_or("-"),
        report["grade"].as_str().unwrap_or("-"),
    ]
}

#[tokio::test]
async fn the_command_keeps_the_chain_and_judges_it_again_with_the_same_anchor_and_nobody_asked() {
    let desk = Desk::open(hierarchy()).await;
    let (anchor, digest, kept) = (desk.path("anchor.zone"), desk.path("digest.zone"), desk.path("kept"));
    let verified = desk.verify(&["--dns-anchor", &anchor, "--save-evidence", &kept]).await;
    assert_eq!(
        shown(&report(&verified)),
        ["pass", "issuer.dns_txt", "dnssec_chain", "proven"],
        "{}",
        errors(&verified)
    );
    follows("report", &report(&verified));
    let file = desk.kept();
    follows("evidence-file", &file);
    follows("evidence", &file["evidence"]);
    // The one key that it rests on, by its digest.
    let trusted = file["judged"]["trust"]["dns_anchors"].as_array().unwrap();
    assert!(trusted.len() == 1 && trusted[0].as_str().unwrap().starts_with(". IN DS "), "{trusted:?}");
    let chain = STANDARD.decode(desk.chain()).unwrap();
    assert!((500..1500).contains(&chain.len()), "{} bytes", chain.len());

    // Whether a key is given or its digest.
    for anchor in [&anchor, &digest] {
        let replayed = desk.replay("kept", &["--dns-anchor", anchor]);
        assert_eq!(replayed.stdout, verified.stdout, "{}", errors(&replayed));
        assert_eq!(replayed.status.code(), verified.status.code());
        assert!(errors(&replayed).contains("is the one that the evidence was kept of"), "{}", errors(&replayed));
    }
    let untrusting = desk.replay("kept", &[]);
    assert_eq!((untrusting.status.code(), untrusting.stdout.is_empty()), (Some(2), true));
    let said = errors(&untrusting);
    assert!(said.contains("the DNSSEC key . IN DS ") && said.contains("--dns-anchor"), "{said}");
    std::fs::write(desk.path("strange.zone"), hierarchy().key_record(".")).unwrap();
    assert_eq!(desk.replay("kept", &["--dns-anchor", &desk.path("strange.zone")]).status.code(), Some(2));
    // The anchor may stand in the settings, as for verifying.
    std::fs::write(desk.path("ebl.toml"), "dns_anchor = \"anchor.zone\"\n").unwrap();
    assert_eq!(desk.replay("kept", &["--config", &desk.path("ebl.toml")]).stdout, verified.stdout);
}

#[tokio::test]
async fn forged_evidence_proves_no_more_than_stands_in_it() {
    let desk = Desk::open(hierarchy()).await;
    let anchor = desk.path("anchor.zone");
    desk.verify(&["--dns-anchor", &anchor, "--save-evidence", &desk.path("kept")]).await;
    let chain = desk.chain();

    // Without the chain it is a record of what was said.
    let said = desk.forged(|reading| drop(reading.as_object_mut().unwrap().remove("chain")));
    assert_eq!(shown(&report(&said)), ["pass", "issuer.dns_txt", "dnssec", "said"]);
    assert!(errors(&said).contains("the report is another one"), "{}", errors(&said));
    let said = desk.forged(|reading| {
        reading.as_object_mut().unwrap().remove("chain");
        reading["dnssec"] = json!("not_checked");
    });
    assert_eq!(shown(&report(&said)), ["pass", "issuer.dns_txt", "single_resolver", "said"]);

    let unknown = ["unknown", "issuer.dns_bogus", "-", "-"];
    let other = Zones::new(&[("example.", Trust::Signed), ("carrier.example.", Trust::Signed)]);
    let other = Desk::open(other.txt("carrier.example.", &[RECORD])).await;
    other.verify(&["--dns-anchor", &other.path("anchor.zone"), "--save-evidence", &other.path("kept")]).await;
    let of_others = other.chain();
    let lies = json!([RECORD.replace("1337", "1")]);
    for run in [
        desk.forged(|reading| reading["records"] = lies),
        desk.forged(|reading| reading["records"].as_array_mut().unwrap().truncate(1)),
        desk.forged(|reading| reading["chain"] = json!(of_others)),
        desk.forged(|reading| reading["chain"] = json!("")),
        desk.forged(|reading| reading["dnssec"] = json!("insecure")),
        desk.forged(|reading| {
            let mut bytes = STANDARD.decode(&chain).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            reading["chain"] = json!(STANDARD.encode(bytes));
        }),
        // Of a day when the signatures were not yet valid; and resting on nobody who is trusted.
        desk.sealed_anew(|file| file["judged"]["at"] = json!("2016-01-01T00:00:00Z")),
        desk.sealed_anew(|file| drop(file["judged"]["trust"].as_object_mut().unwrap().remove("dns_anchors"))),
    ] {
        assert_eq!(shown(&report(&run)), unknown, "{}", errors(&run));
        assert_eq!(run.status.code(), Some(3));
    }
    // A day that has not come, nor one whose seconds wrap around to today's (RFC 4034 §3.1.5), is none at all.
    for at in ["2036-01-01T00:00:00Z", "2163-01-03T06:07:18Z"] {
        let run = desk.sealed_anew(|file| file["judged"]["at"] = json!(at));
        assert!(run.status.code() == Some(6) && report(&run)["verdict"].is_null(), "{at}: {}", errors(&run));
    }
    let not_base64 = desk.forged(|reading| reading["chain"] = json!("?"));
    assert_eq!(not_base64.status.code(), Some(6), "{}", errors(&not_base64));
}

#[tokio::test]
async fn a_live_title_with_a_chain_is_valid_and_as_much_proven_as_its_weakest_part() {
    let folder = tempfile::tempdir().unwrap();
    let chain_folder = folder.path().join("chain");
    let (chain, _) = Running::start(&chain_folder);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (settings, live) = (text(&chain_folder.join("ebl.toml")), text(&chain_folder.join("live.json")));
    // The same record that its own resolver gives, signed.
    let record = format!("openatts net=ethereum netId=1337 addr={}", registry_of(&live));
    let zones = Zones::new(&[("example.", Trust::Signed), ("carrier.example.", Trust::Signed)])
        .txt("carrier.example.", &[&record]);
    let desk = Desk::open(zones).await;
    let (dns, anchor, kept) = (desk.server.address.to_string(), desk.path("anchor.zone"), desk.path("kept"));
    let args = ["verify", &live, "--config", &settings, "--dns", &dns, "--dns-anchor", &anchor];
    let args: Vec<String> =
        args.iter().chain(&["--format", "json", "--save-evidence", &kept]).map(|arg| (*arg).to_owned()).collect();
    let verified = tokio::task::spawn_blocking(move || ebl(&args)).await.unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", errors(&verified));
    assert_eq!(shown(&report(&verified)), ["pass", "issuer.dns_txt", "dnssec_chain", "said"]);
    drop(chain);
    let replayed = ebl(&["replay", &kept, &live, "--config", &settings, "--dns-anchor", &anchor, "--format", "json"]);
    assert_eq!(replayed.stdout, verified.stdout, "{}", errors(&replayed));
}

fn registry_of(bill: &str) -> String {
    let bill: Value = serde_json::from_slice(&std::fs::read(bill).unwrap()).unwrap();
    let salted = bill["data"]["issuers"][0]["tokenRegistry"].as_str().unwrap();
    salted.rsplit(':').next().unwrap().to_owned()
}
