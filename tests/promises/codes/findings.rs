//! One table a check, and the situations that several rows start from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ebl_verifier::block_age::MaxBlockAge;
use ebl_verifier::evidence::{
    CallReading, Cause, CodeReading, Dnssec, Finality, NewerTitle, Newest, Question, ReadMethod, TopLevelReading,
};
use ebl_verifier::primitives::{Address, ChainId, Digest32};
use ebl_verifier::status::Family;
use ebl_verifier::title::Generation;
use ebl_verifier::verify::CheckName::{self, Chain, Integrity, Issuance, Issuer, Policy, Registry, Title};
use ebl_verifier::verify::Outcome::{self, Fail, NotApplicable, Pass, Unknown};
use ebl_verifier::verify::Verdict::{self, Indeterminate, Invalid, NotLive, PolicyNotMet, Valid};
use ebl_verifier::verify::{AcceptedState, Rule};
use serde_json::{Value, json};

use super::credentials::CREDENTIALS;
use super::signatures::SIGNATURES;
use super::signed_world::{BLOCK, ethr, web, word};
use super::signing::{Draft, record};
use super::situation::{
    CHAIN, HOLDER, OTHER_STORE, REGISTRY, STORE, Situation, bill, bill_v3, bill_v3_with, bill_with, flag, in_stores,
    plain_bill, reverted, signed, with_newest, with_newest_did, with_newest_store,
};
use super::wrapping::{Format, issuer, plain_v2, wrap};

/// All tables.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [INTEGRITY, ISSUER, CHAINS, REGISTRIES, ISSUANCE, STORES, SIGNATURES, PENDING, TITLES, GENERAL, CREDENTIALS]
        .into_iter()
        .flatten()
}

/// A code, the check that carries it, with which outcome and verdict, and when.
pub type Case = (&'static str, CheckName, Outcome, Verdict, &'static str, fn() -> Situation);

const INTEGRITY: &[Case] = &[
    ("integrity.intact", Integrity, Pass, Valid, "the file is as it was issued", bill),
    ("integrity.digest_mismatch", Integrity, Fail, Invalid, "a field was removed", || {
        bill().tampered(|document| drop(document["data"].as_object_mut().unwrap().remove("blNumber")))
    }),
    ("integrity.text_reencoded", Integrity, Fail, Invalid, "UTF-8 was read as Latin-1", || {
        let accented = bill_with(|plain| plain["blNumber"] = json!("A\u{e7}\u{fa}car"));
        accented.tampered(|document| {
            let garbled = document["data"]["blNumber"].as_str().unwrap().replace('\u{e7}', "\u{c3}\u{a7}");
            document["data"]["blNumber"] = json!(garbled.replace('\u{fa}', "\u{c3}\u{ba}"));
        })
    }),
    ("integrity.merkle_mismatch", Integrity, Fail, Invalid, "the root is another", || {
        bill().tampered(|document| document["signature"]["merkleRoot"] = json!("00".repeat(32)))
    }),
    ("integrity.ambiguous_structure", Integrity, Fail, Invalid, "a member name looks like a path", || {
        bill().tampered(|document| document["data"]["issuers.0"] = document["data"]["blNumber"].clone())
    }),
    ("integrity.family_mix", Integrity, Fail, Invalid, "a member of another format", || {
        bill().tampered(|document| document["credentialSubject"] = json!({}))
    }),
    ("integrity.outside_digest", Integrity, Fail, Invalid, "a member that no format has", || {
        bill().tampered(|document| document["ttHash"] = json!("ab"))
    }),
    ("integrity.not_canonical", Integrity, Fail, Invalid, "a value without a salt", || {
        bill().tampered(|document| document["data"]["blNumber"] = json!("STORE-0"))
    }),
    ("integrity.salts_mismatch", Integrity, Fail, Invalid, "a field was added to v3", || {
        bill_v3().tampered(|document| document["credentialSubject"]["weight"] = json!("1"))
    }),
    ("integrity.shape", Integrity, Fail, Invalid, "the digest is missing", || {
        bill().tampered(|document| drop(document["signature"].as_object_mut().unwrap().remove("targetHash")))
    }),
    ("integrity.shape", Integrity, Fail, Invalid, "no issuer is named", || {
        bill_with(|plain| plain["issuers"] = json!([]))
    }),
    ("integrity.batch_token", Integrity, Fail, Invalid, "a bill was wrapped with another", || {
        let other = plain_v2(vec![issuer("tokenRegistry", REGISTRY)], CHAIN, 1);
        Situation::new(&wrap(Format::V2, vec![plain_bill(), other]).remove(0).document, &[REGISTRY])
    }),
    ("integrity.batch_token", Integrity, Fail, Invalid, "a bill has two issuers", || {
        bill_with(|plain| plain["issuers"] = json!([issuer("tokenRegistry", REGISTRY), issuer("tokenRegistry", STORE)]))
    }),
    ("integrity.falsy_leaves_unauthenticated", Integrity, Unknown, Indeterminate, "older v3 left `false` out", falsy),
    ("integrity.falsy_leaves_unauthenticated", Integrity, Pass, Valid, "and the caller does without it", || {
        falsy().policy(|policy| policy.accept_unauthenticated_falsy = true)
    }),
];

