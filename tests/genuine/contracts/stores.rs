//! Document stores (chain.md §3).

use std::path::Path;

use ebl_verifier::primitives::{Address, Digest32, keccak256};
use ebl_verifier::testchain::contracts::{Contract, StoreWrite};
use ethers::abi::Token;
use libtest_mimic::Failed;

use super::anvil::script_code;
use super::twins::{INTERFACES, Twins, call, role_calls, supports, word};

const TRUSTVC: &str = "@trustvc/document-store/index.js";

pub fn legacy_store_story(genuine: &[u8], modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [admin, owner, _, _, stranger] = twins.parties();
    let arguments = [Token::String("Nordsee Store".into()), Token::Address(owner.0.into())];
    let store = twins.deploy(genuine, Contract::LegacyDocumentStore, &arguments)?;
    let [a, b, c] = ["a", "b", "c"].map(keccak256);
    let observe = |twins: &mut Twins| {
        let mut calls = Vec::new();
        for read in ["name", "version", "owner", "ISSUER_ROLE", "REVOKER_ROLE", "DEFAULT_ADMIN_ROLE"] {
            calls.push((stranger, store, call(&format!("{read}()"), &[])));
        }
        for hash in [a, b, c, Digest32([0; 32])] {
            for read in ["isIssued", "isRevoked", "isActive", "documentIssued", "documentRevoked", "getIssuedBlock"] {
                calls.push((stranger, store, call(&format!("{read}(bytes32)"), &[word(hash)])));
            }
            for block in 0..8 {
                for read in ["isIssuedBefore(bytes32,uint256)", "isRevokedBefore(bytes32,uint256)"] {
                    calls.push((stranger, store, call(read, &[word(hash), Token::Uint(block.into())])));
                }
            }
            let in_batch = [word(hash), word(hash), Token::Array(vec![])];
            calls.push((stranger, store, call("isIssued(bytes32,bytes32,bytes32[])", &in_batch)));
            for from in [owner, admin] {
                for write in [StoreWrite::Issue { root: hash }, StoreWrite::Revoke { root: hash }] {
                    calls.push((from, store, write.call_data()));
                }
            }
        }
        calls.extend(role_calls(store, &["ISSUER_ROLE", "REVOKER_ROLE"], &[admin, owner]));
        calls.extend(INTERFACES.map(|interface| (stranger, store, supports(interface))));
        twins.same_answers(&calls)
    };
    observe(&mut twins)?;
    let issue = |root| StoreWrite::Issue { root }.call_data();
    let revoke = |root| StoreWrite::Revoke { root }.call_data();
    twins.must_fail(stranger, store, issue(a))?;
    twins.must_work(owner, store, issue(a))?;
    observe(&mut twins)?;
    twins.must_fail(owner, store, issue(a))?;
    twins.must_fail(owner, store, StoreWrite::IssueAll { roots: vec![b, a] }.call_data())?;
    twins.must_work(owner, store, StoreWrite::IssueAll { roots: vec![b, c] }.call_data())?;
    observe(&mut twins)?;
    twins.must_fail(stranger, store, revoke(a))?;
    twins.must_work(owner, store, revoke(a))?;
    observe(&mut twins)?;
    twins.must_fail(owner, store, revoke(a))?;
    twins.must_fail(owner, store, StoreWrite::RevokeAll { roots: vec![b, b] }.call_data())?;
    twins.must_work(owner, store, StoreWrite::RevokeAll { roots: vec![b, keccak256("never issued")] }.call_data())?;
    observe(&mut twins)?;
    let role = [word(keccak256("ISSUER_ROLE")), Token::Address(admin.0.into())];
    twins.must_fail(admin, store, call("grantRole(bytes32,address)", &role))?;
    twins.must_work(owner, store, call("grantRole(bytes32,address)", &role))?;
    twins.must_work(admin, store, issue(keccak256("d")))?;
    twins.must_work(owner, store, call("revokeRole(bytes32,address)", &role))?;
    observe(&mut twins)
}

