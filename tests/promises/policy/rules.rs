//! Every rule against what it is about: met, not met, not known, not applicable.

use ebl_verifier::document::SealedBy;
use ebl_verifier::evidence::{Dnssec, Finality};
use ebl_verifier::primitives::{Address, ChainId};
use ebl_verifier::verify::{
    AcceptedState, DeniedWarnings, FieldPath, IssuerName, LeastFinality, Outcome, Policy, Report, Rule, Verdict,
    WarningKind,
};

use serde_json::Value;

use super::world::{AGE, BENEFICIARY, HOLDER, REGISTRY, State, World};
use super::wrapping::{Format, batch};

const OTHER: Address = Address([0x99; 20]);

fn issuers(names: &[&str]) -> Rule {
    Rule::Issuers(names.iter().map(|name| name.parse::<IssuerName>().unwrap()).collect())
}

fn visible(paths: &[&str]) -> Rule {
    Rule::VisibleFields(paths.iter().map(|path| path.parse::<FieldPath>().unwrap()).collect())
}

fn chain(id: u64) -> ChainId {
    ChainId::try_from(id).unwrap()
}

fn chains(ids: &[u64]) -> Rule {
    Rule::Chains(ids.iter().copied().map(chain).collect())
}

fn registry(id: u64, address: Address) -> Rule {
    Rule::Registries([(chain(id), address)].into())
}

fn warnings(kinds: &[WarningKind]) -> Rule {
    Rule::NoWarnings(DeniedWarnings::These(kinds.iter().copied().collect()))
}

fn world(change: impl FnOnce(&mut World)) -> World {
    World::good().with(change)
}

fn policy_check(report: &Report) -> (Outcome, &'static str) {
    let check = report.checks.last().unwrap();
    (check.outcome, check.code.id)
}

