//! Held against `sha3`, which shares no code with the sponge, and on x86-64 none with the permutation.

use proptest::prelude::*;
use sha3::Digest as _;

use super::*;
use crate::primitives::keccak256_of_each;

fn expected(message: &[u8]) -> Digest32 {
    Digest32(sha3::Keccak256::digest(message).into())
}

/// Around every change of the number of blocks, and beyond what is hashed together.
fn length() -> impl Strategy<Value = usize> {
    let edges = (0..=MOST_BLOCKS + 1).flat_map(|blocks| [0, 1, 2].map(|more| (blocks * RATE + more).saturating_sub(1)));
    prop_oneof![0_usize..300, proptest::sample::select(edges.collect::<Vec<_>>()), 0_usize..5000]
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    (length(), any::<u64>()).prop_map(|(length, seed)| bytes(length, seed))
}

fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_message_of_any_length_has_the_digest_that_others_find() {
    for length in (0..=3 * RATE + 1).chain([MOST_BLOCKS * RATE - 1, MOST_BLOCKS * RATE, 5000, 100_000]) {
        let message = bytes(length, length as u64);
        let mut one = Keccak256::default();
        one.update(&message);
        assert_eq!(one.finish(), expected(&message), "{length}");
        assert_eq!(keccak256_of_each([&message]), [expected(&message)], "{length}");
    }
}

#[test]
fn as_many_messages_as_lanes_and_more_or_fewer() {
    for count in 0..=2 * LANES + 1 {
        for length in [0, 1, RATE - 1, RATE, RATE + 1, 2 * RATE - 1, 2 * RATE] {
            let messages: Vec<_> = (0..count).map(|number| bytes(length, number as u64)).collect();
            let wanted: Vec<_> = messages.iter().map(|message| expected(message)).collect();
            assert_eq!(keccak256_of_each(&messages), wanted, "{count} of {length} bytes");
        }
    }
}

proptest! {
    #[test]
    fn messages_of_mixed_lengths_keep_their_order(messages in proptest::collection::vec(message(), 0..40)) {
        let wanted: Vec<_> = messages.iter().map(|message| expected(message)).collect();
        prop_assert_eq!(keccak256_of_each(&messages), wanted);
    }

    #[test]
    fn pieces_make_the_same_message(pieces in proptest::collection::vec(message(), 0..6)) {
        let mut one = Keccak256::default();
        pieces.iter().for_each(|piece| one.update(piece));
        prop_assert_eq!(one.finish(), expected(&pieces.concat()));
    }

    #[test]
    fn what_messages_have_in_common_is_given_once(
        common in message(),
        ends in proptest::collection::vec(proptest::collection::vec(message(), 0..3), 0..20),
    ) {
        let mut stem = Keccak256::default();
        stem.update(&common);
        let mut many = Messages::with_capacity(ends.len());
        for pieces in &ends {
            many.begin(&stem);
            pieces.iter().for_each(|piece| many.write(piece));
            many.end();
        }
        let wanted: Vec<_> = ends.iter().map(|pieces| expected(&[common.clone(), pieces.concat()].concat())).collect();
        prop_assert_eq!(many.digests(), wanted);
    }

    #[test]
    fn a_lane_is_permuted_as_it_would_be_alone(seed in any::<u64>(), used in 0..=LANES) {
        let mut words = bytes(WORDS * LANES * 8, seed).into_iter();
        let mut word = || u64::from_le_bytes(std::array::from_fn(|_| words.next().unwrap()));
        let start: Lanes = std::array::from_fn(|_| std::array::from_fn(|_| word()));
        let mut wanted = start;
        portable::permute_lanes(&mut wanted, used);
        let same = |found: &Lanes| wanted.iter().zip(found).all(|(one, other)| one[..used] == other[..used]);
        #[cfg(target_arch = "x86_64")]
        for level in levels() {
            let mut found = start;
            vectors::permute_lanes_at(level, &mut found, used);
            prop_assert!(same(&found), "{:?}", level);
        }
    }

    #[test]
    fn blocks_are_absorbed_alike_by_every_permutation(seed in any::<u64>(), blocks in 0_usize..4) {
        let text = bytes(blocks * RATE, seed);
        let mut wanted = [seed; WORDS];
        portable::absorb(&mut wanted, &text);
        #[cfg(target_arch = "x86_64")]
        for level in levels() {
            let mut found = [seed; WORDS];
            vectors::absorb_at(level, &mut found, &text);
            prop_assert_eq!(found, wanted, "{:?}", level);
        }
    }
}

/// All that this machine has, not only the best.
#[cfg(target_arch = "x86_64")]
fn levels() -> impl Iterator<Item = fearless_simd::Level> {
    use fearless_simd::Level;
    let best = Level::new();
    let all = [
        best.as_sse2().map(Level::Sse2),
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_avx2().map(Level::Avx2),
        best.as_avx512().map(Level::Avx512),
    ];
    all.into_iter().flatten()
}
