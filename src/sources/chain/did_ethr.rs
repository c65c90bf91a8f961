//! One identity of an ERC-1056 registry (checks.md §6.1): its owner and last change beside everything else of the second
//! round, then its history, one block of events a request. An identity without history costs no request of its own.

use serde_json::{Value, json};

use super::at::{At, checked, newest_unread};
use super::reply::{First, Item, Object};
use super::sight;
use super::transport::{Call, Session};
use super::values::{Log, code, eth_call, eth_get_code, outcome};
use crate::contracts::did_registry::{ATTRIBUTE_CHANGED, CHANGED, DELEGATE_CHANGED, IDENTITY_OWNER, OWNER_CHANGED};
use crate::evidence::{DidChange, DidEthrReading, DidEvent, Newest, Unavailable, word_number};
use crate::primitives::{Address, Digest32, encode_hex};

/// The identity's share of the second round.
pub(super) fn calls(registry: Address, identity: Address, at: &Value) -> Vec<Call> {
    let ask = |selector: [u8; 4]| eth_call(registry, &[selector.as_slice(), &identity.word()].concat(), at);
    vec![sight::call(registry, at), eth_get_code(registry, at), ask(IDENTITY_OWNER), ask(CHANGED)]
}

/// The results of [`calls`] and the events that they lead to, and the same at the newest block.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    about: (Address, Address),
    items: Vec<Item>,
    newest: Vec<Item>,
) -> Result<DidEthrReading, Unavailable> {
    let mut reading = recorded(session, at, about.0, items)?;
    reading.events = history(session, at, about, &reading, None).await?;
    if let Some(at) = at.newest.as_ref().filter(|_| !newest.is_empty()) {
        let mut latest = recorded(session, at, about.0, newest).map_err(|why| newest_unread(session, at, &why))?;
        // Where the events cannot be read, they do not lead to what is recorded, which is for the judge to see.
        let events = history(session, at, about, &latest, Some(&reading)).await;
        latest.events = events.unwrap_or_else(|_| reading.events.clone());
        reading.newest = Newest::Read(vec![latest]);
    }
    Ok(reading)
}

/// Without the events.
fn recorded(
    session: &Session<'_>,
    at: &At,
    registry: Address,
    items: Vec<Item>,
) -> Result<DidEthrReading, Unavailable> {
    let mut items = items.into_iter();
    let shown = items.next();
    let registry_code_size = code(session, items.next())?.len() as u64;
    let mut next = || match items.next() {
        Some(item) => outcome(session, item),
        None => Err(session.not_an_answer("a call of the batch was left unanswered")),
    };
    let (owner, changed) = (next()?, next()?);
    sight::check(session, registry, shown, registry_code_size as usize, [&owner, &changed].into_iter())?;
    let (chain_id, block) = (at.chain.get(), at.block.clone());
    let newest = at.nothing_newer();
    Ok(DidEthrReading { chain_id, block, registry_code_size, owner, changed, events: Vec::new(), newest })
}

/// All events, oldest first. Each block's first event names the block before it, so the walk goes backwards and ends: at
/// the first change, or where the events are known of an earlier block.
async fn history(
    session: &Session<'_>,
    at: &At,
    (registry, identity): (Address, Address),
    recorded: &DidEthrReading,
    earlier: Option<&DidEthrReading>,
) -> Result<Vec<DidEvent>, Unavailable> {
    // What cannot be read leads to no event; what it means is not for this file to say.
    let last = |reading: &DidEthrReading| reading.changed.number().unwrap_or_default();
    let mut blocks: Vec<Vec<DidEvent>> = Vec::new();
    let (mut block, mut count) = (last(recorded), 0);
    while block != 0 {
        if let Some(earlier) = earlier.filter(|earlier| last(earlier) == block) {
            blocks.push(earlier.events.clone());
            break;
        }
        if block > at.block.number {
            return Err(session.not_an_answer(format!("a change in block {block} is later than the block asked for")));
        }
        let mut events = events_of(session, at, registry, identity, block).await?;
        events.sort_by_key(|event| event.log_index);
        let before = events.iter().map(|event| event.previous_change).min().ok_or_else(|| {
            session.not_an_answer(format!("the logs of block {block} lack the change that the registry names there"))
        })?;
        if before >= block {
            return Err(session.not_an_answer(format!("the changes of block {block} name no earlier one")));
        }
        count += events.len();
        if count > MOST_EVENTS {
            return Err(too_many_changes(session));
        }
        blocks.push(events);
        block = before;
    }
    Ok(blocks.into_iter().rev().flatten().collect())
}

