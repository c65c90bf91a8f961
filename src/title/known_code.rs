//! The runtime code that we know (chain.md §1.9). The hashes were recomputed from the published packages; the second
//! column is the same code without the compiler's trailing metadata, so that a rebuild of the same source is recognised.

use super::{Generation, Variant};
use crate::evidence::CodeReading;
use crate::primitives::{Address, Digest32, keccak256};

/// A match in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub generation: Generation,
    pub variant: Variant,
    pub other_build: bool,
}

/// Recognises a registry: an EIP-1167 clone of a known implementation, or a known full contract whose immutables
/// (factory address and genesis block) are set to zero before hashing.
pub(super) fn registry(code: &[u8], clone_target: Option<&CodeReading>) -> Option<Known> {
    if let Some(target) = clone_target_address(code) {
        let implementation = clone_target.filter(|reading| reading.address == target)?;
        return find(IMPLEMENTATIONS, implementation).map(|(generation, other_build)| Known {
            generation,
            variant: Variant::Clone,
            other_build,
        });
    }
    STANDALONE.iter().filter(|known| known.size == code.len()).find_map(|known| {
        // The compiler writes the same value wherever an immutable is used; code made by hand need not.
        let immutables = Immutables::of(code, known)?;
        let zeroed = with_zeroed_words(code, known)?;
        let exact = keccak256(&zeroed) == digest(known.hash);
        let stripped = || keccak256(without_metadata(&zeroed)) == digest(known.stripped);
        (immutables.factory.is_some() && (exact || stripped())).then_some(Known {
            generation: known.generation,
            variant: Variant::Standalone,
            other_build: !exact,
        })
    })
}

/// What a registry of the constructor variant carries inside its code, read by the code's size alone: whether it is
/// known code, [`registry`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Immutables {
    /// The title escrow factory, if it is the same address everywhere.
    pub factory: Option<Address>,
    /// The block of deployment, as a word.
    pub genesis: [u8; 32],
}

/// The immutables of code that has the size of a known full contract.
pub(super) fn immutables(code: &[u8]) -> Option<Immutables> {
    STANDALONE.iter().find(|known| known.size == code.len()).and_then(|known| Immutables::of(code, known))
}

impl Immutables {
    fn of(code: &[u8], known: &StandaloneRow) -> Option<Self> {
        let word = |offset: usize| code.get(offset..)?.first_chunk::<32>().copied();
        let mut words = known.factory.iter().map(|&offset| word(offset));
        let first = words.next()??;
        let factory = words.all(|word| word == Some(first)).then(|| address_of(&first)).flatten();
        Some(Self { factory, genesis: word(known.genesis)? })
    }
}

/// An address only from a clean word.
pub(super) fn address_of(word: &[u8; 32]) -> Option<Address> {
    word.strip_prefix(&[0; 12])?.try_into().ok().map(Address)
}

/// Recognises a title escrow factory.
pub(super) fn factory(code: &CodeReading) -> Option<Known> {
    part(FACTORIES, code)
}

/// Recognises a title escrow implementation.
pub(super) fn escrow(code: &CodeReading) -> Option<Known> {
    part(ESCROWS, code)
}

/// The implementation that an EIP-1167 clone forwards to; `None` for any other code.
pub(crate) fn clone_target_address(code: &[u8]) -> Option<Address> {
    let target = code.strip_prefix(CLONE_HEAD.as_slice())?.strip_suffix(CLONE_TAIL.as_slice())?;
    target.try_into().ok().map(Address)
}

/// Code without the CBOR metadata that the compiler appends, whose length stands in the last two bytes. Code that is too
/// short for the length it ends in carries none and is returned whole, as `Lens.sol` does.
pub(crate) fn without_metadata(code: &[u8]) -> &[u8] {
    let Some((rest, length)) = code.split_last_chunk::<2>() else { return code };
    let kept = rest.len().checked_sub(usize::from(u16::from_be_bytes(*length)));
    kept.and_then(|kept| rest.get(..kept)).unwrap_or(code)
}

/// The 45 bytes of an EIP-1167 clone of `implementation`.
pub(super) fn clone_code(implementation: [u8; 20]) -> Vec<u8> {
    [CLONE_HEAD.as_slice(), &implementation, CLONE_TAIL.as_slice()].concat()
}

const CLONE_HEAD: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const CLONE_TAIL: [u8; 15] = [0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3];

fn part(table: &[Row], code: &CodeReading) -> Option<Known> {
    find(table, code).map(|(generation, other_build)| Known { generation, variant: Variant::Standalone, other_build })
}

fn find(table: &[Row], code: &CodeReading) -> Option<(Generation, bool)> {
    table.iter().find_map(|row| {
        if code.size == 0 {
            None
        } else if code.hash == digest(row.hash) {
            Some((row.generation, false))
        } else {
            (code.stripped_hash == digest(row.stripped)).then_some((row.generation, true))
        }
    })
}

/// The table is text so that it can be compared with the specification by eye; a test reads every row.
fn digest(hex64: &str) -> Digest32 {
    Digest32::from_hex64(hex64).unwrap_or_default()
}

fn with_zeroed_words(code: &[u8], known: &StandaloneRow) -> Option<Vec<u8>> {
    let mut zeroed = code.to_vec();
    for &offset in known.factory.iter().chain([&known.genesis]) {
        zeroed.get_mut(offset..offset + 32)?.fill(0);
    }
    Some(zeroed)
}

