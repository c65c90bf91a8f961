//! Two contracts on one chain that must behave alike: ours, and the genuine one it stands in for.

use std::path::Path;

use ebl_verifier::primitives::{Address, Digest32, decode_hex, encode_hex, keccak256};
use ebl_verifier::testchain::contracts::{Contract, creation_code};
use ethers::abi::{Token, encode};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::anvil::Anvil;
use super::node::{BlockingNode, hex};

/// Two contracts that must behave alike, always addressed by the genuine one. What is done to both is done in the same
/// block, so that block numbers and times agree.
pub struct Twins {
    pub node: BlockingNode,
    _anvil: Anvil,
    accounts: Vec<Address>,
    /// Genuine and ours.
    pairs: Vec<(Address, Address)>,
}

pub type Call = (Address, Address, Vec<u8>);

impl Twins {
    pub fn start(modules: &Path) -> Self {
        let anvil = Anvil::start(modules, &[]);
        let node = BlockingNode::new(anvil.url.clone());
        node.ask("evm_setAutomine", json!([false]));
        let accounts = serde_json::from_value(node.ask("eth_accounts", json!([]))).expect("addresses");
        Self { node, _anvil: anvil, accounts, pairs: Vec::new() }
    }

    /// The deployer and admin, and four others.
    pub fn parties(&self) -> [Address; 5] {
        self.accounts[..5].try_into().expect("five accounts")
    }

    pub fn deploy(&mut self, genuine: &[u8], ours: Contract, arguments: &[Token]) -> Result<Address, Failed> {
        let arguments = encode(arguments);
        let data = [[genuine, &arguments].concat(), creation_code(ours, &self.to_ours(&arguments))];
        let receipts = self.mine(data.map(|data| json!({"from": self.accounts[0], "data": hex(&data)})))?;
        let created = |receipt: &Value| serde_json::from_value::<Address>(receipt["contractAddress"].clone());
        let pair = (created(&receipts[0])?, created(&receipts[1])?);
        self.pairs.extend([pair, (first_created_by(pair.0), first_created_by(pair.1))]);
        self.same_logs(&receipts)?;
        Ok(pair.0)
    }

    pub fn cannot_deploy(&mut self, genuine: &[u8], ours: Contract, arguments: &[Token]) -> Result<(), Failed> {
        let arguments = encode(arguments);
        let data = [[genuine, &arguments].concat(), creation_code(ours, &arguments)];
        let calls = data.map(|data| ("eth_call", json!([{"data": hex(&data)}, "latest"])));
        let replies = self.node.batch(&calls);
        let [genuine, ours] = [outcome(&replies[0])?, outcome(&replies[1])?];
        if !matches!(genuine, Outcome::Revert(_)) {
            return Err("the deployment works".into());
        }
        equal(ours, genuine)
    }

    /// Tries the call on both and compares; then sends it to both and compares the logs.
    pub fn must_work(&mut self, from: Address, to: Address, data: Vec<u8>) -> Result<(), Failed> {
        if let Outcome::Revert(reason) = self.same_answer(from, to, data.clone())? {
            return Err(format!("reverts: {}", String::from_utf8_lossy(&reason)).into());
        }
        let transactions = [(to, data.clone()), (self.ours_of(to), self.to_ours(&data))];
        let receipts = self.mine(
            transactions.map(|(to, data)| json!({"from": from, "to": to, "data": hex(&data), "gas": "0x4c4b40"})),
        )?;
        self.same_logs(&receipts)
    }

    pub fn must_fail(&mut self, from: Address, to: Address, data: Vec<u8>) -> Result<(), Failed> {
        match self.same_answer(from, to, data)? {
            Outcome::Revert(_) => Ok(()),
            Outcome::Answer(_) => Err("works, and must not".into()),
        }
    }

    pub fn same_answers(&mut self, calls: &[Call]) -> Result<(), Failed> {
        self.compare(calls).map(drop)
    }

    fn same_answer(&mut self, from: Address, to: Address, data: Vec<u8>) -> Result<Outcome, Failed> {
        self.compare(&[(from, to, data)])?.pop().ok_or_else(|| "no answer".into())
    }

    /// What our contract answers, equal to the genuine one's.
    pub fn answer(&mut self, to: Address, data: Vec<u8>) -> Result<Vec<u8>, Failed> {
        match self.same_answer(self.accounts[0], to, data)? {
            Outcome::Answer(data) => Ok(data),
            Outcome::Revert(_) => Err("reverts".into()),
        }
    }