pub fn batchable_store_story(modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [admin, owner, _, _, stranger] = twins.parties();
    let genuine = script_code(&modules.join(TRUSTVC), "DocumentStore");
    let name = Token::String("Nordsee Store".into());
    twins.cannot_deploy(&genuine, Contract::BatchableDocumentStore, &[name.clone(), Token::Address([0; 20].into())])?;
    let arguments = [name, Token::Address(owner.0.into())];
    let store = twins.deploy(&genuine, Contract::BatchableDocumentStore, &arguments)?;
    // Two trees that share the documents a and b; `ab` is the node between them and either root.
    let [a, b, c, d, alone] = ["a", "b", "c", "d", "alone"].map(keccak256);
    let ab = joined(a, b);
    let (root, second) = (joined(ab, c), joined(ab, d));
    let positions = [
        (root, root, vec![]),
        (root, ab, vec![c]),
        (root, a, vec![b, c]),
        (root, b, vec![a, c]),
        (root, c, vec![ab]),
        (second, second, vec![]),
        (second, a, vec![b, d]),
        (second, b, vec![a, d]),
        (second, d, vec![ab]),
        (alone, alone, vec![]),
        (root, a, vec![c, b]),
        (root, a, vec![]),
        (root, Digest32([0; 32]), vec![b, c]),
        (Digest32([0; 32]), a, vec![]),
        (Digest32([0; 32]), Digest32([0; 32]), vec![]),
    ];
    let observe = |twins: &mut Twins| {
        let mut calls = Vec::new();
        for read in ["name", "version", "ISSUER_ROLE", "REVOKER_ROLE", "DEFAULT_ADMIN_ROLE"] {
            calls.push((stranger, store, call(&format!("{read}()"), &[])));
        }
        for (root, target, proof) in &positions {
            let path = [word(*root), word(*target), Token::Array(proof.iter().copied().map(word).collect())];
            for read in ["isIssued", "isRevoked", "isActive"] {
                calls.push((stranger, store, call(&format!("{read}(bytes32)"), &[word(*root)])));
                calls.push((stranger, store, call(&format!("{read}(bytes32,bytes32,bytes32[])"), &path)));
            }
            for from in [owner, stranger] {
                let in_batch = StoreWrite::RevokeInBatch { root: *root, target: *target, proof: proof.clone() };
                for write in [StoreWrite::Issue { root: *root }, StoreWrite::Revoke { root: *root }, in_batch] {
                    calls.push((from, store, write.call_data()));
                }
            }
        }
        calls.extend(role_calls(store, &["ISSUER_ROLE", "REVOKER_ROLE"], &[admin, owner]));
        calls.extend(INTERFACES.map(|interface| (stranger, store, supports(interface))));
        twins.same_answers(&calls)
    };
    observe(&mut twins)?;
    let issue = |root| StoreWrite::Issue { root }.call_data();
    let revoke = |root| StoreWrite::Revoke { root }.call_data();
    let revoke_in = |root, target, proof: &[Digest32]| {
        StoreWrite::RevokeInBatch { root, target, proof: proof.to_vec() }.call_data()
    };
    twins.must_fail(stranger, store, issue(root))?;
    twins.must_fail(owner, store, revoke(root))?;
    for hash in [root, second, alone] {
        twins.must_work(owner, store, issue(hash))?;
        twins.must_fail(owner, store, issue(hash))?;
        observe(&mut twins)?;
    }
    twins.must_work(owner, store, revoke_in(root, ab, &[c]))?;
    observe(&mut twins)?;
    twins.must_work(owner, store, revoke_in(root, a, &[b, c]))?;
    observe(&mut twins)?;
    twins.must_fail(owner, store, revoke_in(root, a, &[b, c]))?;
    twins.must_fail(owner, store, revoke_in(root, a, &[c, b]))?;
    twins.must_work(owner, store, revoke(root))?;
    observe(&mut twins)?;
    twins.must_work(owner, store, revoke(alone))?;
    observe(&mut twins)
}