struct Row {
    generation: Generation,
    hash: &'static str,
    stripped: &'static str,
}

struct StandaloneRow {
    generation: Generation,
    size: usize,
    /// Where the factory's address stands, as words.
    factory: &'static [usize],
    /// Where the block of deployment stands.
    genesis: usize,
    hash: &'static str,
    stripped: &'static str,
}

const ESCROWS: &[Row] = &[
    Row {
        generation: Generation::V5,
        hash: "491d14e40d18512d850677ce395ea81e5658f61d65098b2741e157f7a8349a6a",
        stripped: "d31f52b8b287dda30ec760ce29e31a2eb9f352937e4882c4d837ea3d6de29291",
    },
    Row {
        generation: Generation::V4,
        hash: "a468c7022aca303ba4d4a83f3e0b41df259abad2d24a299281ecea2fd0404e7c",
        stripped: "bd2f8874fe04fc66e03d37059084c8eafb2685bf5511c633ceeca3a252ec0a17",
    },
];

const FACTORIES: &[Row] = &[
    Row {
        generation: Generation::V5,
        hash: "6d438d933076c05d346f3bb93147e424a59b413a01f28c7d5b8388c000c5d3e8",
        stripped: "a948e1064a4a0f2cee57a069af38f4307b2dbb668ff4108cc7305935009f899c",
    },
    Row {
        generation: Generation::V4,
        hash: "e93197980fcff2b82966018b7787431c2199e1adcc1f99afb307d107190d2b5a",
        stripped: "a5e39e25800de0f1aec6d501cc92855a60a0f481ae4cd793a4d21e72dd508407",
    },
];

const IMPLEMENTATIONS: &[Row] = &[
    Row {
        generation: Generation::V5,
        hash: "0792c198158e4090cdba89bb89a48218c214810bf74d57b9e0af34701a9e61d2",
        stripped: "1f3719e8f33beaf920d0efd5ccad00c33ca60ff6cc188e0134e07552becc96a5",
    },
    Row {
        generation: Generation::V4,
        hash: "6450a94c5aad89c34aa94f06cb44b581f6e17e65bde4b3cdae8bed36adb7d2d3",
        stripped: "6f46efb3a55ebc1fbdea6f2522f0185845741515f3c06be174e30d1814db9dbd",
    },
];

const STANDALONE: &[StandaloneRow] = &[
    StandaloneRow {
        generation: Generation::V5,
        size: 15_993,
        factory: &[2_014],
        genesis: 3_645,
        hash: "a4032d263ae57d646c10c1278042feb5f59f5cd7b95aa0b5a79a82b073a208ea",
        stripped: "d0a1f756112507330cc6de4c882b164381b83aee79952c4dbb61cb1bed49ac97",
    },
    StandaloneRow {
        generation: Generation::V4,
        size: 8_442,
        factory: &[684, 2_277, 3_647, 4_204, 5_944],
        genesis: 957,
        hash: "00563310570c5ce6a715156593b87a7707bc8a331f85766e2295c1da8bfbd396",
        stripped: "d114e013a67d7c55abc7be103b6c633f9f3aa62da28b33112b24949a121393ae",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_hash() {
        let rows = [ESCROWS, FACTORIES, IMPLEMENTATIONS].concat_hashes();
        let standalone = STANDALONE.iter().flat_map(|row| [row.hash, row.stripped]);
        for hash in rows.into_iter().chain(standalone) {
            assert!(Digest32::from_hex64(hash).is_some(), "{hash}");
        }
    }

    trait ConcatHashes {
        fn concat_hashes(&self) -> Vec<&'static str>;
    }

    impl ConcatHashes for [&[Row]; 3] {
        fn concat_hashes(&self) -> Vec<&'static str> {
            self.iter().flat_map(|table| table.iter()).flat_map(|row| [row.hash, row.stripped]).collect()
        }
    }

    #[test]
    fn an_account_without_code_is_never_known() {
        assert_eq!(escrow(&CodeReading::default()), None);
        assert_eq!(registry(&[], None), None);
    }

    #[test]
    fn a_clone_counts_by_the_code_behind_it() {
        let implementation = [7; 20];
        let code = clone_code(implementation);
        assert_eq!(code.len(), 45);
        let behind = CodeReading {
            address: Address(implementation),
            size: 17_826,
            hash: digest(IMPLEMENTATIONS[0].hash),
            stripped_hash: Digest32::default(),
        };
        let known = registry(&code, Some(&behind)).unwrap();
        assert_eq!((known.generation, known.variant), (Generation::V5, Variant::Clone));
        let elsewhere = CodeReading { address: Address([8; 20]), ..behind };
        assert_eq!(registry(&code, Some(&elsewhere)), None);
        assert_eq!(registry(&code[..44], Some(&elsewhere)), None);
    }

    #[test]
    fn only_metadata_that_fits_into_the_code_is_stripped() {
        for (code, kept) in [
            (&[][..], &[][..]),
            (&[7], &[7]),
            (&[0xff, 0xff], &[0xff, 0xff]),
            (&[9, 0, 2], &[9, 0, 2]),
            (&[9, 0, 1], &[]),
            (&[0, 0], &[]),
            (&[1, 2, 3, 0, 1], &[1, 2]),
        ] {
            assert_eq!(without_metadata(code), kept, "{code:?}");
        }
    }
}
