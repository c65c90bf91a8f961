use super::*;
use crate::evidence::CodeReading;
use crate::integrity::merkle::path_from;
use proptest::prelude::*;

/// A store as the genuine contracts behave (measured on `anvil`), asked about one document.
#[derive(Debug, Clone)]
struct Store {
    family: Family,
    issued: bool,
    /// Places on the path whose hash was revoked.
    revoked: Vec<usize>,
}

impl Store {
    fn new(family: Family, issued: bool, revoked: &[usize]) -> Self {
        Self { family, issued, revoked: revoked.to_vec() }
    }

    fn reading(&self, path: &[Digest32]) -> StoreReading {
        let root = *path.last().unwrap();
        let last = path.len() - 1;
        let (legacy, batchable) = (self.family == Family::Legacy, self.family == Family::Batchable);
        let single = |issued: bool| {
            if legacy || issued {
                None
            } else if batchable {
                Some(DOCUMENT_NOT_ISSUED.to_vec())
            } else {
                Some(ERC721_NONEXISTENT_TOKEN.to_vec())
            }
        };
        let node = |index: usize| {
            let hash = path[index];
            let revoked = self.revoked.contains(&index);
            NodeReading {
                hash,
                revoked: match single(self.issued && index == last) {
                    Some(error) if batchable => reverted(&[error.as_slice(), &hash.0, &hash.0].concat()),
                    Some(error) => reverted(&[error.as_slice(), &hash.0].concat()),
                    None => word(u8::from(revoked)),
                },
                revoked_in_batch: match (batchable, self.issued) {
                    (false, _) => reverted(&[]),
                    (true, false) => reverted(&[DOCUMENT_NOT_ISSUED.as_slice(), &root.0, &hash.0].concat()),
                    (true, true) => word(u8::from(revoked || self.revoked.contains(&last))),
                },
                revoked_at: if legacy { word(u8::from(revoked) * 7) } else { reverted(&[]) },
            }
        };
        StoreReading {
            chain_id: 31337,
            code: CodeReading { size: 4096, ..CodeReading::default() },
            batchable: word(u8::from(batchable)),
            transferable: word(u8::from(self.family == Family::Transferable)),
            everything: word(0),
            issued: word(u8::from(self.issued)),
            issued_in_batch: if batchable { word(u8::from(self.issued)) } else { reverted(&[]) },
            nodes: (0..path.len()).map(node).collect(),
            ..StoreReading::default()
        }
    }

    fn judged(&self, path: &[Digest32]) -> StoreFinding {
        judge_store(&self.reading(path), path)
    }
}

fn word(last: u8) -> CallReading {
    CallReading { success: true, data: [[0; 31].as_slice(), &[last]].concat() }
}

fn returned(data: &[u8]) -> CallReading {
    CallReading { success: true, data: data.to_vec() }
}

fn reverted(data: &[u8]) -> CallReading {
    CallReading { success: false, data: data.to_vec() }
}

fn path(proof_length: u8) -> Vec<Digest32> {
    let proof: Vec<Digest32> = (1..=proof_length).map(|byte| Digest32([byte; 32])).collect();
    path_from(Digest32([0xaa; 32]), &proof)
}

fn passes(finding: &StoreFinding) -> bool {
    matches!(finding, StoreFinding::Answered { issued: Issued::Yes, revocation: Revocation::NotRevoked, .. })
}

fn revoked(finding: &StoreFinding) -> (Position, Option<u64>, bool) {
    match finding {
        StoreFinding::Answered { issued: Issued::Yes, revocation: Revocation::Revoked(node), .. } => {
            (node.position, node.block, node.store_says_active)
        }
        other => panic!("not revoked: {other:?}"),
    }
}

#[test]
fn a_document_that_was_issued_and_not_revoked_passes_in_every_family() {
    for family in [Family::Legacy, Family::Batchable] {
        for proof_length in [0, 1, 3] {
            assert!(passes(&Store::new(family, true, &[]).judged(&path(proof_length))), "{family} {proof_length}");
        }
    }
    assert!(passes(&Store::new(Family::Transferable, true, &[]).judged(&path(0))));
}

#[test]
fn a_document_that_was_never_issued_is_told_from_one_that_was_revoked() {
    for (family, revocation) in [
        (Family::Legacy, Revocation::NotRevoked),
        (Family::Batchable, Revocation::NothingIssued),
        (Family::Transferable, Revocation::NothingIssued),
    ] {
        let finding = Store::new(family, false, &[]).judged(&path(0));
        assert_eq!(finding, StoreFinding::Answered { family, issued: Issued::No, revocation });
    }
}