const ISSUER: &[Case] = &[
    ("issuer.dns_txt", Issuer, Pass, Valid, "the domain names the registry", bill),
    ("issuer.not_a_domain_name", Issuer, Fail, Invalid, "the location is a URL", || {
        bill_with(|plain| plain["issuers"][0]["identityProof"]["location"] = json!("https://carrier.example"))
    }),
    ("issuer.location_missing", Issuer, Fail, Invalid, "the location is empty", || {
        bill_with(|plain| plain["issuers"][0]["identityProof"]["location"] = json!(""))
    }),
    ("issuer.domain_does_not_exist", Issuer, Fail, Invalid, "NXDOMAIN", || {
        bill().dns(|reading| {
            reading.name_exists = false;
            reading.dnssec = Dnssec::NotChecked;
            reading.top_level = Some(TopLevelReading { name: "example".into(), answered: true });
        })
    }),
    ("issuer.dns_denies_everything", Issuer, Unknown, Indeterminate, "NXDOMAIN from a resolver without a view", || {
        bill().dns(|reading| {
            reading.name_exists = false;
            reading.dnssec = Dnssec::NotChecked;
            reading.top_level = Some(TopLevelReading { name: "example".into(), answered: false });
        })
    }),
    ("issuer.no_record", Issuer, Fail, Invalid, "no record of this kind", || {
        bill().dns(|reading| reading.records = vec!["v=spf1 -all".into()])
    }),
    ("issuer.record_for_other_chain", Issuer, Fail, Invalid, "the right contract on another chain", || {
        bill().dns(|reading| reading.records[0] = reading.records[0].replace("31337", "1"))
    }),
    ("issuer.record_for_other_address", Issuer, Fail, Invalid, "another contract", || {
        bill().dns(|reading| reading.records = vec![format!("openatts net=ethereum netId={CHAIN} addr={STORE}")])
    }),
    ("issuer.malformed_record", Issuer, Fail, Invalid, "the chain id is hexadecimal", || {
        bill().dns(|reading| reading.records[0] = reading.records[0].replace("31337", "0x7a69"))
    }),
    ("issuer.no_identity_claimed", Issuer, Unknown, Indeterminate, "a certificate store and nobody behind it", || {
        let plain = plain_v2(vec![json!({"name": "Nordsee Carrier", "certificateStore": STORE.to_string()})], CHAIN, 0);
        Situation::new(&wrap(Format::V2, vec![plain]).remove(0).document, &[STORE])
    }),
    ("issuer.dns_did", Issuer, Pass, Valid, "the domain names the key", || signed(&ethr(Format::V2))),
    ("issuer.record_for_other_key", Issuer, Fail, Invalid, "the domain names another key", || {
        signed(&ethr(Format::V2)).dns(|reading| reading.records = vec![record("did:web:carrier.example#keys-1")])
    }),
    ("issuer.no_key", Issuer, Unknown, Invalid, "no key of the issuer's own DID", || {
        signed(&Draft { key: "did:web:other.example#keys-1".into(), ..ethr(Format::V2) })
    }),
    ("issuer.did_web", Issuer, Pass, Valid, "the DID document lists the key", || signed(&web(Format::V2))),
    ("issuer.no_did_document", Issuer, Fail, Invalid, "404", || {
        signed(&web(Format::V2)).web(|reading| reading.status = 404)
    }),
    ("issuer.did_document_unavailable", Issuer, Unknown, Indeterminate, "503", || {
        signed(&web(Format::V2)).web(|reading| reading.status = 503)
    }),
    ("issuer.did_without_this_key", Issuer, Fail, Invalid, "the key may not sign statements", || {
        signed(&web(Format::V2)).web_json(|document| document["assertionMethod"] = json!([]))
    }),
    ("issuer.bare_key", Issuer, Unknown, Indeterminate, "a did:ethr and no domain", || {
        signed(&Draft { identity: "DID", ..ethr(Format::V2) })
    }),
    ("issuer.key_trusted_by_caller", Issuer, Pass, Valid, "which the caller knows", || {
        let draft = Draft { identity: "DID", ..ethr(Format::V2) };
        held_to(signed(&draft), Rule::Issuers([draft.did.parse().expect("a DID")].into()))
    }),
    (
        "issuer.method_does_not_fit",
        Issuer,
        Unknown,
        Indeterminate,
        "a contract and an identity of kind DNS-DID",
        || bill_v3_with(|plain| plain["openAttestationMetadata"]["identityProof"]["type"] = json!("DNS-DID")),
    ),
    ("issuer.dns_unavailable", Issuer, Unknown, Indeterminate, "SERVFAIL", || dns_fails(Cause::ServerFailure)),
    ("issuer.dns_disagreement", Issuer, Unknown, Indeterminate, "resolvers differ", || dns_fails(Cause::Disagreement)),
    ("issuer.dns_bogus", Issuer, Unknown, Indeterminate, "DNSSEC fails", || dns_fails(Cause::Bogus)),
    ("issuer.dnssec_required", Issuer, Unknown, Indeterminate, "the zone is not signed", || {
        bill().dns(|reading| reading.dnssec = Dnssec::Insecure).policy(|policy| policy.require_dnssec = true)
    }),
];

