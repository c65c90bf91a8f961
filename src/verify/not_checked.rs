//! What a report does not say (checks.md §1.2). The list shrinks only by what was really done.

use super::challenge_report::{ChallengeReport, SignatureKind};
use super::report::{Check, CheckName, Issuer, Outcome, ProofResult, Report, Strength, TitleStateName, Voucher};
use super::title_report::TitleReport;
use crate::evidence::{Dnssec, Finality};

/// The items for a report on a title.
pub(super) fn list_for_title(report: &TitleReport) -> Vec<String> {
    let strength = |wanted| report.checks.iter().any(|check| check.rests_on(wanted));
    let mut items = vec!["who stands behind the addresses, and their authority".to_owned()];
    if strength(Strength::SingleEndpoint) {
        items.push("the honesty of the endpoint: it was asked alone and gave no proof".into());
    }
    if !report.history.is_empty() {
        items.push("whether logs were left out whose absence leaves no trace in the recorded state".into());
        items.push("who wrote the remarks, and whether they are true".into());
    }
    if report.issuer.is_empty() {
        items.push("who issued the title".into());
    }
    if report.checks.iter().all(|check| check.name != CheckName::Integrity) {
        items.push("the document that this title stands for".into());
    }
    if let Some(as_of) = &report.as_of {
        items.push(format!("anything after block {}", as_of.block));
    }
    items.extend(unknown(&report.checks));
    items
}

/// The items for a report on a signed challenge.
pub(super) fn list_for_challenge(report: &ChallengeReport) -> Vec<String> {
    let strength = |wanted| report.checks.iter().any(|check| check.rests_on(wanted));
    let mut items = vec![
        "who stands behind the account, and their authority".to_owned(),
        "who presents the signature: it may have been passed on by whoever asked for it".to_owned(),
    ];
    match report.signature.kind {
        SignatureKind::Contract => items.push("who may sign for the contract: its own rules decide".into()),
        SignatureKind::ContractToBe => {
            items.push("who may sign for the contract, and whether it will be deployed in this way".into());
        }
        _ => {}
    }
    if strength(Strength::SingleEndpoint) {
        items.push("the honesty of the endpoint: it was asked alone and gave no proof".into());
    }
    if report.document.is_none() {
        items.push("the document that this title stands for".into());
    } else {
        items.push("who issued the document".into());
    }
    if let Some(as_of) = &report.as_of {
        items.push(format!("anything after block {}", as_of.block));
    }
    items.extend(unknown(&report.checks));
    items
}

/// The items in the order of their weight for somebody who is about to act on the report.
pub(super) fn list(report: &Report) -> Vec<String> {
    let strength = |wanted| report.checks.iter().any(|check| check.rests_on(wanted));
    let mut items = Vec::new();
    let intact = report.checks.iter().any(|check| check.name == CheckName::Integrity && check.outcome != Outcome::Fail);
    if let Some(at) = &report.judged_at {
        items.push(format!(
            "what domains, web servers and status lists said at {at}: they were asked now{}",
            if report.as_of.as_ref().is_some_and(|as_of| as_of.finality != Finality::Chosen) {
                ", and so was the chain"
            } else {
                ""
            }
        ));
    }
    if report.document.hidden_fields > 0 && intact {
        items.push("what the hidden fields say: a validity period or a further issuer may be among them".into());
    }
    if report.document.credential.as_ref().is_some_and(|credential| credential.selective_disclosure) {
        items.push("what the holder left out of the credential, another status among it".into());
    }
    if report.document.credential.is_some() && report.document.token_id.is_some() {
        items.push("that the title was issued for this issuer's credential: the chain only knows its id".into());
    }
    if let Some(presentation) = report.document.presentation.as_ref().filter(|presentation| !presentation.fresh) {
        items.push(
            match &presentation.challenge {
                Some(_) => {
                    "whether the presentation was made for you, now: compare its challenge and domain with yours"
                }
                None => "whether the presentation was made for you, now: it answers no challenge",
            }
            .into(),
        );
    }
    items.push("that the goods exist or match the description".to_owned());
    if report.title.state != TitleStateName::None {
        items.push("who stands behind the addresses, and their authority".into());
    }
    items.extend(honesty(report));
    let proof = report.as_of.as_ref().and_then(|as_of| as_of.proof.as_ref());
    if let Some(detail) = proof.filter(|proof| proof.result != ProofResult::Unvouched).and_then(|it| it.detail.as_ref())
    {
        items.push(format!("the state by a proof: {detail}"));
    }
    if !report.stores.is_empty() {
        items.push("the code of the document store, and who may issue and revoke there".into());
    }
    if strength(Strength::Tls) {
        items.push("the honesty of the web server: its answer is not signed".into());
    }
    if let Some(credential) = &report.document.credential {
        items.push("the order of items in lists: no signature covers it".into());
        items.extend(
            credential
                .contexts
                .iter()
                .map(|context| format!("what the words of {} mean: you vouch for that context", context.url)),
        );
    } else if report.issuer.iter().any(|issuer| issuer.did.is_some()) {
        items.push("when the document was signed: nothing protects the date beside the signature".into());
    }
    let unvalidated = |issuer: &Issuer| issuer.domain.is_some() && issuer.dnssec != Some(Dnssec::Secure);
    let validated = strength(Strength::Dnssec) || strength(Strength::DnssecChain);
    if !validated || report.issuer.iter().any(unvalidated) {
        items.push("that nobody changed the DNS answer on the way".into());
    }
    items.extend(
        [
            "that the domain belongs to the company whose name the document carries, now or when it was issued",
            "sanctions",
            "a paper original or a twin on another platform",
            "whether the carrier accepts this registry, and approval by its P&I club",
            "which law applies",
            "amendments made outside the registry",
            "how another program displays the document",
        ]
        .map(str::to_owned),
    );
    if let Some(as_of) = &report.as_of {
        items.push(format!("anything after block {}", as_of.block));
    }
    items.extend(unknown(&report.checks));
    items
}

fn unknown(checks: &[Check]) -> impl Iterator<Item = String> {
    let of = |check: &'_ Check| -> Vec<String> {
        check.unknown().map(|message| format!("{}: {message}", check.name.as_str())).collect()
    };
    checks.iter().flat_map(of)
}

/// How far the endpoints are believed.
fn honesty(report: &Report) -> Option<String> {
    let strength = |wanted| report.checks.iter().any(|check| check.rests_on(wanted));
    let as_of = report.as_of.as_ref();
    let agreeing = as_of.map_or(0, |as_of| as_of.endpoints.len());
    let proof = as_of.and_then(|as_of| as_of.proof.as_ref()).map(|proof| (proof.result, proof.vouched_by));
    Some(match proof {
        Some((ProofResult::Proven, Some(Voucher::Caller))) => {
            "that the block you trust is one of the chain: you vouch for its hash, the title is proven within it".into()
        }
        Some((ProofResult::Proven, _)) => format!(
            "the honesty of the endpoints about the block's hash: {agreeing} of them agree, the title is proven within it"
        ),
        Some((ProofResult::Unvouched, _)) => {
            "that the block is one of the chain: only the endpoint vouches for its hash, the title is proven within it"
                .into()
        }
        _ if strength(Strength::SingleEndpoint) => {
            "the honesty of the endpoint: it was asked alone and gave no proof".into()
        }
        _ if strength(Strength::Quorum) => {
            format!("the honesty of the endpoints beyond this: {agreeing} of them agree, and none gave a proof")
        }
        _ => return None,
    })
}