#[test]
fn every_rule_comes_to_what_the_evidence_shows() {
    use LeastFinality::{Any, Finalized, Latest, Safe};
    use Outcome::{Fail, NotApplicable, Pass, Unknown};
    let good = World::good;
    let silent = || world(|world| world.state = State::Silent);
    let without_records = || world(|world| world.dnssec = None);
    let with_finality = |finality| world(move |world| world.finality = finality);
    let on_local_chain = || good().on_chain(31337).with(|world| world.finality = Finality::Local);
    let foreign_member = || {
        world(|world| {
            world.document["privacy"]["note"] = "not covered".into();
        })
    };
    let table: Vec<(Rule, World, Outcome)> = vec![
        (issuers(&["carrier.example"]), good(), Pass),
        (issuers(&["other.example", "carrier.example"]), good(), Pass),
        (issuers(&["*.example"]), good(), Pass),
        (issuers(&["other.example"]), good(), Fail),
        (issuers(&["carrier.example"]), without_records(), Unknown),
        (issuers(&["other.example"]), without_records(), Fail),
        (issuers(&["carrier.example"]), world(|world| world.record = false), Fail),
        (registry(1, REGISTRY), good(), Pass),
        (registry(137, REGISTRY), good(), Fail),
        (registry(1, OTHER), good(), Fail),
        (registry(1, REGISTRY), silent(), Pass),
        (chains(&[1]), good(), Pass),
        (chains(&[137, 1]), good(), Pass),
        (chains(&[137]), good(), Fail),
        (chains(&[137]), silent(), Fail),
        (Rule::NoTestNetworks, good(), Pass),
        (Rule::NoTestNetworks, good().on_chain(11155111), Fail),
        (Rule::NoTestNetworks, on_local_chain(), Fail),
        (Rule::NoTestNetworks, good().on_chain(987_654), Unknown),
        (Rule::Finality(Finalized), good(), Pass),
        (Rule::Finality(Finalized), with_finality(Finality::Safe), Fail),
        (Rule::Finality(Finalized), with_finality(Finality::Chosen), Unknown),
        (Rule::Finality(Finalized), on_local_chain(), Fail),
        (Rule::Finality(Finalized), silent(), Unknown),
        (Rule::Finality(Safe), with_finality(Finality::Finalized), Pass),
        (Rule::Finality(Safe), with_finality(Finality::Safe), Pass),
        (Rule::Finality(Safe), with_finality(Finality::Latest), Fail),
        (Rule::Finality(Latest), with_finality(Finality::Latest), Pass),
        (Rule::Finality(Latest), on_local_chain(), Pass),
        (Rule::Finality(Latest), with_finality(Finality::Chosen), Unknown),
        (Rule::Finality(Any), with_finality(Finality::Chosen), Pass),
        (Rule::BlockAge(AGE), good(), Pass),
        (Rule::BlockAge(AGE - 1), good(), Fail),
        (Rule::BlockAge(AGE), silent(), Unknown),
        // Issued on 2026-03-01, judged on 2026-05-28.
        (Rule::DocumentAge(90 * 86_400), good().in_format_3(), Pass),
        (Rule::DocumentAge(80 * 86_400), good().in_format_3(), Fail),
        (Rule::DocumentAge(90 * 86_400), good(), Unknown),
        (Rule::Resolvers(2), good(), Pass),
        (Rule::Resolvers(3), good(), Fail),
        (Rule::Resolvers(2), world(|world| world.resolvers = vec!["9.9.9.9", "9.9.9.9"]), Fail),
        (Rule::Resolvers(2), without_records(), Unknown),
        (Rule::Quorum(2), good(), Pass),
        (Rule::Quorum(3), good(), Fail),
        (Rule::Quorum(2), world(|world| world.endpoints = vec!["one.example", "one.example"]), Fail),
        (Rule::Quorum(1), silent(), Unknown),
        (Rule::Proof, good(), Fail),
        (Rule::TitleStates([AcceptedState::Live].into()), good(), Pass),
        (Rule::TitleStates([AcceptedState::Ended].into()), good(), Fail),
        (Rule::TitleStates([AcceptedState::Live].into()), silent(), Unknown),
        (Rule::Holders([HOLDER, OTHER].into()), good(), Pass),
        (Rule::Holders([BENEFICIARY].into()), good(), Fail),
        (Rule::Holders([HOLDER].into()), silent(), Unknown),
        (Rule::Beneficiaries([BENEFICIARY].into()), good(), Pass),
        (Rule::Beneficiaries([HOLDER].into()), good(), Fail),
        (Rule::Beneficiaries([BENEFICIARY].into()), silent(), Unknown),
        (Rule::HiddenFields(0), good(), Pass),
        (Rule::HiddenFields(0), good().hiding("blNumber"), Fail),
        (Rule::HiddenFields(1), good().hiding("blNumber"), Pass),
        (visible(&["blNumber", "packages.0.weight"]), good(), Pass),
        (visible(&["blNumber", "packages.0.weight"]), good().in_format_3(), Pass),
        (visible(&["notifyParty", "packages"]), good(), Pass),
        (visible(&["blNumber"]), good().hiding("blNumber"), Fail),
        (visible(&["blNumber", "packages"]), good().hiding("packages"), Fail),
        (visible(&["packages.1.weight"]), good(), Fail),
        // A place in a list has one spelling.
        (visible(&["packages.+0.weight"]), good(), Fail),
        (visible(&["packages.00.weight"]), good(), Fail),
        (visible(&["packages.0e0.weight"]), good(), Fail),
        (visible(&["blNumber.0"]), good(), Fail),
        (Rule::NothingUnauthenticated, good(), Pass),
        (Rule::NothingUnauthenticated, foreign_member(), Fail),
        (Rule::NoWarnings(DeniedWarnings::All), good(), Pass),
        (Rule::NoWarnings(DeniedWarnings::All), world(|world| world.paused = true), Fail),
        (warnings(&[WarningKind::RegistryPaused]), world(|world| world.paused = true), Fail),
        (warnings(&[WarningKind::RulesCanChange]), world(|world| world.proxy = Some(OTHER)), Fail),
        (warnings(&[WarningKind::RulesCanChange]), good(), Pass),
        (warnings(&[WarningKind::NetworkName]), good().on_chain(137), Fail),
        (warnings(&[WarningKind::NomineePending]), world(|world| world.paused = true), Pass),
        (warnings(&[WarningKind::RegistryPaused]), silent(), Unknown),
    ];
    for (rule, world, wanted) in table {
        let before = world.judged(&[]).verdict;
        let (finding, report) = world.rule(rule.clone());
        assert_eq!(finding.outcome, wanted, "{rule:?}: {}", finding.message);
        let verdict = match (before, wanted) {
            (Verdict::Valid, Fail) => Verdict::PolicyNotMet,
            (Verdict::Valid, Unknown) => Verdict::Indeterminate,
            (before, _) => before,
        };
        assert_eq!(report.verdict, verdict, "{rule:?}: {}", finding.message);
        let code = match wanted {
            Pass => "policy.met",
            Fail => "policy.not_met",
            Unknown => "policy.undecided",
            NotApplicable => "policy.not_applicable",
        };
        assert_eq!(policy_check(&report), (wanted, code), "{rule:?}");
    }
}