    /// An address that each side answers: from now on the two stand for each other. Returns the genuine one.
    pub fn address_answer(&mut self, to: Address, data: Vec<u8>) -> Result<Address, Failed> {
        let calls = [(to, data.clone()), (self.ours_of(to), self.to_ours(&data))];
        let replies =
            self.node.batch(&calls.map(|(to, data)| ("eth_call", json!([{"to": to, "data": hex(&data)}, "latest"]))));
        let address = |reply: &Value| match outcome(reply) {
            Ok(Outcome::Answer(word)) if word.len() == 32 => Ok(Address(word[12..].try_into().expect("20 bytes"))),
            other => Err(Failed::from(format!("no address: {other:?}"))),
        };
        let pair = (address(&replies[0])?, address(&replies[1])?);
        self.pairs.push(pair);
        Ok(pair.0)
    }

    /// Both of the last pair have the same code, up to the addresses in it, and it names `part`.
    pub fn same_code(&mut self, part: Address) -> Result<(), Failed> {
        let &(genuine, ours) = self.pairs.last().ok_or("no pair")?;
        let code = [genuine, ours].map(|account| self.node.ask("eth_getCode", json!([account, "latest"])));
        let [genuine, ours] = code.map(|code| decode_hex(code.as_str().expect("code")).expect("hexadecimal"));
        assert!(encode_hex(&genuine).contains(&encode_hex(&part.0)), "the escrow is a clone of {part}");
        equal(ours, self.to_ours(&genuine))
    }

    /// The address in a storage slot.
    pub fn slot(&self, account: Address, slot: &str) -> Address {
        let word = self.node.ask("eth_getStorageAt", json!([account, slot, "latest"]));
        let word = decode_hex(word.as_str().expect("a word")).expect("hexadecimal");
        Address(word[12..].try_into().expect("20 bytes"))
    }

    fn compare(&mut self, calls: &[Call]) -> Result<Vec<Outcome>, Failed> {
        let mut requests = Vec::with_capacity(calls.len() * 2);
        for (from, to, data) in calls {
            requests.push(("eth_call", json!([{"from": from, "to": to, "data": hex(data)}, "latest"])));
            let (to, data) = (self.ours_of(*to), self.to_ours(data));
            requests.push(("eth_call", json!([{"from": from, "to": to, "data": hex(&data)}, "latest"])));
        }
        let replies = self.node.batch(&requests);
        let mut outcomes = Vec::with_capacity(calls.len());
        let mut differences = Vec::new();
        for ((from, to, data), replies) in calls.iter().zip(replies.chunks_exact(2)) {
            let expected = match outcome(&replies[0])? {
                Outcome::Answer(data) => Outcome::Answer(self.to_ours(&data)),
                Outcome::Revert(data) => Outcome::Revert(self.to_ours(&data)),
            };
            let found = outcome(&replies[1])?;
            if found != expected {
                let data = encode_hex(data);
                differences.push(format!("{data} from {from} to {to}:\n  genuine {expected:?}\n  ours    {found:?}"));
            }
            outcomes.push(found);
        }
        if differences.is_empty() { Ok(outcomes) } else { Err(differences.join("\n").into()) }
    }

    /// Both transactions in one block, which must succeed.
    fn mine(&self, transactions: [Value; 2]) -> Result<[Value; 2], Failed> {
        let mut transactions = transactions;
        for transaction in &mut transactions {
            if transaction["gas"].is_null() {
                transaction["gas"] = json!("0xb71b00");
            }
        }
        let hashes = transactions.map(|transaction| self.node.ask("eth_sendTransaction", json!([transaction])));
        self.node.ask("evm_mine", json!([]));
        let receipts = hashes.map(|hash| self.node.ask("eth_getTransactionReceipt", json!([hash])));
        for receipt in &receipts {
            equal(&receipt["status"], &json!("0x1"))?;
        }
        equal(&receipts[0]["blockHash"], &receipts[1]["blockHash"])?;
        Ok(receipts)
    }