async fn events_of(
    session: &Session<'_>,
    at: &At,
    registry: Address,
    identity: Address,
    block: u64,
) -> Result<Vec<DidEvent>, Unavailable> {
    let number = format!("{block:#x}");
    let topic = format!("0x{}", encode_hex(&identity.word()));
    let filter = json!({
        "fromBlock": number, "toBlock": number, "address": registry.to_string(), "topics": [null, topic],
    });
    let mut items = checked(session, &at.block, vec![("eth_getLogs", json!([filter]))]).await?;
    let logs = match items.pop() {
        Some(Ok(logs)) => match logs.read::<First<Object<Log>, MOST_EVENTS>>() {
            Some(logs) => Some(logs.whole().ok_or_else(|| too_many_changes(session))?),
            None => None,
        },
        Some(Err(error)) => {
            return Err(session.refused(format!("the node refused the logs of block {block}"), &error));
        }
        None => None,
    };
    let logs = logs.ok_or_else(|| session.not_an_answer(format!("the node did not give the logs of block {block}")))?;
    let mut events = Vec::with_capacity(logs.len());
    for Object(log) in logs {
        let log = Change::of(log).filter(|log| log.is_of(registry, identity, block));
        let log = log.ok_or_else(|| session.not_an_answer(format!("a log of block {block} is not one asked for")))?;
        match log.event() {
            Some(Ok(event)) => events.push(event),
            Some(Err(())) => {
                return Err(session.not_an_answer(format!("a change in block {block} is not of the registry's form")));
            }
            None => {}
        }
    }
    Ok(events)
}

fn too_many_changes(session: &Session<'_>) -> Unavailable {
    session.not_an_answer(format!("the identity has more than {MOST_EVENTS} changes"))
}

/// A log with all that an event needs.
struct Change {
    address: Address,
    topics: Vec<Digest32>,
    data: Vec<u8>,
    block: u64,
    index: u64,
}

impl Change {
    fn of(log: Log) -> Option<Self> {
        if log.removed == Some(true) {
            return None;
        }
        Some(Self {
            address: log.address?,
            topics: log.topics?.whole()?,
            data: log.data?.0,
            block: log.block_number?.0,
            index: log.log_index?.0,
        })
    }

    fn is_of(&self, registry: Address, identity: Address, block: u64) -> bool {
        self.address == registry
            && self.block == block
            && self.topics.get(1).is_some_and(|topic| topic.0 == identity.word())
    }

    /// `None` for an event that is none of the three.
    fn event(&self) -> Option<Result<DidEvent, ()>> {
        let read = match self.topics.first()?.0 {
            OWNER_CHANGED => owner_changed(&self.data),
            DELEGATE_CHANGED => delegate_changed(&self.data),
            ATTRIBUTE_CHANGED => attribute_changed(&self.data),
            _ => return None,
        };
        let (change, previous_change) = match read {
            Some(read) => read,
            None => return Some(Err(())),
        };
        Some(Ok(DidEvent { block: self.block, log_index: self.index, previous_change, change }))
    }
}

/// `(address owner, uint previousChange)`.
fn owner_changed(data: &[u8]) -> Option<(DidChange, u64)> {
    let [owner, previous] = words(data)?;
    Some((DidChange::Owner { owner: Address::of_word(owner)? }, word_number(previous)?))
}

