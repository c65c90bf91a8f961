//! The judge is given everything that he decides on, and what he returns is whole: for every host that loops over him, and
//! for every source that answers.

use crate::support::signing;
use crate::support::situation;
use crate::support::wrapping;

use std::sync::Mutex;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{CallReading, Cause, Entry, Evidence, Provenance, Question, Unavailable, WebQuestion};
use ebl_verifier::integrity::merkle;
use ebl_verifier::primitives::{Digest32, encode_hex};
use ebl_verifier::report::human::Style;
use ebl_verifier::sources::Source;
use ebl_verifier::verify::{
    Arrival, Case, LinkFollowed, Outcome, Policy, PowersWanted, Report, Rule, Step, TitleCase, TitleStep, Verdict,
    examine, examine_title,
};
use ebl_verifier::web_address::MOST_FETCHES;
use ebl_verifier::{Verifier, Wishes};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use signing::{Draft, key, sign};
use situation::{STORE, bill, in_stores};
use wrapping::{Format, plain_v2, wrap};

const NOW: i64 = 1_780_000_000;
const SIGNERS: usize = 16;
const HASHES: usize = 32;

/// Signed by sixteen keys of sixteen did:web hosts, each with a responder that is to be asked about 33 hashes: 544 addresses.
fn made_up() -> Vec<u8> {
    let drafts: Vec<Draft> = (0..SIGNERS)
        .map(|number| {
            let mut draft = Draft::new(Format::V2, &format!("did:web:h{number}.example"), "keys-1", "DID");
            draft.revocation =
                Some(json!({"type": "OCSP_RESPONDER", "location": format!("https://ocsp{number}.example/")}));
            draft
        })
        .collect();
    let plain = plain_v2(drafts.iter().map(Draft::issuer).collect(), 31337, 0);
    let wrapped = wrap(Format::V2, vec![plain]).swap_remove(0);
    let proof: Vec<Digest32> = (0..HASHES).map(|number| Digest32([u8::try_from(number + 1).unwrap(); 32])).collect();
    let root = *merkle::path_from(wrapped.target(), &proof).last().unwrap();
    let mut document = wrapped.document;
    document["signature"]["proof"] = proof.iter().map(|hash| hash.to_hex64()).collect();
    document["signature"]["merkleRoot"] = root.to_hex64().into();
    let signature = |draft: &Draft| {
        json!({
            "type": "OpenAttestationSignature2018",
            "created": "2026-03-01T08:00:00.000Z",
            "proofPurpose": "assertionMethod",
            "verificationMethod": draft.key,
            "signature": sign(&key(1), root),
        })
    };
    document["proof"] = drafts.iter().map(signature).collect();
    document.to_string().into_bytes()
}

/// Whom the judge wants asked, by a host that answers nothing and keeps no account of its own.
fn everybody_asked(arrival: Arrival) -> (Vec<String>, Report) {
    let bytes = made_up();
    let document = document::read(&bytes, &Limits::default()).unwrap();
    let policy = Policy::default();
    let case = Case::new(&document, &policy, NOW).arrived(arrival);
    let (mut evidence, mut asked) = (Evidence::new(), Vec::new());
    for _ in 0..1_000 {
        match examine(&case, &evidence) {
            Step::Report(report) => return (asked, *report),
            Step::Ask(questions) => {
                for question in questions {
                    let Question::Web(WebQuestion { url, .. }) = &question else { panic!("{question:?}") };
                    asked.push(url.clone());
                    let why = Unavailable { cause: Cause::Timeout, host: None, detail: "no answer".into() };
                    evidence.record(Entry::unanswered(question, why, Provenance::default()));
                }
            }
        }
    }
    panic!("it asks on and on");
}

#[test]
fn no_document_makes_anybody_ask_more_addresses_than_the_budget_allows() {
    let (asked, report) = everybody_asked(Arrival::default());
    assert_eq!(asked.len(), MOST_FETCHES);
    assert_eq!(report.verdict, Verdict::Indeterminate);
    let told = serde_json::to_string(&report).unwrap();
    assert!(told.contains(&format!("more than {MOST_FETCHES} web addresses")), "what was not asked is said");
}

