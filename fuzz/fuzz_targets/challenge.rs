//! Any bytes as the text of a challenge, and any text as a signature: what is read is written back the same, and judging
//! without evidence proves nothing.
#![no_main]

use ebl_verifier::challenge::{Challenge, Nonce, Period, PresentedSignature, Purpose, Subject, TitleRole};
use ebl_verifier::evidence::Evidence;
use ebl_verifier::primitives::{Address, ChainId, TokenId, encode_hex};
use ebl_verifier::verify::{ChallengeCase, ChallengeStep, ControlVerdict, Policy, examine_challenge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(challenge) = Challenge::read(bytes) {
        assert_eq!(challenge.text().as_bytes(), bytes);
        judged(&challenge, "0x");
    }
    // A purpose adds no line to the text.
    if let Some(purpose) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<Purpose>().ok()) {
        let subject = Subject {
            chain: ChainId::try_from(1).expect("a chain"),
            registry: Address([7; 20]),
            token: TokenId([9; 32]),
            role: TitleRole::Holder,
            account: Address([5; 20]),
        };
        let period = Period::new(0, 1).expect("a period");
        let challenge = Challenge { subject, domain: None, purpose: Some(purpose), nonce: Nonce([1; 16]), period };
        assert_eq!(Challenge::read(challenge.text().as_bytes()).as_ref(), Ok(&challenge));
        assert_eq!(challenge.text().lines().count(), 14);
    }
    let signature = format!("0x{}", encode_hex(bytes));
    if let Ok(read) = PresentedSignature::read(&signature) {
        assert!(read.bytes.len() <= bytes.len());
    }
});

fn judged(challenge: &Challenge, signature: &str) {
    let policy = Policy::default();
    let case = ChallengeCase::new(challenge, signature, &policy, 0);
    if let ChallengeStep::Report(report) = examine_challenge(&case, &Evidence::new()) {
        assert_ne!(report.verdict, ControlVerdict::Proven);
    }
}
