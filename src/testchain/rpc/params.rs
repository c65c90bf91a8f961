//! Reading what a client asked: the parameters of a method, strictly. What is not understood is refused, never ignored,
//! since an answer to another question than the one that was asked is worse than none.

use serde_json::{Map, Value};

use super::error::RpcError;
use crate::primitives::{Address, Digest32, decode_hex};
use crate::testchain::chain::{AccessListEntry, BlockId, Call, Form, LogBlocks, LogFilter};

/// The positional parameters of one call, read from first to last.
pub(super) struct Params {
    values: std::vec::IntoIter<Value>,
}

/// Reads one kind of value.
pub(super) type Read<T> = fn(&Value) -> Result<T, RpcError>;

impl Params {
    pub(super) fn new(params: Option<Value>) -> Result<Self, RpcError> {
        match params {
            None | Some(Value::Null) => Ok(Self { values: Vec::new().into_iter() }),
            Some(Value::Array(values)) => Ok(Self { values: values.into_iter() }),
            Some(_) => Err(RpcError::params("expected the parameters in a list")),
        }
    }

    pub(super) fn required<T>(&mut self, name: &'static str, read: Read<T>) -> Result<T, RpcError> {
        let value = self.values.next().ok_or_else(|| RpcError::params(format!("missing parameter: {name}")))?;
        read(&value).map_err(|error| error.about(name))
    }

    /// `None` where the parameter is left out or `null`.
    pub(super) fn optional<T>(&mut self, name: &'static str, read: Read<T>) -> Result<Option<T>, RpcError> {
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(&value).map(Some).map_err(|error| error.about(name)),
        }
    }

    /// The block parameter; the newest block where it is left out.
    pub(super) fn block(&mut self) -> Result<BlockId, RpcError> {
        self.optional("block", block_id).map(Option::unwrap_or_default)
    }

    /// There are no more parameters.
    pub(super) fn end(mut self) -> Result<(), RpcError> {
        match self.values.find(|value| !value.is_null()) {
            None => Ok(()),
            Some(_) => Err(RpcError::params("more parameters than this method takes here")),
        }
    }
}

/// The transaction object of `eth_call`, `eth_estimateGas` and `eth_sendTransaction`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub call: Call,
    pub nonce: Option<u64>,
    pub chain: Option<u64>,
    /// The form that the type and the fees ask for.
    pub form: Form,
}

pub(super) fn request(value: &Value) -> Result<Request, RpcError> {
    let fields = Fields::of(value)?;
    fields.only(&[
        "from",
        "to",
        "data",
        "input",
        "value",
        "gas",
        "gasPrice",
        "maxFeePerGas",
        "maxPriorityFeePerGas",
        "nonce",
        "accessList",
        "type",
        "chainId",
    ])?;
    let (data, input) = (fields.read("data", bytes)?, fields.read("input", bytes)?);
    if data.is_some() && input.is_some() && data != input {
        return Err(RpcError::params("data and input differ"));
    }
    let form = form(&fields)?;
    let call = Call {
        from: fields.read("from", address)?.unwrap_or_default(),
        to: fields.read("to", address)?,
        data: input.or(data).unwrap_or_default(),
        value: fields.read("value", amount)?.unwrap_or_default(),
        gas: fields.read("gas", quantity)?,
        gas_price: form.price_cap(),
        access_list: form.access_list().to_vec(),
    };
    Ok(Request { call, nonce: fields.read("nonce", quantity)?, chain: fields.read("chainId", quantity)?, form })
}

