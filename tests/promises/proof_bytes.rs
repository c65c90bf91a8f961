//! Recorded state proofs of genuine registries (`fixtures/proofs`, written by `EBL_RECORD_PROOFS=1 cargo test --test
//! proofs`): they hold, and with any one byte changed they do not.

use ebl_verifier::evidence::{
    AccountProofReading, BlockReading, HeaderReading, NodeBytes, ProofReading, RegistryReading,
};
use ebl_verifier::primitives::{Address, Digest32, TokenId, decode_hex, encode_hex, keccak256};
use ebl_verifier::title::proof::{NotProven, prove, wanted};
use ebl_verifier::title::{Authenticity, Generation, TitleFinding, TitleState, Variant, judge};
use std::sync::LazyLock;

use proptest::prelude::*;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
struct Recording {
    registry: Address,
    token: TokenId,
    reading: RegistryReading,
    proof: ProofReading,
}

impl Recording {
    fn prove(&self) -> Result<TitleState, NotProven> {
        match prove(&self.proof, Some(&self.reading), self.registry, self.token)?.finding.title {
            TitleFinding::Known(state) => Ok(state),
            other => panic!("{other:?}"),
        }
    }
}

static RECORDINGS: LazyLock<[Recording; 2]> = LazyLock::new(|| {
    [include_str!("../../fixtures/proofs/v5-clone.json"), include_str!("../../fixtures/proofs/v4-standalone.json")]
        .map(|text| serde_json::from_str(text).expect("a recording"))
});

#[test]
fn recorded_proofs_hold() {
    for (recording, kind) in
        RECORDINGS.iter().zip([(Generation::V5, Variant::Clone), (Generation::V4, Variant::Standalone)])
    {
        let proven = prove(&recording.proof, Some(&recording.reading), recording.registry, recording.token).unwrap();
        let (generation, variant) = kind;
        let genuine = Authenticity::Genuine { generation, variant, other_build: false };
        assert_eq!(proven.finding.authenticity, genuine);
        assert!(matches!(proven.finding.title, TitleFinding::Known(TitleState::Live(_))));
        let accounts: Vec<Address> = recording.proof.accounts.iter().map(|account| account.address).collect();
        assert_eq!(proven.accounts, accounts);
        let alone = prove(&recording.proof, None, recording.registry, recording.token).unwrap();
        assert_eq!(alone, proven, "no answer to a call is needed");
        let asked = wanted(recording.registry, recording.token, &recording.proof.accounts);
        assert_eq!(asked.into_iter().map(|wanted| wanted.address).collect::<Vec<_>>(), accounts);
    }
}

/// Calls `change` on every byte string and word of the material, one after the other; the names say which.
fn pieces(proof: &mut ProofReading, mut change: impl FnMut(String, &mut [u8])) {
    let ProofReading { block: BlockReading { hash, .. }, header, accounts } = proof;
    change("block.hash".into(), &mut hash.0);
    let HeaderReading(members) = header;
    for (name, text) in members {
        let odd = !text.len().is_multiple_of(2);
        let mut bytes = decode_hex(&text.replacen("0x", if odd { "0" } else { "" }, 1)).expect("hexadecimal");
        change(format!("header.{name}"), &mut bytes);
        *text = format!("0x{}", encode_hex(&bytes));
    }
    for AccountProofReading { address, nonce, balance, code_hash, storage_root, code, nodes, slots } in accounts {
        let at = address.to_string();
        change(format!("{at} address"), &mut address.0);
        let mut number = nonce.to_be_bytes();
        change(format!("{at} nonce"), &mut number);
        *nonce = u64::from_be_bytes(number);
        for (name, word) in [("balance", balance), ("code_hash", code_hash), ("storage_root", storage_root)] {
            change(format!("{at} {name}"), &mut word.0);
        }
        change(format!("{at} code"), code);
        for (index, NodeBytes(node)) in nodes.iter_mut().enumerate() {
            change(format!("{at} node {index}"), node);
        }
        for slot in slots {
            let name = slot.slot.to_string();
            change(format!("{at} slot {name}"), &mut slot.slot.0);
            change(format!("{at} value of {name}"), &mut slot.value.0);
            for (index, NodeBytes(node)) in slot.nodes.iter_mut().enumerate() {
                change(format!("{at} node {index} of {name}"), node);
            }
        }
    }
}

fn count(recording: &Recording) -> usize {
    let mut count = 0;
    pieces(&mut recording.proof.clone(), |_, bytes| count += bytes.len());
    count
}

/// The recording with the `index`th byte of the material changed, and where that is.
fn changed(recording: &Recording, index: usize, mask: u8) -> (Recording, String) {
    let mut changed = recording.clone();
    let (mut before, mut place) = (0, String::new());
    pieces(&mut changed.proof, |name, bytes| {
        if let Some(byte) = index.checked_sub(before).and_then(|offset| bytes.get_mut(offset)) {
            *byte ^= mask;
            place = name;
        }
        before += bytes.len();
    });
    (changed, place)
}

/// Whether nothing is proven any more. The number of a slot that nobody needs may become that of another one that is
/// empty as well: then what is proven is true, and the same as before.
fn found(recording: &Recording, changed: &Recording, place: &str) -> bool {
    match changed.prove() {
        Err(_) => true,
        Ok(state) => place.contains(" slot ") && Ok(state) == recording.prove(),
    }
}

