//! What a proof does to the verdict, on a recorded title and evidence written by hand: who vouches for the block, and what
//! is said when there is no proof.

use crate::support::proven_bill;

use ebl_verifier::evidence::{Cause, Entry, Evidence, Finality, ProofQuestion, Provenance, Unavailable};
use ebl_verifier::primitives::Digest32;
use ebl_verifier::verify::{
    CheckName, Outcome, Policy, ProofMode, ProofResult, Report, Strength, TitleStateName, Verdict, Voucher,
};
use proven_bill::{mode, proven, recording, report, report_beside};

fn title(report: &Report) -> (Outcome, &'static str, Option<Strength>) {
    let check = report.checks.iter().find(|check| check.name == CheckName::Title).expect("all checks are listed");
    (check.outcome, check.code.id, check.strength)
}

#[test]
fn a_proof_counts_by_who_vouches_for_its_block() {
    let recording = recording();
    let trusting = Policy { trusted_block: Some(recording.proof.block.hash), ..mode(ProofMode::Require) };
    for (hosts, policy, voucher) in [
        (&["one"][..], trusting, Voucher::Caller),
        (&["one", "two"], mode(ProofMode::Require), Voucher::Quorum),
        (&["one", "two"], mode(ProofMode::Try), Voucher::Quorum),
    ] {
        let report = report(&recording, proven(&recording), hosts, policy);
        assert_eq!(report.verdict, Verdict::Valid);
        assert_eq!(title(&report), (Outcome::Pass, "title.live", Some(Strength::Proven)));
        let proof = report.as_of.and_then(|as_of| as_of.proof).expect("facts");
        assert_eq!((proof.result, proof.vouched_by), (ProofResult::Proven, Some(voucher)));
        assert!(
            proof.accounts.contains(&recording.registry) && proof.accounts.contains(&recording.reading.title.escrow)
        );
    }
    // The same host twice is one.
    let report = report(&recording, proven(&recording), &["one", "one"], mode(ProofMode::Require));
    assert_eq!(title(&report).1, "chain.proof_unvouched");
}

#[test]
fn without_a_proof_that_is_required_nothing_is_known_of_the_title() {
    let recording = recording();
    let silent =
        || Err(Unavailable { cause: Cause::NotAnAnswer, host: Some("one".into()), detail: "no proofs here".into() });
    let report_of = |answer, policy| report(&recording, answer, &["one"], policy);
    let report = report_of(silent(), mode(ProofMode::Require));
    assert_eq!((report.verdict, report.title.state), (Verdict::Indeterminate, TitleStateName::Unknown));
    assert_eq!(title(&report), (Outcome::Unknown, "chain.proof_missing", Some(Strength::SingleEndpoint)));
    assert!(report.registry.is_none() && report.title.holder.is_none());
    let report = report_of(silent(), mode(ProofMode::Try));
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(report.not_checked.iter().any(|item| item.contains("one: no proofs here")), "{:?}", report.not_checked);
    // What was recorded is not the block that is trusted.
    let elsewhere = Policy { trusted_block: Some(Digest32([1; 32])), ..mode(ProofMode::Require) };
    assert_eq!(title(&report_of(proven(&recording), elsewhere)).1, "chain.proof_invalid");
}

#[test]
fn a_proof_alone_is_enough_only_within_a_block_that_the_caller_named() {
    let unanswered = |cause| Err(Unavailable { cause, host: Some("one".into()), detail: "no calls here".into() });
    for mode_of in [ProofMode::Try, ProofMode::Require] {
        let of = |finality, cause| {
            let mut recording = recording();
            recording.proof.block.finality = finality;
            report_beside(&recording, unanswered(cause), proven(&recording), &["one", "two"], mode(mode_of))
        };
        // Whoever read a newer block may know better, and nothing is left of what was said about it.
        for finality in [Finality::Finalized, Finality::Safe, Finality::Latest, Finality::Local] {
            let report = of(finality, Cause::NotAnAnswer);
            assert_eq!(report.verdict, Verdict::Indeterminate, "{finality:?}, {mode_of:?}");
            assert_eq!(report.title.state, TitleStateName::Unknown, "{finality:?}, {mode_of:?}");
        }
        assert_eq!(of(Finality::Chosen, Cause::NotAnAnswer).verdict, Verdict::Valid, "{mode_of:?}");
        // Two that contradict each other leave no answer, whichever is proven.
        assert_eq!(of(Finality::Chosen, Cause::Disagreement).verdict, Verdict::Indeterminate, "{mode_of:?}");
    }
}

#[test]
fn a_lie_about_the_title_leaves_it_unknown_in_every_mode() {
    for mode_of in [ProofMode::Try, ProofMode::Require] {
        let mut recording = recording();
        recording.reading.title.holder.data[31] ^= 1;
        recording.reading.title.nominee.data[31] = 7;
        let report = report(&recording, proven(&recording), &["one", "two"], mode(mode_of));
        assert_eq!((report.verdict, report.title.holder), (Verdict::Indeterminate, None));
        assert_eq!(title(&report).1, "chain.proof_contradicts");
        assert!(!report.warnings.iter().any(|warning| warning.contains("nominated")), "{:?}", report.warnings);
    }
    let mut recording = recording();
    recording.reading.title.holder.data[31] ^= 1;
    let report = report(&recording, proven(&recording), &["one"], mode(ProofMode::Off));
    assert_eq!((report.verdict, report.as_of.and_then(|as_of| as_of.proof)), (Verdict::Valid, None));
}

#[test]
fn a_proof_is_written_as_its_schema_says_and_read_back_the_same() {
    let schema = serde_json::from_str(include_str!("../../schemas/evidence.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let recording = recording();
    let chain = 31337.try_into().expect("a chain id");
    let question = ProofQuestion { chain, registry: recording.registry, token: recording.token };
    let mut evidence = Evidence::new();
    evidence.record(Entry::new(question, Ok(Box::new(recording.proof)), Provenance::default()));
    let written = serde_json::to_value(&evidence).expect("JSON");
    assert!(schema.is_valid(&written), "{:?}", schema.iter_errors(&written).next());
    assert_eq!(serde_json::from_value::<Evidence>(written).expect("evidence"), evidence);
}