const CHAINS: &[Case] = &[
    ("chain.matches", Chain, Pass, Valid, "the endpoint serves the document's chain", bill),
    ("chain.not_named", Chain, Unknown, Indeterminate, "no network in the document", || {
        bill_with(|plain| drop(plain.as_object_mut().unwrap().remove("network")))
    }),
    ("chain.not_named", Issuer, Unknown, Indeterminate, "so no record can match", || {
        bill_with(|plain| drop(plain.as_object_mut().unwrap().remove("network")))
    }),
    ("chain.matches", Chain, Pass, Valid, "the caller names the chain for it", || {
        bill_with(|plain| drop(plain.as_object_mut().unwrap().remove("network")))
            .policy(|policy| policy.chain = chain(CHAIN))
    }),
    ("chain.malformed_id", Chain, Fail, Invalid, "a hexadecimal chain id", || {
        bill_with(|plain| plain["network"]["chainId"] = json!("0x7a69"))
    }),
    ("chain.contradicts_caller", Chain, Fail, Invalid, "--chain-id says another", || {
        bill().policy(|policy| policy.chain = chain(1))
    }),
    ("chain.contradicts_link", Chain, Fail, Invalid, "the link says another", || {
        bill().by_link("docs.example", chain(1))
    }),
    ("chain.wrong_endpoint", Chain, Unknown, Indeterminate, "the reading is of another chain", || {
        bill().registry(|reading| reading.chain_id = 1)
    }),
    ("chain.wrong_endpoint", Chain, Unknown, Indeterminate, "no endpoint of the right chain", || {
        chain_fails(Cause::WrongChain)
    }),
    ("chain.no_such_block", Chain, Unknown, Indeterminate, "--block names one that is not there", || {
        chain_fails(Cause::NoSuchBlock)
    }),
    ("chain.no_endpoint", Chain, Unknown, Indeterminate, "nobody to ask", || chain_fails(Cause::NoSource)),
    ("chain.retired_network", Chain, Unknown, Indeterminate, "a chain that no longer runs, and nobody to ask", || {
        bill_with(|plain| plain["network"]["chainId"] = json!("5"))
            .dns(|reading| reading.records[0] = reading.records[0].replace("31337", "5"))
            .unanswered(Cause::NoSource, |question| matches!(question, Question::Registry(_)))
    }),
    ("chain.rpc_unavailable", Chain, Unknown, Indeterminate, "the endpoint is down", || {
        chain_fails(Cause::Unreachable)
    }),
    ("chain.block_vanished", Chain, Unknown, Indeterminate, "a reorganisation", || chain_fails(Cause::BlockVanished)),
    ("chain.endpoint_behind", Chain, Unknown, Indeterminate, "the evidence is of an old block", || {
        let mut situation = bill().policy(|policy| policy.max_block_age = MaxBlockAge::Seconds(3600));
        situation.now += 3601;
        situation
    }),
    ("chain.endpoint_behind", Chain, Unknown, Indeterminate, "of a store", || {
        let mut situation = in_stores(&[STORE], 1).policy(|policy| policy.max_block_age = MaxBlockAge::Seconds(3600));
        situation.now += 3601;
        situation
    }),
    ("chain.endpoint_behind", Chain, Unknown, Indeterminate, "of a DID", || {
        let mut situation =
            signed(&ethr(Format::V2)).policy(|policy| policy.max_block_age = MaxBlockAge::Seconds(3600));
        situation.now += 3601;
        situation
    }),
    ("chain.endpoint_behind", Chain, Unknown, Indeterminate, "no endpoint is up to date", || {
        chain_fails(Cause::Behind)
    }),
    ("chain.block_in_the_future", Chain, Unknown, Indeterminate, "its time has not come", || {
        let mut situation = bill().policy(|policy| policy.max_block_age = MaxBlockAge::Seconds(3600));
        situation.now -= 121;
        situation
    }),
    ("chain.matches", Chain, Pass, Valid, "a block that is just not too old", || {
        let mut situation = bill().policy(|policy| policy.max_block_age = MaxBlockAge::Seconds(3600));
        situation.now += 3600;
        situation
    }),
    ("chain.endpoints_disagree", Chain, Unknown, Indeterminate, "two endpoints differ", || {
        chain_fails(Cause::Disagreement)
    }),
    ("chain.no_did_registry", Chain, Unknown, Indeterminate, "a DID of a chain without a known registry", || {
        signed(&ethr(Format::V2)).policy(|policy| policy.did_registries.clear())
    }),
    ("chain.blocks_differ", Chain, Unknown, Indeterminate, "two stores at two blocks", || {
        in_stores(&[STORE, OTHER_STORE], 1)
            .store_at(|store| store == STORE, |reading| reading.block.hash = Digest32([7; 32]))
    }),
    ("chain.blocks_differ", Chain, Unknown, Indeterminate, "one block hash at two heights", || {
        in_stores(&[STORE, OTHER_STORE], 1).store_at(|store| store == STORE, |reading| reading.block.number += 1)
    }),
    ("chain.not_needed", Chain, NotApplicable, Valid, "a key on the web signed it", || signed(&web(Format::V2))),
];

