//! Title escrows (chain.md §1.3, §1.4): their functions and events.

use std::sync::LazyLock;

use super::Generation;
use crate::primitives::{Digest32, keccak256};

/// registry, tokenId, beneficiary, holder, nominee, active, isHoldingToken, prevBeneficiary, prevHolder, remark.
pub(crate) const GETTERS: [[u8; 4]; 10] = [
    [0x7b, 0x10, 0x39, 0x99],
    [0x17, 0xd7, 0x0f, 0x7c],
    [0x38, 0xaf, 0x3e, 0xed],
    [0xe5, 0x34, 0x15, 0x5d],
    [0x20, 0xf9, 0x9c, 0x0a],
    [0x02, 0xfb, 0x0c, 0x5e],
    [0xc9, 0x43, 0x7e, 0x5e],
    [0xbd, 0x1d, 0x07, 0xb5],
    [0x03, 0x5a, 0xed, 0xfa],
    [0xa4, 0x7d, 0x1f, 0x5e],
];

/// The event that a log's first topic names, in this generation.
pub(crate) fn event_kind(topic: Digest32, generation: Generation) -> Option<EventKind> {
    let with_remark = generation == Generation::V5;
    KINDS.iter().find(|known| known.topic == topic && known.with_remark == with_remark).map(|known| known.kind)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Initialized,
    TokenReceived,
    BeneficiaryTransfer,
    HolderTransfer,
    Nomination,
    Returned,
    Shred,
    RejectTransferBeneficiary,
    RejectTransferHolder,
    RejectTransferOwners,
}

struct Known {
    topic: Digest32,
    with_remark: bool,
    kind: EventKind,
}

static KINDS: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let row = |&(kind, with_remark, signature): &(EventKind, bool, &str)| Known {
        topic: keccak256(signature),
        with_remark,
        kind,
    };
    SIGNATURES.iter().map(row).collect()
});

/// chain.md §1.4. The 4.x artefacts emit no `Initialized`; another build of the same sources may.
pub(crate) const SIGNATURES: [(EventKind, bool, &str); 17] = [
    (EventKind::Initialized, true, "Initialized(uint64)"),
    (EventKind::TokenReceived, true, "TokenReceived(address,address,bool,address,uint256,bytes)"),
    (EventKind::BeneficiaryTransfer, true, "BeneficiaryTransfer(address,address,address,uint256,bytes)"),
    (EventKind::HolderTransfer, true, "HolderTransfer(address,address,address,uint256,bytes)"),
    (EventKind::Nomination, true, "Nomination(address,address,address,uint256,bytes)"),
    (EventKind::Returned, true, "ReturnToIssuer(address,address,uint256,bytes)"),
    (EventKind::Shred, true, "Shred(address,uint256,bytes)"),
    (EventKind::RejectTransferBeneficiary, true, "RejectTransferBeneficiary(address,address,address,uint256,bytes)"),
    (EventKind::RejectTransferHolder, true, "RejectTransferHolder(address,address,address,uint256,bytes)"),
    (
        EventKind::RejectTransferOwners,
        true,
        "RejectTransferOwners(address,address,address,address,address,uint256,bytes)",
    ),
    (EventKind::Initialized, false, "Initialized(uint8)"),
    (EventKind::TokenReceived, false, "TokenReceived(address,address,bool,address,uint256)"),
    (EventKind::BeneficiaryTransfer, false, "BeneficiaryTransfer(address,address,address,uint256)"),
    (EventKind::HolderTransfer, false, "HolderTransfer(address,address,address,uint256)"),
    (EventKind::Nomination, false, "Nomination(address,address,address,uint256)"),
    (EventKind::Returned, false, "Surrender(address,address,uint256)"),
    (EventKind::Shred, false, "Shred(address,uint256)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_those_of_the_signatures() {
        let names = [
            "registry",
            "tokenId",
            "beneficiary",
            "holder",
            "nominee",
            "active",
            "isHoldingToken",
            "prevBeneficiary",
            "prevHolder",
            "remark",
        ];
        for (selector, name) in GETTERS.iter().zip(names) {
            assert_eq!(keccak256(format!("{name}()")).0[..4], *selector, "{name}");
        }
    }

    /// chain.md §1.4, v5 then v4.
    #[test]
    fn topics_are_the_published_ones() {
        let published = [
            "c7f505b2f371ae2175ee4913f4499e1f2633a7b5936321eed1cdaeb6115181d2",
            "44fc4ffe7e585a241451c67b41553546c65c2b07de6e9d33405e53f75357293b",
            "9081b884d1178ac5e4855291131f541f64a88854f90b8df23412ffd63c39be1d",
            "30426d047f8ae6511337356e511764b12f79993bd73501d0e993b3da7a780a4d",
            "fbe262229f456b8d55f1e1887503540dc0a1efcb4b048b6b739117e66d031214",
            "ea17cbc366059ac6185e6bfc7eebd173d3260bb6bc373830f9d04260e72c244b",
            "49c56a060f3a16e899a045537fb86df850339c10c8c140a052aca89cbcc30c0b",
            "26cb5b08a00ade9c3c65737592d8344548bf60664af05af8ed04720b893eca27",
            "279c68b511f19d28a79afc0687d9909fc941d6f7551e4b0e333a1171cc2eea5f",
            "2812f41a966386b432bd1d43d72b6613f5eca9adf4ed9e193f95f5c91a1b6626",
            "",
            "eac1fdedeedd55f76e4c4a4b9a1b485e1f324cccf90f5aac11af3eb172876049",
            "07d0a1a2d5c465ecdf26fb8dda217b10270d8e11ff892df33f73ea690b8cd9b4",
            "febadd5e06bc3e2885248448caca94df39be7cf7fde139b4586ac7b92dfe70b2",
            "88a734f529b322845e21a8ea2512c4fd613d73ef43deb62d5c790a1b8037bd21",
            "33404c8097b8e877f71a3bdea790b1ab1c5dff7b20392e123a875c5c878e3f6e",
            "cb63a6e2ad39a5ba99b34f25ee1e8eb1545b98164ae32a05005ef679bdc8801c",
        ];
        for (known, published) in KINDS.iter().zip(published).filter(|(_, published)| !published.is_empty()) {
            assert_eq!(known.topic.to_hex64(), published, "{:?}", known.kind);
        }
    }
}