/// `(bytes32 delegateType, address delegate, uint validTo, uint previousChange)`.
fn delegate_changed(data: &[u8]) -> Option<(DidChange, u64)> {
    let [kind, delegate, valid_to, previous] = words(data)?;
    let delegate_type = unpadded(kind);
    let change =
        DidChange::Delegate { delegate_type, delegate: Address::of_word(delegate)?, valid_to: saturated(valid_to) };
    Some((change, word_number(previous)?))
}

/// `(bytes32 name, bytes value, uint validTo, uint previousChange)`; the value stands behind the four words.
fn attribute_changed(data: &[u8]) -> Option<(DidChange, u64)> {
    let (head, tail) = data.split_at_checked(4 * 32)?;
    let [name, offset, valid_to, previous] = words(head)?;
    let (length, padded) = tail.split_first_chunk::<32>()?;
    let length = usize::try_from(word_number(length)?).ok()?;
    let value = padded.get(..length)?;
    if word_number(offset)? != 4 * 32 || padded.len() != length.next_multiple_of(32) {
        return None;
    }
    let change = DidChange::Attribute { name: unpadded(name), value: value.to_vec(), valid_to: saturated(valid_to) };
    Some((change, word_number(previous)?))
}

/// Exactly so many words.
fn words<const N: usize>(data: &[u8]) -> Option<[&[u8; 32]; N]> {
    let (words, rest) = data.as_chunks::<32>();
    let words: Vec<&[u8; 32]> = words.iter().collect();
    words.try_into().ok().filter(|_| rest.is_empty())
}

/// The registry adds to the time without a bound.
fn saturated(word: &[u8; 32]) -> u64 {
    word_number(word).unwrap_or(u64::MAX)
}

fn unpadded(word: &[u8; 32]) -> Vec<u8> {
    let length = word.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    word.iter().take(length).copied().collect()
}

/// Far beyond any identity in use; what comes from outside must end.
const MOST_EVENTS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use ethers::abi::{Token, encode};

    fn kind(text: &str) -> Token {
        let mut word = text.as_bytes().to_vec();
        word.resize(32, 0);
        Token::FixedBytes(word)
    }

    #[test]
    fn events_are_read_as_the_abi_writes_them() {
        let owner = encode(&[Token::Address([7; 20].into()), Token::Uint(9.into())]);
        assert_eq!(owner_changed(&owner), Some((DidChange::Owner { owner: Address([7; 20]) }, 9)));
        let forever = Token::Uint(ethers::types::U256::MAX);
        let delegate = encode(&[kind("veriKey"), Token::Address([7; 20].into()), forever, Token::Uint(9.into())]);
        let change =
            DidChange::Delegate { delegate_type: b"veriKey".to_vec(), delegate: Address([7; 20]), valid_to: u64::MAX };
        assert_eq!(delegate_changed(&delegate), Some((change, 9)));
        for length in [0, 1, 31, 32, 33, 64, 65] {
            let value = vec![5; length];
            let values =
                [kind("did/pub/x"), Token::Bytes(value.clone()), Token::Uint(77.into()), Token::Uint(9.into())];
            let change = DidChange::Attribute { name: b"did/pub/x".to_vec(), value, valid_to: 77 };
            assert_eq!(attribute_changed(&encode(&values)), Some((change, 9)), "{length}");
        }
    }

    #[test]
    fn data_of_another_form_is_no_event() {
        let values = [kind("did/pub/x"), Token::Bytes(vec![5; 40]), Token::Uint(77.into()), Token::Uint(9.into())];
        let good = encode(&values);
        for cut in 0..good.len() {
            assert_eq!(attribute_changed(&good[..cut]), None, "{cut}");
        }
        let mut elsewhere = good.clone();
        elsewhere[63] = 0xa0;
        assert_eq!(attribute_changed(&elsewhere), None);
        let mut dirty = encode(&[Token::Address([7; 20].into()), Token::Uint(9.into())]);
        dirty[0] = 1;
        assert_eq!(owner_changed(&dirty), None);
        assert_eq!(owner_changed(&[0; 65]), None);
    }
}
