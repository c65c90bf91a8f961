//! One account and one signature (checks.md §11.3): the lens for it and, beside it, the account's code. Where the node does
//! not run the lens, the account is asked in a plain call; one that is not deployed yet cannot be asked so.

use serde_json::{Value, json};

use super::at::{At, checked, newest_unread};
use super::lens::control;
use super::registry::{Unseen, ran};
use super::reply::Item;
use super::sight;
use super::transport::{Call, Session};
use super::values::{code, eth_get_code, outcome};
use crate::evidence::{
    AccountReading, AccountSignatureQuestion, AccountSignatureReading, AskedAccount, Cause, Newest, Unavailable,
};
use crate::primitives::{Address, encode_hex, keccak256};

/// The account's share of the second round.
pub(super) fn calls(question: &AccountSignatureQuestion, at: &Value) -> Vec<Call> {
    let data = format!("0x{}", encode_hex(&control::call_data(question)));
    let lens = ("eth_call", json!([{"from": ASKER.to_string(), "data": data}, at]));
    vec![sight::call(question.account, at), eth_get_code(question.account, at), lens]
}

/// The results of [`calls`], and of the same at the newest block.
pub(super) async fn read(
    session: &Session<'_>,
    at: &At,
    question: &AccountSignatureQuestion,
    items: Vec<Item>,
    newest: Vec<Item>,
) -> Result<AccountSignatureReading, Unavailable> {
    let mut reading = reading(session, at, question, items).await?;
    if let Some(at) = at.newest.as_ref().filter(|_| !newest.is_empty()) {
        let latest = self::reading(session, at, question, newest).await;
        reading.newest = Newest::Read(vec![latest.map_err(|why| newest_unread(session, at, &why))?]);
    }
    Ok(reading)
}

async fn reading(
    session: &Session<'_>,
    at: &At,
    question: &AccountSignatureQuestion,
    items: Vec<Item>,
) -> Result<AccountSignatureReading, Unavailable> {
    let mut items = items.into_iter();
    let shown = items.next();
    let code = code(session, items.next())?;
    let (deployed_size, asked) = match lens(session, at, items.next()) {
        Ok(seen) if (seen.size, seen.hash) == (code.len() as u64, keccak256(&code)) => (seen.deployed_size, seen.asked),
        Ok(_) => return Err(session.not_an_answer("the account's code and what it was asked do not belong together")),
        Err(Unseen::NotAnAnswer(why)) => return Err(why),
        Err(Unseen::Refused(_) | Unseen::Nothing) => {
            sight::shown(session, question.account, shown)?;
            (code.len() as u64, plain(session, at, question, &code).await?)
        }
    };
    let account = AccountReading {
        address: question.account,
        code_size: code.len() as u64,
        code_start: code.into_iter().take(AccountReading::CODE_START).collect(),
    };
    let (chain_id, block) = (at.chain.get(), at.block.clone());
    Ok(AccountSignatureReading { chain_id, block, account, deployed_size, asked, newest: at.nothing_newer() })
}

/// What the lens showed, held against chain and block.
fn lens(session: &Session<'_>, at: &At, item: Option<Item>) -> Result<control::Asked, Unseen> {
    let answer = ran(item)?;
    let seen = answer.bytes().and_then(|answer| control::decoded(&answer));
    let seen =
        seen.ok_or_else(|| session.not_an_answer("what an account was asked is not of the form that was asked for"));
    let seen = seen.map_err(Unseen::NotAnAnswer)?;
    if seen.chain != at.chain.get() {
        let detail = format!("asked for chain {}, the call ran on chain {}", at.chain, seen.chain);
        return Err(Unseen::NotAnAnswer(session.unavailable(Cause::WrongChain, detail)));
    }
    if (seen.number, seen.timestamp) != (at.block.number, at.block.timestamp) {
        let detail = format!("the account was asked at block {} instead of block {}", seen.number, at.block.number);
        return Err(Unseen::NotAnAnswer(session.unavailable(Cause::BlockVanished, detail)));
    }
    Ok(seen)
}

async fn plain(
    session: &Session<'_>,
    at: &At,
    question: &AccountSignatureQuestion,
    code: &[u8],
) -> Result<AskedAccount, Unavailable> {
    if code.is_empty() {
        return match question.deployment {
            None => Ok(AskedAccount::NotAsked),
            Some(_) => Err(session.not_an_answer(
                "it does not run calls without destination, and an account that is not deployed yet is asked in one",
            )),
        };
    }
    let call = json!({
        "from": ASKER.to_string(), "to": question.account.to_string(), "gas": format!("{ASK_GAS:#x}"),
        "data": format!("0x{}", encode_hex(&is_valid_signature(question))),
    });
    let mut items = checked(session, &at.block, vec![("eth_call", json!([call, at.form]))]).await?;
    let item = items.pop().ok_or_else(|| session.not_an_answer("a call of the batch was left unanswered"))?;
    let mut answer = outcome(session, item)?;
    answer.data.truncate(LONGEST_ANSWER);
    Ok(AskedAccount::Answered(answer))
}

/// `isValidSignature(bytes32,bytes)` (ERC-1271).
fn is_valid_signature(question: &AccountSignatureQuestion) -> Vec<u8> {
    let word = |number: usize| {
        let mut word = [0; 32];
        word[24..].copy_from_slice(&(number as u64).to_be_bytes());
        word
    };
    let mut data = vec![0x16, 0x26, 0xba, 0x7e];
    data.extend(question.digest.0);
    data.extend(word(64));
    data.extend(word(question.signature.len()));
    data.extend(&question.signature);
    data.resize(4 + (data.len() - 4).next_multiple_of(32), 0);
    data
}

/// Who seems to ask. Some contracts take the zero address, in whose name calls are usually made, for a simulation in which
/// everything is right. Nobody has the key of this one: it is a text.
const ASKER: Address = Address(*b"ebl proof of control");
/// As the lens gives, with what a transaction costs before it runs.
const ASK_GAS: u64 = 3_500_000;
/// As the lens cuts.
const LONGEST_ANSWER: usize = 64;
