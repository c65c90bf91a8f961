use std::sync::LazyLock;

use ethers::abi::{Token, encode};

use super::*;
use crate::evidence::{BlockReading, LogsReading, TitleReading};
use crate::primitives::keccak256;

const REGISTRY: Address = Address([0x11; 20]);
const ESCROW: Address = Address([0x66; 20]);
const TOKEN: TokenId = TokenId([0x55; 32]);
const A: Address = Address([0xa; 20]);
const B: Address = Address([0xb; 20]);
const C: Address = Address([0xc; 20]);
const NOBODY: Address = Address::ZERO;

/// The logs of one title, written as a contract would, one transaction and block a call of [`Story::then`].
struct Story {
    generation: Generation,
    logs: Vec<LogReading>,
}

/// Name, indexed arguments and remark of an event.
type Told<'a> = (&'a str, &'a [Address], &'a str);

impl Story {
    fn new(generation: Generation) -> Self {
        Self { generation, logs: Vec::new() }
    }

    /// Events with their indexed arguments and remark, all of one transaction.
    fn then(mut self, events: &[Told<'_>]) -> Self {
        let block = self.logs.last().map_or(10, |log| log.block + 1);
        for (index, (name, indexed, remark)) in events.iter().enumerate() {
            let mut data = vec![Token::Address(REGISTRY.0.into()), Token::Uint(TOKEN.0.into())];
            let with_remark = self.generation == Generation::V5 && *name != "Initialized";
            if *name == "Initialized" {
                data = vec![Token::Uint(1.into())];
            }
            if with_remark {
                data.push(Token::Bytes(remark.as_bytes().to_vec()));
            }
            let arguments = if with_remark { "address,uint256,bytes" } else { "address,uint256" };
            let (name, types) = match *name {
                "Mint" | "Received" => ("TokenReceived", "address,address,bool,".to_owned()),
                "Initialized" => ("Initialized", String::new()),
                name => (name, "address,".repeat(indexed.len())),
            };
            let arguments = if name == "Initialized" { "uint64" } else { arguments };
            let mut topics = vec![keccak256(format!("{name}({types}{arguments})"))];
            topics.extend(indexed.iter().map(word));
            if name == "TokenReceived" {
                let minting = u8::from(events[index].0 == "Mint");
                topics.push(Digest32([[0; 31].as_slice(), &[minting]].concat().try_into().unwrap()));
            }
            self.logs.push(LogReading {
                address: ESCROW,
                block,
                block_hash: keccak256(block.to_be_bytes()),
                timestamp: Some(1000 + block),
                transaction: keccak256([7, block as u8]),
                transaction_index: 0,
                log_index: index as u64 * 2,
                topics,
                data: encode(&data),
            });
        }
        self
    }

    fn reading(&self) -> HistoryReading {
        let range = BlockRange { first: 5, last: 100 };
        HistoryReading {
            chain_id: 1,
            block: BlockReading { number: 100, ..BlockReading::default() },
            escrow: ESCROW,
            logs: LogsReading { wanted: range, covered: vec![range], missing: None, logs: self.logs.clone() },
            accounts: Vec::new(),
        }
    }

    fn judged(&self, state: &State) -> History {
        judged(&self.reading(), state, self.generation)
    }
}

fn judged(reading: &HistoryReading, state: &State, generation: Generation) -> History {
    judge(reading, &state.reading, &state.finding, REGISTRY, TOKEN, generation)
}

fn word(account: &Address) -> Digest32 {
    Digest32([[0; 12].as_slice(), &account.0].concat().try_into().unwrap())
}

/// What was read of the state.
struct State {
    reading: RegistryReading,
    finding: TitleFinding,
}

fn live(beneficiary: Address, holder: Address, previous: [Option<Address>; 2], remark: &str) -> State {
    let [previous_beneficiary, previous_holder] = previous;
    let parties = Parties {
        beneficiary,
        holder,
        nominee: None,
        previous_beneficiary,
        previous_holder,
        escrow: ESCROW,
        paused: false,
    };
    State { reading: read(remark), finding: TitleFinding::Known(TitleState::Live(parties)) }
}

fn read(remark: &str) -> RegistryReading {
    let remark = CallReading { success: true, data: encode(&[Token::Bytes(remark.as_bytes().to_vec())]) };
    RegistryReading {
        title: TitleReading { escrow: ESCROW, remark, ..TitleReading::default() },
        ..RegistryReading::default()
    }
}

fn issued(generation: Generation) -> Story {
    let b: Told<'_> = ("BeneficiaryTransfer", &[NOBODY, A], "");
    let (h, t): (Told<'_>, Told<'_>) = (("HolderTransfer", &[NOBODY, A], ""), ("Mint", &[A, A], "on board"));
    match generation {
        Generation::V5 => Story::new(generation).then(&[("Initialized", &[], ""), b, h, t]),
        _ => Story::new(generation).then(&[b, ("Nomination", &[NOBODY, NOBODY], ""), h, t]),
    }
}

fn operations(history: &History) -> Vec<Operation> {
    history.entries.iter().map(|entry| entry.operation).collect()
}

static UNREJECTED: LazyLock<State> = LazyLock::new(|| live(A, A, [None, None], "on board"));

#[test]
fn an_issued_title_has_one_entry_with_the_remark_of_its_issuance() {
    for generation in [Generation::V4, Generation::V5] {
        let history = issued(generation).judged(&UNREJECTED);
        assert_eq!(history.gap, None);
        let [entry] = history.entries.as_slice() else { panic!("{history:?}") };
        assert_eq!((entry.operation, entry.block, entry.log_index), (Operation::Issue, 10, 0));
        assert_eq!((entry.before, entry.after.owner, entry.after.holder), (Recorded::default(), Some(A), Some(A)));
        assert_eq!(entry.remark, if generation == Generation::V5 { &b"on board"[..] } else { b"" });
    }
}

#[test]
fn operations_of_one_transaction_are_told_apart() {
    // To B and C in one act, then on from C to A and straight back: all in one transaction.
    let story = issued(Generation::V5).then(&[
        ("BeneficiaryTransfer", &[A, B], "sold"),
        ("HolderTransfer", &[A, C], "sold"),
        ("HolderTransfer", &[C, A], "lent"),
        ("HolderTransfer", &[A, C], "no"),
        ("RejectTransferHolder", &[A, C], "no"),
    ]);
    let history = story.judged(&live(B, C, [Some(A), None], "no"));
    assert_eq!(history.gap, None);
    use Operation::{Issue, RejectTransferHolder, TransferHolder, TransferOwners};
    assert_eq!(operations(&history), [Issue, TransferOwners, TransferHolder, RejectTransferHolder]);
    assert_eq!(history.entries[1].after, Recorded { owner: Some(B), holder: Some(C), nominee: None });
}

#[test]
fn a_rejection_gives_the_title_back_and_leaves_no_trace_of_the_rejected() {
    let story = issued(Generation::V5)
        .then(&[("BeneficiaryTransfer", &[A, B], "x"), ("HolderTransfer", &[A, B], "x")])
        .then(&[("BeneficiaryTransfer", &[B, A], "refused"), ("HolderTransfer", &[B, A], "refused")]);
    // Without the third log it is no rejection, and no transfer that the state could come from.
    let history = story.judged(&live(A, A, [None, None], "refused"));
    assert!(matches!(history.gap, Some(Gap::EndsElsewhere { .. })), "{history:?}");
}

#[test]
fn a_pending_nomination_is_cleared_by_the_endorsement_and_nothing_else() {
    let nominated = || issued(Generation::V5).then(&[("Nomination", &[NOBODY, B], "next")]);
    let story = nominated().then(&[("BeneficiaryTransfer", &[A, B], "sold"), ("Nomination", &[B, NOBODY], "0x")]);
    let history = story.judged(&live(B, A, [Some(A), None], "sold"));
    assert_eq!(history.gap, None, "{history:?}");
    assert_eq!(operations(&history), [Operation::Issue, Operation::Nomination, Operation::TransferBeneficiary]);
    assert_eq!(history.entries[1].after.nominee, Some(B));
    assert_eq!(history.entries[2].after.nominee, None);

    let without = nominated().then(&[("BeneficiaryTransfer", &[A, B], "sold")]);
    let history = without.judged(&live(B, A, [Some(A), None], "sold"));
    assert!(matches!(history.gap, Some(Gap::NotAnOperation { .. })), "{history:?}");
}

#[test]
fn return_restore_and_acceptance_in_one_transaction_are_three_entries() {
    let story = issued(Generation::V4).then(&[
        ("Nomination", &[NOBODY, NOBODY], ""),
        ("Surrender", &[A], ""),
        ("Received", &[A, A], ""),
        ("Nomination", &[NOBODY, NOBODY], ""),
        ("Surrender", &[A], ""),
        ("BeneficiaryTransfer", &[A, NOBODY], ""),
        ("Nomination", &[NOBODY, NOBODY], ""),
        ("HolderTransfer", &[A, NOBODY], ""),
        ("Shred", &[], ""),
    ]);
    let state = State { reading: read(""), finding: TitleFinding::Known(TitleState::Ended) };
    let history = story.judged(&state);
    assert_eq!(history.gap, None, "{history:?}");
    let names: Vec<_> = history.entries.iter().map(|entry| entry.operation.name(Generation::V4)).collect();
    assert_eq!(names, ["INITIAL", "SURRENDERED", "SURRENDER_REJECTED", "SURRENDERED", "SURRENDER_ACCEPTED"]);
    assert_eq!(history.entries[4].after, Recorded::default());
}

#[test]
fn operations_of_one_block_keep_their_order() {
    let mut story =
        issued(Generation::V5).then(&[("HolderTransfer", &[A, B], "")]).then(&[("HolderTransfer", &[B, C], "")]);
    let (first, second) = (story.logs[4].clone(), &mut story.logs[5]);
    *second = LogReading {
        transaction: second.transaction,
        topics: second.topics.clone(),
        transaction_index: 1,
        log_index: 7,
        ..first
    };
    let history = story.judged(&live(A, C, [None, Some(B)], ""));
    assert_eq!(history.gap, None);
    let places: Vec<_> =
        history.entries.iter().map(|entry| (entry.block, entry.log_index, entry.after.holder)).collect();
    assert_eq!(places, [(10, 0, Some(A)), (11, 0, Some(B)), (11, 7, Some(C))]);
}

#[test]
fn what_the_rules_forbid_is_no_history() {
    let at = |story: Story| story.judged(&UNREJECTED).gap;
    let v5 = || issued(Generation::V5);
    let ruled_out: [(&str, Story); 7] = [
        ("another holder", v5().then(&[("HolderTransfer", &[C, B], "")])),
        ("to the same holder", v5().then(&[("HolderTransfer", &[A, A], "")])),
        ("to nobody", v5().then(&[("HolderTransfer", &[A, NOBODY], "")])),
        (
            "nominee not nominated",
            v5().then(&[("HolderTransfer", &[A, B], "")]).then(&[("BeneficiaryTransfer", &[A, C], "")]),
        ),
        ("restored before it was returned", v5().then(&[("Received", &[A, A], "")])),
        (
            "issued twice",
            v5().then(&[
                ("Initialized", &[], ""),
                ("BeneficiaryTransfer", &[NOBODY, A], ""),
                ("HolderTransfer", &[NOBODY, A], ""),
                ("Mint", &[A, A], ""),
            ]),
        ),
        ("nobody nominated in place of nobody", issued(Generation::V4).then(&[("Nomination", &[NOBODY, NOBODY], "")])),
    ];
    for (name, story) in ruled_out {
        assert!(matches!(at(story), Some(Gap::RuledOut { .. })), "{name}");
    }
    for (name, story) in [
        ("a rejection alone", v5().then(&[("RejectTransferHolder", &[A, B], "")])),
        ("a return without its nomination", v5().then(&[("ReturnToIssuer", &[A], "")])),
        ("set up twice", v5().then(&[("Initialized", &[], ""), ("Initialized", &[], "")])),
        ("set up without being issued", v5().then(&[("Initialized", &[], ""), ("HolderTransfer", &[A, B], "")])),
        (
            "issued without being set up",
            v5().then(&[
                ("BeneficiaryTransfer", &[NOBODY, A], ""),
                ("HolderTransfer", &[NOBODY, A], ""),
                ("Mint", &[A, A], ""),
            ]),
        ),
        ("an end alone", v5().then(&[("Shred", &[], "")])),
        (
            "an endorsement of v4 without its nomination",
            issued(Generation::V4).then(&[("BeneficiaryTransfer", &[A, B], "")]),
        ),
    ] {
        assert!(matches!(at(story), Some(Gap::NotAnOperation { .. })), "{name}");
    }
}

#[test]
fn logs_that_cannot_follow_one_another_are_out_of_order() {
    let story = || issued(Generation::V5).then(&[("HolderTransfer", &[A, B], "")]);
    let state = live(A, B, [None, Some(A)], "");
    assert_eq!(story().judged(&state).gap, None);
    type Twist = fn(&mut HistoryReading);
    let twists: [(&str, Twist); 9] = [
        ("twice", |reading| reading.logs.logs.insert(1, reading.logs.logs[0].clone())),
        ("swapped", |reading| reading.logs.logs.swap(0, 1)),
        ("before the range", |reading| reading.logs.logs[0].block = 4),
        ("after the range", |reading| reading.logs.logs.last_mut().unwrap().block = 101),
        ("two hashes of one block", |reading| reading.logs.logs[1].block_hash = Digest32([9; 32])),
        ("one hash of two blocks", |reading| {
            reading.logs.logs[4].block_hash = reading.logs.logs[3].block_hash;
        }),
        ("another hash than the pinned block's", |reading| reading.logs.logs.last_mut().unwrap().block = 100),
        ("one transaction in two blocks", |reading| {
            reading.logs.logs[4].transaction = reading.logs.logs[3].transaction;
        }),
        ("two transactions in one place", |reading| reading.logs.logs[1].transaction = Digest32([9; 32])),
    ];
    for (name, twist) in twists {
        let mut reading = story().reading();
        twist(&mut reading);
        let gap = judged(&reading, &state, Generation::V5).gap;
        assert!(matches!(gap, Some(Gap::OutOfOrder { .. })), "{name}: {gap:?}");
    }
}

#[test]
fn every_difference_from_the_state_that_was_read_is_named() {
    let story = issued(Generation::V5).then(&[("HolderTransfer", &[A, B], "lent")]);
    let gap = |state: &State| match story.judged(state).gap {
        Some(Gap::EndsElsewhere { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(gap(&live(C, B, [None, Some(A)], "lent")), "the beneficiary");
    assert_eq!(gap(&live(A, C, [None, Some(A)], "lent")), "the holder");
    assert_eq!(gap(&live(A, B, [Some(C), Some(A)], "lent")), "the previous beneficiary");
    assert_eq!(gap(&live(A, B, [None, None], "lent")), "the previous holder");
    assert_eq!(gap(&live(A, B, [None, Some(A)], "sold")), "the last remark");
    let ended = State { reading: read("lent"), finding: TitleFinding::Known(TitleState::Ended) };
    assert_eq!(gap(&ended), "the place of the title");
    let never = State { reading: read("lent"), finding: TitleFinding::NotMinted };
    assert_eq!(gap(&never), "the place of the title");
    let unread = State { reading: read("lent"), finding: TitleFinding::Unreadable };
    assert_eq!(gap(&unread), "the state of the title");
}

#[test]
fn a_title_that_was_never_issued_has_an_empty_history() {
    let state = State {
        reading: RegistryReading { title: TitleReading { escrow: ESCROW, ..Default::default() }, ..Default::default() },
        finding: TitleFinding::NotMinted,
    };
    let history = Story::new(Generation::V5).judged(&state);
    assert_eq!((history.entries.len(), history.gap), (0, None));
}

#[test]
fn the_newest_part_alone_is_told_and_never_called_complete() {
    let story = issued(Generation::V5)
        .then(&[("Nomination", &[NOBODY, B], "next")])
        .then(&[("BeneficiaryTransfer", &[A, B], "sold"), ("Nomination", &[B, NOBODY], "0x")])
        .then(&[("HolderTransfer", &[A, C], "lent")]);
    let mut reading = story.reading();
    reading.logs.covered = vec![BlockRange { first: 12, last: 100 }];
    let state = live(B, C, [Some(A), Some(A)], "lent");
    let history = judged(&reading, &state, Generation::V5);
    assert_eq!(history.gap, Some(Gap::NotCovered { first_known: 12, why: None }));
    assert_eq!(operations(&history), [Operation::TransferBeneficiary, Operation::TransferHolder]);
    assert_eq!(history.entries[0].before, Recorded::default(), "not known");
    assert_eq!(history.entries[1].after, Recorded { owner: Some(B), holder: Some(C), nominee: None });

    reading.logs.covered = vec![BlockRange { first: 5, last: 40 }];
    let history = judged(&reading, &state, Generation::V5);
    assert!(history.entries.is_empty() && history.gap.is_some(), "the newest part is missing: {history:?}");
}

#[test]
fn a_newest_part_that_begins_with_the_issuance_is_not_a_second_issuance() {
    for generation in [Generation::V4, Generation::V5] {
        let story = issued(generation).then(&[("HolderTransfer", &[A, B], "lent")]);
        let partial = |story: &Story| {
            let mut reading = story.reading();
            reading.logs.covered = vec![BlockRange { first: 10, last: 100 }];
            judged(&reading, &live(A, B, [None, Some(A)], "lent"), generation)
        };
        let history = partial(&story);
        assert_eq!(history.gap, Some(Gap::NotCovered { first_known: 10, why: None }));
        assert_eq!(operations(&history), [Operation::Issue, Operation::TransferHolder]);

        // From there on everything is known, so what the rules forbid is found as in a whole history.
        let again = story.then(&[("HolderTransfer", &[C, A], "lent")]);
        assert!(matches!(partial(&again).gap, Some(Gap::RuledOut { block: 12, .. })));
    }
}

#[test]
fn a_remark_is_read_only_from_its_exact_encoding() {
    for length in [0, 1, 32, 120] {
        let bytes = vec![7; length];
        let answer = CallReading { success: true, data: encode(&[Token::Bytes(bytes.clone())]) };
        assert_eq!(remark(&answer), Some(bytes));
        let refused = CallReading { success: false, ..answer.clone() };
        assert_eq!(remark(&refused), None);
        for index in 0..64 {
            let mut changed = answer.clone();
            changed.data[index] ^= 0x40;
            assert_eq!(remark(&changed), None, "length {length}, byte {index}");
        }
    }
}