const REGISTRIES: &[Case] = &[
    ("registry.genuine", Registry, Pass, Valid, "the published v5 code", bill),
    ("registry.genuine", Registry, Pass, Valid, "the published v4 code", || bill().generation(Generation::V4)),
    ("registry.unrecognised_code", Registry, Unknown, Indeterminate, "other code that says it is v5", private_build),
    ("registry.unrecognised_code", Registry, Unknown, Indeterminate, "a genuine registry with another factory", || {
        bill().registry(|reading| reading.contract.factory_code = CodeReading { size: 1, ..CodeReading::default() })
    }),
    ("registry.trusted_by_caller", Registry, Pass, Valid, "which the caller vouches for", || {
        private_build().policy(trust)
    }),
    ("registry.upgradeable_proxy", Registry, Unknown, Indeterminate, "its rules can be changed", || {
        private_build().registry(|reading| reading.contract.proxy_slots.implementation = STORE)
    }),
    ("registry.generation_not_supported", Registry, Unknown, Indeterminate, "a v2 registry", old_registry),
    ("registry.generation_not_supported", Registry, Unknown, Indeterminate, "even one the caller trusts", || {
        old_registry().policy(trust)
    }),
    ("registry.contradicts_itself", Registry, Fail, Invalid, "it says yes to everything", || {
        private_build()
            .registry(|reading| {
                reading.contract.interfaces.iter_mut().for_each(|interface| interface.answer = flag(true))
            })
            .policy(trust)
    }),
    ("registry.inconsistent_answers", Registry, Unknown, Indeterminate, "genuine code and an impossible owner", || {
        bill().registry(|reading| reading.title.owner_of = word(&STORE.0))
    }),
    ("registry.inconsistent_answers", Registry, Unknown, Indeterminate, "genuine code and another's claims", || {
        bill().registry(|reading| reading.contract.interfaces[2].answer = flag(true))
    }),
    ("registry.inconsistent_answers", Registry, Unknown, Indeterminate, "genuine code and a proxy's slots", || {
        bill().registry(|reading| reading.contract.proxy_slots.admin = STORE)
    }),
    ("registry.inconsistent_answers", Registry, Unknown, Indeterminate, "a single call that was refused", || {
        private_build().policy(trust).registry(|reading| {
            reading.method = ReadMethod::Calls;
            reading.title.escrow_registry = CallReading::default();
        })
    }),
    ("registry.inconsistent_answers", Registry, Unknown, Indeterminate, "a single call that nothing answered", || {
        private_build().registry(|reading| {
            reading.method = ReadMethod::Calls;
            reading.title.owner_of = CallReading { success: true, data: Vec::new() };
        })
    }),
    ("registry.contradicts_itself", Registry, Fail, Invalid, "in one execution nothing is left out", || {
        private_build().registry(|reading| reading.title.escrow_registry = CallReading::default())
    }),
    ("registry.inconsistent_answers", Registry, Unknown, Indeterminate, "the genuine factory of somebody else", || {
        bill().registry(|reading| reading.contract.factory_code.address = STORE)
    }),
    ("registry.no_contract", Registry, Fail, Invalid, "an address without code", || {
        bill().registry(|reading| reading.contract.code.clear())
    }),
    ("registry.no_contract", Issuance, Fail, Invalid, "which cannot have issued it", || {
        bill().registry(|reading| reading.contract.code.clear())
    }),
    ("registry.not_applicable", Registry, NotApplicable, Valid, "a document store issued it", || {
        in_stores(&[STORE], 1)
    }),
];

