//! The material of state proofs: header, `eth_getProof` and code of the registry and of everything it leads to (chain.md
//! §5.4, §7).
//!
//! Which accounts those are follows from the registry's code and slots. The first round asks for them at the newest
//! block, so that the second can ask for proofs of all of them at once; what changed in between, or cannot be guessed,
//! is asked for in a further round.

use std::sync::OnceLock;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::ChainQuestion;
use super::at::{At, checked};
use super::reply::{Data, First, Item, Json, Object, Quantity, text};
use super::transport::{Call, Session};
use super::values::{code, eth_get_code};
use crate::contracts::storage::factory_slots;
use crate::evidence::{
    AccountProofReading, HeaderReading, NodeBytes, ProofReading, SlotReading, Unavailable, Wanted, wanted,
};
use crate::primitives::{Address, Digest32, TokenId};

/// What the first round said about the registries whose state is to be proven: where to look, and nothing more.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints(OnceLock<Vec<AccountProofReading>>);

impl Hints {
    /// The calls of the first round.
    pub(super) fn calls(&self, questions: &[ChainQuestion]) -> Vec<Call> {
        if self.0.get().is_some() {
            return Vec::new();
        }
        let newest = json!("latest");
        registries(questions)
            .flat_map(|registry| {
                let slots = factory_slots()
                    .map(|slot| ("eth_getStorageAt", json!([registry.to_string(), slot.to_string(), newest])));
                std::iter::once(eth_get_code(registry, &newest)).chain(slots)
            })
            .collect()
    }

    /// Their results. A node that does not answer them is asked more often later.
    pub(super) fn note(&self, questions: &[ChainQuestion], mut items: impl Iterator<Item = Item>) {
        let mut text = || items.next().and_then(Result::ok).as_ref().and_then(Json::bytes);
        let mut hints = Vec::new();
        for address in registries(questions) {
            let code = text();
            let values = factory_slots().map(|slot| (slot, text()));
            let slots = values.into_iter().filter_map(|(slot, value)| {
                let value = Digest32(value?.try_into().ok()?);
                Some(SlotReading { slot, value, nodes: Vec::new() })
            });
            let slots = slots.collect();
            hints.push(AccountProofReading {
                address,
                code: code.unwrap_or_default(),
                slots,
                ..AccountProofReading::default()
            });
        }
        if !hints.is_empty() {
            // Another endpoint's may stand there by now; one is as good as the other.
            let _ = self.0.set(hints);
        }
    }

    fn known(&self) -> &[AccountProofReading] {
        self.0.get().map(Vec::as_slice).unwrap_or_default()
    }
}

/// The proof's share of the second round.
pub(super) fn calls(registry: Address, token: TokenId, hints: &Hints, at: &At) -> Vec<Call> {
    let mut calls: Vec<Call> = vec![("eth_getBlockByHash", json!([at.block.hash.to_string(), false]))];
    calls.extend(account_calls(&wanted(registry, token, hints.known()), &at.form));
    calls
}

/// The results of [`calls`], with further rounds for what they lead to.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    (registry, token): (Address, TokenId),
    hints: &Hints,
    mut items: impl Iterator<Item = Item>,
) -> Result<ProofReading, Unavailable> {
    let header = items.next().and_then(Result::ok).as_ref().and_then(header);
    let header = header.ok_or_else(|| session.not_an_answer("the node did not give the block's header"))?;
    let mut accounts = accounts(session, &wanted(registry, token, hints.known()), items)?;
    for _ in 0..MOST_ROUNDS {
        let mut missing = wanted(registry, token, &accounts);
        missing.retain(|wanted| accounts.iter().all(|known| known.address != wanted.address));
        if missing.is_empty() {
            break;
        }
        let items = checked(session, &at.block, account_calls(&missing, &at.form)).await?;
        accounts.extend(self::accounts(session, &missing, items.into_iter())?);
    }
    // Where a guess was wrong, what it led to proves nothing.
    let needed = wanted(registry, token, &accounts);
    accounts.retain(|account| needed.iter().any(|wanted| wanted.address == account.address));
    Ok(ProofReading { block: at.block.clone(), header, accounts })
}

fn registries(questions: &[ChainQuestion]) -> impl Iterator<Item = Address> {
    questions.iter().filter_map(|question| match question {
        ChainQuestion::Proof { registry, .. } => Some(*registry),
        _ => None,
    })
}

fn account_calls(wanted: &[Wanted], at: &Value) -> Vec<Call> {
    wanted
        .iter()
        .flat_map(|Wanted { address, slots }| {
            let slots: Vec<String> = slots.iter().map(ToString::to_string).collect();
            [("eth_getProof", json!([address.to_string(), slots, at])), eth_get_code(*address, at)]
        })
        .collect()
}

