//! Bills without a title in a registry: issued through a document store or by a signature; and a sealed file.

use aes_gcm::aead::{AeadInOut as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Row;
use crate::integrity::merkle;
use crate::primitives::{Digest32, decode_hex};
use crate::testchain::bill::Issuance;
use crate::testchain::contracts::{Contract, DidWrite, StoreWrite};
use crate::testchain::sandbox::{Party, Sandbox, SandboxError};
use crate::testchain::wrap::{Wrapped, in_one_batch, sign};
use crate::verify::{TitleStateName, Verdict};

pub(super) const ROWS: &[Row<Wrapped>] = &[
    Row {
        file: "store.json",
        shows: "issued through a document store in a batch of four; such a document has no title",
        verdict: Verdict::Valid,
        title: TitleStateName::None,
        code: "issuance.issued",
        key: None,
        make: |sandbox, number| batch(sandbox, number, None),
    },
    Row {
        file: "store-revoked.json",
        shows: "issued through an older document store and revoked there",
        verdict: Verdict::Invalid,
        title: TitleStateName::None,
        code: "issuance.revoked",
        key: None,
        make: |sandbox, number| {
            let store = sandbox.store(Contract::LegacyDocumentStore)?;
            let wrapped = sandbox.bill_by(number, Issuance::DocumentStore(store)).oa2(&mut sandbox.salts);
            let root = wrapped.target_hash;
            sandbox.send(Party::Carrier, store, &StoreWrite::Issue { root }.call_data())?;
            sandbox.send(Party::Carrier, store, &StoreWrite::Revoke { root }.call_data())?;
            Ok(wrapped)
        },
    },
    Row {
        file: "store-ancestor-revoked.json",
        shows: "half of its batch was revoked, which the store itself does not apply to the single document",
        verdict: Verdict::Invalid,
        title: TitleStateName::None,
        code: "issuance.ancestor_revoked",
        key: None,
        make: |sandbox, number| batch(sandbox, number, Some(1)),
    },
    Row {
        file: "store-not-issued.json",
        shows: "names a document store that does not know it",
        verdict: Verdict::Invalid,
        title: TitleStateName::None,
        code: "issuance.not_issued",
        key: None,
        make: |sandbox, number| {
            let store = sandbox.store(Contract::BatchableDocumentStore)?;
            Ok(sandbox.bill_by(number, Issuance::DocumentStore(store)).oa3(&mut sandbox.salts))
        },
    },
    Row {
        file: "signed.json",
        shows: "signed by a key that the carrier's domain names",
        verdict: Verdict::Valid,
        title: TitleStateName::None,
        code: "issuance.signed",
        key: None,
        make: |sandbox, number| {
            let did = sandbox.did(Party::Carrier);
            let wrapped = sandbox.bill_by(number, Issuance::Signature(did.clone())).oa2(&mut sandbox.salts);
            sign(wrapped, &did, Party::Carrier.account())
        },
    },
    Row {
        file: "signed-oa3.json",
        shows: "the same in the OpenAttestation 3.0 format",
        verdict: Verdict::Valid,
        title: TitleStateName::None,
        code: "issuance.signed",
        key: None,
        make: |sandbox, number| {
            let did = sandbox.did(Party::Carrier);
            let wrapped = sandbox.bill_by(number, Issuance::Signature(did.clone())).oa3(&mut sandbox.salts);
            sign(wrapped, &did, Party::Carrier.account())
        },
    },
    Row {
        file: "signed-old-key.json",
        shows: "signed by a key that has since lost control of its identity",
        verdict: Verdict::Invalid,
        title: TitleStateName::None,
        code: "issuance.key_ended",
        key: None,
        make: |sandbox, number| {
            let did = sandbox.did(Party::Former);
            sandbox.publish_key("former.example", &did);
            let mut bill = sandbox.bill_by(number, Issuance::Signature(did.clone()));
            bill.domain = "former.example".into();
            let wrapped = sign(bill.oa2(&mut sandbox.salts), &did, Party::Former.account())?;
            let identity = Party::Former.address();
            let handed_over = DidWrite::ChangeOwner { identity, owner: Party::Carrier.address() };
            sandbox.send(Party::Former, sandbox.did_registry(), &handed_over.call_data())?;
            Ok(wrapped)
        },
    },
    Row {
        file: "sealed.json",
        shows: "a live bill in a sealed (encrypted) file; the key is on the command line",
        verdict: Verdict::Valid,
        title: TitleStateName::Live,
        code: "title.live",
        key: Some("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        make: |sandbox, number| super::titles::live(sandbox, sandbox.v5, number),
    },
];

/// The first of four documents under one root in a batchable store; `revoked` is the place in its proof up to which the
/// nodes above it stay good: the node that this many siblings lead to is revoked.
fn batch(sandbox: &mut Sandbox, number: &str, revoked: Option<usize>) -> Result<Wrapped, SandboxError> {
    let store = sandbox.store(Contract::BatchableDocumentStore)?;
    let bill = sandbox.bill_by(number, Issuance::DocumentStore(store));
    let mut documents: Vec<Wrapped> = (0..4).map(|_| bill.oa2(&mut sandbox.salts)).collect();
    in_one_batch(&mut documents);
    let first = documents.swap_remove(0);
    let proof = hashes(&first.document["signature"]["proof"]);
    let root = merkle::root_from(first.target_hash, &proof);
    sandbox.send(Party::Carrier, store, &StoreWrite::Issue { root }.call_data())?;
    if let Some((below, above)) = revoked.and_then(|place| proof.split_at_checked(place)) {
        let target = merkle::root_from(first.target_hash, below);
        let write = StoreWrite::RevokeInBatch { root, target, proof: above.to_vec() };
        sandbox.send(Party::Carrier, store, &write.call_data())?;
    }
    Ok(first)
}

fn hashes(list: &Value) -> Vec<Digest32> {
    list.as_array().into_iter().flatten().filter_map(|hash| Digest32::from_hex64(hash.as_str()?)).collect()
}

/// `OPEN-ATTESTATION-TYPE-1` (documents.md §8.1). The nonce is fixed, since the key is public anyway.
pub(super) fn sealed(document: &Value, key: &str) -> Result<Value, SandboxError> {
    let refused = || SandboxError::Refused("sealing".into());
    let cipher = Aes256Gcm::new_from_slice(&decode_hex(key).ok_or_else(refused)?).map_err(|_| refused())?;
    let nonce = [7; 12];
    let mut text = STANDARD.encode(document.to_string()).into_bytes();
    let tag =
        cipher.encrypt_inout_detached(&Nonce::from(nonce), &[], text.as_mut_slice().into()).map_err(|_| refused())?;
    Ok(json!({
        "type": "OPEN-ATTESTATION-TYPE-1",
        "cipherText": STANDARD.encode(text),
        "iv": STANDARD.encode(nonce),
        "tag": STANDARD.encode(tag),
    }))
}
