//! Issuance of documents that rest on document stores (checks.md §3.3): every issuer's store must have issued the
//! document, and none may have revoked it or an ancestor of it.

use super::chain::{chain_unread, issuance_without_chain, wrong_chain};
use super::issuer::too_many_issuers;
use super::pending::Newer;
use super::{Examination, Ground, finding, from_entry, not_asked_yet};
use crate::document::MOST_ISSUERS;
use crate::evidence::{BlockReading, DocumentStoreQuestion, Evidence, Found, RevocationQuestion, StoreReading};
use crate::integrity::merkle::path_from;
use crate::primitives::{Address, ChainId, Digest32};
use crate::status::{
    Family, Issued, Position, Revocation, RevocationRecord, RevokedNode, StoreFinding, Unreadable, judge_revocation,
    judge_store, revocation_event,
};
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Finding, Outcome, RevokedNodeFacts, StoreFacts};

impl Examination {
    pub(super) fn judge_document_stores(&mut self, ground: &Ground<'_>) {
        let (chain, mut issuance) = self.judge_stores(ground);
        self.findings.extend(chain);
        let detail = "this version does not prove the state of document stores";
        self.without_proof(detail, ground.policy.proof, &mut issuance);
        self.findings.extend(issuance);
        self.without_a_title();
    }

    /// What is found of the chain and of issuance.
    fn judge_stores(&mut self, ground: &Ground<'_>) -> (Vec<Check>, Vec<Check>) {
        let chain = match &ground.chain {
            Ok(chain) => *chain,
            Err(check) => return (vec![check.clone()], vec![issuance_without_chain(check)]),
        };
        if ground.document.issuers().len() > MOST_ISSUERS {
            return (vec![too_many_issuers(CheckName::Chain)], vec![too_many_issuers(CheckName::Issuance)]);
        }
        let Some(target_hash) = ground.integrity.target_hash else { return nothing_asked_yet() };
        let proof = ground.document.proof();
        let stores = stores_of(ground);
        if stores.len() > MOST_STORES || proof.len() > LONGEST_PROOF {
            return too_much_to_ask(stores.len(), proof.len());
        }
        let entries: Vec<_> = stores
            .into_iter()
            .map(|store| {
                let question = DocumentStoreQuestion { chain, store, target_hash, proof: proof.to_vec() };
                (store, self.answer(ground.evidence, &question))
            })
            .collect();
        if entries.iter().any(|(_, entry)| entry.is_none()) {
            return nothing_asked_yet();
        }
        let path = path_from(target_hash, proof);
        let mut chain_checks = Vec::new();
        let mut issuance_checks = issuers_without_a_store(ground);
        for (store, answered) in entries.into_iter().filter_map(|(store, answered)| Some((store, answered?))) {
            let entry = answered.entry;
            let reading = match reading(chain, answered) {
                Ok(reading) => reading,
                Err(check) => {
                    issuance_checks.push(issuance_without_chain(&check));
                    chain_checks.push(check);
                    continue;
                }
            };
            chain_checks.push(self.chain_read(chain, &reading.block, entry));
            let found = judge_store(reading, &path);
            let record = self.revocation_record(ground.evidence, (chain, store), &found, &reading.block);
            let check = issuance_check(&found, &Asked { store, chain, reading, path: &path, record });
            let newer = at_newer(reading, &path, |latest, found| {
                issuance_check(found, &Asked { store, chain, reading: latest, path: &path, record: None })
            });
            let check = self.beside_newer(check, newer);
            let check = self.at_chosen_block(check);
            self.stores.push(store_facts(&found, store, reading, record, Finding::from(&check)));
            issuance_checks.push(from_entry(check, entry));
        }
        (chain_checks, all_must_hold(issuance_checks))
    }

    /// Of what a store says it revoked: when, and by whom. `None` where that is not asked, not known or does not fit, which
    /// changes no verdict. `block` is the one at which the store said so.
    pub(super) fn revocation_record(
        &mut self,
        evidence: &Evidence,
        (chain, store): (ChainId, Address),
        found: &StoreFinding,
        block: &BlockReading,
    ) -> Option<RevocationRecord> {
        let StoreFinding::Answered { family, revocation: Revocation::Revoked(node), .. } = found else { return None };
        let event = revocation_event(*family);
        let question = RevocationQuestion { chain, store, node: node.hash, event, recorded_at: node.block };
        let reading = self.detail(evidence, &question)?.answer.ok()?;
        judge_revocation(reading, chain, store, *family, node, block.number)
    }
}

/// A proof of 32 hashes belongs to a batch of four thousand million documents.
pub(super) const LONGEST_PROOF: usize = 32;
/// Every store costs several calls for every node of the proof.
const MOST_STORES: usize = 16;