fn form(fields: &Fields<'_>) -> Result<Form, RpcError> {
    let number = fields.read("type", quantity)?;
    let access_list = fields.read("accessList", access_list)?.unwrap_or_default();
    let gas_price = fields.read("gasPrice", amount)?;
    let cap = fields.read("maxFeePerGas", amount)?;
    let priority = fields.read("maxPriorityFeePerGas", amount)?;
    let dynamic = cap.is_some() || priority.is_some();
    match number {
        None | Some(2) if gas_price.is_none() => {
            let max_priority_fee_per_gas = priority.unwrap_or_default();
            let max_fee_per_gas = cap.unwrap_or(max_priority_fee_per_gas);
            Ok(Form::DynamicFee { max_fee_per_gas, max_priority_fee_per_gas, access_list })
        }
        None | Some(0) if !dynamic && access_list.is_empty() => {
            Ok(Form::Legacy { gas_price: gas_price.unwrap_or_default() })
        }
        None | Some(1) if !dynamic => Ok(Form::AccessList { gas_price: gas_price.unwrap_or_default(), access_list }),
        Some(0..=2) | None => Err(RpcError::params("the type, the fees and the access list do not go together")),
        Some(_) => Err(RpcError::params("only transactions of type 0x0, 0x1 and 0x2 are taken")),
    }
}

/// Which logs a client asks for. An end of the range that is left out, or a tag, is the newest block, whichever that is
/// when it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AskedLogs {
    blocks: AskedBlocks,
    /// What to select, in any block as far as the heights that were given bound it.
    news: LogFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AskedBlocks {
    Hash(Digest32),
    Range(Option<u64>, Option<u64>),
}

impl AskedLogs {
    /// What to select where `newest` is the newest height.
    pub(super) fn from(&self, newest: u64) -> Result<LogFilter, RpcError> {
        let blocks = match self.blocks {
            AskedBlocks::Hash(hash) => LogBlocks::Hash(hash),
            AskedBlocks::Range(first, last) => {
                let (first, last) = (first.unwrap_or(newest), last.unwrap_or(newest));
                if first > last {
                    return Err(RpcError::params(format!("fromBlock {first} is after toBlock {last}")));
                }
                LogBlocks::Range(first, last)
            }
        };
        Ok(LogFilter { blocks, ..self.news.clone() })
    }

    /// What to select of blocks that are new.
    pub(super) fn news(&self) -> &LogFilter {
        &self.news
    }
}

/// The filter of `eth_getLogs`. `newest` is the height that tags stand for.
pub(super) fn log_filter(value: &Value, newest: u64) -> Result<LogFilter, RpcError> {
    let fields = Fields::of(value)?;
    fields.only(&["fromBlock", "toBlock", "blockHash", "address", "topics"])?;
    let range = (fields.read("fromBlock", block_id)?, fields.read("toBlock", block_id)?);
    let blocks = match (fields.read("blockHash", digest)?, range) {
        (Some(hash), (None, None)) => AskedBlocks::Hash(hash),
        (Some(_), _) => return Err(RpcError::params("blockHash excludes fromBlock and toBlock")),
        (None, (first, last)) => AskedBlocks::Range(height(first)?, height(last)?),
    };
    let news = selection(&fields)?;
    AskedLogs { blocks, news }.from(newest)
}

/// The filter of `eth_newFilter`, which goes on from block to block.
pub(super) fn asked_logs(value: &Value) -> Result<AskedLogs, RpcError> {
    let fields = Fields::of(value)?;
    fields.only(&["fromBlock", "toBlock", "address", "topics"])?;
    let (first, last) = (height(fields.read("fromBlock", block_id)?)?, height(fields.read("toBlock", block_id)?)?);
    if first.zip(last).is_some_and(|(first, last)| first > last) {
        return Err(RpcError::params("fromBlock is after toBlock"));
    }
    let bounds = LogBlocks::Range(first.unwrap_or(0), last.unwrap_or(u64::MAX));
    let news = LogFilter { blocks: bounds, ..selection(&fields)? };
    Ok(AskedLogs { blocks: AskedBlocks::Range(first, last), news })
}

/// The filter of a subscription, which knows no blocks.
pub(super) fn log_choice(value: &Value) -> Result<LogFilter, RpcError> {
    let fields = Fields::of(value)?;
    fields.only(&["address", "topics"])?;
    selection(&fields)
}

