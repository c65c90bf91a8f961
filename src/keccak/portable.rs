//! One state after the other, for any processor.

use super::{Lanes, RATE, State, words};

/// Takes in whole blocks.
pub(super) fn absorb(state: &mut State, blocks: &[u8]) {
    keccak::Keccak::new().with_f1600(|permute| {
        for block in blocks.chunks_exact(RATE) {
            state.iter_mut().zip(words(block)).for_each(|(word, more)| *word ^= more);
            permute(state);
        }
    });
}

/// Permutes the states of the first lanes.
pub(super) fn permute_lanes(lanes: &mut Lanes, used: usize) {
    keccak::Keccak::new().with_f1600(|permute| {
        for lane in 0..used {
            let mut state = lanes.map(|words| words[lane]);
            permute(&mut state);
            lanes.iter_mut().zip(state).for_each(|(words, word)| words[lane] = word);
        }
    });
}
