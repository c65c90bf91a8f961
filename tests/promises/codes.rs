//! What leads to what (checks.md §8): for every code of the table a case that comes to it. Each case is an honest
//! document with honest evidence, of which one thing is changed.

#[path = "codes/challenges.rs"]
mod challenges;
#[path = "codes/credentials.rs"]
mod credentials;
#[path = "codes/findings.rs"]
mod findings;
#[path = "codes/proofs.rs"]
mod proofs;
use crate::support::proven_bill;
#[path = "codes/signatures.rs"]
mod signatures;
use crate::support::signed_world;
use crate::support::signing;
use crate::support::situation;
use crate::support::title_logs;
#[path = "codes/titles.rs"]
mod titles;
#[path = "codes/unreadable.rs"]
mod unreadable;
use crate::support::wrapping;

use std::collections::BTreeSet;

use ebl_verifier::evidence::{Cause, Evidence, Question};
use ebl_verifier::report::human::{self, Style};
use ebl_verifier::report::title as title_page;
use ebl_verifier::verify::{Check, CheckName, ControlVerdict, NextStep, Outcome, Report, Verdict, codes};
use signed_world::{matches_schema, web};
use situation::signed;
use wrapping::Format;

#[test]
fn every_case_comes_to_its_code_outcome_and_verdict() {
    let mut wrong = Vec::new();
    for (code, name, outcome, verdict, when, make) in findings::all() {
        let (report, _) = make().examined();
        matches_schema(&report);
        let check = report.checks.iter().find(|check| check.name == *name).expect("all checks are listed");
        let found = (check.code.id, check.outcome, report.verdict);
        if found != (*code, *outcome, *verdict) {
            wrong.push(format!("{code} when {when}: found {found:?}, {}", check.message));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_case_of_a_title_comes_to_its_code_outcome_and_verdict() {
    let mut wrong = Vec::new();
    for (code, name, outcome, verdict, when, make) in titles::all() {
        let report = make().title_examined();
        titles::matches_schema(&report);
        let check = report.checks.iter().find(|check| check.name == *name).expect("the check is listed");
        let found = (check.code.id, check.outcome, report.verdict());
        if found != (*code, *outcome, *verdict) {
            wrong.push(format!("{code} when {when}: found {found:?}, {}", check.message));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_report_that_is_not_valid_ends_with_what_to_do_next_and_who_can() {
    let style = Style { width: 10_000, color: false, verbose: false, advice: |_, remedy| remedy.to_owned() };
    let page_ends_so = |page: &str, next: &NextStep, of: &str| {
        let after = page.split_once(&format!("\n  Next        {}\n\n", next.sentence));
        assert!(after.is_some_and(|(_, after)| after.starts_with("  Not checked: ")), "{of}: {page}");
    };
    for (code, .., when, make) in findings::all() {
        let (report, _) = make().examined();
        let of = format!("{code} when {when}");
        let Some(next) = &report.next_step else {
            assert_eq!(report.verdict, Verdict::Valid, "{of}");
            continue;
        };
        assert_ne!(report.verdict, Verdict::Valid, "{of}");
        is_one_step(next, &report.checks, &report.parts, &of);
        page_ends_so(&human::render(&report, "bill.json", style), next, &of);
    }
    for (code, .., when, make) in titles::all() {
        let report = make().title_examined();
        let of = format!("the title, {code} when {when}");
        let Some(next) = &report.next_step else {
            assert_eq!(report.verdict(), Verdict::Valid, "{of}");
            continue;
        };
        assert_ne!(report.verdict(), Verdict::Valid, "{of}");
        is_one_step(next, &report.checks, &[], &of);
        page_ends_so(&title_page::render(&report, "bill.json", style), next, &of);
    }
}

/// One sentence, about something that was found, and for somebody who can do it.
fn is_one_step(next: &NextStep, checks: &[Check], parts: &[Report], of: &str) {
    assert!(next.sentence.ends_with('.') && !next.sentence.contains(". "), "{of}: {}", next.sentence);
    assert_ne!(next.who, codes::Actor::Nobody, "{of}");
    let found = |checks: &[Check]| {
        checks.iter().any(|check| check.code == next.code || check.also.iter().any(|also| also.code == next.code))
    };
    assert!(found(checks) || parts.iter().any(|part| found(&part.checks)), "{of}: {}", next.code.id);
}

#[test]
fn every_case_of_a_challenge_comes_to_its_code_outcome_and_verdict() {
    let mut wrong = Vec::new();
    for (code, name, outcome, verdict, when, make) in challenges::ALL {
        let report = make().report();
        challenges::matches_schema(&report);
        let check = report.checks.iter().find(|check| check.name == *name).expect("the check is listed");
        let found = (check.code.id, check.outcome, report.verdict);
        if found != (*code, *outcome, *verdict) {
            wrong.push(format!("{code} when {when}: found {found:?}, {}", check.message));
        }
        assert_eq!(report.statement.is_some(), report.verdict == ControlVerdict::Proven, "{code} when {when}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn without_the_proof_that_is_required_nothing_is_known() {
    for (code, when, make) in proofs::ALL {
        let report = make();
        matches_schema(&report);
        let carries = report.checks.iter().any(|check| (check.code.id, check.outcome) == (*code, Outcome::Unknown));
        assert!(carries && report.verdict == Verdict::Indeterminate, "{code} when {when}: {:?}", report.checks);
    }
}

#[test]
fn every_code_of_the_table_is_reached_and_no_other_is_emitted() {
    let mut seen = BTreeSet::new();
    for (.., make) in findings::all() {
        let (report, _) = make().examined();
        seen.extend(report.checks.iter().map(|check| check.code.id));
    }
    for (.., make) in titles::all() {
        seen.extend(make().title_examined().checks.iter().map(|check| check.code.id));
    }
    for (.., make) in challenges::ALL {
        seen.extend(make().report().checks.iter().map(|check| check.code.id));
    }
    for (.., make) in proofs::ALL {
        seen.extend(make().checks.iter().map(|check| check.code.id));
    }
    seen.extend(unreadable::ALL.iter().map(|(_, make)| make().id));
    let table: BTreeSet<_> = codes::all().map(|code| code.id).collect();
    let missing: Vec<_> = table.difference(&seen).collect();
    let unknown: Vec<_> = seen.difference(&table).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "without a case: {missing:?}; not in the table: {unknown:?}");
}

#[test]
fn the_evidence_of_every_case_follows_its_schema_and_reads_back_the_same() {
    let schema = serde_json::from_str(include_str!("../../schemas/evidence.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let documents = findings::all().map(|(.., make)| make().examined().1);
    let titles = titles::all().map(|(.., make)| make().title_examined_with_evidence().1);
    let challenges = challenges::ALL.iter().map(|(.., make)| make().examined().1);
    let mut kinds = BTreeSet::new();
    for evidence in documents.chain(titles).chain(challenges) {
        let written = serde_json::to_value(&evidence).expect("JSON");
        let errors: Vec<_> = schema.iter_errors(&written).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{written:#}");
        assert_eq!(serde_json::from_value::<Evidence>(written).expect("evidence"), evidence);
        kinds.extend(evidence.entries().iter().map(|entry| {
            let question = serde_json::to_value(entry.question()).expect("JSON");
            question["kind"].as_str().map(str::to_owned)
        }));
    }
    assert_eq!(kinds.len(), 9, "all but proofs, which tests/promises/proof_verdicts.rs has: {kinds:?}");
}

#[test]
fn what_cannot_be_read_is_told_apart() {
    for (code, make) in unreadable::ALL {
        assert_eq!(make().id, *code);
    }
}

#[test]
fn every_kind_of_failure_is_unknown_with_its_own_code() {
    let of_chain = |question: &Question| matches!(question, Question::Registry(_));
    let of_domain = |question: &Question| matches!(question, Question::DnsTxt(_));
    let of_web = |question: &Question| matches!(question, Question::Web(_));
    let (rpc, dns) = ("chain.rpc_unavailable", "issuer.dns_unavailable");
    for (cause, on_chain, at_domain) in [
        (Cause::Offline, "check.offline", "check.offline"),
        (Cause::NotAllowed, rpc, dns),
        (Cause::NoSource, "chain.no_endpoint", dns),
        (Cause::Unreachable, rpc, dns),
        (Cause::Proxy, "check.proxy", "check.proxy"),
        (Cause::Timeout, rpc, dns),
        (Cause::RateLimited, rpc, dns),
        (Cause::NotAnAnswer, rpc, dns),
        (Cause::WrongChain, "chain.wrong_endpoint", dns),
        (Cause::BlockVanished, "chain.block_vanished", dns),
        (Cause::NoSuchBlock, "chain.no_such_block", dns),
        (Cause::Behind, "chain.endpoint_behind", dns),
        (Cause::NewestNotRead, "chain.newest_not_read", dns),
        (Cause::InTheFuture, "chain.block_in_the_future", dns),
        (Cause::Disagreement, "chain.endpoints_disagree", "issuer.dns_disagreement"),
        (Cause::ServerFailure, rpc, dns),
        (Cause::Bogus, rpc, "issuer.dns_bogus"),
    ] {
        let on_web = match cause {
            Cause::Offline => "check.offline",
            Cause::Proxy => "check.proxy",
            _ => "issuer.did_document_unavailable",
        };
        for (situation, name, wanted) in [
            (situation::bill().unanswered(cause, of_chain), CheckName::Chain, on_chain),
            (situation::bill().unanswered(cause, of_domain), CheckName::Issuer, at_domain),
            (signed(&web(Format::V2)).unanswered(cause, of_web), CheckName::Issuer, on_web),
        ] {
            let (report, _) = situation.examined();
            let check = report.checks.iter().find(|check| check.name == name).expect("all checks are listed");
            let found = (check.code.id, check.outcome, report.verdict);
            assert_eq!(found, (wanted, Outcome::Unknown, Verdict::Indeterminate), "{cause:?}");
            assert_eq!(check.unavailable[0].cause, cause);
        }
    }
}
