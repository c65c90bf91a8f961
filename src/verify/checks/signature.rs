//! Issuance by signature: a key that the issuer's DID lists for assertions signed the Merkle root (checks.md §3.4), and
//! nobody revoked the document since (`revocation`). Every issuer must have signed.

use super::chain::{chain_unread, issuance_without_chain, wrong_chain};
use super::findings::worst;
use super::pending::Newer;
use super::revocation::{RevocationCheck, fail};
use super::{Examination, Ground, finding, from_entry, not_applicable, not_asked_yet, unanswered};
use crate::document::oa3::did_part;
use crate::document::{self, Document, IdentityKind, Issuer};
use crate::evidence::{BlockReading, DidEthrReading, Entry, Fact, Unavailable};
use crate::identity::{
    Did, DidDocument, DidUrl, EthrDid, InvalidDid, KeyMaterial, KeyRefusal, RootSignature, Unresolved, did_question,
    resolve_did,
};
use crate::primitives::{Address, ChainId, Digest32};
use crate::verify::WarningKind;
use crate::verify::codes::{self, Code};
use crate::verify::report::{Check, CheckName, Finding, Outcome, SignerFacts, Strength};

/// What an issuer of a signed document claims, with what is known of its DID; the issuance check where the claim does
/// not hold together.
pub(super) type Signer<'c> = Result<Claim<'c>, Check>;

/// A key of the issuer's own DID, and the signatures that are said to be by it.
pub(super) struct Claim<'c> {
    pub(super) did: Did,
    pub(super) key: DidUrl,
    signatures: Vec<&'c document::Signature>,
    pub(super) lookup: Lookup<'c>,
}

