//! What a client on a WebSocket wants to be told unasked (`eth_subscribe`): a list of interests and a place in the chain
//! up to which everything was told. Nothing waits in memory for a client that is slow: its messages are made when it has
//! taken those before.

use serde_json::{Value, json};

use super::error::{LIMIT, RpcError};
use super::filters::Ids;
use super::params::{Params, boolean, log_choice, text};
use super::wire;
use crate::testchain::chain::{Block, Chain, LogFilter};

/// The subscriptions of one WebSocket.
pub(super) struct Subscriptions {
    ids: Ids,
    kept: Vec<Subscription>,
    /// The serial number of the last block of which everything was told.
    told: u64,
    /// How much was told of a block after that.
    within: Within,
}

#[derive(Clone, Copy, Default)]
struct Within {
    block: u64,
    subscription: usize,
    messages: usize,
}

struct Subscription {
    id: u64,
    kind: Kind,
    /// The serial number of the newest block when it began.
    after: u64,
}

enum Kind {
    Heads,
    TransactionHashes,
    Transactions,
    Logs(LogFilter),
}

impl Subscriptions {
    /// None yet; the newest block has the serial number `told`.
    pub(super) fn new(told: u64) -> Self {
        Self { ids: Ids::default(), kept: Vec::new(), told, within: Within::default() }
    }

    /// `eth_subscribe`.
    pub(super) fn subscribe(&mut self, mut params: Params, chain: &Chain) -> Result<Value, RpcError> {
        let name = params.required("subscription", |value| Ok(text(value)?.to_owned()))?;
        let kind = match name.as_str() {
            "newHeads" => Kind::Heads,
            "newPendingTransactions" => match params.optional("full", boolean)? {
                Some(true) => Kind::Transactions,
                _ => Kind::TransactionHashes,
            },
            "logs" => Kind::Logs(params.optional("filter", log_choice)?.unwrap_or_default()),
            _ => {
                let why = "subscription: expected newHeads, logs or newPendingTransactions";
                return Err(RpcError::params(why));
            }
        };
        params.end()?;
        if self.kept.len() >= MAX_SUBSCRIPTIONS {
            let why = format!("a WebSocket has at most {MAX_SUBSCRIPTIONS} subscriptions");
            return Err(RpcError::new(LIMIT, why));
        }
        let id = self.ids.next();
        self.kept.push(Subscription { id, kind, after: chain.serial() });
        Ok(wire::number(id).into())
    }

    /// Whether there was one.
    pub(super) fn unsubscribe(&mut self, id: u64) -> bool {
        let place = self.kept.iter().position(|subscription| subscription.id == id);
        place.map(|place| self.kept.remove(place)).is_some()
    }

    /// The next messages about blocks up to `until`, a handful at a time; none where all were told.
    pub(super) fn news(&mut self, chain: &Chain, until: u64) -> Vec<String> {
        let mut messages = Vec::new();
        for (serial, block) in chain.blocks_after(self.told).take_while(|(serial, _)| *serial <= until) {
            if self.within.block != serial {
                self.within = Within { block: serial, ..Within::default() };
            }
            while let Some(subscription) = self.kept.get(self.within.subscription) {
                let room = AT_ONCE - messages.len();
                let before = messages.len();
                if subscription.after < serial {
                    let news = subscription.kind.news(block).skip(self.within.messages).take(room);
                    messages.extend(news.map(|news| notification(subscription.id, &news)));
                }
                if messages.len() >= AT_ONCE {
                    self.within.messages += messages.len() - before;
                    return messages;
                }
                self.within = Within { subscription: self.within.subscription + 1, messages: 0, ..self.within };
            }
            self.told = serial;
        }
        self.told = self.told.max(until);
        messages
    }
}

impl Kind {
    fn news<'a>(&'a self, block: &'a Block) -> Box<dyn Iterator<Item = Value> + 'a> {
        let mined = block.mined.iter();
        match self {
            Self::Heads => Box::new(std::iter::once_with(|| wire::head(block))),
            Self::TransactionHashes => Box::new(mined.map(|mined| json!(mined.transaction.hash))),
            Self::Transactions => Box::new(mined.map(wire::transaction)),
            Self::Logs(filter) => Box::new(filter.select(block).map(wire::log)),
        }
    }
}

fn notification(id: u64, news: &Value) -> String {
    let params = json!({"subscription": wire::number(id), "result": news});
    json!({"jsonrpc": "2.0", "method": "eth_subscription", "params": params}).to_string()
}

/// The most subscriptions of one WebSocket.
pub(super) const MAX_SUBSCRIPTIONS: usize = 64;
/// How many messages are made before the client has to take them.
const AT_ONCE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::{ChainId, decode_hex};
    use crate::testchain::accounts::DEV_ACCOUNTS;

    fn subscribe(subscriptions: &mut Subscriptions, params: Value, chain: &Chain) -> Result<Value, RpcError> {
        subscriptions.subscribe(Params::new(Some(params)).unwrap(), chain)
    }

    #[test]
    fn a_block_with_many_logs_is_told_in_parts_and_whole() {
        let mut chain = Chain::new(ChainId::try_from(5).unwrap(), 0);
        let mut subscriptions = Subscriptions::new(chain.serial());
        subscribe(&mut subscriptions, json!(["logs"]), &chain).unwrap();
        // Writes 600 empty logs in its creation code.
        let many = decode_hex("6102585b5f5fa0600190038060035700").unwrap();
        chain.deploy(DEV_ACCOUNTS[0].address, &many).unwrap();
        subscribe(&mut subscriptions, json!(["newHeads"]), &chain).unwrap();
        chain.mine().unwrap();
        let mut told = Vec::new();
        loop {
            let messages = subscriptions.news(&chain, chain.serial());
            assert!(messages.len() <= AT_ONCE);
            if messages.is_empty() {
                break;
            }
            told.extend(messages.into_iter().map(|text| serde_json::from_str::<Value>(&text).unwrap()));
        }
        let of: Vec<_> = told.iter().map(|message| &message["params"]["result"]).collect();
        let numbers: Vec<u64> = (0..600).collect();
        let found: Vec<u64> = of[..600]
            .iter()
            .map(|log| u64::from_str_radix(&log["logIndex"].as_str().unwrap()[2..], 16).unwrap())
            .collect();
        assert_eq!(found, numbers);
        // The second subscription began after the first block.
        assert_eq!((of.len(), &of[600]["number"]), (601, &json!("0x2")));
    }

    #[test]
    fn subscriptions_are_few_and_end_when_told() {
        let mut chain = Chain::new(ChainId::try_from(5).unwrap(), 0);
        let mut subscriptions = Subscriptions::new(chain.serial());
        for _ in 0..MAX_SUBSCRIPTIONS {
            subscribe(&mut subscriptions, json!(["newPendingTransactions"]), &chain).unwrap();
        }
        let refused = subscribe(&mut subscriptions, json!(["newHeads"]), &chain);
        assert_eq!(refused.map_err(|error| error.code), Err(LIMIT));
        let id = subscriptions.kept[0].id;
        assert!(subscriptions.unsubscribe(id) && !subscriptions.unsubscribe(id));
        chain.mine().unwrap();
        assert!(subscriptions.news(&chain, chain.serial()).is_empty());
    }
}
