//! Verdicts on documents that rest on document stores, from evidence written by hand: what no real node gives on demand.

use crate::support::wrapping;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    BlockReading, CallReading, Cause, CodeReading, Dnssec, DocumentStoreQuestion, Entry, Evidence, Fact, NodeReading,
    Provenance, Question, StoreReading, TxtReading, Unavailable,
};
use ebl_verifier::integrity::merkle::path_from;
use ebl_verifier::primitives::{Address, Digest32};
use ebl_verifier::verify::{Case, CheckName, Outcome, Policy, ProofMode, Report, Step, Verdict, examine};
use wrapping::{Format, Wrapped, batch, issuer, plain_v2, wrap};

const ONE: Address = Address([0xa1; 20]);
const TWO: Address = Address([0xa2; 20]);

/// A legacy store that issued everything and revoked nothing.
fn store(question: &Question) -> StoreReading {
    let Question::DocumentStore(DocumentStoreQuestion { target_hash, proof, .. }) = question else { panic!("a store") };
    let node = |hash| NodeReading { hash, revoked: word(0), revoked_at: word(0), ..NodeReading::default() };
    StoreReading {
        chain_id: 31337,
        block: BlockReading { number: 7, hash: Digest32([7; 32]), ..BlockReading::default() },
        code: CodeReading { size: 100, ..CodeReading::default() },
        batchable: word(0),
        transferable: word(0),
        everything: word(0),
        issued: word(1),
        nodes: path_from(*target_hash, proof).into_iter().map(node).collect(),
        ..StoreReading::default()
    }
}

fn word(last: u8) -> CallReading {
    CallReading { success: true, data: [[0; 31].as_slice(), &[last]].concat() }
}

fn answered(mut change: impl FnMut(Address, &mut StoreReading)) -> impl FnMut(&Question) -> Option<Fact> {
    move |question| {
        let Question::DocumentStore(DocumentStoreQuestion { store: address, .. }) = question else { return None };
        let mut reading = store(question);
        change(*address, &mut reading);
        Some(Fact::DocumentStore(Box::new(reading)))
    }
}

/// The report on evidence that `answer` gives; what it leaves out is unavailable, but the records name both stores.
fn report(document: &Wrapped, answer: impl FnMut(&Question) -> Option<Fact>) -> Report {
    report_under(&Policy::default(), document, answer)
}

fn report_under(policy: &Policy, document: &Wrapped, mut answer: impl FnMut(&Question) -> Option<Fact>) -> Report {
    let bytes = document.document.to_string();
    let document = document::read(bytes.as_bytes(), &Limits::default()).expect("a document");
    let mut evidence = Evidence::new();
    loop {
        match examine(&Case::new(&document, policy, 0), &evidence) {
            Step::Report(report) => return *report,
            Step::Ask(questions) => {
                for question in questions {
                    let fact = match &question {
                        Question::DnsTxt(_) => Some(Fact::DnsTxt(TxtReading {
                            name_exists: true,
                            records: [ONE, TWO].map(|it| format!("openatts net=ethereum netId=31337 addr={it}")).into(),
                            dnssec: Dnssec::NotChecked,
                            chain: None,
                            agreeing: 1,
                            top_level: None,
                        })),
                        other => answer(other),
                    };
                    let silent = Unavailable { cause: Cause::Timeout, host: None, detail: "no answer in time".into() };
                    let entry = Entry::pair(question, fact.ok_or(silent), Provenance::default());
                    evidence.record(entry.expect("an answer of the kind that was asked for"));
                }
            }
        }
    }
}

fn found(report: &Report, name: CheckName) -> (Outcome, &'static str) {
    let check = report.checks.iter().find(|check| check.name == name).expect("all checks are listed");
    (check.outcome, check.code.id)
}

fn two_stores() -> Wrapped {
    batch(Format::V2, &[ONE, TWO], 31337, 0, 3).remove(1)
}

#[test]
fn what_every_store_issued_and_none_revoked_is_valid_without_a_title() {
    for document in [two_stores(), batch(Format::V3, &[ONE], 31337, 0, 5).remove(2)] {
        let report = report(&document, answered(|_, _| {}));
        assert_eq!(report.verdict, Verdict::Valid, "{report:#?}");
        for name in [CheckName::Registry, CheckName::Title] {
            assert_eq!(found(&report, name).0, Outcome::NotApplicable);
        }
        assert!(report.not_checked.iter().any(|item| item.contains("code of the document store")));
    }
}

#[test]
fn a_store_is_not_proven_and_the_report_says_so() {
    let under = |proof| report_under(&Policy { proof, ..Policy::default() }, &two_stores(), answered(|_, _| {}));
    let report = under(ProofMode::Try);
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(report.not_checked.iter().any(|item| item.contains("does not prove the state of document stores")));
    let report = under(ProofMode::Require);
    assert_eq!(found(&report, CheckName::Issuance), (Outcome::Unknown, "chain.proof_not_possible"));
    assert_eq!(report.verdict, Verdict::Indeterminate);
}

