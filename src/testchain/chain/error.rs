//! Why the chain did not do or answer something.

use super::BlockId;
use super::transaction::TransactionError;
use crate::primitives::{Address, ChainId, Digest32};

/// Why the chain did not do or answer something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Not one of the development accounts, so nothing can be signed for it.
    #[error("no key is known for {0}: use one of the development accounts or send a signed transaction")]
    UnknownAccount(Address),
    /// Not a transaction.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// The transaction is for another chain.
    #[error("the transaction is for chain {found}, this is chain {wanted}")]
    OtherChain {
        /// The transaction's.
        found: ChainId,
        /// This chain's.
        wanted: ChainId,
    },
    /// The transaction is not the sender's next. There is no queue here: one that comes too early is refused.
    #[error("nonce too {}: the transaction has {found}, the sender's next is {expected}", if found < expected { "low" } else { "high" })]
    Nonce {
        /// The transaction's.
        found: u64,
        /// The sender's next.
        expected: u64,
    },
    /// The sender cannot pay.
    #[error("insufficient funds for gas * price + value: the sender has {0} wei")]
    Funds(u128),
    /// The EVM does not start it: too little gas, code that is too long and the like.
    #[error("not executable: {0}")]
    NotExecutable(String),
    /// The execution ended with `REVERT`.
    #[error("execution reverted{}", reason(.0).map(|reason| format!(": {reason}")).unwrap_or_default())]
    Reverted(Vec<u8>),
    /// The execution broke off: out of gas, invalid instruction and the like.
    #[error("the execution broke off: {0}")]
    Halted(String),
    /// There is no such block yet.
    #[error("block {number} is not there: the newest is {newest}")]
    NoSuchNumber {
        /// The block asked for.
        number: u64,
        /// The newest block.
        newest: u64,
    },
    /// There is no block with this hash.
    #[error("no block has the hash {0}")]
    NoSuchHash(Digest32),
    /// The state of an old block is no longer kept.
    #[error("the state of block {number} is no longer kept: the oldest is that of block {oldest}")]
    StateForgotten {
        /// The block asked for.
        number: u64,
        /// The oldest block whose state is kept.
        oldest: u64,
    },
    /// A query selects more logs than one answer may have.
    #[error("the query selects more than {0} logs: ask for a smaller range of blocks")]
    TooManyLogs(usize),
    /// The next block cannot have this time.
    #[error("block time {asked} cannot be: it must be from {earliest} to {latest}")]
    Time {
        /// The time asked for.
        asked: u64,
        /// One second after the newest block.
        earliest: u64,
        /// The end of the calendar.
        latest: u64,
    },
    /// The chain has as many blocks as it can have.
    #[error("the chain has reached its {0} blocks: start a new one")]
    Full(usize),
}

impl ChainError {
    pub(super) fn no_such_block(id: BlockId, newest: u64) -> Self {
        match id {
            BlockId::Hash(hash) => Self::NoSuchHash(hash),
            BlockId::Number(number) => Self::NoSuchNumber { number, newest },
            BlockId::Latest => Self::NoSuchNumber { number: newest, newest },
        }
    }
}

/// The text of `Error(string)` or the number of `Panic(uint256)` in revert data.
fn reason(data: &[u8]) -> Option<String> {
    use ethers::abi::{ParamType, Token, decode};
    let (selector, arguments) = data.split_first_chunk()?;
    match selector {
        [0x08, 0xc3, 0x79, 0xa0] => match decode(&[ParamType::String], arguments).ok()?.pop()? {
            Token::String(text) => Some(text.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()),
            _ => None,
        },
        [0x4e, 0x48, 0x7b, 0x71] => match decode(&[ParamType::Uint(256)], arguments).ok()?.pop()? {
            Token::Uint(code) => Some(format!("panic {code:#x}")),
            _ => None,
        },
        _ => None,
    }
}

const MAX_REASON: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_where_there_is_one() {
        let mut error = vec![0x08, 0xc3, 0x79, 0xa0];
        error.extend(ethers::abi::encode(&[ethers::abi::Token::String("not\u{7} minted".into())]));
        let mut panic = vec![0x4e, 0x48, 0x7b, 0x71];
        panic.extend(ethers::abi::encode(&[ethers::abi::Token::Uint(0x11.into())]));
        for (data, text) in [
            (error.clone(), "execution reverted: not minted"),
            (panic, "execution reverted: panic 0x11"),
            (error[..20].to_vec(), "execution reverted"),
            (Vec::new(), "execution reverted"),
        ] {
            assert_eq!(ChainError::Reverted(data).to_string(), text);
        }
    }
}