fn selection(fields: &Fields<'_>) -> Result<LogFilter, RpcError> {
    let addresses = fields.read("address", |value| one_or_many(value, address))?.unwrap_or_default();
    let topics = fields.read("topics", topics)?.unwrap_or_default();
    Ok(LogFilter { addresses, topics, ..LogFilter::default() })
}

/// `None` for the newest block.
fn height(id: Option<BlockId>) -> Result<Option<u64>, RpcError> {
    match id.unwrap_or_default() {
        BlockId::Latest => Ok(None),
        BlockId::Number(number) => Ok(Some(number)),
        BlockId::Hash(_) => Err(RpcError::params("fromBlock and toBlock are heights or tags")),
    }
}

fn topics(value: &Value) -> Result<Vec<Vec<Digest32>>, RpcError> {
    let places = list(value)?;
    if places.len() > 4 {
        return Err(RpcError::params("a log has at most 4 topics"));
    }
    let place = |value: &Value| if value.is_null() { Ok(Vec::new()) } else { one_or_many(value, digest) };
    places.iter().map(place).collect()
}

/// A tag, a height, a hash, or the object of EIP-1898. `safe`, `finalized` and `pending` are the newest block
/// ([`BlockId::Latest`]).
pub(super) fn block_id(value: &Value) -> Result<BlockId, RpcError> {
    match value {
        Value::Object(_) => {
            let fields = Fields::of(value)?;
            fields.only(&["blockHash", "blockNumber", "requireCanonical"])?;
            // Every block here is canonical.
            fields.read("requireCanonical", boolean)?;
            match (fields.read("blockHash", digest)?, fields.read("blockNumber", quantity)?) {
                (Some(hash), None) => Ok(BlockId::Hash(hash)),
                (None, Some(number)) => Ok(BlockId::Number(number)),
                _ => Err(RpcError::params("expected either blockHash or blockNumber")),
            }
        }
        Value::String(tag) => match tag.as_str() {
            "latest" | "pending" | "safe" | "finalized" => Ok(BlockId::Latest),
            "earliest" => Ok(BlockId::Number(0)),
            hash if hash.len() == 66 => digest(value).map(BlockId::Hash),
            _ => quantity(value).map(BlockId::Number),
        },
        _ => Err(RpcError::params("expected a block: a tag, a height, a hash or an object with one of them")),
    }
}

pub(super) fn address(value: &Value) -> Result<Address, RpcError> {
    let prefixed = text(value)?.strip_prefix("0x").and_then(|digits| decode_hex(digits)?.try_into().ok());
    prefixed.map(Address).ok_or_else(|| RpcError::params("expected an address: 0x and 40 hexadecimal characters"))
}

pub(super) fn digest(value: &Value) -> Result<Digest32, RpcError> {
    let prefixed = text(value)?.strip_prefix("0x").and_then(|digits| decode_hex(digits)?.try_into().ok());
    prefixed.map(Digest32).ok_or_else(|| RpcError::params("expected a hash: 0x and 64 hexadecimal characters"))
}

pub(super) fn bytes(value: &Value) -> Result<Vec<u8>, RpcError> {
    let bytes = text(value)?.strip_prefix("0x").and_then(decode_hex);
    bytes.ok_or_else(|| RpcError::params("expected bytes: 0x and an even number of hexadecimal characters"))
}

/// A storage slot: a number of any length up to 32 bytes.
pub(super) fn slot(value: &Value) -> Result<Digest32, RpcError> {
    let digits = text(value)?.strip_prefix("0x").filter(|digits| (1..=64).contains(&digits.len()));
    let padded = digits.and_then(|digits| decode_hex(&format!("{digits:0>64}"))?.try_into().ok());
    padded
        .map(Digest32)
        .ok_or_else(|| RpcError::params("expected a storage slot: 0x and 1 to 64 hexadecimal characters"))
}

/// The slots of a proof.
pub(super) fn slots(value: &Value) -> Result<Vec<Digest32>, RpcError> {
    const MOST: usize = 1024;
    match list(value)? {
        many if many.len() > MOST => Err(RpcError::params(format!("at most {MOST} slots are proven at once"))),
        few => few.iter().map(slot).collect(),
    }
}

