//! What a W3C credential comes to, beside its codes: times, contexts of the caller, titles, presentations, rules.

use std::collections::{BTreeMap, BTreeSet};

use ebl_verifier::credential::Contexts;
use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{Cause, Question};
use ebl_verifier::verify::{
    Case, CheckName, FieldPath, Outcome, Policy, Report, Rule, StatusClaim, TitleStateName, Verdict,
};
use serde_json::json;

use crate::support::signed_world::matches_schema;
use crate::support::w3c::{presentation, signed};

fn codes(report: &Report, name: CheckName) -> Vec<&'static str> {
    let check = report.checks.iter().find(|check| check.name == name).expect("all checks are listed");
    [check.code.id].into_iter().chain(check.also.iter().map(|also| also.code.id)).collect()
}

fn seconds(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("a time").as_second()
}

#[test]
fn a_transferable_record_is_a_title_like_any_other() {
    let (report, _) = signed("ecdsa-transferable").examined();
    assert_eq!((report.verdict, report.title.state), (Verdict::Valid, TitleStateName::Live));
    let facts = report.document.credential.as_ref().expect("facts of a credential");
    assert_eq!((facts.status, facts.selective_disclosure), (StatusClaim::TransferableRecord, false));
    assert_eq!((report.document.target_hash, report.document.merkle_root), (None, None));
    assert!(report.document.token_id.is_some() && report.registry.is_some());
    assert_eq!(report.issuer[0].domain.as_deref(), Some("carrier.example"));
    let title = signed("ecdsa-transferable").title_examined();
    assert_eq!((title.title.state, title.verdict()), (TitleStateName::Live, Verdict::Valid));
    assert!(!title.history.is_empty() && title.history_complete, "{:#?}", title.checks);
    matches_schema(&report);
}

#[test]
fn an_outage_is_never_called_a_forgery() {
    let ids = [
        "ecdsa-transferable",
        "ecdsa-derived-all",
        "ecdsa-derived-none",
        "bbs-transferable-v1",
        "bbs-derived-subject",
        "bbs2020-transferable",
        "bbs2020-derived",
        "ecdsa-bitstring-two",
    ];
    for id in ids {
        for cause in [Cause::Offline, Cause::Timeout, Cause::Unreachable, Cause::NotAllowed, Cause::NoSource] {
            let (report, _) = signed(id).pages(lists()).unanswered(cause, |_| true).examined();
            assert_eq!(report.verdict, Verdict::Indeterminate, "{id} {cause:?}: {:#?}", report.checks);
            matches_schema(&report);
        }
        for status in [301, 401, 403, 429, 500, 503] {
            let (report, _) = signed(id).pages(lists()).web(move |reading| reading.status = status).examined();
            assert_eq!(report.verdict, Verdict::Indeterminate, "{id} {status}: {:#?}", report.checks);
        }
    }
}

/// At the addresses of lists that the vectors name.
fn lists() -> BTreeMap<String, (u16, Vec<u8>)> {
    [1, 2].map(|number| (format!("https://carrier.example/status/{number}"), (200, Vec::new()))).into()
}

#[test]
fn the_end_and_the_beginning_of_validity_are_judged_as_of_the_time_that_is_asked_for() {
    let at = |text: &str| {
        let at = seconds(text);
        let situation = signed("ecdsa-window").policy(move |policy| (policy.at, policy.all_checks) = (Some(at), true));
        situation.examined().0
    };
    let document: serde_json::Value = serde_json::from_slice(&signed("ecdsa-window").document).expect("JSON");
    let from = document["validFrom"].as_str().expect("a time");
    let until = document["validUntil"].as_str().expect("a time");
    let moment =
        |text: &str, more: i64| jiff::Timestamp::from_second(seconds(text) + more).expect("a time").to_string();
    let issuance = |report: &Report| codes(report, CheckName::Issuance);
    assert!(issuance(&at(&moment(from, -1))).contains(&"issuance.not_yet_valid"));
    assert!(issuance(&at(until)).contains(&"issuance.expired"));
    // The proof was made later than the credential became valid.
    assert!(codes(&at(from), CheckName::Integrity).contains(&"integrity.proof_time"));
    let within = at(&moment(until, -1));
    assert!(!issuance(&within).iter().any(|code| code.contains("expired") || code.contains("not_yet")));
    assert_eq!(within.judged_at.as_deref(), Some(moment(until, -1).as_str()));
    assert!(within.not_checked[0].contains("were asked now"), "{:?}", within.not_checked);
    assert_eq!(signed("ecdsa-window").examined().0.judged_at, None);
    matches_schema(&within);
}

