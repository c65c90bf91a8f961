//! A did:ethr's document by replay of what the ERC-1056 registry recorded (checks.md §6.1).
//!
//! The history proves itself complete: each event names the block of the one before it, the registry names the last, and
//! its present owner is what the events lead to. Where that does not hold nothing is concluded.

use super::did_document::{DidDocument, FormerKey, KeyEnd, KeyMaterial, VerificationMethod};
use super::{Did, DidUrl, EthrDid, address_of_key};
use crate::evidence::{DidChange, DidEthrReading, DidEvent};
use crate::primitives::Address;

/// The document at the reading's block and by that block's time.
pub(super) fn replay(did: &EthrDid, reading: &DidEthrReading) -> Result<DidDocument, UnreliableHistory> {
    if reading.registry_code_size == 0 {
        return Err(UnreliableHistory::NoRegistry);
    }
    complete(reading)?;
    let mut replay = Replay {
        did,
        now: reading.block.timestamp,
        owner: did.address(),
        counter: 0,
        keys: Vec::new(),
        former: Vec::new(),
        deactivated_at: None,
    };
    for event in &reading.events {
        replay.apply(event);
    }
    // The registry answers with the identity itself where no owner is set.
    let expected = if replay.owner.is_zero() { did.address() } else { replay.owner };
    match reading.owner.address() {
        Ok(found) if found == expected => Ok(replay.document()),
        Ok(found) => Err(UnreliableHistory::OtherOwner { found, expected }),
        Err(_) => Err(UnreliableHistory::Unreadable { call: "identityOwner" }),
    }
}

/// Every event up to `changed` is there, once, in order.
fn complete(reading: &DidEthrReading) -> Result<(), UnreliableHistory> {
    let changed = reading.changed.number().map_err(|_| UnreliableHistory::Unreadable { call: "changed" })?;
    let mut before = (0, None);
    for event in &reading.events {
        let in_order = before.1.is_none_or(|last: (u64, u64)| (event.block, event.log_index) > last);
        if event.previous_change != before.0 || !in_order || event.block == 0 {
            return Err(UnreliableHistory::EventMissing { block: event.previous_change });
        }
        before = (event.block, Some((event.block, event.log_index)));
    }
    if changed != before.0 {
        return Err(UnreliableHistory::EventMissing { block: changed });
    }
    if changed > reading.block.number {
        return Err(UnreliableHistory::LaterThanBlock);
    }
    Ok(())
}

/// Why a reading of the registry leads to no document. None of these speaks against the DID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreliableHistory {
    /// No contract there.
    #[error("there is no contract at the address of the DID registry")]
    NoRegistry,
    /// An answer of another form.
    #[error("the answer to {call} cannot be read")]
    Unreadable {
        /// The call.
        call: &'static str,
    },
    /// The chain of events has a gap.
    #[error("the change in block {block} is missing from the history")]
    EventMissing {
        /// Where it should be.
        block: u64,
    },
    /// Events from the future of the block read at.
    #[error("the history holds changes later than the block that was read")]
    LaterThanBlock,
    /// The registry's owner is not what its events lead to.
    #[error("the registry names {found} as owner, its events lead to {expected}")]
    OtherOwner {
        /// By the call.
        found: Address,
        /// By the events.
        expected: Address,
    },
}

struct Replay<'d> {
    did: &'d EthrDid,
    now: u64,
    owner: Address,
    /// Of all delegates and public keys ever recorded, the ended ones too: it is part of their names.
    counter: u64,
    keys: Vec<Key>,
    former: Vec<FormerKey>,
    deactivated_at: Option<u64>,
}

/// A delegate or public key that is valid now.
struct Key {
    /// What the registry tells keys apart by: kind or attribute name, and value.
    entry: (Vec<u8>, Vec<u8>),
    number: u64,
    account: Result<Address, KeyMaterial>,
    purpose: Purpose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Assertion,
    Authentication,
    Other,
}