    fn same_logs(&mut self, receipts: &[Value; 2]) -> Result<(), Failed> {
        let facts = |receipt: &Value| -> Vec<String> {
            let logs = receipt["logs"].as_array().expect("logs");
            logs.iter().map(|log| format!("{} {} {}", log["address"], log["topics"], log["data"])).collect()
        };
        let [genuine, ours] = receipts.each_ref().map(facts);
        let expected: Vec<_> = genuine.iter().map(|log| self.text_to_ours(log)).collect();
        if ours == expected {
            return Ok(());
        }
        Err(format!("logs differ:\ngenuine\n  {}\nours\n  {}", expected.join("\n  "), ours.join("\n  ")).into())
    }

    fn ours_of(&self, genuine: Address) -> Address {
        self.pairs.iter().find(|pair| pair.0 == genuine).map_or(genuine, |pair| pair.1)
    }

    fn to_ours(&self, data: &[u8]) -> Vec<u8> {
        decode_hex(&self.text_to_ours(&encode_hex(data))).expect("hexadecimal")
    }

    fn text_to_ours(&self, text: &str) -> String {
        self.pairs
            .iter()
            .fold(text.to_owned(), |text, (genuine, ours)| text.replace(&encode_hex(&genuine.0), &encode_hex(&ours.0)))
    }
}

#[derive(PartialEq, Eq)]
pub enum Outcome {
    Answer(Vec<u8>),
    Revert(Vec<u8>),
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, data) = match self {
            Self::Answer(data) => ("answers", data),
            Self::Revert(data) => ("reverts", data),
        };
        let text: String =
            data.iter().map(|&b| if b.is_ascii_graphic() || b == b' ' { b as char } else { '.' }).collect();
        write!(f, "{kind} {} {text}", encode_hex(data))
    }
}

/// A reply is an answer or revert data; anything else is the node's fault.
fn outcome(reply: &Value) -> Result<Outcome, Failed> {
    if let Some(data) = reply["result"].as_str() {
        return Ok(Outcome::Answer(decode_hex(data).ok_or("hexadecimal")?));
    }
    if reply["error"]["code"] != 3 {
        return Err(format!("neither an answer nor a revert: {reply}").into());
    }
    Ok(Outcome::Revert(decode_hex(reply["error"]["data"].as_str().unwrap_or("0x")).ok_or("hexadecimal")?))
}

/// The address of the first contract that a new contract deploys: keccak of the RLP list of its address and nonce 1.
fn first_created_by(creator: Address) -> Address {
    let hash = keccak256([&[0xd6, 0x94], creator.0.as_slice(), &[1]].concat());
    Address(hash.0[12..].try_into().expect("20 bytes"))
}

/// Every id of chain.md §1.5 and §3, and some that nobody may claim.
pub const INTERFACES: [u32; 33] = [
    0x01ffc9a7, 0xffffffff, 0x00000000, 0x80ac58cd, 0x5b5e139f, 0x7965db0b, 0x95a63a27, 0xb8950977, 0x304ad1f2,
    0x6010a5e7, 0xfe9d9303, 0x5e089da7, 0xc6c3bbe6, 0x42966c68, 0x9bea62ad, 0x3e143f7b, 0x079dff60, 0xdcce2211,
    0x9f9e69f3, 0x1676e9e0, 0x14ac11d9, 0xfcd7c1df, 0xb1262be0, 0x735d3c47, 0x150b7a02, 0x780e9d63, 0xb9391097,
    0xdcfd0745, 0x7bf252b0, 0xb45a3c0e, 0x49064906, 0x7f5828d0, 0x5c60da1b,
];

pub fn supports(interface: u32) -> Vec<u8> {
    call("supportsInterface(bytes4)", &[Token::FixedBytes(interface.to_be_bytes().to_vec())])
}

/// Who has which role.
pub fn role_calls(contract: Address, roles: &[&str], accounts: &[Address]) -> Vec<Call> {
    let roles = roles.iter().map(keccak256).chain([Digest32([0; 32])]);
    let mut calls = Vec::new();
    for role in roles {
        calls.push((accounts[0], contract, call("getRoleAdmin(bytes32)", &[word(role)])));
        for account in accounts {
            let arguments = [word(role), Token::Address(account.0.into())];
            calls.push((accounts[0], contract, call("hasRole(bytes32,address)", &arguments)));
        }
    }
    calls
}

pub fn call(signature: &str, arguments: &[Token]) -> Vec<u8> {
    [&keccak256(signature).0[..4], &encode(arguments)].concat()
}

pub fn word(digest: Digest32) -> Token {
    Token::FixedBytes(digest.0.to_vec())
}

pub fn equal<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("found {found:?}, wanted {wanted:?}").into()) }
}