fn accounts(
    session: &Session<'_>,
    wanted: &[Wanted],
    mut items: impl Iterator<Item = Item>,
) -> Result<Vec<AccountProofReading>, Unavailable> {
    wanted
        .iter()
        .map(|wanted| {
            let proof = match items.next() {
                Some(Ok(proof)) => proof,
                Some(Err(error)) if error.code == NO_SUCH_METHOD => {
                    return Err(session.not_an_answer("it does not serve state proofs (eth_getProof)"));
                }
                Some(Err(error)) => {
                    let what =
                        "it gave no state proof, perhaps because the block is too old for it: eth_getProof failed";
                    return Err(session.refused(what, &error));
                }
                None => return Err(session.not_an_answer("a call of the batch was left unanswered")),
            };
            let code = code(session, items.next())?;
            let not_asked = || session.not_an_answer("a state proof is not of the form that was asked for");
            account(wanted, &proof, code).ok_or_else(not_asked)
        })
        .collect()
}

fn account(wanted: &Wanted, proof: &Json, code: Vec<u8>) -> Option<AccountProofReading> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Account {
        address: Address,
        nonce: Quantity,
        balance: Word,
        code_hash: Word,
        storage_hash: Word,
        account_proof: Nodes,
        storage_proof: First<Object<Slot>, MOST_SLOTS>,
    }
    #[derive(Deserialize)]
    struct Slot {
        // Nodes write keys with and without leading zeros.
        key: Word,
        value: Word,
        proof: Nodes,
    }
    let served: Account = proof.object()?;
    let slots = served.storage_proof.whole()?;
    if served.address != wanted.address || slots.len() != wanted.slots.len() {
        return None;
    }
    let slots = wanted.slots.iter().zip(slots).map(|(&slot, Object(served))| {
        (served.key.0 == slot).then_some(SlotReading { slot, value: served.value.0, nodes: nodes(served.proof)? })
    });
    Some(AccountProofReading {
        address: served.address,
        nonce: served.nonce.0,
        balance: served.balance.0,
        code_hash: served.code_hash.0,
        storage_root: served.storage_hash.0,
        code,
        nodes: nodes(served.account_proof)?,
        slots: slots.collect::<Option<_>>()?,
    })
}

type Nodes = First<Data, MOST_NODES>;

fn nodes(list: Nodes) -> Option<Vec<NodeBytes>> {
    let node = |Data(node)| Some(node).filter(|node| node.len() <= LONGEST_NODE).map(NodeBytes);
    list.whole()?.into_iter().map(node).collect()
}

/// The members that are text, without those that the hash cannot cover.
fn header(block: &Json) -> Option<HeaderReading> {
    let text = |(name, value): (String, Json)| {
        let value = value.read().filter(|text: &String| text.len() <= LONGEST_MEMBER)?;
        (name.len() <= 64 && !UNHASHED.contains(&name.as_str())).then_some((name, value))
    };
    let members = block.members(MOST_MEMBERS)?.into_iter().filter_map(text);
    Some(HeaderReading(members.collect()))
}

/// A 256-bit number.
struct Word(Digest32);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a word", word).map(Self)
    }
}

/// A 256-bit number, with or without leading zeros.
fn word(text: &str) -> Option<Digest32> {
    let digits = text.strip_prefix("0x").filter(|digits| !digits.is_empty() && digits.len() <= 64)?;
    let padded = crate::primitives::decode_hex(&format!("{digits:0>64}"))?;
    padded.try_into().ok().map(Digest32)
}

const UNHASHED: [&str; 3] = ["hash", "size", "totalDifficulty"];
const NO_SUCH_METHOD: i64 = -32601;
/// From the registry to the factory, and from there to the escrow.
const MOST_ROUNDS: usize = 2;
/// A key has 64 nibbles; each node takes at least one, and the last may take none.
const MOST_NODES: usize = 65;
/// A branch of sixteen hashes has 532 bytes.
const LONGEST_NODE: usize = 1024;
/// Extra data of chains with many validators is long; nothing else is.
const LONGEST_MEMBER: usize = 1 << 18;
const MOST_MEMBERS: usize = 64;
/// Of one account; more than are asked for of any.
const MOST_SLOTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_come_without_leading_zeros() {
        let one = word("0x1").map(|word| word.0[31]);
        assert_eq!((one, word("0x"), word("1"), word("0xg")), (Some(1), None, None, None));
        assert_eq!(word(&format!("0x{}", "1".repeat(65))), None);
    }

    #[test]
    fn a_proof_of_something_else_is_not_an_answer() {
        let zero = format!("0x{}", "00".repeat(32));
        let served = json!({
            "address": Address::DEAD.to_string(), "nonce": "0x0", "balance": "0x0", "codeHash": zero, "storageHash": zero,
            "accountProof": ["0x80"], "storageProof": [{"key": "0x1", "value": "0x0", "proof": []}],
        });
        let slot = |number| word(&format!("{number:#x}")).unwrap();
        let asked = |address, slots: &[u64]| {
            let wanted = Wanted { address, slots: slots.iter().copied().map(slot).collect() };
            account(&wanted, &served.clone().into(), Vec::new())
        };
        assert!(asked(Address::DEAD, &[1]).is_some());
        assert!(asked(Address::ZERO, &[1]).is_none());
        assert!(asked(Address::DEAD, &[2]).is_none());
        assert!(asked(Address::DEAD, &[1, 2]).is_none());
        let nodes_of = |count| Json::from(Value::from(vec!["0x"; count])).read().and_then(nodes);
        assert!(nodes_of(MOST_NODES).is_some() && nodes_of(MOST_NODES + 1).is_none());
    }
}