const ISSUANCE: &[Case] = &[
    ("issuance.minted", Issuance, Pass, Valid, "the registry records a title", bill),
    ("issuance.not_minted", Issuance, Fail, Invalid, "ownerOf: ERC721NonexistentToken", || {
        bill().registry(|reading| {
            reading.title.owner_of = reverted(&[&[0x7e, 0x27, 0x32, 0x89], [0; 32].as_slice()].concat())
        })
    }),
    ("issuance.registry_refused", Issuance, Unknown, Indeterminate, "ownerOf: another revert", || {
        bill().registry(|reading| reading.title.owner_of = reverted(&[]))
    }),
    ("issuance.unproven", Issuance, Unknown, Indeterminate, "what unknown code says", private_build),
    ("issuance.expired", Issuance, Fail, Invalid, "the validity period is over", || {
        bill_v3_with(|plain| plain["expirationDate"] = json!("2026-05-01T00:00:00Z"))
    }),
    ("issuance.not_yet_valid", Issuance, Fail, Invalid, "the validity period has not begun", || {
        bill_v3_with(|plain| plain["validFrom"] = json!("2027-05-01T00:00:00Z"))
    }),
];

const STORES: &[Case] = &[
    ("issuance.issued", Issuance, Pass, Valid, "a legacy store issued the batch", || in_stores(&[STORE], 3)),
    ("issuance.issued", Issuance, Pass, Valid, "a batchable store issued the batch", || {
        in_stores(&[STORE], 3).family(Family::Batchable)
    }),
    ("issuance.issued", Issuance, Pass, Valid, "a transferable store issued it alone", || {
        in_stores(&[STORE], 1).family(Family::Transferable)
    }),
    ("issuance.issued", Issuance, Pass, Valid, "two stores issued it", || in_stores(&[STORE, OTHER_STORE], 1)),
    ("issuance.not_issued", Issuance, Fail, Invalid, "one of the two did not", || {
        in_stores(&[STORE, OTHER_STORE], 1)
            .store_at(|store| store == OTHER_STORE, |reading| reading.issued = flag(false))
    }),
    ("issuance.revoked", Issuance, Fail, Invalid, "the document is revoked", || {
        in_stores(&[STORE], 3).store(|reading| reading.nodes[0].revoked = flag(true))
    }),
    ("issuance.ancestor_revoked", Issuance, Fail, Invalid, "a node above it is revoked", || {
        in_stores(&[STORE], 3).store(|reading| reading.nodes[1].revoked = flag(true))
    }),
    ("issuance.ancestor_revoked", Issuance, Fail, Invalid, "whatever a batchable store says of the document", || {
        in_stores(&[STORE], 3).family(Family::Batchable).store(|reading| reading.nodes[1].revoked_in_batch = flag(true))
    }),
    ("issuance.store_no_contract", Issuance, Fail, Invalid, "an address without code", || {
        in_stores(&[STORE], 1).store(|reading| reading.code.size = 0)
    }),
    ("issuance.store_refused", Issuance, Unknown, Indeterminate, "isIssued reverts", || {
        in_stores(&[STORE], 1).store(|reading| reading.issued = reverted(&[]))
    }),
    ("issuance.store_unreadable", Issuance, Unknown, Indeterminate, "isIssued says neither yes nor no", || {
        in_stores(&[STORE], 1).store(|reading| reading.issued = word(&[2]))
    }),
    ("issuance.store_unreadable", Issuance, Unknown, Indeterminate, "documentRevoked answers one byte", || {
        in_stores(&[STORE], 1)
            .store(|reading| reading.nodes[0].revoked_at = CallReading { success: true, data: vec![0] })
    }),
    ("issuance.store_contradicts_itself", Issuance, Fail, Invalid, "it says yes to everything", || {
        in_stores(&[STORE], 1).store(|reading| reading.everything = flag(true))
    }),
    ("issuance.store_contradicts_itself", Issuance, Fail, Invalid, "it records a revocation and denies it", || {
        in_stores(&[STORE], 1).store(|reading| reading.nodes[0].revoked_at = word(&[9]))
    }),
    ("issuance.shared_token", Issuance, Fail, Invalid, "one token for a batch", || {
        in_stores(&[STORE], 3).family(Family::Transferable)
    }),
    ("issuance.issuer_without_store", Issuance, Fail, Invalid, "one of two issuers names no store", || {
        let nobody = Draft::new(Format::V2, "did:web:carrier.example", "keys-1", "DNS-DID").issuer();
        let plain = plain_v2(vec![issuer("documentStore", STORE), nobody], CHAIN, 0);
        Situation::new(&wrap(Format::V2, vec![plain]).remove(0).document, &[STORE])
    }),
];