pub(super) fn quantity(value: &Value) -> Result<u64, RpcError> {
    amount(value)?.try_into().map_err(|_| RpcError::params("the number is too large"))
}

/// A number, or a JSON number as some clients send it for counts.
pub(super) fn count(value: &Value) -> Result<u64, RpcError> {
    value.as_u64().map_or_else(|| quantity(value), Ok)
}

pub(super) fn amount(value: &Value) -> Result<u128, RpcError> {
    let digits = text(value)?.strip_prefix("0x").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    match digits.map(|digits| (digits.is_empty(), digits.trim_start_matches('0').len())) {
        None | Some((true, _)) => Err(RpcError::params("expected a number: 0x and hexadecimal characters")),
        Some((false, 33..)) => Err(RpcError::params("the number is too large")),
        Some((false, _)) => u128::from_str_radix(digits.unwrap_or_default(), 16)
            .map_err(|_| RpcError::params("the number is too large")),
    }
}

pub(super) fn boolean(value: &Value) -> Result<bool, RpcError> {
    value.as_bool().ok_or_else(|| RpcError::params("expected true or false"))
}

/// Percentiles from 0 to 100, in ascending order.
pub(super) fn percentiles(value: &Value) -> Result<Vec<f64>, RpcError> {
    let values = list(value)?.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
    values
        .filter(|values| values.len() <= 100 && values.iter().all(|p| (0.0..=100.0).contains(p)) && values.is_sorted())
        .ok_or_else(|| RpcError::params("expected at most 100 percentiles from 0 to 100 in ascending order"))
}

fn access_list(value: &Value) -> Result<Vec<AccessListEntry>, RpcError> {
    let entry = |value: &Value| {
        let fields = Fields::of(value)?;
        fields.only(&["address", "storageKeys"])?;
        let entry_address = fields.read("address", address)?;
        let storage_keys = fields.read("storageKeys", |keys| list(keys)?.iter().map(digest).collect())?;
        Ok(AccessListEntry {
            address: entry_address.ok_or_else(|| RpcError::params("an access list entry needs an address"))?,
            storage_keys: storage_keys.unwrap_or_default(),
        })
    };
    list(value)?.iter().map(entry).collect()
}

fn one_or_many<T>(value: &Value, read: Read<T>) -> Result<Vec<T>, RpcError> {
    match value {
        Value::Array(values) if values.len() > MAX_CHOICES => Err(RpcError::params("too many values in a list")),
        Value::Array(values) => values.iter().map(read).collect(),
        one => Ok(vec![read(one)?]),
    }
}

fn list(value: &Value) -> Result<&Vec<Value>, RpcError> {
    value.as_array().ok_or_else(|| RpcError::params("expected a list"))
}

pub(super) fn text(value: &Value) -> Result<&str, RpcError> {
    value.as_str().ok_or_else(|| RpcError::params("expected a text with 0x"))
}

/// The members of an object.
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn of(value: &'a Value) -> Result<Self, RpcError> {
        value.as_object().map(Self).ok_or_else(|| RpcError::params("expected an object"))
    }

    /// No member but these.
    fn only(&self, known: &[&str]) -> Result<(), RpcError> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let shown: String = key.chars().take(40).collect();
                Err(RpcError::params(format!("this chain does not understand the member {shown:?}")))
            }
        }
    }

    fn read<T>(&self, name: &'static str, read: Read<T>) -> Result<Option<T>, RpcError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).map_err(|error| error.about(name)),
        }
    }
}

