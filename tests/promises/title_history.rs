//! The endorsement history against a simple model, on the embedded chain: whatever the operations, however they are put into
//! transactions; and what is served wrongly is incomplete.
#![cfg(feature = "testchain")]

use crate::support::batch;
use crate::support::title_walk;

use std::net::{Ipv4Addr, SocketAddr};

use ebl_verifier::evidence::{Fact, HistoryReading, LogReading, RegistryReading};
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId, decode_hex, keccak256};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use ebl_verifier::testchain::contracts::{Contract, Recipient, TitleWrite};
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Registry, Sandbox};
use ebl_verifier::title::history::{Gap, History, judge};
use ebl_verifier::title::{Generation, TitleFinding, judge as judge_registry};
use ebl_verifier::verify::{HistoryEntry, Outcome, PowersWanted, TitleReport, TitleStateName, TokenOfChain, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use title_walk::{ACTORS, Choice, ISSUER, Model, Place, Told, Walk, walk};
use tokio::runtime::Runtime;

/// A sandbox in which every party is a contract that can act in anybody's transaction.
struct World {
    runtime: Runtime,
    sandbox: Sandbox,
    accounts: [Address; ACTORS],
    next_token: std::cell::Cell<u64>,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = runtime.block_on(Sandbox::start(any_port, any_port)).unwrap();
        let accounts = [(); ACTORS].map(|()| sandbox.deploy(Contract::BatchAccount, &[]).unwrap());
        for registry in [sandbox.v4, sandbox.v5] {
            for role in ["MINTER_ROLE", "ACCEPTER_ROLE", "RESTORER_ROLE"] {
                sandbox.send(Party::Carrier, registry.address, &batch::grant(role, accounts[ISSUER])).unwrap();
            }
        }
        Self { runtime, sandbox, accounts, next_token: 0.into() }
    }

    fn registry(&self, generation: Generation) -> Registry {
        if generation == Generation::V5 { self.sandbox.v5 } else { self.sandbox.v4 }
    }

    fn fresh_token(&self) -> TokenId {
        self.next_token.set(self.next_token.get() + 1);
        keccak256(self.next_token.get().to_be_bytes()).into()
    }

    /// Acts of several accounts in one transaction.
    fn send(&self, registry: Registry, token: TokenId, acts: &[(usize, TitleWrite)]) {
        let calls: Vec<_> = acts
            .iter()
            .map(|(actor, write)| {
                let to = match write.recipient() {
                    Recipient::Registry => registry.address,
                    Recipient::TitleEscrow => registry.escrow(token),
                };
                let data = write.call_data(registry.generation).expect("an act of this generation");
                (self.accounts[*actor], batch::run(&[(to, data)]))
            })
            .collect();
        self.sandbox
            .send(Party::Bank, self.accounts[0], &batch::run(&calls))
            .unwrap_or_else(|why| panic!("{acts:?}: {why}"));
    }

    fn walked(&self, generation: Generation, choices: &[Choice]) -> (TokenId, Walk) {
        let (token, registry) = (self.fresh_token(), self.registry(generation));
        let walk = walk(generation, &self.accounts, token, choices);
        for acts in &walk.transactions {
            self.send(registry, token, acts);
        }
        (token, walk)
    }

    fn report(&self, generation: Generation, token: TokenId) -> TitleReport {
        let verifier = self.sandbox.verifier().unwrap().build().unwrap();
        let registry = self.registry(generation).address;
        let token = TokenOfChain { chain: chain(), registry, token };
        self.runtime.block_on(verifier.title_of_token(token, PowersWanted::No, &self.sandbox.wishes()))
    }

    /// What a node says of the title, unjudged.
    fn readings(&self, generation: Generation, token: TokenId) -> (RegistryReading, HistoryReading) {
        let endpoints = [(chain(), vec![self.sandbox.rpc_url().parse().unwrap()])].into();
        let source = ChainSource::new(ChainConfig { endpoints, use_embedded: false, ..Default::default() }).unwrap();
        let registry = self.registry(generation).address;
        let questions = vec![ChainQuestion::Registry { registry, token }, ChainQuestion::History { registry, token }];
        let mut answers = self.runtime.block_on(source.read(chain(), questions)).into_iter().map(|(answer, _)| answer);
        match (answers.next(), answers.next()) {
            (Some(Ok(Fact::Registry(state))), Some(Ok(Fact::History(history)))) => (*state, *history),
            other => panic!("{other:?}"),
        }
    }

    fn judged(
        &self,
        generation: Generation,
        token: TokenId,
        state: &RegistryReading,
        logs: &HistoryReading,
    ) -> History {
        let registry = self.registry(generation).address;
        let finding = judge_registry(state, registry, token, true);
        assert!(matches!(finding.title, TitleFinding::Known(_)), "{finding:?}");
        judge(logs, state, &finding.title, registry, token, generation)
    }
}