#[test]
fn a_change_in_any_piece_is_found() {
    for recording in RECORDINGS.iter() {
        let mut starts = vec![];
        let mut next = 0;
        pieces(&mut recording.proof.clone(), |_, bytes| {
            // First, middle and last: the rest is drawn at random below.
            starts.extend(
                [0, bytes.len() / 2, bytes.len().saturating_sub(1)]
                    .map(|at| next + at)
                    .into_iter()
                    .filter(|_| !bytes.is_empty()),
            );
            next += bytes.len();
        });
        for index in starts {
            let (changed, place) = changed(recording, index, 1);
            assert!(found(recording, &changed, &place), "{place}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_single_changed_byte_leaves_a_proof(which in 0usize..2, index in any::<prop::sample::Index>(), mask in 1u8..) {
        let recording = &RECORDINGS[which];
        let (changed, place) = changed(recording, index.index(count(recording)), mask);
        prop_assert!(!place.is_empty());
        prop_assert!(found(recording, &changed, &place), "{}", place);
    }

    /// The root node, and with it everything above, is made up to fit: as an endpoint can that nobody vouches for.
    #[test]
    fn a_made_up_trie_is_neither_a_proof_nor_a_panic(
        which in 0usize..2,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
    ) {
        let mut recording = RECORDINGS[which].clone();
        let root = &mut recording.proof.accounts[0].nodes[0].0;
        for (index, value) in changes {
            let at = index.index(root.len());
            root[at] = value;
        }
        root.truncate(1 + length.index(root.len()));
        let state_root = keccak256(&*root).to_string();
        prop_assume!(recording.proof.header.0["stateRoot"] != state_root);
        recording.proof.header.0.insert("stateRoot".into(), state_root);
        let Err(NotProven::HeaderHash { found, .. }) = recording.prove() else { panic!("another header") };
        recording.proof.block.hash = found;
        recording.reading.block.hash = found;
        prop_assert!(recording.prove().is_err());
    }
}

#[test]
fn what_is_left_out_is_missed() {
    for recording in RECORDINGS.iter() {
        for index in 0..recording.proof.accounts.len() {
            let mut without = recording.clone();
            let account = without.proof.accounts.remove(index);
            assert_eq!(without.prove(), Err(NotProven::Incomplete(account.address)));
            for slot in 0..account.slots.len() {
                let mut without = recording.clone();
                let gone = without.proof.accounts[index].slots.remove(slot);
                match without.prove() {
                    Err(why) => assert_eq!(why, NotProven::Incomplete(account.address), "{}", gone.slot),
                    Ok(state) => assert_eq!(Ok(state), recording.prove(), "a slot of the other generation"),
                }
            }
            let mut without = recording.clone();
            without.proof.accounts[index].nodes.pop();
            assert_eq!(without.prove(), Err(NotProven::Account(account.address)));
        }
    }
}

#[test]
fn every_answer_of_the_endpoint_is_held_against_the_proof() {
    let recording = &RECORDINGS[0];
    let contradicted = |field: &str, change: &dyn Fn(&mut RegistryReading)| {
        let mut lying = recording.clone();
        change(&mut lying.reading);
        match lying.prove() {
            Err(NotProven::Contradicts { field: found, proven, served }) => {
                assert!(found == field && proven != served, "{field}: {found} {proven} {served}");
            }
            other => panic!("{field}: {other:?}"),
        }
    };
    macro_rules! calls {
        ($part:ident: $($name:ident),*) => {$(
            contradicted(stringify!($name), &|reading| reading.$part.$name.data[31] ^= 1);
            contradicted(stringify!($name), &|reading| reading.$part.$name.success = false);
        )*};
    }
    calls!(contract: factory, escrow_implementation, genesis, paused);
    calls!(title: owner_of, escrow_registry, escrow_token_id, beneficiary, holder, nominee, active, is_holding_token);
    calls!(title: prev_beneficiary, prev_holder);
    contradicted("registry_code", &|reading| reading.contract.code[11] ^= 1);
    contradicted("registry_code", &|reading| reading.contract.code.clear());
    contradicted("clone_target", &|reading| reading.contract.clone_target = None);
    contradicted("factory_code", &|reading| reading.contract.factory_code.size += 1);
    contradicted("escrow_implementation_code", &|reading| {
        reading.contract.escrow_implementation_code.stripped_hash.0[0] ^= 1
    });
    contradicted("escrow", &|reading| reading.title.escrow = Address::DEAD);
    contradicted("escrow", &|reading| reading.title.escrow_code.push(0));
    contradicted("escrow", &|reading| reading.title.escrow_code_size += 1);
    contradicted("supportsInterface(0xffffffff)", &|reading| reading.contract.interfaces[0].answer.data[31] = 1);
    contradicted("interfaces", &|reading| reading.contract.interfaces.truncate(2));
    contradicted("block.number", &|reading| reading.block.number += 1);
    contradicted("block.timestamp", &|reading| reading.block.timestamp += 1);
    let mut other = recording.clone();
    other.reading.block.hash = Digest32([1; 32]);
    assert!(matches!(other.prove(), Err(NotProven::OtherBlock { .. })));
}

#[test]
fn code_that_carries_two_factories_is_not_genuine() {
    let Recording { registry, token, reading, .. } = &RECORDINGS[1];
    let authenticity = |reading: &RegistryReading| judge(reading, *registry, *token, false).authenticity;
    assert!(matches!(authenticity(reading), Authenticity::Genuine { .. }));
    // One of the five places where v4 carries the factory's address (chain.md §1.9).
    let mut reading = reading.clone();
    reading.contract.code[2_277 + 31] ^= 1;
    assert!(matches!(authenticity(&reading), Authenticity::Unrecognised { .. }));
}