#[test]
fn the_revoked_node_is_named() {
    use Position::{Document, Intermediate, Root};
    for (family, revoked_places, wanted) in [
        (Family::Legacy, vec![0], (Document, Some(7), false)),
        (Family::Legacy, vec![1], (Intermediate, Some(7), false)),
        (Family::Legacy, vec![3], (Root, Some(7), false)),
        (Family::Legacy, vec![0, 3], (Document, Some(7), false)),
        (Family::Batchable, vec![0], (Document, None, false)),
        (Family::Batchable, vec![3], (Root, None, false)),
        (Family::Batchable, vec![0, 1], (Document, None, false)),
    ] {
        let finding = Store::new(family, true, &revoked_places).judged(&path(3));
        assert_eq!(revoked(&finding), wanted, "{family} {revoked_places:?}");
    }
    let alone = Store::new(Family::Transferable, true, &[0]).judged(&path(0));
    assert_eq!(revoked(&alone), (Document, None, false));
}

#[test]
fn a_revoked_ancestor_counts_though_the_store_itself_says_active() {
    for place in [1, 2] {
        let finding = Store::new(Family::Batchable, true, &[place]).judged(&path(3));
        assert_eq!(revoked(&finding), (Position::Intermediate, None, true));
    }
}

#[test]
fn documents_of_a_batch_cannot_share_one_token() {
    let finding = Store::new(Family::Transferable, true, &[]).judged(&path(1));
    assert_eq!(finding, StoreFinding::TokenOfABatch);
}

#[test]
fn an_account_without_code_is_no_store() {
    let mut reading = Store::new(Family::Legacy, true, &[]).reading(&path(0));
    reading.code.size = 0;
    assert_eq!(judge_store(&reading, &path(0)), StoreFinding::NoContract);
}

#[test]
fn a_contract_that_says_yes_to_everything_contradicts_itself() {
    let mut reading = Store::new(Family::Batchable, true, &[]).reading(&path(1));
    reading.everything = word(1);
    let wanted = StoreFinding::ContradictsItself(StoreContradiction::SaysYesToEverything);
    assert_eq!(judge_store(&reading, &path(1)), wanted);
}

#[test]
fn a_legacy_store_cannot_hide_the_block_of_a_revocation() {
    let path = path(2);
    let mut reading = Store::new(Family::Legacy, true, &[1]).reading(&path);
    reading.nodes[1].revoked = word(0);
    let wanted = StoreContradiction::HidesRevocation { node: path[1] };
    assert_eq!(judge_store(&reading, &path), StoreFinding::ContradictsItself(wanted));
}

#[test]
fn without_supports_interface_a_contract_is_legacy() {
    for no_answer in [reverted(&[]), reverted(b"text"), returned(&[])] {
        let mut reading = Store::new(Family::Legacy, true, &[]).reading(&path(1));
        for claim in [&mut reading.batchable, &mut reading.transferable, &mut reading.everything] {
            *claim = no_answer.clone();
        }
        assert!(passes(&judge_store(&reading, &path(1))), "{no_answer:?}");
    }
}

#[test]
fn answers_that_are_no_boolean_are_unknown() {
    let bad = [returned(&[]), returned(&[0; 31]), returned(&[0; 64]), word(2), returned(&[1; 32]), reverted(b"no")];
    for family in [Family::Legacy, Family::Batchable] {
        for answer in &bad {
            let mut reading = Store::new(family, true, &[]).reading(&path(1));
            (reading.issued, reading.issued_in_batch) = (answer.clone(), answer.clone());
            let finding = judge_store(&reading, &path(1));
            assert!(
                matches!(finding, StoreFinding::Answered { issued: Issued::Unknown(_), .. }),
                "{family} {answer:?}"
            );

            let mut reading = Store::new(family, true, &[]).reading(&path(1));
            let node = &mut reading.nodes[1];
            (node.revoked, node.revoked_in_batch) = (answer.clone(), answer.clone());
            let finding = judge_store(&reading, &path(1));
            assert!(
                matches!(finding, StoreFinding::Answered { revocation: Revocation::Unknown(_), .. }),
                "{family} {answer:?}"
            );
        }
    }
    for answer in &bad[1..5] {
        let mut reading = Store::new(Family::Legacy, true, &[]).reading(&path(0));
        reading.batchable = answer.clone();
        assert!(matches!(judge_store(&reading, &path(0)), StoreFinding::FamilyUnknown(_)), "{answer:?}");
    }
}