/// What became of the question for the DID's document.
pub(super) enum Lookup<'c> {
    /// It is still to be answered.
    Open,
    /// Nobody knows which contract of this chain to ask.
    NoRegistry(ChainId),
    /// No answer.
    Unread { entry: &'c Entry, why: &'c Unavailable },
    /// The answer is of another chain than the DID's.
    OtherChain { entry: &'c Entry, served: u64 },
    /// An answer, and what it leads to.
    Answered { entry: &'c Entry, document: Box<Result<DidDocument, Unresolved>> },
}

impl Examination {
    /// What each issuer claims, in the document's order; asks for all their DIDs.
    pub(super) fn signers<'c>(&mut self, ground: &Ground<'c>) -> Vec<Signer<'c>> {
        let issuers = ground.document.issuers();
        if issuers.len() > MOST_SIGNERS {
            let message = format!("the document names more than {MOST_SIGNERS} signers, so none was looked up");
            let check = finding(CheckName::Issuance, Outcome::Unknown, &codes::TOO_MUCH_TO_ASK, message);
            return issuers.iter().map(|_| Err(check.clone())).collect();
        }
        issuers.iter().map(|issuer| self.signer(ground, issuer)).collect()
    }

    pub(super) fn judge_signature(&mut self, ground: &Ground<'_>, signers: &[Signer<'_>]) {
        let mut chain = Vec::new();
        let mut issuance = Vec::new();
        for (issuer, signer) in ground.document.issuers().iter().zip(signers) {
            match signer {
                Err(check) => {
                    self.signers.push(signer_facts(None, check, None));
                    issuance.push(check.clone());
                }
                Ok(claim) => {
                    let signature = self.judge_claim(ground, claim, &mut chain);
                    let revocation = self.judge_revocation(ground, issuer, &mut chain);
                    self.signers.push(signer_facts(Some(claim), &signature, Some(&revocation)));
                    issuance.push(signature);
                    issuance.extend(revocation.checks);
                }
            }
        }
        if chain.is_empty() {
            chain.push(not_applicable(CheckName::Chain, &codes::CHAIN_NOT_NEEDED));
        }
        if issuance.is_empty() {
            issuance.push(fail(&codes::INTEGRITY_SHAPE, "the document names no issuer".into()));
        }
        self.findings.extend(chain);
        let mut issuance = all_hold(issuance);
        let detail = "this version does not prove the state of DID registries";
        self.without_proof(detail, ground.policy.proof, &mut issuance);
        self.findings.extend(issuance);
        self.without_a_title();
    }

    fn signer<'c>(&mut self, ground: &Ground<'c>, issuer: &Issuer) -> Signer<'c> {
        let mut claim = claim(ground.document, issuer)?;
        claim.lookup = self.look_up(ground, &claim.did);
        Ok(claim)
    }

    pub(super) fn look_up<'c>(&mut self, ground: &Ground<'c>, did: &Did) -> Lookup<'c> {
        let question = match did_question(did, &ground.policy.did_registries) {
            Ok(question) => question,
            Err(chain) => return Lookup::NoRegistry(chain),
        };
        let Some(entry) = self.entry(ground.evidence, &question) else { return Lookup::Open };
        match (entry.answer(), did) {
            (Err(why), _) => Lookup::Unread { entry, why },
            (Ok(Fact::DidEthr(reading)), Did::Ethr(did)) if reading.chain_id != did.chain().get() => {
                Lookup::OtherChain { entry, served: reading.chain_id }
            }
            (Ok(fact), _) => Lookup::Answered { entry, document: Box::new(resolve_did(did, fact)) },
        }
    }

    /// The signature alone; what the chain check comes to is noted in `chain`.
    fn judge_claim(&mut self, ground: &Ground<'_>, claim: &Claim<'_>, chain: &mut Vec<Check>) -> Check {
        let Some(root) = ground.integrity.merkle_root else {
            return not_asked_yet(CheckName::Issuance, &codes::ISSUANCE_DID_UNRESOLVED);
        };
        let (entry, document) = match (&claim.lookup, &claim.did) {
            (Lookup::Answered { entry, document }, _) => (*entry, document.as_ref()),
            (Lookup::Unread { entry, why }, Did::Web(_)) => {
                return did_unread(CheckName::Issuance, &codes::ISSUANCE_DID_UNRESOLVED, &claim.did, why, entry);
            }
            (lookup, Did::Ethr(did)) => {
                let check = chain_without_did(lookup, did);
                let issuance = issuance_without_chain(&check);
                chain.push(check);
                return issuance;
            }
            (_, _) => return not_asked_yet(CheckName::Issuance, &codes::ISSUANCE_DID_UNRESOLVED),
        };
        if let (Did::Ethr(did), Some(block)) = (&claim.did, block_of(entry)) {
            chain.push(self.chain_read(did.chain(), block, entry));
        }
        let check = match document {
            Err(why) => {
                let message = format!("the document of {} could not be found out: {why}", claim.did);
                finding(CheckName::Issuance, Outcome::Unknown, &codes::ISSUANCE_DID_UNRESOLVED, message)
            }
            Ok(document) => self.judge_key(claim, document, root),
        };
        let check = match entry.answer() {
            Ok(Fact::DidEthr(reading)) => self.judge_newer_keys(check, claim, reading, root),
            _ => check,
        };
        did_evidence(check, &claim.did, entry)
    }

    /// The same key by what the DID's registry records at newer blocks.
    fn judge_newer_keys(&mut self, check: Check, claim: &Claim<'_>, reading: &DidEthrReading, root: Digest32) -> Check {
        let mut newer = Vec::new();
        for latest in reading.newest.after(&reading.block) {
            let otherwise = (&latest.owner, &latest.changed) != (&reading.owner, &reading.changed);
            let check = match resolve_did(&claim.did, &Fact::DidEthr(Box::new(latest.clone()))) {
                Ok(document) => self.judge_key(claim, &document, root),
                // What changed could not be read, so the key may have gone.
                Err(why) if otherwise => fail(
                    &codes::ISSUANCE_DID_UNRESOLVED,
                    format!("{} is another one, which cannot be read: {why}", claim.did),
                ),
                Err(_) => continue,
            };
            newer.push(Newer { block: latest.block.number, check, otherwise });
        }
        self.beside_newer(check, newer)
    }

    fn judge_key(&mut self, claim: &Claim<'_>, document: &DidDocument, root: Digest32) -> Check {
        let account = match document.assertion_account(&claim.key) {
            Ok(account) => account,
            Err(refusal) => return refused(&claim.key, &refusal),
        };
        let read: Vec<_> =
            claim.signatures.iter().map(|signature| RootSignature::parse(&signature.signature)).collect();
        let good = read.iter().flatten().find(|signature| signature.signer(root) == Some(account));
        match good {
            Some(good) => {
                if let Some(form) = good.normalised() {
                    let text = format!("the signature by {} was accepted though {form}", claim.key);
                    self.warn(WarningKind::SignatureForm, text);
                }
                finding(CheckName::Issuance, Outcome::Pass, &codes::ISSUANCE_SIGNED, format!("signed by {}", claim.key))
            }
            None => match (read.iter().flatten().next(), read.iter().find_map(|read| read.as_ref().err())) {
                (None, Some(why)) => {
                    fail(&codes::ISSUANCE_SIGNATURE_MALFORMED, format!("the signature is none: {why}"))
                }
                (first, _) => {
                    wrong_signature(claim, document, account, first.and_then(|signature| signature.signer(root)))
                }
            },
        }
    }
}