/// What newer blocks take away, or have not settled yet.
const PENDING: &[Case] = &[
    (
        "registry.not_final_yet",
        Registry,
        Unknown,
        Indeterminate,
        "the registry is there only in the newest block",
        || {
            bill().registry(|reading| {
                with_newest(reading, |latest| latest.registry_code_size = 45);
                reading.contract.code.clear();
                reading.contract.clone_target = None;
            })
        },
    ),
    (
        "issuance.not_final_yet",
        Issuance,
        Unknown,
        Indeterminate,
        "the title is issued only in the newest block",
        issued_in_the_newest_block,
    ),
    ("title.not_final_yet", Title, Unknown, Indeterminate, "so there is none yet", issued_in_the_newest_block),
    ("issuance.not_final_yet", Issuance, Unknown, Indeterminate, "a store issued it only in the newest block", || {
        in_stores(&[STORE], 1).store(|reading| {
            with_newest_store(reading, |_| {});
            reading.issued = flag(false);
        })
    }),
    ("issuance.revocation_pending", Issuance, Unknown, Indeterminate, "a store revoked it in the newest block", || {
        in_stores(&[STORE], 1)
            .store(|reading| with_newest_store(reading, |latest| latest.nodes[0].revoked = flag(true)))
    }),
    ("issuance.change_pending", Issuance, Unknown, Indeterminate, "the store is gone in the newest block", || {
        in_stores(&[STORE], 1).store(|reading| with_newest_store(reading, |latest| latest.code.size = 0))
    }),
    ("issuance.key_change_pending", Issuance, Unknown, Indeterminate, "the DID changed in the newest block", || {
        signed(&ethr(Format::V2)).did(|reading| with_newest_did(reading, |latest| latest.changed = word(&[7])))
    }),
    ("title.return_pending", Title, Unknown, Indeterminate, "returned in the newest block", || {
        bill().registry(|reading| {
            with_newest(reading, |latest| {
                latest.title.owner_of = word(&REGISTRY.0);
                latest.title.is_holding_token = flag(false);
            });
        })
    }),
    ("title.end_pending", Title, Unknown, Indeterminate, "accepted in the newest block", || {
        bill().registry(|reading| with_newest(reading, ended))
    }),
    (
        "title.change_pending",
        Title,
        Unknown,
        Indeterminate,
        "given back in the newest block, where only returned counts",
        || {
            let only_returned = Rule::TitleStates([AcceptedState::Returned].into());
            held_to(returned(), only_returned).registry(|reading| {
                with_newest(reading, |_| {});
                let Newest::Read(newest) = &mut reading.newest else { return };
                let [latest] = newest.as_mut_slice() else { return };
                latest.title.owner_of = word(&reading.title.escrow.0);
                latest.title.is_holding_token = flag(true);
            })
        },
    ),
    ("chain.newest_not_read", Chain, Unknown, Indeterminate, "nobody looked at the newest block of a title", || {
        bill().registry(|reading| reading.newest = Newest::NotRead)
    }),
    ("chain.newest_not_read", Chain, Unknown, Indeterminate, "the newest block is said to be an older one", || {
        bill().registry(|reading| with_newest(reading, |latest| latest.block.number = BLOCK))
    }),
    ("chain.newest_not_read", Chain, Unknown, Indeterminate, "nobody looked at the newest block of a store", || {
        in_stores(&[STORE], 1).store(|reading| reading.newest = Newest::NotRead)
    }),
    ("chain.newest_not_read", Chain, Unknown, Indeterminate, "there are no answers of the newest block", || {
        in_stores(&[STORE], 1).store(|reading| reading.newest = Newest::Read(Vec::new()))
    }),
    ("chain.newest_not_read", Chain, Unknown, Indeterminate, "nobody looked at the newest block of a DID", || {
        signed(&ethr(Format::V2)).did(|reading| reading.newest = Newest::NotRead)
    }),
    ("chain.matches", Chain, Pass, Valid, "a block that the caller named is taken alone", || {
        bill().registry(|reading| (reading.newest, reading.block.finality) = (Newest::NotRead, Finality::Chosen))
    }),
    ("policy.change_pending", Policy, Unknown, Indeterminate, "another holder in the newest block", || {
        held_to(bill(), Rule::Holders([HOLDER].into()))
            .registry(|reading| with_newest(reading, |latest| latest.title.holder = word(&[7; 20])))
    }),
];