fn chain() -> ChainId {
    ChainId::try_from(CHAIN).unwrap()
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let choice = (any::<usize>(), any::<u8>(), prop::bool::weighted(0.6))
        .prop_map(|(pick, remark, new_transaction)| Choice { pick, remark, new_transaction });
    prop::collection::vec(choice, 0..24)
}

fn generations() -> impl Strategy<Value = Generation> {
    prop_oneof![Just(Generation::V4), Just(Generation::V5)]
}

fn check<S: Strategy>(cases: u32, strategy: S, promise: impl Fn(S::Value)) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let run = runner.run(&strategy, |value| {
        promise(value);
        Ok(())
    });
    run.unwrap_or_else(|why| panic!("{why}"));
}

fn told(entry: &HistoryEntry) -> Told {
    let remark = entry.remark_raw.as_deref().map(|raw| decode_hex(raw).unwrap()).unwrap_or_default();
    Told { name: entry.r#type, owner: entry.owner, holder: entry.holder, nominee: entry.nominee, remark }
}

fn assert_state(report: &TitleReport, end: &Model, accounts: &[Address; ACTORS]) {
    let (state, verdict) = match end.place {
        Place::Held => (TitleStateName::Live, Verdict::Valid),
        Place::Returned => (TitleStateName::Returned, Verdict::NotLive),
        Place::Ended => (TitleStateName::Ended, Verdict::NotLive),
    };
    assert_eq!((report.title.state, report.verdict()), (state, verdict));
    if end.place == Place::Ended {
        return;
    }
    let account = |actor: Option<usize>| actor.map(|actor| accounts[actor]);
    let title = &report.title;
    assert_eq!((title.beneficiary, title.holder), (account(Some(end.beneficiary)), account(Some(end.holder))));
    assert_eq!(title.nominee, account(end.nominee));
    if end.generation == Generation::V5 {
        assert_eq!(title.previous_beneficiary, account(end.previous_beneficiary));
        assert_eq!(title.previous_holder, account(end.previous_holder));
    }
    assert!(report.parties.iter().all(|party| party.account.kind.is_some_and(|kind| kind.to_string() == "contract")));
}

#[test]
fn any_legal_life_is_told_as_it_was_lived() {
    let world = World::new();
    check(60, (generations(), choices()), |(generation, choices)| {
        let (token, walk) = world.walked(generation, &choices);
        let report = world.report(generation, token);
        let history = report.checks.iter().find(|check| check.name.as_str() == "history").unwrap();
        assert_eq!(history.outcome, Outcome::Pass, "{history:?}\n{walk:#?}");
        assert!(report.history_complete);
        assert_eq!(report.history.iter().map(told).collect::<Vec<_>>(), walk.told, "{walk:#?}");
        assert_state(&report, &walk.end, &world.accounts);
        assert_eq!(report.as_of.as_ref().unwrap().requests, 3, "a history of any length takes three requests");
        for pair in report.history.windows(2) {
            let place = |entry: &HistoryEntry| (entry.block, entry.log_index);
            assert!(place(&pair[0]) < place(&pair[1]));
            assert_eq!(pair[0].after(), pair[1].before);
            assert!(pair[0].timestamp.is_some() && pair[0].timestamp <= pair[1].timestamp);
        }
    });
}

/// What no reader of logs can notice: the state is the same with and without it (chain.md §5.4).
fn leaves_no_trace(log: &LogReading) -> bool {
    let named = |event: &str| log.topics.first() == Some(&keccak256(event));
    let to_oneself = log.topics.get(1) == log.topics.get(2);
    named("RejectTransferHolder(address,address,address,uint256,bytes)")
        || named("RejectTransferOwners(address,address,address,address,address,uint256,bytes)")
        || named("BeneficiaryTransfer(address,address,address,uint256,bytes)") && to_oneself
        || named("BeneficiaryTransfer(address,address,address,uint256)") && to_oneself
}

#[test]
fn a_log_that_is_missing_twice_moved_or_foreign_makes_the_history_incomplete() {
    let world = World::new();
    check(24, (generations(), choices()), |(generation, choices)| {
        let (token, _) = world.walked(generation, &choices);
        let (state, reading) = world.readings(generation, token);
        let whole = world.judged(generation, token, &state, &reading);
        assert_eq!(whole.gap, None);
        let logs = reading.logs.logs.len();
        let twisted = |twist: &dyn Fn(&mut Vec<LogReading>)| {
            let mut reading = reading.clone();
            twist(&mut reading.logs.logs);
            world.judged(generation, token, &state, &reading)
        };
        for at in 0..logs {
            let dropped = twisted(&|logs| drop(logs.remove(at)));
            assert!(
                dropped.gap.is_some() || leaves_no_trace(&reading.logs.logs[at]),
                "dropped {:?}: {dropped:?}",
                reading.logs.logs[at]
            );
            let twice = twisted(&|logs| logs.insert(at, logs[at].clone()));
            assert!(matches!(twice.gap, Some(Gap::OutOfOrder { .. })), "twice: {twice:?}");
            if at > 0 {
                let moved = twisted(&|logs| logs.swap(at - 1, at));
                assert!(matches!(moved.gap, Some(Gap::OutOfOrder { .. })), "moved: {moved:?}");
            }
            type Twist = fn(&mut LogReading);
            let foreign: [Twist; 4] = [
                |log| log.address = Address::DEAD,
                |log| log.topics[0] = Digest32([9; 32]),
                |log| log.data[12..32].fill(7),
                |log| log.data.truncate(31),
            ];
            for twist in foreign {
                // The clone's own set-up names no title.
                if reading.logs.logs[at].data.len() > 32 || at > 0 {
                    let foreign = twisted(&|logs| twist(&mut logs[at]));
                    assert!(foreign.gap.is_some(), "foreign: {:?}", reading.logs.logs[at]);
                }
            }
        }
    });
}

#[test]
fn a_history_of_another_moment_than_the_state_is_incomplete() {
    let world = World::new();
    check(16, (generations(), choices()), |(generation, choices)| {
        let (token, walk) = world.walked(generation, &choices);
        if walk.end.place != Place::Held || walk.end.beneficiary == walk.end.holder {
            return;
        }
        let before = world.readings(generation, token);
        // To a beneficiary's nominee whom nobody nominated yet: changes the state for certain.
        let nominee = (0..ACTORS).find(|&n| n != walk.end.beneficiary && Some(n) != walk.end.nominee).unwrap();
        let write = TitleWrite::Nominate { nominee: world.accounts[nominee], remark: b"later".to_vec() };
        world.send(world.registry(generation), token, &[(walk.end.beneficiary, write)]);
        let after = world.readings(generation, token);
        let crossed = world.judged(generation, token, &before.0, &after.1);
        assert!(matches!(crossed.gap, Some(Gap::EndsElsewhere { .. } | Gap::OutOfOrder { .. })), "{crossed:?}");
        let crossed = world.judged(generation, token, &after.0, &before.1);
        assert!(matches!(crossed.gap, Some(Gap::EndsElsewhere { .. })), "{crossed:?}");
    });
}

#[test]
fn five_hundred_operations_take_three_requests() {
    let world = World::new();
    let (token, registry) = (world.fresh_token(), world.registry(Generation::V5));
    let [a, b, ..] = world.accounts;
    let mint = TitleWrite::Mint { beneficiary: a, holder: a, token, remark: Vec::new() };
    world.send(registry, token, &[(ISSUER, mint)]);
    let hand_over: Vec<_> = (0..499)
        .map(|step| {
            let (from, to) = if step % 2 == 0 { (0, b) } else { (1, a) };
            (from, TitleWrite::TransferHolder { holder: to, remark: format!("no. {step}").into_bytes() })
        })
        .collect();
    for acts in hand_over.chunks(50) {
        world.send(registry, token, acts);
    }
    let report = world.report(Generation::V5, token);
    assert!(report.history_complete);
    assert_eq!(report.history.len(), 500);
    assert_eq!(report.history.last().unwrap().remark.as_deref(), Some("no. 498"));
    assert_eq!(report.as_of.unwrap().requests, 3);
}

#[test]
fn a_title_that_was_never_issued_has_neither_parties_nor_history() {
    let world = World::new();
    for generation in [Generation::V4, Generation::V5] {
        let report = world.report(generation, world.fresh_token());
        assert_eq!((report.title.state, report.verdict()), (TitleStateName::NotIssued, Verdict::Invalid));
        assert!(report.history.is_empty() && report.parties.is_empty() && !report.history_complete);
        let history = report.checks.last().unwrap();
        assert_eq!((history.outcome, history.code.id), (Outcome::NotApplicable, "history.not_applicable"));
    }
}

#[test]
fn a_remark_is_decrypted_with_the_documents_key_and_only_with_it() {
    let mut world = World::new();
    let registry = world.sandbox.v5;
    let wrapped = world.sandbox.bill("NDSE-2026-00099", registry.address).oa2(&mut world.sandbox.salts);
    let token = TokenId::from(wrapped.target_hash);
    let shipper = Party::Shipper.address();
    // "hello" under the key of documents without an id (chain.md §1.12); then bytes that make no text either way.
    let remark = vec![0xa4, 0x7c, 0x4f, 0x82, 0xad];
    let mint = TitleWrite::Mint { beneficiary: shipper, holder: shipper, token, remark };
    world.sandbox.act(registry, token, Party::Carrier, &mint).unwrap();
    let garbage = TitleWrite::TransferHolder { holder: Party::Bank.address(), remark: vec![0xff; 7] };
    world.sandbox.act(registry, token, Party::Shipper, &garbage).unwrap();

    let verifier = world.sandbox.verifier().unwrap().build().unwrap();
    let document = wrapped.document.to_string();
    let report =
        world.runtime.block_on(verifier.title(document.as_bytes(), PowersWanted::No, &world.sandbox.wishes())).unwrap();
    let [issued, handed_over] = report.history.as_slice() else { panic!("{report:?}") };
    assert_eq!((issued.remark.as_deref(), issued.remark_reading), (Some("hello"), Some("decrypted")));
    assert_eq!(issued.remark_raw.as_deref(), Some("0xa47c4f82ad"));
    assert_eq!((handed_over.remark.as_deref(), handed_over.remark_raw.as_deref()), (None, Some("0xffffffffffffff")));
    assert_eq!(report.remark.map(|remark| (remark.raw, remark.text)), Some(("0xffffffffffffff".into(), None)));

    let report = world.report(Generation::V5, token);
    assert_eq!(
        (report.history[0].remark.as_deref(), report.history_complete),
        (None, true),
        "nobody named the document"
    );
}