fn signer_facts(claim: Option<&Claim<'_>>, signature: &Check, revocation: Option<&RevocationCheck>) -> SignerFacts {
    let key = claim.and_then(|claim| match &claim.lookup {
        Lookup::Answered { document, .. } => Some(document.as_ref().as_ref().ok()?.assertion_account(&claim.key)),
        _ => None,
    });
    let (account, unsupported_key_type) = match key {
        Some(Ok(account)) => (Some(account), None),
        Some(Err(KeyRefusal::Material(KeyMaterial::UnsupportedType(kind)))) => (None, Some(kind)),
        _ => (None, None),
    };
    SignerFacts {
        account,
        unsupported_key_type,
        signature: Finding::from(signature),
        revocation: revocation.and_then(|revocation| worst(&revocation.checks)).map(Finding::from),
        revocation_reason: revocation.and_then(|revocation| revocation.reason),
    }
}

/// What an issuer claims, before anything is looked up (checks.md §3.4 rules 1 to 3).
fn claim<'c>(document: &'c Document<'_>, issuer: &Issuer) -> Result<Claim<'c>, Check> {
    let name = issuer.name.as_deref().unwrap_or("without a name");
    let identity = issuer.identity.as_ref().filter(|identity| {
        matches!(identity.kind, IdentityKind::Did | IdentityKind::DnsDid) && issuer.contract.is_none()
    });
    let identity = identity.ok_or_else(|| {
        let message = format!("the issuer {name:?} has neither a contract nor an identity of kind DID or DNS-DID");
        fail(&codes::ISSUANCE_NO_DID, message)
    })?;
    let text = issuer.did.as_deref();
    let text =
        text.ok_or_else(|| fail(&codes::ISSUANCE_NO_DID, format!("the issuer {name:?} is not named by a DID")))?;
    let did = Did::parse(text).map_err(|why| not_a_did(text, &why))?;
    let of_other_did = |found: &str| {
        let message = format!("the identity proof is of {found:?}, the document was issued by {did}");
        fail(&codes::ISSUANCE_OTHER_DID, message)
    };
    // Only v3 names the DID twice; a v2 identity of kind DID has no place for it.
    if let (Document::Oa3(_), IdentityKind::Did) = (document, &identity.kind) {
        let named = identity.location.as_deref().unwrap_or_default();
        if Did::parse(did_part(named)).as_ref() != Ok(&did) {
            return Err(of_other_did(named));
        }
    }
    let unsigned = || fail(&codes::ISSUANCE_SIGNATURE_MISSING, format!("{did} is the issuer, but nothing is signed"));
    let key = identity.key.as_deref().ok_or_else(unsigned)?;
    let key = DidUrl::parse(key)
        .map_err(|why| fail(&codes::ISSUANCE_NO_DID, format!("{key:?} does not name a key of a DID: {why}")))?;
    if key.did() != did.as_str() {
        let message = format!("the key {key} belongs to another DID than the issuer {did}");
        return Err(fail(&codes::ISSUANCE_KEY_OF_OTHER_DID, message));
    }
    let all = document.signatures();
    let by_key = |signature: &&document::Signature| {
        DidUrl::parse(&signature.verification_method).is_ok_and(|method| method == key)
    };
    let signatures: Vec<_> = all.iter().filter(by_key).collect();
    if signatures.is_empty() {
        return Err(match all.first() {
            None => unsigned(),
            Some(other) => fail(
                &codes::ISSUANCE_SIGNATURE_MISSING,
                format!("nothing is signed by {key}; there is a signature by {:?}", other.verification_method),
            ),
        });
    }
    Ok(Claim { did, key, signatures, lookup: Lookup::Open })
}

fn not_a_did(text: &str, why: &InvalidDid) -> Check {
    let message = format!("the issuer {text:?} cannot be looked up: {why}");
    match why.is_beyond_this_version() {
        true => finding(CheckName::Issuance, Outcome::Unknown, &codes::ISSUANCE_DID_NOT_SUPPORTED, message),
        false => fail(&codes::ISSUANCE_NO_DID, message),
    }
}