const TITLES: &[Case] = &[
    ("title.live", Title, Pass, Valid, "the escrow holds it", bill),
    ("title.live", Title, Pass, Valid, "the escrow of a v4 registry holds it", || bill().generation(Generation::V4)),
    ("title.returned", Title, Fail, NotLive, "the registry holds it", returned),
    ("title.returned", Title, Fail, Valid, "and the caller accepts that", || {
        held_to(returned(), Rule::TitleStates([AcceptedState::Returned].into()))
    }),
    ("title.ended", Title, Fail, NotLive, "the burn address holds it", || {
        bill().registry(|reading| {
            reading.title.owner_of = word(&Address::DEAD.0);
            for answer in [&mut reading.title.beneficiary, &mut reading.title.holder] {
                *answer = word(&[]);
            }
            for answer in [&mut reading.title.active, &mut reading.title.is_holding_token] {
                *answer = flag(false);
            }
        })
    }),
    ("title.not_issued", Title, Fail, Invalid, "there is none", || {
        bill().registry(|reading| reading.title.owner_of = reverted(&[0x7e, 0x27, 0x32, 0x89]))
    }),
    ("title.unknown", Title, Unknown, Indeterminate, "the registry refuses to say", || {
        bill().registry(|reading| reading.title.owner_of = reverted(&[]))
    }),
    ("title.not_applicable", Title, NotApplicable, Valid, "a signature issues no title", || signed(&ethr(Format::V2))),
];

const GENERAL: &[Case] = &[
    ("policy.none", Policy, NotApplicable, Valid, "no policy was given", bill),
    ("policy.empty", Policy, NotApplicable, Valid, "a policy without a rule was given", || {
        bill().policy(|policy| policy.given = true)
    }),
    ("policy.met", Policy, Pass, Valid, "no field may be hidden, and none is", || {
        held_to(bill(), Rule::HiddenFields(0))
    }),
    ("policy.not_met", Policy, Fail, PolicyNotMet, "the local chain is a test network", || {
        held_to(bill(), Rule::NoTestNetworks)
    }),
    ("policy.undecided", Policy, Unknown, Indeterminate, "OpenAttestation 2.0 does not say when it was issued", || {
        held_to(bill(), Rule::DocumentAge(60))
    }),
    ("policy.not_applicable", Policy, NotApplicable, Valid, "states of a title, for a document without one", || {
        held_to(in_stores(&[STORE], 1), Rule::TitleStates([AcceptedState::Live].into()))
    }),
    ("check.not_asked", Issuance, NotApplicable, Invalid, "the document is not intact", || {
        bill().tampered(|document| drop(document["data"].as_object_mut().unwrap().remove("blNumber")))
    }),
    ("issuance.minted", Issuance, Pass, Invalid, "and --all-checks goes on asking", || {
        bill()
            .tampered(|document| drop(document["data"].as_object_mut().unwrap().remove("blNumber")))
            .policy(|policy| policy.all_checks = true)
    }),
    ("check.offline", Chain, Unknown, Indeterminate, "nobody was asked", || {
        bill().unanswered(Cause::Offline, |_| true)
    }),
    ("check.proxy", Chain, Unknown, Indeterminate, "the caller's proxy gives no way to any endpoint", || {
        bill().unanswered(Cause::Proxy, |question| matches!(question, Question::Registry(_)))
    }),
    ("check.too_much_to_ask", Issuance, Unknown, Indeterminate, "seventeen stores", || {
        let stores: Vec<Address> = (0..17u8).map(|byte| Address([byte; 20])).collect();
        in_stores(&stores, 1)
    }),
    ("check.too_much_to_ask", Issuance, Unknown, Indeterminate, "seventeen signers", || {
        let plain = plain_v2(vec![web(Format::V2).issuer(); 17], CHAIN, 0);
        Situation::of_bytes(wrap(Format::V2, vec![plain]).remove(0).document.to_string().into_bytes())
    }),
    ("check.too_much_to_ask", Issuer, Unknown, Indeterminate, "thirty-three issuers", || {
        let plain = plain_v2(vec![web(Format::V2).issuer(); 33], CHAIN, 0);
        Situation::of_bytes(wrap(Format::V2, vec![plain]).remove(0).document.to_string().into_bytes())
    }),
    ("check.chain_unanswered", Issuance, Unknown, Indeterminate, "the chain could not be read", || {
        chain_fails(Cause::Timeout)
    }),
];

