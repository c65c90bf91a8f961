//! Keccak-256 with the original padding, as Ethereum uses it (documents.md §0): of one message in pieces, and of many short
//! ones, each in a lane of its own. The sponge is ours, because a lane and what messages have in common are states that a
//! hasher of others keeps to itself; the permutation is that of `keccak`, or on x86-64 one on vectors.

#[cfg_attr(
    all(target_arch = "x86_64", not(debug_assertions)),
    allow(dead_code, reason = "what tests hold the other against")
)]
mod portable;
#[cfg(target_arch = "x86_64")]
#[cfg_attr(debug_assertions, allow(dead_code, reason = "see below"))]
mod vectors;

// Without optimisation a permutation of our own takes a thousand times as long, and one of another package need not.
#[cfg(any(debug_assertions, not(target_arch = "x86_64")))]
use portable as permutation;
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
use vectors as permutation;

use crate::primitives::Digest32;

/// One message.
#[derive(Clone)]
pub(crate) struct Keccak256 {
    state: State,
    /// What came after the last whole block.
    block: [u8; RATE],
    filled: usize,
}

impl Default for Keccak256 {
    fn default() -> Self {
        Self { state: [0; WORDS], block: [0; RATE], filled: 0 }
    }
}

impl Keccak256 {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        if self.filled > 0 {
            let (first, rest) = bytes.split_at(bytes.len().min(RATE - self.filled));
            self.block[self.filled..self.filled + first.len()].copy_from_slice(first);
            self.filled += first.len();
            bytes = rest;
            if self.filled < RATE {
                return;
            }
            permutation::absorb(&mut self.state, &self.block);
        }
        let (blocks, rest) = bytes.split_at(bytes.len() - bytes.len() % RATE);
        if !blocks.is_empty() {
            permutation::absorb(&mut self.state, blocks);
        }
        self.block[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    pub(crate) fn finish(mut self) -> Digest32 {
        self.block[self.filled..].fill(0);
        pad(&mut self.block, self.filled);
        permutation::absorb(&mut self.state, &self.block);
        digest(self.state.iter().copied())
    }
}

/// Many messages, one after the other. Those of equally many blocks wait for each other and are hashed together, and a long
/// one is hashed at once, so that little of them is ever in memory.
#[derive(Default)]
pub(crate) struct Messages {
    /// The one that is being written: what it starts from, and what came after that.
    start: State,
    text: Vec<u8>,
    /// The same, once it is long.
    long: Option<Keccak256>,
    /// By the number of their blocks, from 1 on.
    waiting: Vec<Waiting>,
    digests: Vec<Digest32>,
}

impl Messages {
    /// About so many will come.
    pub(crate) fn with_capacity(messages: usize) -> Self {
        Self { digests: Vec::with_capacity(messages), ..Self::default() }
    }

    /// Begins a message with what has been given to `stem`.
    pub(crate) fn begin(&mut self, stem: &Keccak256) {
        self.start = stem.state;
        self.text.clear();
        self.text.extend_from_slice(&stem.block[..stem.filled]);
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if let Some(long) = &mut self.long {
            long.update(bytes);
        } else if self.text.len() + bytes.len() < MOST_BLOCKS * RATE {
            self.text.extend_from_slice(bytes);
        } else {
            let mut long = Keccak256 { state: self.start, ..Keccak256::default() };
            long.update(&self.text);
            long.update(bytes);
            self.long = Some(long);
        }
    }

    /// Ends the message.
    pub(crate) fn end(&mut self) {
        let place = self.digests.len();
        if let Some(long) = self.long.take() {
            self.digests.push(long.finish());
            return;
        }
        self.digests.push(Digest32::default());
        let filled = self.text.len();
        let blocks = filled / RATE + 1;
        self.text.resize(blocks * RATE, 0);
        pad(&mut self.text, filled);
        if self.waiting.len() < blocks {
            self.waiting.resize_with(blocks, Waiting::default);
        }
        let waiting = &mut self.waiting[blocks - 1];
        waiting.add(&self.start, &self.text, place);
        if waiting.used == LANES {
            waiting.hash(&mut self.digests);
        }
    }

    /// The digests in the order of their messages.
    pub(crate) fn digests(mut self) -> Vec<Digest32> {
        for waiting in &mut self.waiting {
            waiting.hash(&mut self.digests);
        }
        self.digests
    }
}

/// A message of as many blocks or more is hashed alone: it is long enough for that to cost little.
const MOST_BLOCKS: usize = 16;

/// Messages of equally many blocks, lane by lane.
#[derive(Default)]
struct Waiting {
    used: usize,
    /// Where their digests belong.
    places: [usize; LANES],
    /// With the first block absorbed.
    lanes: Lanes,
    later_blocks: Vec<[[u64; LANES]; RATE / 8]>,
}

impl Waiting {
    fn add(&mut self, start: &State, text: &[u8], place: usize) {
        // Said so, it need not be checked for every word.
        let lane = self.used % LANES;
        let (first, later) = text.split_at(RATE);
        let (lanes_of_block, other_lanes) = self.lanes.split_at_mut(RATE / 8);
        for ((lanes, known), word) in lanes_of_block.iter_mut().zip(start).zip(words(first)) {
            lanes[lane] = known ^ word;
        }
        for (lanes, known) in other_lanes.iter_mut().zip(&start[RATE / 8..]) {
            lanes[lane] = *known;
        }
        self.later_blocks.resize(later.len() / RATE, Default::default());
        for (block, text) in self.later_blocks.iter_mut().zip(later.chunks_exact(RATE)) {
            for (lanes, word) in block.iter_mut().zip(words(text)) {
                lanes[lane] = word;
            }
        }
        self.places[lane] = place;
        self.used += 1;
    }

    fn hash(&mut self, digests: &mut [Digest32]) {
        permutation::permute_lanes(&mut self.lanes, self.used);
        for block in &self.later_blocks {
            for (lanes, more) in self.lanes.iter_mut().zip(block) {
                lanes.iter_mut().zip(more).for_each(|(lane, word)| *lane ^= word);
            }
            permutation::permute_lanes(&mut self.lanes, self.used);
        }
        for (lane, place) in self.places.iter().enumerate().take(self.used) {
            digests[*place] = digest(self.lanes.iter().map(|lanes| lanes[lane]));
        }
        self.used = 0;
    }
}

/// What a sponge is between two blocks.
type State = [u64; WORDS];
const WORDS: usize = 25;

/// States side by side: as many as the widest vectors have room for.
type Lanes = [[u64; LANES]; WORDS];
const LANES: usize = 8;

/// Bytes of a block.
const RATE: usize = 136;

/// Marks the end of a message in its blocks, of which so many bytes are filled and the others zero.
fn pad(blocks: &mut [u8], filled: usize) {
    blocks[filled] ^= 0x01;
    if let Some(last) = blocks.last_mut() {
        *last ^= 0x80;
    }
}

fn words(block: &[u8]) -> impl Iterator<Item = u64> {
    block.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

fn digest(words: impl Iterator<Item = u64>) -> Digest32 {
    let mut digest = Digest32::default();
    for (bytes, word) in digest.0.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    digest
}

#[cfg(test)]
mod tests;