impl Replay<'_> {
    fn apply(&mut self, event: &DidEvent) {
        match &event.change {
            DidChange::Owner { owner } => self.set_owner(*owner, event.block),
            DidChange::Delegate { delegate_type, delegate, valid_to } => {
                let purpose = match delegate_type.as_slice() {
                    b"veriKey" => Purpose::Assertion,
                    b"sigAuth" => Purpose::Authentication,
                    _ => Purpose::Other,
                };
                let entry = (delegate_type.clone(), delegate.0.to_vec());
                self.set_key(entry, Ok(*delegate), purpose, *valid_to, event.block);
            }
            DidChange::Attribute { name, value, valid_to } => {
                if let Some((account, purpose)) = public_key(name, value) {
                    self.set_key((name.clone(), value.clone()), account, purpose, *valid_to, event.block);
                }
            }
        }
    }

    fn set_owner(&mut self, owner: Address, block: u64) {
        if owner != self.owner && !self.owner.is_zero() {
            self.former.push(FormerKey { id: None, address: Some(self.owner), end: KeyEnd::LostControl { block } });
        }
        self.former.retain(|former| former.id.is_some() || former.address != Some(owner));
        if owner.is_zero() {
            // For good: a later owner would be the account that gave the DID up.
            self.deactivated_at.get_or_insert(block);
        }
        self.owner = owner;
    }

    fn set_key(
        &mut self,
        entry: (Vec<u8>, Vec<u8>),
        account: Result<Address, KeyMaterial>,
        purpose: Purpose,
        valid_to: u64,
        block: u64,
    ) {
        self.counter += 1;
        if let Some(at) = self.keys.iter().position(|key| key.entry == entry) {
            let old = self.keys.remove(at);
            self.ended(old.number, &old.account, KeyEnd::Withdrawn { block });
        }
        // As in the registry's own `validDelegate`: valid until this second, not in it.
        if valid_to > self.now {
            self.keys.push(Key { entry, number: self.counter, account, purpose });
        } else {
            self.ended(self.counter, &account, KeyEnd::Expired { at: valid_to });
        }
    }

    fn ended(&mut self, number: u64, account: &Result<Address, KeyMaterial>, end: KeyEnd) {
        self.former.push(FormerKey {
            id: self.method_id(&number_name(number)),
            address: account.as_ref().ok().copied(),
            end,
        });
    }

    fn document(self) -> DidDocument {
        let did = Did::Ethr(self.did.clone());
        let mut methods = vec![("controller".to_owned(), Ok(self.owner), Purpose::Assertion)];
        if self.did.names_public_key() && self.owner == self.did.address() {
            methods.push(("controllerKey".to_owned(), Ok(self.owner), Purpose::Assertion));
        }
        methods.extend(self.keys.iter().map(|key| (number_name(key.number), key.account.clone(), key.purpose)));
        let mut document = DidDocument::without_methods(did);
        for (name, account, purpose) in methods {
            let Some(id) = self.method_id(&name) else { continue };
            if purpose == Purpose::Assertion {
                document.assertion.insert(id.as_str().to_owned());
            }
            let controller = document.did.as_str().to_owned();
            document.methods.push(VerificationMethod { id, controller, account, place: None });
        }
        DidDocument { former: self.former, deactivated_at: self.deactivated_at, ..document }
    }

    fn method_id(&self, name: &str) -> Option<DidUrl> {
        DidUrl::parse(&format!("{}#{name}", self.did.as_str())).ok()
    }
}

fn number_name(number: u64) -> String {
    format!("delegate-{number}")
}

/// The key in an attribute `did/pub/<algorithm>/<purpose>/<encoding>`; `None` for attributes of other kinds.
fn public_key(name: &[u8], value: &[u8]) -> Option<(Result<Address, KeyMaterial>, Purpose)> {
    let rest = std::str::from_utf8(name).ok()?.strip_prefix("did/pub/")?;
    let parts: Vec<&str> = rest.split('/').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if parts.len() > 3 || !parts.iter().all(word) {
        return None;
    }
    let purpose = match parts.get(1) {
        Some(&"veriKey") => Purpose::Assertion,
        Some(&"sigAuth") => Purpose::Authentication,
        _ => Purpose::Other,
    };
    let account = match (parts.first(), parts.get(2)) {
        (Some(&"Secp256k1"), Some(&"hex")) => address_of_key(value).ok_or(KeyMaterial::Malformed),
        _ => Err(KeyMaterial::UnsupportedType(rest.to_owned())),
    };
    Some((account, purpose))
}

#[cfg(test)]
mod tests {
    use super::super::did_document::KeyRefusal;
    use super::*;
    use crate::evidence::{BlockReading, CallReading, Newest};
    use crate::primitives::encode_hex;

    const IDENTITY: Address = Address([0xa1; 20]);
    const OTHER: Address = Address([0xb2; 20]);
    const NOW: u64 = 1_000_000;

    fn did() -> EthrDid {
        match Did::parse(&format!("did:ethr:0x7a69:{}", IDENTITY)).unwrap() {
            Did::Ethr(did) => did,
            other => panic!("{other:?}"),
        }
    }

    fn word(bytes: &[u8]) -> CallReading {
        let mut data = vec![0; 32 - bytes.len()];
        data.extend(bytes);
        CallReading { success: true, data }
    }