#[test]
fn the_document_that_a_link_led_to_is_one_of_the_addresses() {
    let link = Some(LinkFollowed { host: "docs.example".into(), chain: None });
    assert_eq!(everybody_asked(Arrival { link, ..Arrival::default() }).0.len(), MOST_FETCHES - 1);
}

#[test]
fn the_budget_holds_for_titles_too() {
    let bytes = made_up();
    let document = document::read(&bytes, &Limits::default()).unwrap();
    let policy = Policy::default();
    let case = Case::new(&document, &policy, NOW);
    let title = TitleCase::of_document(&case, PowersWanted::Yes);
    // It has no title: nothing is to be found out.
    assert!(matches!(examine_title(&title, &Evidence::new()), TitleStep::Report(_)));
}

#[test]
fn how_a_file_arrived_is_in_the_report_that_the_judge_returns() {
    let bytes = std::fs::read("fixtures/documents/kinds/sealed-envelope.json").unwrap();
    let key = "07".repeat(32).parse().unwrap();
    let file = document::open(&bytes, Some(&key), &Limits::default()).unwrap();
    let document = file.document().unwrap();
    let link = Some(LinkFollowed { host: "docs.example".into(), chain: None });
    let arrival = Arrival { link, ..Arrival::of(&bytes, &file) };
    let nobody_answers = |case: &Case<'_>| {
        let mut evidence = Evidence::new();
        loop {
            match examine(case, &evidence) {
                Step::Report(report) => return *report,
                Step::Ask(questions) => {
                    for question in questions {
                        let why = Unavailable { cause: Cause::Offline, host: None, detail: "offline".into() };
                        evidence.record(Entry::unanswered(question, why, Provenance::default()));
                    }
                }
            }
        }
    };
    let policy = Policy::default();
    let report = nobody_answers(&Case::new(&document, &policy, NOW).arrived(arrival));
    assert_eq!(report.document.sha256, Some(encode_hex(&Sha256::digest(&bytes))));
    assert_eq!(report.document.fetched_from.as_deref(), Some("docs.example"));
    assert!(report.document.sealed && report.document.storage_envelope);
    assert!(report.checked_at.starts_with("2026-05-28T"), "{}", report.checked_at);
}

#[test]
fn one_finding_never_hides_another() {
    // Revoked by its store, and past its validity: both are said, and who said the first.
    let mut expired = wrapping::batch(Format::V3, &[STORE], situation::CHAIN, 0, 1).remove(0).document;
    expired.as_object_mut().unwrap().remove("proof");
    expired["expirationDate"] = json!("2026-05-01T00:00:00Z");
    let wrapped = wrap(Format::V3, vec![expired]).remove(0).document;
    let revoked = CallReading { success: true, data: [vec![0; 31], vec![1]].concat() };
    let both = situation::Situation::new(&wrapped, &[STORE]).store(move |reading| {
        reading.nodes[0].revoked = revoked.clone();
    });
    let (report, _) = both.examined();
    let issuance = report.checks.iter().find(|check| check.name.as_str() == "issuance").unwrap();
    let also: Vec<_> = issuance.also.iter().map(|also| (also.outcome, also.code.id)).collect();
    assert_eq!((issuance.code.id, also), ("issuance.revoked", vec![(Outcome::Fail, "issuance.expired")]));
    assert_eq!(issuance.answered_by, [situation::HOST]);
    let page = ebl_verifier::report::human::render(
        &report,
        "both.json",
        Style { width: 100, color: false, verbose: false, advice: |_, remedy| remedy.into() },
    );
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for code in ["[issuance.revoked]", "[issuance.expired]"] {
        assert!(page.contains(code), "{page}");
    }
}