#[test]
fn the_worst_store_speaks() {
    let refused = || CallReading { success: false, data: Vec::new() };
    type Change = fn(&mut StoreReading);
    let revoke: Change = |reading| reading.nodes[0].revoked = word(1);
    let unissue: Change = |reading| reading.issued = word(0);
    let no_code: Change = |reading| reading.code = CodeReading::default();
    for (change, wanted) in [
        (revoke, (Outcome::Fail, "issuance.revoked")),
        (unissue, (Outcome::Fail, "issuance.not_issued")),
        (no_code, (Outcome::Fail, "issuance.store_no_contract")),
    ] {
        for bad in [ONE, TWO] {
            let other_refuses = answered(|address, reading| match address == bad {
                true => change(reading),
                false => reading.issued = refused(),
            });
            let report = report(&two_stores(), other_refuses);
            assert_eq!((found(&report, CheckName::Issuance), report.verdict), (wanted, Verdict::Invalid));
        }
    }
    let refuses = answered(|address, reading| {
        if address == TWO {
            reading.issued = refused();
        }
    });
    let report = report(&two_stores(), refuses);
    let wanted = (Outcome::Unknown, "issuance.store_refused");
    assert_eq!((found(&report, CheckName::Issuance), report.verdict), (wanted, Verdict::Indeterminate));
}

#[test]
fn an_outage_hides_no_revocation_and_invents_none() {
    let silent =
        |question: &Question| matches!(question, Question::DocumentStore(DocumentStoreQuestion { store: ONE, .. }));
    for (revoked, verdict, code) in
        [(1, Verdict::Invalid, "issuance.revoked"), (0, Verdict::Indeterminate, "check.chain_unanswered")]
    {
        let mut rest = answered(move |_, reading| reading.nodes[0].revoked = word(revoked));
        let report = report(&two_stores(), |question| if silent(question) { None } else { rest(question) });
        assert_eq!((report.verdict, found(&report, CheckName::Issuance).1), (verdict, code));
        assert_eq!(found(&report, CheckName::Chain), (Outcome::Unknown, "chain.rpc_unavailable"));
        assert_eq!(report.stores.len(), 1);
    }
}

#[test]
fn readings_of_two_blocks_do_not_make_one_report() {
    let report = report(&two_stores(), answered(|address, reading| reading.block.hash = Digest32([address.0[0]; 32])));
    assert_eq!(found(&report, CheckName::Chain), (Outcome::Unknown, "chain.blocks_differ"));
    assert_eq!(report.verdict, Verdict::Indeterminate);
}

#[test]
fn evidence_about_something_else_does_not_count() {
    let other_chain = report(&two_stores(), answered(|_, reading| reading.chain_id = 1));
    assert_eq!(found(&other_chain, CheckName::Chain), (Outcome::Unknown, "chain.wrong_endpoint"));
    let other_nodes = report(&two_stores(), answered(|_, reading| reading.nodes.truncate(1)));
    assert_eq!(found(&other_nodes, CheckName::Issuance), (Outcome::Unknown, "issuance.store_unreadable"));
}

#[test]
fn a_document_cannot_make_us_ask_without_end() {
    let stores = (0..17u8).map(|index| issuer("documentStore", Address([index; 20])));
    let many = wrap(Format::V2, vec![plain_v2(stores.collect(), 31337, 0)]).remove(0);
    let same = (0..33).map(|_| issuer("documentStore", ONE));
    let crowd = wrap(Format::V2, vec![plain_v2(same.collect(), 31337, 0)]).remove(0);
    let mut long = wrap(Format::V2, vec![plain_v2(vec![issuer("documentStore", ONE)], 31337, 0)]).remove(0);
    let proof: Vec<Digest32> = (0..33).map(|byte| Digest32([byte; 32])).collect();
    let root = *path_from(long.target(), &proof).last().unwrap();
    long.document["signature"]["proof"] = proof.iter().map(|sibling| sibling.to_hex64()).collect();
    long.document["signature"]["merkleRoot"] = root.to_hex64().into();
    for document in [many, crowd, long] {
        let report = report(&document, |question| panic!("{question:?} was asked"));
        assert_eq!(found(&report, CheckName::Integrity).0, Outcome::Pass);
        for name in [CheckName::Chain, CheckName::Issuance] {
            assert_eq!(found(&report, name), (Outcome::Unknown, "check.too_much_to_ask"));
        }
    }
}

#[test]
fn without_a_chain_nobody_is_asked() {
    for chain in ["", "0x1"] {
        let mut plain = plain_v2(vec![issuer("documentStore", ONE)], 31337, 0);
        plain["network"]["chainId"] = chain.into();
        let document = wrap(Format::V2, vec![plain]).remove(0);
        let report = report(&document, |question| panic!("{question:?} was asked"));
        assert_eq!(found(&report, CheckName::Chain), (Outcome::Fail, "chain.malformed_id"));
        assert_eq!(found(&report, CheckName::Issuance), (Outcome::Unknown, "check.chain_unanswered"));
    }
    let mut plain = plain_v2(vec![issuer("documentStore", ONE)], 31337, 0);
    plain.as_object_mut().unwrap().remove("network");
    let report = report(&wrap(Format::V2, vec![plain]).remove(0), |question| panic!("{question:?} was asked"));
    assert_eq!(found(&report, CheckName::Chain), (Outcome::Unknown, "chain.not_named"));
}