#[test]
fn an_unknown_network_is_no_test_network_where_the_caller_allows_it() {
    let world = World::good().on_chain(987_654);
    let report = world.judged(&[Rule::NoTestNetworks, chains(&[987_654])]);
    assert_eq!((report.verdict, report.policy[0].outcome), (Verdict::Valid, Outcome::Pass));
    // A known one stays what it is.
    let report = World::good().on_chain(80002).judged(&[Rule::NoTestNetworks, chains(&[80002])]);
    assert_eq!(report.verdict, Verdict::PolicyNotMet);
}

#[test]
fn records_that_are_not_validated_leave_the_issuer_unknown_and_the_rule_not_met() {
    for (dnssec, verdict, outcome) in [
        (Some(Dnssec::Secure), Verdict::Valid, Outcome::Pass),
        (Some(Dnssec::Insecure), Verdict::Indeterminate, Outcome::Fail),
        (Some(Dnssec::NotChecked), Verdict::Indeterminate, Outcome::Fail),
        (None, Verdict::Indeterminate, Outcome::Unknown),
    ] {
        let world = world(|world| world.dnssec = dnssec);
        let policy =
            Policy { require_dnssec: true, trusted_registries: [(chain(1), REGISTRY)].into(), ..Policy::default() };
        let report = world.judged_by(&policy);
        assert_eq!((report.verdict, report.policy[0].rule, report.policy[0].outcome), (verdict, "dnssec", outcome));
    }
}

#[test]
fn a_returned_or_ended_title_counts_only_where_its_state_is_accepted() {
    use AcceptedState::{Ended, Live, Returned};
    let accepting = |states: &[AcceptedState]| Rule::TitleStates(states.iter().copied().collect());
    let all = [Live, Returned, Ended];
    for (state, rules, verdict) in [
        (State::Returned, vec![], Verdict::NotLive),
        (State::Ended, vec![], Verdict::NotLive),
        (State::Returned, vec![accepting(&[Returned])], Verdict::Valid),
        (State::Ended, vec![accepting(&[Returned])], Verdict::NotLive),
        (State::Ended, vec![accepting(&all)], Verdict::Valid),
        (State::Live, vec![accepting(&[Returned])], Verdict::PolicyNotMet),
        (State::Returned, vec![accepting(&all), accepting(&[Live])], Verdict::NotLive),
        (State::Returned, vec![accepting(&all), accepting(&[Returned, Ended])], Verdict::Valid),
        (State::Live, vec![accepting(&[Live]), accepting(&[Ended])], Verdict::PolicyNotMet),
        // Not live goes before the policy (checks.md §1).
        (State::Returned, vec![chains(&[137])], Verdict::NotLive),
        (State::Returned, vec![accepting(&all), chains(&[137])], Verdict::PolicyNotMet),
    ] {
        let report = world(|world| world.state = state).judged(&rules);
        assert_eq!(report.verdict, verdict, "{state:?} {rules:?}");
        let title = report.checks.iter().find(|check| check.name.as_str() == "title").unwrap();
        let honest = if state == State::Live { Outcome::Pass } else { Outcome::Fail };
        assert_eq!(title.outcome, honest, "the title check says whether the title is live");
    }
}

#[test]
fn nobody_holds_an_ended_title() {
    let ended = world(|world| world.state = State::Ended);
    let all = [AcceptedState::Live, AcceptedState::Returned, AcceptedState::Ended];
    let report = ended.judged(&[Rule::TitleStates(all.into()), Rule::Holders([HOLDER].into())]);
    assert_eq!((report.verdict, report.policy[1].outcome), (Verdict::PolicyNotMet, Outcome::Fail));
}