    /// One event a block from block 10 on, 10 blocks apart.
    fn reading(owner: Address, changes: Vec<DidChange>) -> DidEthrReading {
        let event = |(index, change): (u64, DidChange)| DidEvent {
            block: 10 * (index + 1),
            log_index: 3,
            previous_change: 10 * index,
            change,
        };
        let events: Vec<_> = (0..).zip(changes).map(event).collect();
        DidEthrReading {
            chain_id: 31_337,
            block: BlockReading { number: 1000, timestamp: NOW, ..BlockReading::default() },
            registry_code_size: 100,
            owner: word(&owner.0),
            changed: word(&(10 * events.len() as u64).to_be_bytes()),
            events,
            newest: Newest::default(),
        }
    }

    fn owner(owner: Address) -> DidChange {
        DidChange::Owner { owner }
    }

    fn delegate(kind: &[u8], delegate: Address, valid_to: u64) -> DidChange {
        DidChange::Delegate { delegate_type: kind.to_vec(), delegate, valid_to }
    }

    fn attribute(name: &str, value: &[u8], valid_to: u64) -> DidChange {
        DidChange::Attribute { name: name.into(), value: value.to_vec(), valid_to }
    }

    fn account(document: &DidDocument, name: &str) -> Result<Address, KeyRefusal> {
        document.assertion_account(&DidUrl::parse(&format!("{}#{name}", did().as_str())).unwrap())
    }

    fn replayed(owner: Address, changes: Vec<DidChange>) -> DidDocument {
        replay(&did(), &reading(owner, changes)).unwrap()
    }

    #[test]
    fn without_events_the_identity_controls_itself() {
        let document = replayed(IDENTITY, vec![]);
        assert_eq!(account(&document, "controller"), Ok(IDENTITY));
        assert!(matches!(account(&document, "delegate-1"), Err(KeyRefusal::NotListed { .. })));
        assert!(matches!(account(&document, "controllerKey"), Err(KeyRefusal::NotListed { .. })));
    }

    #[test]
    fn a_new_owner_takes_control_and_the_old_one_is_remembered() {
        let document = replayed(OTHER, vec![owner(OTHER)]);
        assert_eq!(account(&document, "controller"), Ok(OTHER));
        assert_eq!((document.lost_control(IDENTITY), document.lost_control(OTHER)), (Some(10), None));
        let back = replayed(IDENTITY, vec![owner(OTHER), owner(IDENTITY)]);
        assert_eq!(account(&back, "controller"), Ok(IDENTITY));
        assert_eq!((back.lost_control(IDENTITY), back.lost_control(OTHER)), (None, Some(20)));
    }

    #[test]
    fn an_owner_of_zero_deactivates_for_good() {
        let gone = Err(KeyRefusal::Deactivated { block: 10 });
        assert_eq!(account(&replayed(IDENTITY, vec![owner(Address::ZERO)]), "controller"), gone);
        let again = replayed(OTHER, vec![owner(Address::ZERO), owner(OTHER)]);
        assert_eq!(account(&again, "controller"), gone);
    }

    #[test]
    fn delegates_are_numbered_through_and_count_by_their_kind() {
        let document = replayed(
            IDENTITY,
            vec![
                delegate(b"veriKey", OTHER, NOW - 5),
                delegate(b"sigAuth", OTHER, NOW + 5),
                delegate(b"veriKey", OTHER, NOW + 5),
                delegate(b"other", OTHER, NOW + 5),
                attribute("did/svc/Messages", b"https://a.example", NOW + 5),
                delegate(b"veriKey", Address([0xc3; 20]), u64::MAX),
            ],
        );
        assert_eq!(account(&document, "delegate-1"), Err(KeyRefusal::NoLongerListed(KeyEnd::Expired { at: NOW - 5 })));
        assert_eq!(account(&document, "delegate-2"), Err(KeyRefusal::NotForAssertion));
        assert_eq!(account(&document, "delegate-3"), Ok(OTHER));
        assert_eq!(account(&document, "delegate-4"), Err(KeyRefusal::NotForAssertion));
        assert_eq!(account(&document, "delegate-5"), Ok(Address([0xc3; 20])));
    }

    #[test]
    fn a_delegate_ends_in_the_second_it_is_valid_to() {
        let valid = |valid_to| account(&replayed(IDENTITY, vec![delegate(b"veriKey", OTHER, valid_to)]), "delegate-1");
        assert_eq!(valid(NOW + 1), Ok(OTHER));
        for ended in [0, NOW - 1, NOW] {
            assert_eq!(valid(ended), Err(KeyRefusal::NoLongerListed(KeyEnd::Expired { at: ended })));
        }
    }

    #[test]
    fn a_withdrawn_delegate_is_gone_and_a_renewed_one_has_a_new_name() {
        let withdrawn = vec![delegate(b"veriKey", OTHER, NOW + 5), delegate(b"veriKey", OTHER, NOW)];
        let document = replayed(IDENTITY, withdrawn);
        let end = KeyEnd::Withdrawn { block: 20 };
        assert_eq!(account(&document, "delegate-1"), Err(KeyRefusal::NoLongerListed(end)));
        assert!(account(&document, "delegate-2").is_err());
        let renewed = vec![delegate(b"veriKey", OTHER, NOW + 5), delegate(b"veriKey", OTHER, NOW + 9)];
        let document = replayed(IDENTITY, renewed);
        assert!(account(&document, "delegate-1").is_err());
        assert_eq!(account(&document, "delegate-2"), Ok(OTHER));
    }

