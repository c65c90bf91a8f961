//! The crate as a dependency sees it: public items only, answers of the caller's own, no network.

use crate::support::wrapping;

use ebl_verifier::document::{self, Document, Limits};
use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, Cause, CodeReading, Dnssec, DocumentStoreQuestion, Entry, Evidence, Fact,
    NodeReading, Provenance, Question, StoreReading, TxtReading, Unavailable,
};
use ebl_verifier::integrity::{self, IntegrityResult, merkle};
use ebl_verifier::primitives::{Address, ChainId, Digest32};
use ebl_verifier::verify::{Case, CheckName, Outcome, Policy, Report, Step, Verdict, examine};
use ebl_verifier::{Verifier, Wishes};
use wrapping::{Format, batch};

const STORE: Address = Address([0x5a; 20]);
const NOW: i64 = 1_780_000_000;

/// A bill that was issued through a document store.
fn bill() -> Vec<u8> {
    batch(Format::V2, &[STORE], 1337, 0, 1).remove(0).document.to_string().into_bytes()
}

fn read(bytes: &[u8]) -> Document<'_> {
    document::read(bytes, &Limits::default()).expect("a document")
}

/// The caller's own way to find things out: here it is known by heart.
fn known(question: &Question) -> Answer {
    let word = |last: u8| CallReading { success: true, data: [[0; 31].as_slice(), &[last]].concat() };
    match question {
        Question::DnsTxt(_) => Ok(Fact::DnsTxt(TxtReading {
            name_exists: true,
            records: vec![format!("openatts net=ethereum netId=1337 addr={STORE}")],
            dnssec: Dnssec::Secure,
            chain: None,
            agreeing: 1,
            top_level: None,
        })),
        Question::DocumentStore(DocumentStoreQuestion { target_hash, proof, .. }) => {
            Ok(Fact::DocumentStore(Box::new(StoreReading {
                chain_id: 1337,
                block: BlockReading {
                    number: 7,
                    hash: Digest32([7; 32]),
                    timestamp: 1_779_999_990,
                    ..Default::default()
                },
                code: CodeReading { size: 5000, ..CodeReading::default() },
                issued: word(1),
                nodes: merkle::path_from(*target_hash, proof)
                    .into_iter()
                    .map(|hash| NodeReading { hash, revoked: word(0), ..NodeReading::default() })
                    .collect(),
                ..StoreReading::default()
            })))
        }
        _ => Err(Unavailable { cause: Cause::NoSource, host: None, detail: "nobody to ask".into() }),
    }
}

/// The loop that every caller with a network of its own writes.
fn examined(document: &Document<'_>, ask: impl Fn(&Question) -> Answer) -> (Report, Evidence) {
    let mut evidence = Evidence::new();
    loop {
        match examine(&Case::new(document, &Policy::default(), NOW), &evidence) {
            Step::Report(report) => return (*report, evidence),
            Step::Ask(questions) => {
                for question in questions {
                    let answer = ask(&question);
                    let entry = Entry::pair(question, answer, Provenance::default());
                    evidence.record(entry.expect("an answer of the kind that was asked for"));
                }
            }
        }
    }
}

fn outcome(report: &Report, name: CheckName) -> (Outcome, &'static str) {
    let check = report.checks.iter().find(|check| check.name == name).expect("all checks are listed");
    (check.outcome, check.code.id)
}

#[test]
fn reading_and_integrity_need_no_answers_at_all() {
    let bytes = bill();
    let document = read(&bytes);
    let integrity = integrity::check(&document);
    assert_eq!(integrity.result, IntegrityResult::Intact);
    assert_eq!(integrity.target_hash, document.target_hash());

    let error = document::read(br#"{"data": {}, "data": {}}"#, &Limits::default()).unwrap_err();
    assert_eq!(error.explanation().id, "read.duplicate_member");
}

#[test]
fn a_caller_with_answers_of_its_own_gets_a_verdict() {
    let bytes = bill();
    let (report, evidence) = examined(&read(&bytes), known);
    assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
    assert_eq!(outcome(&report, CheckName::Issuance), (Outcome::Pass, "issuance.issued"));
    assert_eq!(evidence.entries().len(), 2);
}

#[test]
fn what_could_not_be_found_out_is_never_held_against_the_document() {
    let bytes = bill();
    let nobody = |_: &Question| Err(Unavailable { cause: Cause::Timeout, host: None, detail: "no answer".into() });
    let (report, _) = examined(&read(&bytes), nobody);
    assert_eq!((report.verdict, report.verdict.exit_code()), (Verdict::Indeterminate, 3));
    assert_eq!(outcome(&report, CheckName::Chain), (Outcome::Unknown, "chain.rpc_unavailable"));
}

#[test]
fn evidence_that_was_kept_gives_the_same_report_again() {
    let bytes = bill();
    let (report, evidence) = examined(&read(&bytes), known);
    let kept = serde_json::to_string(&evidence).expect("evidence is data");
    let evidence: Evidence = serde_json::from_str(&kept).expect("the same data");
    let Step::Report(again) = examine(&Case::new(&read(&bytes), &Policy::default(), NOW), &evidence) else {
        panic!("something is asked that was answered");
    };
    assert_eq!(*again, report);
}

#[test]
fn evidence_of_one_document_is_none_of_another() {
    let bytes = bill();
    let (_, evidence) = examined(&read(&bytes), known);
    let other = batch(Format::V2, &[STORE], 1337, 1, 1).remove(0).document.to_string();
    let Step::Ask(questions) = examine(&Case::new(&read(other.as_bytes()), &Policy::default(), NOW), &evidence) else {
        panic!("another document's evidence is taken");
    };
    assert!(matches!(questions[..], [Question::DocumentStore(_)]), "{questions:?}");
}

#[tokio::test]
async fn the_ready_made_verifier_does_the_same_and_offline_asks_nobody() {
    let verifier = Verifier::builder().offline().build().expect("nothing can be wrong");
    let (report, evidence) = verifier.verify_with_evidence(&bill(), &Wishes::default()).await.expect("a document");
    assert_eq!(report.verdict, Verdict::Indeterminate);
    assert_eq!(outcome(&report, CheckName::Integrity).0, Outcome::Pass);
    for entry in evidence.entries() {
        assert_eq!(entry.answer().map_err(|why| why.cause), Err(Cause::Offline));
    }
}

#[tokio::test]
async fn whoever_waits_can_be_told_for_whom() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("127.0.0.1:{}", silent.local_addr().unwrap().port());
    let chain = ChainId::try_from(1337).unwrap();
    let verifier = Verifier::builder()
        .endpoint(chain, format!("http://{host}/secret").parse().unwrap())
        .resolver("127.0.0.1:1".parse().unwrap())
        .timeout(std::time::Duration::from_secs(2))
        .build()
        .unwrap();
    assert!(verifier.waiting_for().is_empty());
    let bill = std::fs::read("fixtures/documents/bill-v2.json").unwrap();
    let wishes = Wishes::default();
    let asked_meanwhile = async {
        // It has asked once somebody has called.
        let _call = silent.accept().await.unwrap();
        verifier.waiting_for()
    };
    let (report, waiting) = tokio::join!(verifier.verify(&bill, &wishes), asked_meanwhile);
    assert_eq!(report.unwrap().verdict, Verdict::Indeterminate);
    assert!(waiting.contains(&host), "{waiting:?}");
    assert!(verifier.waiting_for().is_empty());
}
