//! A bill whose title was recorded with its state proof, and the report on it by evidence written by hand.

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Answer, Dnssec, Entry, Evidence, Fact, ProofReading, Provenance, Question, RegistryReading, TxtReading,
};
use ebl_verifier::primitives::{Address, TokenId};
use ebl_verifier::verify::{Case, Policy, ProofMode, Report, Step, examine};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
pub struct Recording {
    pub registry: Address,
    pub token: TokenId,
    pub reading: RegistryReading,
    pub proof: ProofReading,
}

pub fn recording() -> Recording {
    serde_json::from_str(include_str!("../../fixtures/proofs/v5-clone.json")).expect("a recording")
}

/// The report on the recorded title, with `proof` for an answer from these hosts.
pub fn report(recording: &Recording, proof: Answer, hosts: &[&str], policy: Policy) -> Report {
    let calls = Ok(Fact::Registry(Box::new(recording.reading.clone())));
    report_beside(recording, calls, proof, hosts, policy)
}

/// The same with another answer to the calls.
pub fn report_beside(recording: &Recording, calls: Answer, proof: Answer, hosts: &[&str], policy: Policy) -> Report {
    let records = TxtReading {
        name_exists: true,
        records: vec![format!("openatts net=ethereum netId=31337 addr={}", recording.registry)],
        dnssec: Dnssec::NotChecked,
        chain: None,
        agreeing: 1,
        top_level: None,
    };
    judged(recording, (calls, proof, &records), hosts, policy, 0)
}

/// The report on the recorded title with its proof, and these records of its issuer.
pub fn report_with_records(recording: &Recording, records: &TxtReading, policy: Policy, now: i64) -> Report {
    let calls = Ok(Fact::Registry(Box::new(recording.reading.clone())));
    judged(recording, (calls, proven(recording), records), &["one"], policy, now)
}

fn judged(
    recording: &Recording,
    (calls, proof, records): (Answer, Answer, &TxtReading),
    hosts: &[&str],
    policy: Policy,
    now: i64,
) -> Report {
    let (bytes, token) = super::bill::wrapped_bill(recording.registry, "carrier.example", "31337");
    assert_eq!(token, recording.token, "the recording is of this bill: EBL_RECORD_PROOFS=1 cargo test --test genuine");
    let document = document::read(&bytes, &Limits::default()).expect("a document");
    let mut evidence = Evidence::new();
    loop {
        match examine(&Case::new(&document, &policy, now), &evidence) {
            Step::Report(report) => return *report,
            Step::Ask(questions) => {
                for question in questions {
                    let answer = match &question {
                        Question::Registry(_) => calls.clone(),
                        Question::Proof(_) => proof.clone(),
                        Question::DnsTxt(_) => Ok(Fact::DnsTxt(records.clone())),
                        other => panic!("{other:?}"),
                    };
                    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
                    let entry = Entry::pair(question, answer, Provenance { hosts, ..Provenance::default() });
                    evidence.record(entry.expect("an answer of the kind that was asked for"));
                }
            }
        }
    }
}

pub fn proven(recording: &Recording) -> Answer {
    Ok(Fact::Proof(Box::new(recording.proof.clone())))
}

pub fn mode(proof: ProofMode) -> Policy {
    Policy { proof, ..Policy::default() }
}