#[test]
fn a_context_of_the_caller_gives_words_their_meaning_and_is_named() {
    let with_word = || {
        signed("ecdsa-transferable").policy(|policy| policy.all_checks = true).tampered(|document| {
            document["@context"].as_array_mut().unwrap().push(json!("https://line.example/terms.json"));
            document["credentialSubject"]["berth"] = json!("12");
        })
    };
    let bytes = br#"{"@context": {"berth": "https://line.example/terms#berth"}}"#;
    let mut contexts = Contexts::default();
    contexts.add("https://line.example/terms.json", bytes).expect("a context");
    let (without, _) = with_word().examined();
    assert_eq!(codes(&without, CheckName::Integrity), ["integrity.context_not_allowed"]);
    let added = contexts.clone();
    let (with, _) = with_word().policy(move |policy| policy.contexts = added).examined();
    // It is understood now; that nobody signed it is another matter.
    assert_eq!(codes(&with, CheckName::Integrity), ["integrity.wrong_signature"]);
    let named = &with.document.credential.as_ref().expect("facts").contexts;
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].url, "https://line.example/terms.json");
    assert!(with.not_checked.iter().any(|item| item.contains("you vouch for that context")));
    matches_schema(&with);

    let situation = with_word();
    let document = document::read(&situation.document, &Limits::default()).expect("readable");
    let policy = Policy { contexts, ..Policy::default() };
    let case = Case::new(&document, &policy, situation.now);
    let by_caller: Vec<&str> = case.statements().filter(|it| it.by_added_context).map(|it| it.line).collect();
    assert_eq!(by_caller.len(), 1, "{by_caller:?}");
    assert!(by_caller[0].ends_with("<https://line.example/terms#berth> \"12\" ."), "{by_caller:?}");
}