/// The chain check where a did:ethr could not be read.
fn chain_without_did(lookup: &Lookup<'_>, did: &EthrDid) -> Check {
    let chain = did.chain();
    match lookup {
        Lookup::NoRegistry(chain) => {
            let message =
                format!("no DID registry (ERC-1056) is known for chain {chain}, which {} names", did.as_str());
            finding(CheckName::Chain, Outcome::Unknown, &codes::CHAIN_NO_DID_REGISTRY, message)
        }
        Lookup::Unread { entry, why } => chain_unread(chain, why, entry),
        Lookup::OtherChain { entry, served } => wrong_chain(chain, *served, entry),
        Lookup::Open | Lookup::Answered { .. } => not_asked_yet(CheckName::Chain, &codes::CHAIN_RPC_UNAVAILABLE),
    }
}

/// The document of a did:web could not be read.
pub(super) fn did_unread(name: CheckName, code: &'static Code, did: &Did, why: &Unavailable, entry: &Entry) -> Check {
    from_entry(unanswered(name, code, why, &format!("the document of {did} could not be read")), entry)
}

/// Strength and hosts of a finding that rests on a DID's document.
pub(super) fn did_evidence(check: Check, did: &Did, entry: &Entry) -> Check {
    let strength = matches!(did, Did::Web(_)).then_some(Strength::Tls);
    from_entry(Check { strength, ..check }, entry)
}

fn block_of(entry: &Entry) -> Option<&BlockReading> {
    match entry.answer() {
        Ok(Fact::DidEthr(reading)) => Some(&reading.block),
        _ => None,
    }
}

fn refused(key: &DidUrl, refusal: &KeyRefusal) -> Check {
    let (outcome, code) = match refusal {
        KeyRefusal::Deactivated { .. } => (Outcome::Fail, &codes::ISSUANCE_DID_DEACTIVATED),
        KeyRefusal::NotListed { .. } => (Outcome::Fail, &codes::ISSUANCE_KEY_NOT_IN_DID),
        KeyRefusal::NoLongerListed(_) | KeyRefusal::Ended { .. } => (Outcome::Fail, &codes::ISSUANCE_KEY_ENDED),
        KeyRefusal::OtherController { .. } => (Outcome::Fail, &codes::ISSUANCE_KEY_OF_OTHER_CONTROLLER),
        KeyRefusal::NotForAssertion | KeyRefusal::NotForAuthentication => {
            (Outcome::Fail, &codes::ISSUANCE_KEY_NOT_FOR_ASSERTION)
        }
        KeyRefusal::Material(KeyMaterial::Malformed | KeyMaterial::Unreadable(_)) => {
            (Outcome::Fail, &codes::ISSUANCE_KEY_MALFORMED)
        }
        KeyRefusal::Material(KeyMaterial::UnsupportedType(_)) => (Outcome::Unknown, &codes::ISSUANCE_KEY_NOT_SUPPORTED),
    };
    finding(CheckName::Issuance, outcome, code, format!("{key}: {refusal}"))
}

/// Says whose signature it is instead, as far as that is known.
fn wrong_signature(claim: &Claim<'_>, document: &DidDocument, account: Address, signer: Option<Address>) -> Check {
    let key = &claim.key;
    let Some(signer) = signer else {
        return fail(&codes::ISSUANCE_WRONG_SIGNATURE, format!("no key can have made the signature that names {key}"));
    };
    if let Some(block) = document.lost_control(signer) {
        let message = format!("signed by {signer}, a key that no longer controls {} since block {block}", claim.did);
        return fail(&codes::ISSUANCE_KEY_ENDED, message);
    }
    let another = document.methods().iter().find(|method| method.account == Ok(signer));
    let who = another.map_or_else(
        || format!("it leads to {signer}, a key of nobody known, or is of another document"),
        |method| format!("it is by {} of the same DID", method.id),
    );
    fail(&codes::ISSUANCE_WRONG_SIGNATURE, format!("the signature is not by {key} ({account}): {who}"))
}

/// Where all passed, one check says what each found.
fn all_hold(mut checks: Vec<Check>) -> Vec<Check> {
    if checks.iter().any(|check| check.outcome != Outcome::Pass) {
        return checks;
    }
    let messages: Vec<&str> = checks.iter().map(|check| check.message.as_str()).collect();
    let message = messages.join("; ");
    let mut hosts: Vec<String> = Vec::new();
    for host in checks.iter().flat_map(|check| &check.answered_by) {
        if !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    checks.truncate(1);
    checks.into_iter().map(|check| Check { message: message.clone(), answered_by: hosts.clone(), ..check }).collect()
}

/// Each costs a look-up of its DID, and up to several more for its revocation.
const MOST_SIGNERS: usize = 16;
