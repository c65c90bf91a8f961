//! The runtime code that we know (chain.md §1.9). The hashes were recomputed from the published packages and, for builds
//! before 4.1.6, from the public sources of those versions; `stripped` is the same code without the compiler's trailing
//! metadata, so that a rebuild of the same source is recognised.

use super::clone::clone_target_address;
use super::storage::Storage;
use super::{Generation, Variant};
use crate::primitives::{Address, Digest32, keccak256};

/// Code by its size and hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CodeHashes {
    /// 0 for an account without code.
    pub size: u64,
    pub hash: Digest32,
    /// Without the compiler's trailing metadata.
    pub stripped_hash: Digest32,
}

impl CodeHashes {
    pub(crate) fn of(code: &[u8]) -> Self {
        let stripped_hash = keccak256(without_metadata(code));
        Self { size: code.len() as u64, hash: keccak256(code), stripped_hash }
    }
}

/// A match in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub generation: Generation,
    pub variant: Variant,
    pub other_build: bool,
}

/// A known registry, with where its code keeps what it records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownRegistry {
    pub code: Known,
    pub storage: Storage,
}

/// Recognises a registry: an EIP-1167 clone of a known implementation, or a known full contract whose immutables
/// (factory address and genesis block) are set to zero before hashing.
pub(crate) fn registry(code: &[u8], clone_target: Option<(Address, &CodeHashes)>) -> Option<KnownRegistry> {
    if let Some(target) = clone_target_address(code) {
        let (_, implementation) = clone_target.filter(|(address, _)| *address == target)?;
        return IMPLEMENTATIONS.iter().find_map(|(storage, row)| {
            Some(KnownRegistry { code: row.known(implementation, Variant::Clone)?, storage: *storage })
        });
    }
    STANDALONE.iter().filter(|known| known.size == code.len()).find_map(|known| {
        // The compiler writes the same value wherever an immutable is used; code made by hand need not.
        let immutables = Immutables::of(code, known)?;
        let zeroed = with_zeroed_words(code, known)?;
        let code = known.row.known(&CodeHashes::of(&zeroed), Variant::Standalone)?;
        immutables.factory.is_some().then_some(KnownRegistry { code, storage: known.storage })
    })
}

/// What a registry of the constructor variant carries inside its code, read by the code's size alone: whether it is
/// known code, [`registry`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Immutables {
    /// The title escrow factory, if it is the same address everywhere.
    pub factory: Option<Address>,
    /// The block of deployment, as a word.
    pub genesis: [u8; 32],
}

/// The immutables of code that has the size of a known full contract.
pub(crate) fn immutables(code: &[u8]) -> Option<Immutables> {
    STANDALONE.iter().find(|known| known.size == code.len()).and_then(|known| Immutables::of(code, known))
}

impl Immutables {
    fn of(code: &[u8], known: &StandaloneRow) -> Option<Self> {
        let word = |offset: usize| code.get(offset..)?.first_chunk::<32>().copied();
        let mut words = known.factory.iter().map(|&offset| word(offset));
        let first = words.next()??;
        let factory = words.all(|word| word == Some(first)).then(|| Address::of_word(&first)).flatten();
        Some(Self { factory, genesis: word(known.genesis)? })
    }
}

/// Recognises a title escrow factory.
pub(crate) fn factory(code: &CodeHashes) -> Option<Known> {
    part(FACTORIES, code)
}

/// Recognises a title escrow implementation.
pub(crate) fn escrow(code: &CodeHashes) -> Option<Known> {
    part(ESCROWS, code)
}

/// Code without the CBOR metadata that the compiler appends, whose length stands in the last two bytes. Code that is too
/// short for the length it ends in carries none and is returned whole, as `Lens.sol` does.
pub(crate) fn without_metadata(code: &[u8]) -> &[u8] {
    let Some((rest, length)) = code.split_last_chunk::<2>() else { return code };
    let kept = rest.len().checked_sub(usize::from(u16::from_be_bytes(*length)));
    kept.and_then(|kept| rest.get(..kept)).unwrap_or(code)
}

fn part(table: &[Row], code: &CodeHashes) -> Option<Known> {
    table.iter().find_map(|row| row.known(code, Variant::Standalone))
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
    /// Of each published build, with its metadata.
    hashes: &'static [&'static str],
    stripped: &'static str,
}

impl Row {
    fn known(&self, code: &CodeHashes, variant: Variant) -> Option<Known> {
        let exact = self.hashes.iter().any(|hash| code.hash == digest(hash));
        let other_build = !exact && code.stripped_hash == digest(self.stripped);
        (code.size != 0 && (exact || other_build)).then_some(Known {
            generation: self.generation,
            variant,
            other_build,
        })
    }
}