#[test]
fn a_known_context_cannot_be_replaced() {
    let mut contexts = Contexts::default();
    let url = "https://trustvc.io/context/bill-of-lading.json";
    let why = contexts.add(url, br#"{"@context": {"blNumber": "https://other.example/number"}}"#).unwrap_err();
    assert!(why.to_string().contains("fixed"), "{why}");
    assert_eq!(contexts.added().count(), 0);
}

#[test]
fn the_worst_credential_of_a_presentation_counts_and_each_is_a_part() {
    let (report, _) = presentation("presentation-two").examined();
    assert_eq!(report.parts.len(), 2);
    let worst = report.parts.iter().map(|part| part.verdict).any(|verdict| verdict == Verdict::Invalid);
    assert_eq!(report.verdict == Verdict::Invalid, worst);
    let facts = report.document.presentation.as_ref().expect("facts of a presentation");
    assert!(facts.fresh && facts.holder == "did:web:holder.example");
    assert!(report.parts.iter().all(|part| part.checks.len() == 7 && part.document.sha256.is_none()));
    matches_schema(&report);
    let forgotten = presentation("presentation-two").policy(|policy| policy.challenge = None).examined().0;
    assert!(forgotten.not_checked.iter().any(|item| item.contains("made for you")), "{:?}", forgotten.not_checked);
    assert!(!forgotten.document.presentation.as_ref().expect("facts").fresh);
}

#[test]
fn nobody_is_asked_about_the_credentials_of_a_presentation_that_is_broken() {
    let (report, evidence) = presentation("presentation-credential-swapped").examined();
    assert_eq!((report.verdict, report.parts.len()), (Verdict::Invalid, 0));
    assert!(evidence.entries().iter().all(|entry| matches!(entry.question(), Question::Web(_))));
}

#[test]
fn rules_hold_for_credentials_too() {
    let outcome = |id: &str, rule: Rule| {
        let situation = signed(id).policy(|policy| policy.rules.push(rule));
        situation.examined().0.policy[0].outcome
    };
    let visible = |path: &str| Rule::VisibleFields(BTreeSet::from([path.parse::<FieldPath>().expect("a path")]));
    for (id, rule, wanted) in [
        ("ecdsa-transferable", Rule::HiddenFields(0), Outcome::Pass),
        ("ecdsa-derived-all", Rule::HiddenFields(0), Outcome::Unknown),
        ("bbs-derived-all", Rule::HiddenFields(0), Outcome::Pass),
        ("bbs-derived-subject", Rule::HiddenFields(0), Outcome::Fail),
        ("bbs-derived-subject", Rule::HiddenFields(100), Outcome::Pass),
        ("ecdsa-transferable", visible("blNumber"), Outcome::Pass),
        ("ecdsa-derived-none", visible("blNumber"), Outcome::Fail),
        ("ecdsa-transferable", Rule::Issuers(["carrier.example".parse().expect("a name")].into()), Outcome::Pass),
        (
            "ecdsa-transferable",
            Rule::Issuers(["did:web:carrier.example".parse().expect("a DID")].into()),
            Outcome::Pass,
        ),
        ("ecdsa-transferable", Rule::Issuers(["other.example".parse().expect("a name")].into()), Outcome::Fail),
        ("ecdsa-transferable", Rule::NothingUnauthenticated, Outcome::Pass),
    ] {
        assert_eq!(outcome(id, rule.clone()), wanted, "{id}: {rule}");
    }
    // What is shown counts only where it is known to be signed.
    let unknown = signed("ecdsa-transferable").unanswered(Cause::Timeout, |_| true);
    let (report, _) = unknown.policy(|policy| policy.rules.push(visible("blNumber"))).examined();
    assert_eq!(report.policy[0].outcome, Outcome::Unknown);
}

#[test]
fn a_bare_key_that_the_caller_names_is_an_issuer_they_know() {
    let did = {
        let document: serde_json::Value =
            serde_json::from_slice(&signed("ecdsa-transferable-did-key").document).expect("JSON");
        document["issuer"].as_str().expect("a DID").to_owned()
    };
    let named = Rule::Issuers([did.parse().expect("a DID")].into());
    let (report, _) = signed("ecdsa-transferable-did-key").policy(|policy| policy.rules.push(named)).examined();
    assert_eq!(report.verdict, Verdict::Valid, "{:#?}", report.checks);
}

#[test]
fn a_selection_that_shows_no_title_or_a_part_of_one_may_have_one() {
    let title = signed("ecdsa-derived-subject").title_examined();
    assert_eq!((title.title.state, title.verdict()), (TitleStateName::Unknown, Verdict::Indeterminate));
    let (report, _) = signed("ecdsa-derived-subject").examined();
    assert!(codes(&report, CheckName::Title).contains(&"issuance.may_be_withheld"));
    for part in ["tokenNetwork", "tokenId", "tokenRegistry"] {
        let in_part = |id: &str| {
            signed(id).tampered(|document| drop(document["credentialStatus"].as_object_mut().unwrap().remove(part)))
        };
        // The statements are others now; that is told, and not that the document is built wrongly.
        let (selection, _) = in_part("ecdsa-derived-all").examined();
        assert_eq!(codes(&selection, CheckName::Integrity), ["integrity.wrong_signature"], "{part}");
        let (whole, _) = in_part("ecdsa-transferable").examined();
        assert_eq!(codes(&whole, CheckName::Integrity), ["integrity.shape"], "{part}");
    }
}
