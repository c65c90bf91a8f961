//! The permutation Keccak-f[1600] for x86-64, on single words and on vectors of them: one state in each lane. Which
//! instructions the processor has is found out at run time, once.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch};

use super::{Lanes, RATE, State, WORDS, words};

/// Takes in whole blocks.
pub(super) fn absorb(state: &mut State, blocks: &[u8]) {
    absorb_at(Level::new(), state, blocks);
}

/// Permutes the states of the first lanes.
pub(super) fn permute_lanes(lanes: &mut Lanes, used: usize) {
    permute_lanes_at(Level::new(), lanes, used);
}

pub(super) fn absorb_at(level: Level, state: &mut State, blocks: &[u8]) {
    // Single words gain from wider registers' company, too: rotations and negations into another register.
    dispatch!(level, _simd => absorb_blocks(state, blocks));
}

pub(super) fn permute_lanes_at(level: Level, lanes: &mut Lanes, used: usize) {
    dispatch!(level, simd => permute_vectors(simd, lanes, used));
}

#[inline(always)]
fn absorb_blocks(state: &mut State, blocks: &[u8]) {
    for block in blocks.chunks_exact(RATE) {
        for (word, more) in state.iter_mut().zip(words(block)) {
            *word ^= more;
        }
        *state = permuted(*state);
    }
}

#[inline(always)]
fn permute_vectors<S: Simd>(simd: S, lanes: &mut Lanes, used: usize) {
    let width = S::u64s::LEN;
    let mut from = 0;
    while from < used {
        if from + 1 == used {
            let mut state = [0; WORDS];
            for (word, lanes) in state.iter_mut().zip(lanes.iter()) {
                *word = lanes[from];
            }
            state = permuted(state);
            for (word, lanes) in state.iter().zip(lanes.iter_mut()) {
                lanes[from] = *word;
            }
            return;
        }
        let mut state = [Vector::<S>(S::u64s::splat(simd, 0)); WORDS];
        for (vector, lanes) in state.iter_mut().zip(lanes.iter()) {
            *vector = Vector(S::u64s::from_slice(simd, &lanes[from..from + width]));
        }
        state = permuted(state);
        for (vector, lanes) in state.iter().zip(lanes.iter_mut()) {
            vector.0.store_slice(&mut lanes[from..from + width]);
        }
        from += width;
    }
}

/// A word of the state, or one of each of several states.
trait Word: Copy {
    fn xor(self, other: Self) -> Self;
    fn xor_constant(self, constant: u64) -> Self;
    /// `other` where `self` has no bit.
    fn not_and(self, other: Self) -> Self;
    fn rotated<const BITS: u32>(self) -> Self;
}

impl Word for u64 {
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }

    #[inline(always)]
    fn xor_constant(self, constant: u64) -> Self {
        self ^ constant
    }

    #[inline(always)]
    fn not_and(self, other: Self) -> Self {
        !self & other
    }

    #[inline(always)]
    fn rotated<const BITS: u32>(self) -> Self {
        self.rotate_left(BITS)
    }
}

/// As wide as the processor has them.
#[derive(Clone, Copy)]
struct Vector<S: Simd>(S::u64s);

impl<S: Simd> Word for Vector<S> {
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    #[inline(always)]
    fn xor_constant(self, constant: u64) -> Self {
        Self(self.0 ^ constant)
    }

    #[inline(always)]
    fn not_and(self, other: Self) -> Self {
        Self(!self.0 & other.0)
    }

    #[inline(always)]
    fn rotated<const BITS: u32>(self) -> Self {
        match BITS {
            0 => self,
            _ => Self((self.0 << BITS) | (self.0 >> (64 - BITS))),
        }
    }
}

/// All rounds (FIPS 202 §3.2, §3.3). Without closures: they would not be built for the vectors of their caller.
#[inline(always)]
fn permuted<W: Word>(mut state: [W; WORDS]) -> [W; WORDS] {
    for constant in ROUNDS {
        state = round(state, constant);
    }
    state
}

#[inline(always)]
fn round<W: Word>(a: [W; WORDS], constant: u64) -> [W; WORDS] {
    let c0 = a[0].xor(a[5]).xor(a[10]).xor(a[15]).xor(a[20]);
    let c1 = a[1].xor(a[6]).xor(a[11]).xor(a[16]).xor(a[21]);
    let c2 = a[2].xor(a[7]).xor(a[12]).xor(a[17]).xor(a[22]);
    let c3 = a[3].xor(a[8]).xor(a[13]).xor(a[18]).xor(a[23]);
    let c4 = a[4].xor(a[9]).xor(a[14]).xor(a[19]).xor(a[24]);
    let d = [
        c4.xor(c1.rotated::<1>()),
        c0.xor(c2.rotated::<1>()),
        c1.xor(c3.rotated::<1>()),
        c2.xor(c4.rotated::<1>()),
        c3.xor(c0.rotated::<1>()),
    ];
    let mut out = a;
    // Where each word comes from, and by how much it is rotated on the way; then the rows are mixed.
    macro_rules! row {
        ($at:literal: $($from:literal << $bits:literal),*) => {
            let b = [$(a[$from].xor(d[$from % 5]).rotated::<$bits>()),*];
            out[$at] = b[0].xor(b[1].not_and(b[2]));
            out[$at + 1] = b[1].xor(b[2].not_and(b[3]));
            out[$at + 2] = b[2].xor(b[3].not_and(b[4]));
            out[$at + 3] = b[3].xor(b[4].not_and(b[0]));
            out[$at + 4] = b[4].xor(b[0].not_and(b[1]));
        };
    }
    row!(0: 0 << 0, 6 << 44, 12 << 43, 18 << 21, 24 << 14);
    row!(5: 3 << 28, 9 << 20, 10 << 3, 16 << 45, 22 << 61);
    row!(10: 1 << 1, 7 << 6, 13 << 25, 19 << 8, 20 << 18);
    row!(15: 4 << 27, 5 << 36, 11 << 10, 17 << 15, 23 << 56);
    row!(20: 2 << 62, 8 << 55, 14 << 39, 15 << 41, 21 << 2);
    out[0] = out[0].xor_constant(constant);
    out
}

const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];