struct StandaloneRow {
    storage: Storage,
    size: usize,
    /// Where the factory's address stands, as words.
    factory: &'static [usize],
    /// Where the block of deployment stands.
    genesis: usize,
    /// Of the code with these words set to zero.
    row: Row,
}

const ESCROWS: &[Row] = &[
    Row {
        generation: Generation::V5,
        hashes: &["491d14e40d18512d850677ce395ea81e5658f61d65098b2741e157f7a8349a6a"],
        stripped: "d31f52b8b287dda30ec760ce29e31a2eb9f352937e4882c4d837ea3d6de29291",
    },
    // All of 4.x: 4.1.7 and later, 4.1.0 to 4.1.6, 4.0.1.
    Row {
        generation: Generation::V4,
        hashes: &[
            "a468c7022aca303ba4d4a83f3e0b41df259abad2d24a299281ecea2fd0404e7c",
            "3326919e4162fa54d7a5f48d5cdbe230158f7d0d0c7c93bd086d8657fff493cf",
            "12f2d53b3dafde245a528955bbed50198a61b8f8c496bd7f11eb25513d8f21e5",
        ],
        stripped: "bd2f8874fe04fc66e03d37059084c8eafb2685bf5511c633ceeca3a252ec0a17",
    },
];

const FACTORIES: &[Row] = &[
    Row {
        generation: Generation::V5,
        hashes: &["6d438d933076c05d346f3bb93147e424a59b413a01f28c7d5b8388c000c5d3e8"],
        stripped: "a948e1064a4a0f2cee57a069af38f4307b2dbb668ff4108cc7305935009f899c",
    },
    // 4.1.7 and later, 4.1.5 and 4.1.6.
    Row {
        generation: Generation::V4,
        hashes: &[
            "e93197980fcff2b82966018b7787431c2199e1adcc1f99afb307d107190d2b5a",
            "be84660c526229907ba6d1f0cfbf26d93a1d727153b5d65c07f810498ffcddde",
        ],
        stripped: "a5e39e25800de0f1aec6d501cc92855a60a0f481ae4cd793a4d21e72dd508407",
    },
    // 4.1.4.
    Row {
        generation: Generation::V4,
        hashes: &["70b0692d9cdb0d6839e94b663192404a33d17b3ccfbb87a5def07dd2abdc48a8"],
        stripped: "d16a64308b7a0c243b4a9dd91cbca56bbd3cc142773ba6d8c8f938f81a13f538",
    },
    // 4.1.0 to 4.1.3, 4.0.1.
    Row {
        generation: Generation::V4,
        hashes: &[
            "df95f7a4aea1a5ec4e51b85c7cefdd281e9017cabc75eee70f966a785bf657b9",
            "c1d1963395fcd2b5732650b029d0dd2b78a30e84bbbf56bf82f02c32117b30a1",
        ],
        stripped: "c6dd5f419264f680f58a0c1f94bb10f8ef6ca0c4a3f3d9330c1bc2b98e58cfe1",
    },
];

const IMPLEMENTATIONS: &[(Storage, Row)] = &[
    (
        Storage::V5,
        Row {
            generation: Generation::V5,
            hashes: &["0792c198158e4090cdba89bb89a48218c214810bf74d57b9e0af34701a9e61d2"],
            stripped: "1f3719e8f33beaf920d0efd5ccad00c33ca60ff6cc188e0134e07552becc96a5",
        },
    ),
    (
        Storage::V4_1_3,
        Row {
            generation: Generation::V4,
            hashes: &[
                "6450a94c5aad89c34aa94f06cb44b581f6e17e65bde4b3cdae8bed36adb7d2d3",
                "7e3ba05fcd2271961b6b87824dc69bbf1f95a53276c03d6b89b145cbe9a7be14",
            ],
            stripped: "6f46efb3a55ebc1fbdea6f2522f0185845741515f3c06be174e30d1814db9dbd",
        },
    ),
    (
        Storage::V4_1_0,
        Row {
            generation: Generation::V4,
            hashes: &["0282cd8a6f3f6abf5917d4fd7daf7fbcf100d57955ce02f517456daa898a6197"],
            stripped: "315fbf72d91386566d33a3460568cb4ce21681eb962930fd395195290b0d7d24",
        },
    ),
    (
        Storage::V4_0_1,
        Row {
            generation: Generation::V4,
            hashes: &["3bc9338905808c627b3e92ef35051818efcc33da8b591c21bf4b36de296a2d62"],
            stripped: "f2a0cf9d60a92f1d611c8e9c5088b8f026af949853e3140f47402a60a09457b3",
        },
    ),
];

