//! A bill of lading for tests.

use ebl_verifier::document::json::parse;
use ebl_verifier::integrity::{digest, flatten_oa2};
use ebl_verifier::primitives::{Address, TokenId};
use serde_json::json;

/// A bill of lading wrapped alone, and its token id.
pub fn wrapped_bill(registry: Address, domain: &str, chain: &str) -> (Vec<u8>, TokenId) {
    let mut number = 0;
    let mut salted = |text: &str| {
        number += 1;
        json!(format!("{number:08x}-0000-4000-8000-000000000000:string:{text}"))
    };
    let data = json!({
        "issuers": [{
            "name": salted("Nordsee Carrier"),
            "tokenRegistry": salted(&registry.to_string()),
            "identityProof": {"type": salted("DNS-TXT"), "location": salted(domain)},
        }],
        "network": {"chain": salted("ETH"), "chainId": salted(chain)},
        "blNumber": salted("E2E-1"),
        "scac": salted("NDSE"),
    });
    let text = data.to_string();
    let tree = parse(text.as_bytes(), &Default::default()).expect("JSON");
    let leaves = flatten_oa2(tree.root()).expect("salted");
    let target = digest(leaves.iter().map(|leaf| leaf.hash), &[]);
    let hash = target.to_hex64();
    let document = json!({
        "version": "https://schema.openattestation.com/2.0/schema.json",
        "data": data,
        "signature": {"type": "SHA3MerkleProof", "targetHash": hash, "proof": [], "merkleRoot": hash},
    });
    (document.to_string().into_bytes(), TokenId::from(target))
}