/// Each address once, in the order of the document.
fn stores_of(ground: &Ground<'_>) -> Vec<Address> {
    let mut stores = Vec::new();
    for contract in ground.document.issuers().iter().filter_map(|issuer| issuer.contract.as_ref()) {
        if !stores.contains(&contract.address) {
            stores.push(contract.address);
        }
        if stores.len() > MOST_STORES {
            break;
        }
    }
    stores
}

fn nothing_asked_yet() -> (Vec<Check>, Vec<Check>) {
    let code = &codes::CHAIN_RPC_UNAVAILABLE;
    (vec![not_asked_yet(CheckName::Chain, code)], vec![not_asked_yet(CheckName::Issuance, code)])
}

fn too_much_to_ask(stores: usize, proof: usize) -> (Vec<Check>, Vec<Check>) {
    let message = if stores > MOST_STORES {
        format!("the document names more than {MOST_STORES} document stores, so none was asked")
    } else {
        format!("the Merkle proof has {proof} hashes, more than the {LONGEST_PROOF} that are followed")
    };
    let check = |name| finding(name, Outcome::Unknown, &codes::TOO_MUCH_TO_ASK, message.clone());
    (vec![check(CheckName::Chain)], vec![check(CheckName::Issuance)])
}

/// The reading of `chain`, or what the chain check comes to.
pub(super) fn reading(
    chain: ChainId,
    Found { entry, answer }: Found<'_, DocumentStoreQuestion>,
) -> Result<&StoreReading, Check> {
    match answer {
        Ok(reading) if reading.chain_id == chain.get() => Ok(reading),
        Ok(reading) => Err(wrong_chain(chain, reading.chain_id, entry)),
        Err(why) => Err(chain_unread(chain, why, entry)),
    }
}

/// Every issuer must have issued, so one without a store has not.
fn issuers_without_a_store(ground: &Ground<'_>) -> Vec<Check> {
    let without = ground.document.issuers().iter().filter(|issuer| issuer.contract.is_none());
    without
        .take(1)
        .map(|issuer| {
            let name = issuer.name.as_deref().unwrap_or_default();
            let message = format!("the issuer {name:?} names no document store");
            finding(CheckName::Issuance, Outcome::Fail, &codes::ISSUANCE_ISSUER_WITHOUT_STORE, message)
        })
        .collect()
}

/// Where all passed, one sentence is enough.
fn all_must_hold(checks: Vec<Check>) -> Vec<Check> {
    let count = checks.len();
    if count < 2 || checks.iter().any(|check| check.outcome != Outcome::Pass) {
        return checks;
    }
    let message = format!("all {count} stores issued this document, and none has revoked it");
    checks.into_iter().map(|check| Check { message: message.clone(), ..check }).collect()
}

/// What one store was asked about, for the sentence that says what it answered.
pub(super) struct Asked<'a> {
    pub(super) store: Address,
    pub(super) chain: ChainId,
    pub(super) reading: &'a StoreReading,
    pub(super) path: &'a [Digest32],
    /// Of its revocation, where it revoked the document and that is known.
    pub(super) record: Option<RevocationRecord>,
}

pub(super) fn issuance_check(found: &StoreFinding, asked: &Asked<'_>) -> Check {
    let Asked { store, chain, reading, path, record } = asked;
    let (outcome, code, message) = match found {
        StoreFinding::NoContract => (
            Outcome::Fail,
            &codes::ISSUANCE_STORE_NO_CONTRACT,
            format!("there is no contract at {store} on chain {chain} at block {}", reading.block.number),
        ),
        StoreFinding::ContradictsItself(why) => (
            Outcome::Fail,
            &codes::ISSUANCE_STORE_CONTRADICTS_ITSELF,
            format!("the store {store} contradicts itself: {why}"),
        ),
        StoreFinding::TokenOfABatch => (
            Outcome::Fail,
            &codes::ISSUANCE_SHARED_TOKEN,
            format!("the store {store} issues one token for one document, and this document is one of a batch"),
        ),
        StoreFinding::FamilyUnknown(why) => unreadable(*store, why),
        StoreFinding::Answered { revocation: Revocation::Revoked(node), .. } => revoked(*store, node, *record),
        StoreFinding::Answered { issued: Issued::No, .. } => {
            (Outcome::Fail, &codes::ISSUANCE_NOT_ISSUED, not_issued(*store, path))
        }
        StoreFinding::Answered { issued: Issued::Unknown(why), .. }
        | StoreFinding::Answered { revocation: Revocation::Unknown(why), .. } => unreadable(*store, why),
        StoreFinding::Answered { issued: Issued::Yes, revocation: Revocation::NothingIssued, .. } => (
            Outcome::Unknown,
            &codes::ISSUANCE_STORE_REFUSED,
            format!("the store {store} says that it issued this document, and then that it did not"),
        ),
        StoreFinding::Answered { issued: Issued::Yes, revocation: Revocation::NotRevoked, .. } => {
            (Outcome::Pass, &codes::ISSUANCE_ISSUED, issued(*store, path))
        }
    };
    finding(CheckName::Issuance, outcome, code, message)
}