#[test]
fn a_store_that_lies_about_its_family_is_unknown() {
    let mut reading = Store::new(Family::Legacy, true, &[]).reading(&path(1));
    reading.batchable = word(1);
    let StoreFinding::Answered { family: Family::Batchable, issued, revocation } = judge_store(&reading, &path(1))
    else {
        panic!("it claims to be batchable");
    };
    assert!(matches!((issued, revocation), (Issued::Unknown(_), Revocation::Unknown(_))));
}

#[test]
fn a_node_that_was_not_asked_for_is_unknown() {
    let path = path(2);
    let mut reading = Store::new(Family::Legacy, true, &[]).reading(&path);
    reading.nodes.remove(1);
    let finding = judge_store(&reading, &path);
    let wanted = Revocation::Unknown(Unreadable::NotAsked(path[1]));
    assert!(matches!(finding, StoreFinding::Answered { revocation, .. } if revocation == wanted));
}

/// Every call of a reading, in a fixed order.
fn calls(reading: &mut StoreReading) -> Vec<&mut CallReading> {
    let StoreReading { batchable, transferable, everything, issued, issued_in_batch, nodes, .. } = reading;
    let mut calls = vec![batchable, transferable, everything, issued, issued_in_batch];
    for NodeReading { revoked, revoked_in_batch, revoked_at, .. } in nodes {
        calls.extend([revoked, revoked_in_batch, revoked_at]);
    }
    calls
}

fn any_answer() -> impl Strategy<Value = CallReading> {
    prop_oneof![
        any::<u8>().prop_map(|last| word(last % 3)),
        any::<[u8; 32]>().prop_map(|data| returned(&data)),
        proptest::collection::vec(any::<u8>(), 0..80).prop_map(|data| returned(&data)),
        proptest::collection::vec(any::<u8>(), 0..80).prop_map(|data| reverted(&data)),
    ]
}

fn any_family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::Legacy), Just(Family::Batchable), Just(Family::Transferable)]
}

proptest! {
    #[test]
    fn one_changed_answer_never_makes_a_bad_document_good_unless_it_is_the_good_answer(
        family in any_family(),
        issued: bool,
        revoked_places in proptest::collection::vec(0usize..5, 0..3),
        proof_length in 0u8..5,
        place: prop::sample::Index,
        answer in any_answer(),
    ) {
        let path = path(proof_length);
        let store = Store { family, issued, revoked: revoked_places };
        let mut reading = store.reading(&path);
        let was_good = passes(&judge_store(&reading, &path));
        let mut good = Store::new(family, true, &[]).reading(&path);
        let index = place.index(calls(&mut good).len());
        *calls(&mut reading)[index] = answer.clone();
        let is_the_good_answer = *calls(&mut good)[index] == answer;
        prop_assert!(was_good || is_the_good_answer || !passes(&judge_store(&reading, &path)), "{reading:?}");
    }

    #[test]
    fn no_answer_about_a_node_can_be_lost(
        family in prop_oneof![Just(Family::Legacy), Just(Family::Batchable)],
        proof_length in 0u8..5,
        place: prop::sample::Index,
        answer in any_answer().prop_filter("another answer", |answer| *answer != word(0)),
    ) {
        let path = path(proof_length);
        let mut reading = Store::new(family, true, &[]).reading(&path);
        let index = place.index(path.len());
        let node = &mut reading.nodes[index];
        *(if family == Family::Legacy { &mut node.revoked } else { &mut node.revoked_in_batch }) = answer;
        prop_assert!(!passes(&judge_store(&reading, &path)));
    }

    #[test]
    fn any_reading_is_judged_without_a_panic(
        answers in proptest::collection::vec(any_answer(), 5..17),
        proof_length in 0u8..4,
        size in 0u64..2,
    ) {
        let path = path(proof_length);
        let mut reading = Store::new(Family::Legacy, true, &[]).reading(&path);
        reading.code.size = size;
        for (call, answer) in calls(&mut reading).into_iter().zip(answers) {
            *call = answer;
        }
        judge_store(&reading, &path);
    }
}