/// The most addresses, or topics in one place, of a filter.
const MAX_CHOICES: usize = 1000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_is_a_tag_a_height_a_hash_or_an_object_and_nothing_else() {
        let hash = format!("0x{}", "ab".repeat(32));
        for (value, wanted) in [
            (json!("latest"), BlockId::Latest),
            (json!("finalized"), BlockId::Latest),
            (json!("earliest"), BlockId::Number(0)),
            (json!("0x1f"), BlockId::Number(31)),
            (json!(hash), BlockId::Hash(Digest32([0xab; 32]))),
            (json!({"blockHash": hash, "requireCanonical": true}), BlockId::Hash(Digest32([0xab; 32]))),
            (json!({"blockNumber": "0x2"}), BlockId::Number(2)),
        ] {
            assert_eq!(block_id(&value).unwrap(), wanted, "{value}");
        }
        for value in [
            json!("newest"),
            json!("0x"),
            json!("12"),
            json!(12),
            json!({}),
            json!({"blockHash": hash, "blockNumber": "0x2"}),
            json!({"blockHash": hash, "requireCanonical": "yes"}),
            json!({"blockHash": hash, "other": 1}),
            json!("0x10000000000000000"),
        ] {
            assert!(block_id(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_range_is_heights_or_tags_in_order_and_a_hash_stands_alone() {
        let hash = format!("0x{}", "ab".repeat(32));
        let blocks = |value: Value| log_filter(&value, 9).map(|filter| filter.blocks).ok();
        assert_eq!(blocks(json!({})), Some(LogBlocks::Range(9, 9)));
        assert_eq!(blocks(json!({"fromBlock": "earliest"})), Some(LogBlocks::Range(0, 9)));
        assert_eq!(blocks(json!({"fromBlock": "0x1", "toBlock": "0xff"})), Some(LogBlocks::Range(1, 255)));
        assert_eq!(blocks(json!({"blockHash": hash})), Some(LogBlocks::Hash(Digest32([0xab; 32]))));
        for value in [
            json!({"fromBlock": "0x5", "toBlock": "0x1"}),
            json!({"blockHash": hash, "toBlock": "0x1"}),
            json!({"fromBlock": hash}),
            json!({"topics": [null, null, null, null, null]}),
            json!({"topics": ["0x12"]}),
            json!({"adress": []}),
        ] {
            assert_eq!(blocks(value.clone()), None, "{value}");
        }
    }

    #[test]
    fn fees_decide_the_form_and_data_has_one_meaning() {
        let form = |value: Value| request(&value).map(|request| request.form).ok();
        let free = Form::DynamicFee { max_fee_per_gas: 0, max_priority_fee_per_gas: 0, access_list: Vec::new() };
        assert_eq!(form(json!({})), Some(free));
        assert_eq!(form(json!({"gasPrice": "0x2"})), Some(Form::Legacy { gas_price: 2 }));
        assert_eq!(form(json!({"type": "0x0"})), Some(Form::Legacy { gas_price: 0 }));
        let listed = json!({"gasPrice": "0x2", "accessList": [{"address": format!("0x{}", "12".repeat(20))}]});
        assert_eq!(form(listed).map(|form| (form.number(), form.access_list().len())), Some((1, 1)));
        let capped = form(json!({"maxFeePerGas": "0x3", "maxPriorityFeePerGas": "0x1"})).unwrap();
        assert_eq!((capped.number(), capped.price_cap(), capped.priority_cap()), (2, 3, Some(1)));
        for value in [
            json!({"gasPrice": "0x2", "maxFeePerGas": "0x3"}),
            json!({"type": "0x2", "gasPrice": "0x2"}),
            json!({"type": "0x3"}),
            json!({"blobs": []}),
            json!({"data": "0x01", "input": "0x02"}),
        ] {
            assert_eq!(form(value.clone()), None, "{value}");
        }
        assert!(form(json!({"data": "0x01", "input": "0x01"})).is_some());
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        assert_eq!(amount(&json!(format!("0x{}", "f".repeat(32)))).unwrap(), u128::MAX);
        assert_eq!(slot(&json!("0x5")).unwrap().0[31], 5);
        for text in ["0x", "", "5", "-0x5", "0x+5", "0xg", &format!("0x1{}", "0".repeat(32))] {
            assert!(amount(&json!(text)).is_err(), "{text}");
        }
    }
}