/// What a store comes to at newer blocks by the same rule.
pub(super) fn at_newer(
    reading: &StoreReading,
    path: &[Digest32],
    judge: impl Fn(&StoreReading, &StoreFinding) -> Check,
) -> Vec<Newer> {
    let found = judge_store(reading, path);
    let newer = reading.newest.after(&reading.block);
    newer
        .map(|latest| {
            let there = judge_store(latest, path);
            Newer {
                block: latest.block.number,
                check: judge(latest, &there),
                otherwise: there != found || latest.code.hash != reading.code.hash,
            }
        })
        .collect()
}

fn issued(store: Address, path: &[Digest32]) -> String {
    match path.len() {
        0 | 1 => format!("the store {store} issued this document and has not revoked it"),
        nodes => {
            format!(
                "the store {store} issued this document in a batch and has revoked none of the {nodes} hashes up to its root"
            )
        }
    }
}

fn not_issued(store: Address, path: &[Digest32]) -> String {
    let root = path.last().copied().unwrap_or_default();
    match path.len() {
        0 | 1 => format!("the store {store} has never issued this document ({root})"),
        _ => format!("the store {store} has never issued the batch of this document (root {root})"),
    }
}

fn revoked(store: Address, node: &RevokedNode, record: Option<RevocationRecord>) -> (Outcome, &'static Code, String) {
    let RevokedNode { hash, position, block, store_says_active } = node;
    let mut at = String::new();
    if let Some(block) = record.map(|record| record.block).or(*block) {
        at = format!(" at block {block}");
    }
    if let Some(time) = record.and_then(|record| time_of(&record)) {
        at.push_str(&format!(" ({time})"));
    }
    if let Some(by) = record.and_then(|record| record.by) {
        at.push_str(&format!(" by {by}"));
    }
    let but = if *store_says_active { "; the store itself says that the document is active" } else { "" };
    let (code, message) = match position {
        Position::Document => (&codes::ISSUANCE_REVOKED, format!("the store {store} revoked this document{at}")),
        Position::Intermediate => (
            &codes::ISSUANCE_ANCESTOR_REVOKED,
            format!("the store {store} revoked {hash}, an ancestor of this document in its batch{at}{but}"),
        ),
        Position::Root => (
            &codes::ISSUANCE_ANCESTOR_REVOKED,
            format!("the store {store} revoked the whole batch of this document (root {hash}){at}{but}"),
        ),
    };
    (Outcome::Fail, code, message)
}

fn time_of(record: &RevocationRecord) -> Option<String> {
    let seconds = i64::try_from(record.time?).ok()?;
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

fn unreadable(store: Address, why: &Unreadable) -> (Outcome, &'static Code, String) {
    let code = match why {
        Unreadable::Refused { .. } => &codes::ISSUANCE_STORE_REFUSED,
        _ => &codes::ISSUANCE_STORE_UNREADABLE,
    };
    (Outcome::Unknown, code, format!("the store {store}: {why}"))
}

fn store_facts(
    found: &StoreFinding,
    address: Address,
    reading: &StoreReading,
    record: Option<RevocationRecord>,
    finding: Finding,
) -> StoreFacts {
    let mut facts = StoreFacts {
        address,
        family: None,
        code_hash: (reading.code.size > 0).then_some(reading.code.hash),
        issued: None,
        revoked: None,
        revoked_node: None,
        finding,
    };
    if let StoreFinding::Answered { family, issued, revocation } = found {
        facts.family = Some(*family);
        facts.issued = match issued {
            Issued::Yes => Some(true),
            Issued::No => Some(false),
            Issued::Unknown(_) => None,
        };
        facts.revoked = match revocation {
            Revocation::Revoked(_) => Some(true),
            Revocation::NotRevoked => Some(false),
            Revocation::NothingIssued | Revocation::Unknown(_) => None,
        };
        if let Revocation::Revoked(RevokedNode { hash, position, block, store_says_active }) = revocation {
            facts.revoked_node = Some(RevokedNodeFacts {
                hash: *hash,
                position: *position,
                block: record.map(|record| record.block).or(*block),
                time: record.as_ref().and_then(time_of),
                by: record.and_then(|record| record.by),
                store_says_active: *store_says_active,
            });
        }
    } else if *found == StoreFinding::TokenOfABatch {
        facts.family = Some(Family::Transferable);
    }
    facts
}