#[test]
fn a_document_without_a_title_meets_no_rule_about_registry_or_parties() {
    let world = World::good().with(|world| world.document = batch(Format::V2, &[REGISTRY], 1, 0, 1).remove(0).document);
    let rules = vec![
        registry(1, REGISTRY),
        Rule::Holders([HOLDER].into()),
        Rule::Beneficiaries([HOLDER].into()),
        Rule::TitleStates([AcceptedState::Live].into()),
    ];
    let policy = Policy { rules, ..Policy::default() };
    let report = world.judged_by(&policy);
    let outcomes: Vec<_> = report.policy.iter().map(|finding| finding.outcome).collect();
    assert_eq!(outcomes, [Outcome::Fail, Outcome::Fail, Outcome::Fail, Outcome::NotApplicable]);
    let states = Policy { rules: policy.rules[3..].to_vec(), ..Policy::default() };
    let report = world.judged_by(&states);
    assert_eq!(policy_check(&report), (Outcome::NotApplicable, "policy.not_applicable"));
}

#[test]
fn every_rule_is_listed_in_the_order_given_and_the_worst_speaks() {
    let rules = [Rule::HiddenFields(0), chains(&[137]), Rule::DocumentAge(1), registry(1, REGISTRY)];
    let report = World::good().judged(&rules);
    let listed: Vec<_> = report.policy.iter().map(|finding| (finding.rule, finding.outcome)).collect();
    assert_eq!(
        listed,
        [
            ("max_hidden_fields", Outcome::Pass),
            ("chains", Outcome::Fail),
            ("max_document_age", Outcome::Unknown),
            ("registries", Outcome::Pass),
        ]
    );
    assert_eq!(policy_check(&report), (Outcome::Fail, "policy.not_met"));
    assert_eq!(report.checks.last().unwrap().message, "not met: chains");
    // What surely does not hold is not undecided.
    assert_eq!(report.verdict, Verdict::PolicyNotMet);
}

#[test]
fn a_changed_document_is_invalid_and_its_rules_are_not_judged() {
    let changed = world(|world| {
        let number = world.document["data"]["blNumber"].as_str().unwrap().replace("NDSE", "MDSE");
        world.document["data"]["blNumber"] = number.into();
    });
    let report = changed.judged(&[chains(&[137]), Rule::HiddenFields(0)]);
    assert_eq!(report.verdict, Verdict::Invalid);
    assert_eq!(policy_check(&report), (Outcome::NotApplicable, "check.not_asked"));
    assert!(report.policy.iter().all(|finding| finding.outcome == Outcome::NotApplicable));
    assert_eq!(report.policy.len(), 2);
}

#[test]
fn a_sealed_file_that_carries_its_key_is_a_warning_that_can_be_refused() {
    let rules = vec![warnings(&[WarningKind::KeyInSealedFile])];
    for (sealed_with_its_key, outcome) in [(true, Outcome::Fail), (false, Outcome::Pass)] {
        let trusted_registries = [(chain(1), REGISTRY)].into();
        let policy = Policy { trusted_registries, rules: rules.clone(), ..Policy::default() };
        let mut world = World::good();
        world.sealed = Some(if sealed_with_its_key { SealedBy::KeyInTheFile } else { SealedBy::KeyOfTheReader });
        let report = world.judged_by(&policy);
        assert_eq!((report.policy[0].outcome, report.warnings.len()), (outcome, usize::from(sealed_with_its_key)));
    }
}

#[test]
fn without_a_policy_nothing_is_listed() {
    let report = World::good().judged(&[]);
    assert_eq!((report.verdict, policy_check(&report)), (Verdict::Valid, (Outcome::NotApplicable, "policy.none")));
    assert!(report.policy.is_empty());
}

#[test]
fn unprotected_values_are_not_visible_even_where_the_document_is_accepted_without_them() {
    let vectors: Value = serde_json::from_str(include_str!("../../../fixtures/vectors/v3-falsy.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["id"] == "v3-falsy-zero-truthy-leaves").unwrap();
    let world = World::good().with(|world| world.document = case["document"].clone());
    for (rule, outcome) in [
        (visible(&["blNumber", "packages"]), Outcome::Pass),
        (visible(&["n"]), Outcome::Fail),
        (Rule::NothingUnauthenticated, Outcome::Fail),
    ] {
        let policy = Policy { accept_unauthenticated_falsy: true, rules: vec![rule.clone()], ..Policy::default() };
        assert_eq!(world.judged_by(&policy).policy[0].outcome, outcome, "{rule:?}");
    }
}