const STANDALONE: &[StandaloneRow] = &[
    StandaloneRow {
        storage: Storage::V5,
        size: 15_993,
        factory: &[2_014],
        genesis: 3_645,
        row: Row {
            generation: Generation::V5,
            hashes: &["a4032d263ae57d646c10c1278042feb5f59f5cd7b95aa0b5a79a82b073a208ea"],
            stripped: "d0a1f756112507330cc6de4c882b164381b83aee79952c4dbb61cb1bed49ac97",
        },
    },
    StandaloneRow {
        storage: Storage::V4_1_3,
        size: 8_442,
        factory: &[684, 2_277, 3_647, 4_204, 5_944],
        genesis: 957,
        row: Row {
            generation: Generation::V4,
            hashes: &[
                "00563310570c5ce6a715156593b87a7707bc8a331f85766e2295c1da8bfbd396",
                "dcd3d69332af7c95913b2aa019497ab8719d55ac05d7faf25992c40069a3d636",
            ],
            stripped: "d114e013a67d7c55abc7be103b6c633f9f3aa62da28b33112b24949a121393ae",
        },
    },
    StandaloneRow {
        storage: Storage::V4_1_0,
        size: 8_085,
        factory: &[657, 2_210, 3_593, 4_131, 5_841],
        genesis: 911,
        row: Row {
            generation: Generation::V4,
            hashes: &["816713ea4eab71a59174781f2a0d7156dff3565fea551609da5d872a4e38a108"],
            stripped: "af5193a01639e2bb7dee6898ead9f5a0e97fa744b731bec7f558c8a4f01d2156",
        },
    },
    StandaloneRow {
        storage: Storage::V4_0_1,
        size: 7_635,
        factory: &[657, 1_704, 2_484, 4_180],
        genesis: 911,
        row: Row {
            generation: Generation::V4,
            hashes: &["147b617ee59cc4d096617994ec19a2ae4ae5049d09f09a8e90846eef57d2073f"],
            stripped: "20d0a8d65519ba3241db69b5145ee8f666bcab00aab0e4b23003b5860fe4179c",
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::clone::clone_code;

    #[test]
    fn every_row_of_the_table_is_a_hash() {
        let registries = IMPLEMENTATIONS.iter().map(|(_, row)| row).chain(STANDALONE.iter().map(|known| &known.row));
        for row in ESCROWS.iter().chain(FACTORIES).chain(registries) {
            for hash in row.hashes.iter().chain([&row.stripped]) {
                assert!(Digest32::from_hex64(hash).is_some(), "{hash}");
            }
        }
    }

    #[test]
    fn every_build_is_known_by_each_of_its_hashes_and_with_other_metadata() {
        let target = Address([7; 20]);
        let code = clone_code(target.0);
        for (storage, row) in IMPLEMENTATIONS {
            let known =
                |hash, stripped_hash| registry(&code, Some((target, &CodeHashes { size: 9_000, hash, stripped_hash })));
            for hash in row.hashes {
                let found = known(digest(hash), Digest32::default()).unwrap();
                assert_eq!((found.storage, found.code.generation), (*storage, row.generation));
                assert!(!found.code.other_build);
            }
            let rebuilt = known(Digest32::default(), digest(row.stripped)).unwrap();
            assert_eq!((rebuilt.storage, rebuilt.code.other_build), (*storage, true));
            assert_eq!(known(Digest32::default(), Digest32::default()), None);
        }
    }

    #[test]
    fn an_account_without_code_is_never_known() {
        assert_eq!(escrow(&CodeHashes::default()), None);
        assert_eq!(registry(&[], None), None);
    }

    #[test]
    fn a_clone_counts_by_the_code_behind_it() {
        let implementation = [7; 20];
        let code = clone_code(implementation);
        assert_eq!(code.len(), 45);
        let hash = digest(IMPLEMENTATIONS[0].1.hashes[0]);
        let behind = CodeHashes { size: 17_826, hash, stripped_hash: Digest32::default() };
        let known = registry(&code, Some((Address(implementation), &behind))).unwrap();
        assert_eq!((known.code.generation, known.code.variant), (Generation::V5, Variant::Clone));
        assert_eq!(known.storage, Storage::V5);
        let elsewhere = Some((Address([8; 20]), &behind));
        assert_eq!(registry(&code, elsewhere), None);
        assert_eq!(registry(&code[..44], elsewhere), None);
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