#[test]
fn of_several_stores_and_issuers_every_one_is_heard() {
    let other = situation::OTHER_STORE;
    let no = CallReading { success: true, data: vec![0; 32] };
    let (report, _) = in_stores(&[STORE, other], 1).store(move |reading| reading.issued = no.clone()).examined();
    let issuance = report.checks.iter().find(|check| check.name.as_str() == "issuance").unwrap();
    let told: Vec<&str> =
        [issuance.message.as_str()].into_iter().chain(issuance.also.iter().map(|also| also.message.as_str())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains(&STORE.to_string()) && told[1].contains(&other.to_string()), "{told:?}");
}

/// Keeps what was asked and answered, as a recording would, and answers from what it kept.
struct Recording {
    kept: Mutex<Evidence>,
    asked: Mutex<Vec<Question>>,
}

impl Recording {
    fn of(evidence: Evidence) -> Self {
        Self { kept: Mutex::new(evidence), asked: Mutex::new(Vec::new()) }
    }
}

impl Source for Recording {
    async fn ask(&self, questions: Vec<Question>) -> Vec<Entry> {
        self.asked.lock().unwrap().extend(questions.iter().cloned());
        let kept = self.kept.lock().unwrap();
        // More than was asked for, and not everything.
        kept.entries().to_vec()
    }
}

#[tokio::test]
async fn a_verifier_takes_any_source_and_believes_only_answers_to_its_questions() {
    let (bytes, policy) = (bill().document, bill().policy);
    let (report, evidence) = bill().examined();
    let recording = Verifier::over(Recording::of(evidence));
    // The recording is of another time than now, which its block does not outlive: nothing more is asked for.
    let wishes = Wishes { policy: policy.clone(), ..Wishes::default() };
    let again = recording.verify(&bytes, &wishes).await.unwrap();
    assert_eq!(report.verdict, Verdict::Valid);
    assert_eq!(again.issuer, report.issuer, "answered from the recording");

    let other = in_stores(&[STORE], 1).document;
    let report = recording.verify(&other, &wishes).await.unwrap();
    let issuance = report.checks.iter().find(|check| check.name.as_str() == "issuance").unwrap();
    assert_eq!(issuance.outcome, Outcome::Unknown, "what is recorded of one document is none of another's");
    let nobody = Verifier::over(Recording::of(Evidence::new()));
    assert_eq!(nobody.verify(&bytes, &wishes).await.unwrap().verdict, Verdict::Indeterminate);
}

#[tokio::test]
async fn two_callers_of_one_verifier_are_each_held_to_their_own_policy() {
    let verifier = Verifier::builder().offline().build().unwrap();
    let bytes = bill().document;
    let rules = [vec![Rule::HiddenFields(0)], vec![Rule::NoTestNetworks, Rule::Proof]];
    let wishes = rules.map(|rules| Wishes { policy: Policy { rules, ..Policy::default() }, ..Wishes::default() });
    let (one, other) = tokio::join!(verifier.verify(&bytes, &wishes[0]), verifier.verify(&bytes, &wishes[1]));
    let names = |report: Report| report.policy.iter().map(|rule| rule.rule).collect::<Vec<_>>();
    assert_eq!(names(one.unwrap()), ["max_hidden_fields"]);
    assert_eq!(names(other.unwrap()), ["testnets", "proof"]);
}

#[tokio::test]
async fn names_and_keys_come_with_the_call() {
    let verifier = Verifier::builder().offline().build().unwrap();
    let sealed = std::fs::read("fixtures/documents/kinds/sealed.json").unwrap();
    let wrong = Wishes { key: Some("00".repeat(32).parse().unwrap()), ..Wishes::default() };
    assert_eq!(verifier.verify(&sealed, &wrong).await.unwrap_err().code(), "read.wrong_key_or_damaged");
    let report: Value =
        serde_json::to_value(verifier.verify(&bill().document, &Wishes::default()).await.unwrap()).unwrap();
    assert_eq!(report["names"], json!({}));
}