pub fn transferable_store_story(modules: &Path) -> Result<(), Failed> {
    let mut twins = Twins::start(modules);
    let [admin, owner, a, b, stranger] = twins.parties();
    let genuine = script_code(&modules.join(TRUSTVC), "TransferableDocumentStore");
    let text = |text: &str| Token::String(text.into());
    let arguments = [text("Nordsee Store"), text("NDSE"), Token::Address(owner.0.into())];
    let store = twins.deploy(&genuine, Contract::TransferableDocumentStore, &arguments)?;
    let documents = ["free", "locked", "later"].map(keccak256);
    let [free, locked, later] = documents;
    let transfer = |from: Address, to: Address, document: Digest32| {
        let arguments = [from, to].map(|address| Token::Address(address.0.into()));
        call(
            "transferFrom(address,address,uint256)",
            &[arguments.as_slice(), &[Token::Uint(document.0.into())]].concat(),
        )
    };
    let observe = |twins: &mut Twins| {
        let mut calls = Vec::new();
        for read in ["name", "symbol", "version", "ISSUER_ROLE", "REVOKER_ROLE", "DEFAULT_ADMIN_ROLE"] {
            calls.push((stranger, store, call(&format!("{read}()"), &[])));
        }
        for account in [a, b, stranger] {
            calls.push((stranger, store, call("balanceOf(address)", &[Token::Address(account.0.into())])));
        }
        for document in [free, locked, later, Digest32([0; 32])] {
            for read in ["isIssued", "isRevoked", "isActive"] {
                calls.push((stranger, store, call(&format!("{read}(bytes32)"), &[word(document)])));
            }
            for read in ["ownerOf", "locked"] {
                let id = Token::Uint(document.0.into());
                calls.push((stranger, store, call(&format!("{read}(uint256)"), &[id])));
            }
            for from in [owner, a, b, stranger] {
                for to in [a, b, Address::ZERO] {
                    calls.push((from, store, StoreWrite::IssueToken { owner: to, document }.call_data()));
                    calls.push((from, store, StoreWrite::IssueLockedToken { owner: to, document }.call_data()));
                    calls.push((from, store, transfer(a, to, document)));
                    calls.push((from, store, transfer(b, to, document)));
                }
                calls.push((from, store, StoreWrite::Revoke { root: document }.call_data()));
            }
        }
        calls.extend(role_calls(store, &["ISSUER_ROLE", "REVOKER_ROLE"], &[admin, owner]));
        calls.extend(INTERFACES.map(|interface| (stranger, store, supports(interface))));
        twins.same_answers(&calls)
    };
    observe(&mut twins)?;
    let issue_free = StoreWrite::IssueToken { owner: a, document: free }.call_data();
    twins.must_fail(stranger, store, issue_free.clone())?;
    twins.must_work(owner, store, issue_free)?;
    twins.must_work(owner, store, StoreWrite::IssueLockedToken { owner: a, document: locked }.call_data())?;
    observe(&mut twins)?;
    twins.must_fail(stranger, store, transfer(a, b, free))?;
    twins.must_fail(a, store, transfer(a, b, locked))?;
    twins.must_work(a, store, transfer(a, b, free))?;
    observe(&mut twins)?;
    for document in [free, locked] {
        let revoke = StoreWrite::Revoke { root: document }.call_data();
        twins.must_work(owner, store, revoke.clone())?;
        observe(&mut twins)?;
        twins.must_fail(owner, store, revoke)?;
    }
    Ok(())
}

fn joined(a: Digest32, b: Digest32) -> Digest32 {
    keccak256([a.min(b).0, a.max(b).0].concat())
}
