//! A policy only narrows. Two things widen, and say so: naming a bare key's DID, and the first list of accepted states.

use ebl_verifier::evidence::{Dnssec, Finality};
use ebl_verifier::primitives::{Address, ChainId};
use ebl_verifier::verify::{AcceptedState, DeniedWarnings, LeastFinality, Rule, Verdict};
use proptest::prelude::*;

use super::world::{AGE, BENEFICIARY, HOLDER, REGISTRY, State, World};

const ALL_STATES: [AcceptedState; 3] = [AcceptedState::Live, AcceptedState::Returned, AcceptedState::Ended];

fn rules() -> impl Strategy<Value = Rule> {
    let address = || prop::sample::select(vec![HOLDER, BENEFICIARY, Address([0x99; 20])]);
    let chain = || prop::sample::select(vec![1u64, 137, 31337]).prop_map(|id| ChainId::try_from(id).unwrap());
    let names = vec!["carrier.example", "*.example", "*.carrier.example", "did:ethr:0xab", "other.example"];
    prop_oneof![
        prop::collection::btree_set(prop::sample::select(names), 1..3)
            .prop_map(|names| Rule::Issuers(names.iter().map(|name| name.parse().unwrap()).collect())),
        (chain(), prop::sample::select(vec![REGISTRY, HOLDER])).prop_map(|pair| Rule::Registries([pair].into())),
        chain().prop_map(|chain| Rule::Chains([chain].into())),
        Just(Rule::NoTestNetworks),
        prop::sample::select(vec![
            LeastFinality::Any,
            LeastFinality::Latest,
            LeastFinality::Safe,
            LeastFinality::Finalized
        ])
        .prop_map(Rule::Finality),
        (AGE - 1..AGE + 2).prop_map(Rule::BlockAge),
        prop::sample::select(vec![80, 90]).prop_map(|days| Rule::DocumentAge(days * 86_400)),
        (1u32..4).prop_map(Rule::Resolvers),
        (1u32..4).prop_map(Rule::Quorum),
        Just(Rule::Proof),
        prop::collection::btree_set(prop::sample::select(ALL_STATES.to_vec()), 1..4).prop_map(Rule::TitleStates),
        address().prop_map(|address| Rule::Holders([address].into())),
        address().prop_map(|address| Rule::Beneficiaries([address].into())),
        (0usize..2).prop_map(Rule::HiddenFields),
        prop::sample::select(vec!["blNumber", "packages.0", "nothing"])
            .prop_map(|path| Rule::VisibleFields([path.parse().unwrap()].into())),
        Just(Rule::NothingUnauthenticated),
        Just(Rule::NoWarnings(DeniedWarnings::All)),
    ]
}

fn worlds() -> impl Strategy<Value = World> {
    let states = vec![State::Live, State::Live, State::Returned, State::Ended, State::Silent];
    let finality = vec![Finality::Finalized, Finality::Safe, Finality::Latest, Finality::Chosen];
    let dnssec = vec![Some(Dnssec::Secure), Some(Dnssec::Insecure), None];
    (
        (prop::sample::select(vec![1u64, 31337]), prop::bool::ANY, prop::bool::ANY),
        prop::sample::select(states),
        prop::sample::select(finality),
        prop::sample::select(dnssec),
        (prop::bool::weighted(0.8), prop::bool::weighted(0.2)),
        (1usize..3, 1usize..3),
    )
        .prop_map(
            |((chain, format_3, hidden), state, finality, dnssec, (record, paused), (endpoints, resolvers))| {
                let world = World::good().on_chain(chain);
                let world = match (format_3, hidden) {
                    (true, _) => world.in_format_3(),
                    (false, true) => world.hiding("blNumber"),
                    (false, false) => world,
                };
                world.with(|world| {
                    (world.state, world.finality, world.dnssec) = (state, finality, dnssec);
                    (world.record, world.paused) = (record, paused);
                    world.endpoints.truncate(endpoints);
                    world.resolvers.truncate(resolvers);
                })
            },
        )
}

proptest! {
    #[test]
    fn adding_a_rule_never_makes_a_document_valid(
        world in worlds(),
        // Where there is a list of states already, another one only narrows.
        any_state in prop::bool::ANY,
        rules in prop::collection::vec(rules(), 0..4),
        added in rules(),
    ) {
        let states = any_state.then(|| Rule::TitleStates(ALL_STATES.into()));
        let mut rules: Vec<Rule> = states.into_iter().chain(rules).collect();
        let stated = rules.iter().any(|rule| matches!(rule, Rule::TitleStates(_)));
        prop_assume!(stated || !matches!(added, Rule::TitleStates(_)));
        let before = world.judged(&rules).verdict;
        rules.push(added);
        let after = world.judged(&rules).verdict;
        prop_assert!(after != Verdict::Valid || before == Verdict::Valid, "{before:?} became valid");
        prop_assert_eq!(after == Verdict::Invalid, before == Verdict::Invalid);
    }

    #[test]
    fn a_document_is_valid_by_two_policies_together_only_if_by_each(
        world in worlds(),
        one in prop::collection::vec(rules(), 1..3),
        other in prop::collection::vec(rules(), 1..3),
    ) {
        let both: Vec<Rule> = one.iter().chain(&other).cloned().collect();
        if world.judged(&both).verdict == Verdict::Valid {
            let states = |rules: &[Rule]| rules.iter().any(|rule| matches!(rule, Rule::TitleStates(_)));
            for rules in [one, other] {
                // A list of states in the other one may have widened this one.
                prop_assert!(world.judged(&rules).verdict == Verdict::Valid || (states(&both) && !states(&rules)));
            }
        }
    }
}