fn chain(id: u64) -> Option<ChainId> {
    ChainId::try_from(id).ok()
}

pub fn trust(policy: &mut ebl_verifier::verify::Policy) {
    policy.trusted_registries.extend(chain(CHAIN).map(|chain| (chain, REGISTRY)));
}

fn dns_fails(cause: Cause) -> Situation {
    bill().unanswered(cause, |question| matches!(question, Question::DnsTxt(_)))
}

pub fn chain_fails(cause: Cause) -> Situation {
    bill().unanswered(cause, |question| matches!(question, Question::Registry(_)))
}

/// Other code, with the answers of v5.
pub fn private_build() -> Situation {
    bill().registry(|reading| reading.contract.code = vec![0x60, 0x80])
}

/// A v2 registry knows neither factories nor escrows at derived addresses (chain.md §1.11).
fn old_registry() -> Situation {
    bill().registry(|reading| {
        reading.contract.code = vec![0x60, 0x60];
        for interface in &mut reading.contract.interfaces {
            let yes = [[0x80, 0xac, 0x58, 0xcd], [0x9f, 0x9e, 0x69, 0xf3]].iter().any(|id| interface.id == id);
            interface.answer = flag(yes);
        }
        reading.title.owner_of = word(&[7; 20]);
        reading.contract.factory = reverted(&[]);
        reading.contract.factory_code = CodeReading::default();
        reading.title.escrow = Address::ZERO;
        reading.title.escrow_code.clear();
    })
}

/// Not in the block that is read.
fn issued_in_the_newest_block() -> Situation {
    bill().registry(|reading| {
        with_newest(reading, |_| {});
        reading.title.owner_of = reverted(&[[0x7e, 0x27, 0x32, 0x89].as_slice(), &[0; 32]].concat());
        reading.title.escrow_code.clear();
        reading.title.escrow_code_size = 0;
    })
}

fn ended(latest: &mut NewerTitle) {
    latest.title.owner_of = word(&Address::DEAD.0);
    (latest.title.holder, latest.title.beneficiary, latest.title.active) = (word(&[]), word(&[]), flag(false));
    latest.title.is_holding_token = flag(false);
}

fn held_to(situation: Situation, rule: Rule) -> Situation {
    situation.policy(|policy| policy.rules.push(rule))
}

/// A bill whose title the registry itself holds.
pub fn returned() -> Situation {
    bill().registry(|reading| {
        reading.title.owner_of = word(&REGISTRY.0);
        reading.title.is_holding_token = flag(false);
    })
}

/// A v3 bill wrapped by older software: `false` has a salt, but no part in the digest.
fn falsy() -> Situation {
    bill_v3().tampered(|document| {
        let encoded = document["proof"]["salts"].as_str().expect("text").to_owned();
        let mut salts: Value = serde_json::from_slice(&STANDARD.decode(encoded).expect("base64")).expect("JSON");
        salts
            .as_array_mut()
            .expect("a list")
            .push(json!({"value": "00".repeat(32), "path": "credentialSubject.dangerous"}));
        document["credentialSubject"]["dangerous"] = json!(false);
        document["proof"]["salts"] = json!(STANDARD.encode(salts.to_string()));
    })
}