    #[test]
    fn public_keys_are_delegates_too() {
        let key = k256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(false);
        let address = address_of_key(point.as_bytes()).unwrap();
        let document = replayed(
            IDENTITY,
            vec![
                attribute("did/pub/Secp256k1/veriKey/hex", point.as_bytes(), NOW + 5),
                attribute("did/pub/Secp256k1/sigAuth/hex", point.as_bytes(), NOW + 5),
                attribute("did/pub/Ed25519/veriKey/base64", &[1; 32], NOW + 5),
                attribute("did/pub/Secp256k1/veriKey/hex", b"not a key", NOW + 5),
                attribute("did/pub/Secp256k1/veriKey/hex/more", point.as_bytes(), NOW + 5),
                delegate(b"veriKey", OTHER, NOW + 5),
                attribute("did/pub/Secp256k1/veriKey/hex", point.as_bytes(), 0),
            ],
        );
        let gone = KeyRefusal::NoLongerListed(KeyEnd::Withdrawn { block: 70 });
        assert_eq!(account(&document, "delegate-1"), Err(gone));
        assert_eq!(account(&document, "delegate-2"), Err(KeyRefusal::NotForAssertion));
        assert!(matches!(account(&document, "delegate-3"), Err(KeyRefusal::Material(KeyMaterial::UnsupportedType(_)))));
        assert_eq!(account(&document, "delegate-4"), Err(KeyRefusal::Material(KeyMaterial::Malformed)));
        assert_eq!(account(&document, "delegate-5"), Ok(OTHER));
        let document = replayed(IDENTITY, vec![attribute("did/pub/Secp256k1/veriKey/hex", point.as_bytes(), NOW + 5)]);
        assert_eq!(account(&document, "delegate-1"), Ok(address));
    }

    #[test]
    fn the_key_in_the_did_itself_speaks_only_while_it_controls_it() {
        let key = k256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
        let point = key.verifying_key().to_sec1_point(true);
        let address = address_of_key(point.as_bytes()).unwrap();
        let Ok(Did::Ethr(did)) = Did::parse(&format!("did:ethr:0x{}", encode_hex(point.as_bytes()))) else { panic!() };
        let id = DidUrl::parse(&format!("{}#controllerKey", did.as_str())).unwrap();
        let document = replay(&did, &reading(address, vec![])).unwrap();
        assert_eq!(document.assertion_account(&id), Ok(address));
        let document = replay(&did, &reading(OTHER, vec![owner(OTHER)])).unwrap();
        assert!(document.assertion_account(&id).is_err());
    }

    #[test]
    fn a_history_that_does_not_hold_together_is_no_history() {
        let good = || reading(OTHER, vec![delegate(b"veriKey", OTHER, NOW + 5), owner(OTHER), owner(OTHER)]);
        assert!(replay(&did(), &good()).is_ok());
        let changes: [fn(&mut DidEthrReading); 15] = [
            |reading| drop(reading.events.remove(0)),
            |reading| drop(reading.events.remove(1)),
            |reading| drop(reading.events.remove(2)),
            |reading| reading.events.clear(),
            |reading| reading.events.swap(0, 1),
            |reading| reading.events.push(reading.events[2].clone()),
            |reading| reading.events[1].previous_change = 0,
            |reading| reading.events[0].previous_change = 5,
            |reading| reading.events[1].change = owner(IDENTITY),
            |reading| reading.events.truncate(2),
            |reading| reading.block.number = 29,
            |reading| reading.changed = word(&[0]),
            |reading| reading.changed.success = false,
            |reading| reading.owner = word(&IDENTITY.0),
            |reading| reading.registry_code_size = 0,
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut reading = good();
            change(&mut reading);
            // The ninth leaves the last owner as it is, so it is a different, whole history.
            assert_eq!(replay(&did(), &reading).is_err(), index != 8, "change {index}");
        }
    }

    #[test]
    fn several_changes_of_one_block_stand_in_their_order() {
        let mut one_block = reading(OTHER, vec![owner(Address([0xc3; 20])), owner(OTHER)]);
        one_block.events[1] = DidEvent { block: 10, log_index: 4, previous_change: 10, ..one_block.events[1].clone() };
        one_block.changed = word(&[10]);
        assert_eq!(account(&replay(&did(), &one_block).unwrap(), "controller"), Ok(OTHER));
        one_block.events[1].log_index = 3;
        assert!(replay(&did(), &one_block).is_err());
    }
}
