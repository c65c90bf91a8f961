//! A chain of one block with one registry and one title, answered over JSON-RPC by the lens and by plain calls alike.
//! What a test wants to be wrong it changes: in the state, or call by call.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use ebl_verifier::primitives::{Address, TokenId, decode_hex, encode_hex, keccak256};
use ethers::abi::{Token, encode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::rpc_server::{Reply, Request};

pub const REGISTRY: Address = Address([0x11; 20]);
pub const FACTORY: Address = Address([0x22; 20]);
pub const IMPLEMENTATION: Address = Address([0x33; 20]);
pub const HOLDER: Address = Address([0x44; 20]);

/// The outcome of one JSON-RPC call.
pub type Outcome = Result<Value, Value>;

#[derive(Debug, Clone)]
pub struct Node {
    pub chain: u64,
    /// Chain id inside the lens.
    pub lens_chain: u64,
    pub number: u64,
    pub hash: [u8; 32],
    pub timestamp: u64,
    pub codes: BTreeMap<Address, Vec<u8>>,
    /// Answers by destination and the first bytes of the call data.
    pub calls: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
    /// ERC-1967 implementation, admin, beacon.
    pub slots: [[u8; 32]; 3],
    pub lens: Lens,
}

/// What the node does with a call without destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lens {
    Runs,
    Refused,
    CutShort,
    /// The registry's code hash is of other code.
    OfOtherCode,
}

/// Eleven minutes before the test began: no endpoint with such a block is behind.
pub fn recent() -> u64 {
    static BEGAN: OnceLock<u64> = OnceLock::new();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    *BEGAN.get_or_init(now) - 660
}

impl Node {
    /// A private build of v5 with a live title: its code is in no table, its answers hold together.
    pub fn live(token: TokenId) -> Self {
        let escrow = escrow(token);
        let mut calls = BTreeMap::new();
        let mut answer = |to: Address, data: u32, word: [u8; 32]| {
            calls.insert((to, data.to_be_bytes().to_vec()), word.to_vec());
        };
        answer(REGISTRY, 0x01ff_c9a7, number(0));
        answer(REGISTRY, 0x6352_211e, word(escrow));
        answer(REGISTRY, 0x3256_89f9, word(FACTORY));
        answer(REGISTRY, 0xa7f0_b3de, number(3));
        answer(REGISTRY, 0x5c97_5abb, number(0));
        answer(FACTORY, 0x5c60_da1b, word(IMPLEMENTATION));
        answer(escrow, 0x7b10_3999, word(REGISTRY));
        answer(escrow, 0x17d7_0f7c, token.0);
        for (getter, party) in [
            (0x38af_3eed, HOLDER),
            (0xe534_155d, HOLDER),
            (0x20f9_9c0a, ZERO),
            (0xbd1d_07b5, ZERO),
            (0x035a_edfa, ZERO),
        ] {
            answer(escrow, getter, word(party));
        }
        answer(escrow, 0x02fb_0c5e, number(1));
        answer(escrow, 0xc943_7e5e, number(1));
        calls.insert((escrow, 0xa47d_1f5eu32.to_be_bytes().to_vec()), encode(&[Token::Bytes(Vec::new())]));
        calls.insert((REGISTRY, interface([0xb8, 0x95, 0x09, 0x77])), number(1).to_vec());
        let clone = [&CLONE_HEAD, IMPLEMENTATION.0.as_slice(), &CLONE_TAIL].concat();
        let codes =
            [(REGISTRY, vec![0x60; 700]), (FACTORY, vec![0x61; 30]), (IMPLEMENTATION, vec![0x62; 40]), (escrow, clone)];
        Self {
            chain: 31337,
            lens_chain: 31337,
            number: 0x64,
            hash: [0xb1; 32],
            timestamp: recent(),
            codes: codes.into(),
            calls,
            slots: [[0; 32]; 3],
            lens: Lens::Runs,
        }
    }

    /// Replaces the answer of one getter of the escrow.
    pub fn escrow_says(&mut self, token: TokenId, getter: u32, answer: [u8; 32]) {
        self.calls.insert((escrow(token), getter.to_be_bytes().to_vec()), answer.to_vec());
    }

    pub fn reply(&self, request: &Request) -> Reply {
        self.reply_but(request, |_, _| None)
    }

    /// As [`Node::reply`], except where `twist` has its own outcome for a method and its parameters.
    pub fn reply_but(&self, request: &Request, mut twist: impl FnMut(&str, &Value) -> Option<Outcome>) -> Reply {
        let mut one = |call: &Value| {
            let (method, params) = (call["method"].as_str().expect("a method"), &call["params"]);
            match twist(method, params).unwrap_or_else(|| self.call(method, params)) {
                Ok(result) => json!({"jsonrpc": "2.0", "id": call["id"], "result": result}),
                Err(error) => json!({"jsonrpc": "2.0", "id": call["id"], "error": error}),
            }
        };
        Reply::json(&match &request.body {
            Value::Array(calls) => calls.iter().map(one).collect(),
            call => one(call),
        })
    }

    pub fn header(&self) -> Value {
        json!({
            "number": format!("{:#x}", self.number),
            "hash": hex(&self.hash),
            "timestamp": format!("{:#x}", self.timestamp),
        })
    }

    pub fn call(&self, method: &str, params: &Value) -> Outcome {
        let address = |value: &Value| value.as_str().and_then(|text| text.parse::<Address>().ok());
        Ok(match method {
            "eth_chainId" => json!(format!("{:#x}", self.chain)),
            "eth_getBlockByHash" if params[0] == hex(&self.hash) => self.header(),
            "eth_getBlockByNumber"
                if ["latest", "safe", "finalized"].contains(&params[0].as_str().unwrap_or_default())
                    || params[0] == format!("{:#x}", self.number) =>
            {
                self.header()
            }
            "eth_getBlockByHash" | "eth_getBlockByNumber" => Value::Null,
            "eth_getCode" => json!(hex(&self.code(address(&params[0]).expect("an address")))),
            "eth_getStorageAt" => {
                let slot = SLOTS.iter().position(|slot| params[1].as_str().is_some_and(|text| text.starts_with(slot)));
                json!(hex(&self.slots[slot.expect("a known slot")]))
            }
            "eth_call" => match address(&params[0]["to"]) {
                Some(to) => {
                    let data = params[0]["data"].as_str().and_then(decode_hex).expect("data");
                    return match self.at(to, &data) {
                        (true, data) => Ok(json!(hex(&data))),
                        (false, data) => Err(json!({"code": 3, "message": "execution reverted", "data": hex(&data)})),
                    };
                }
                None => {
                    let data = params[0]["data"].as_str().and_then(decode_hex).expect("data");
                    let token = TokenId(*data.last_chunk().expect("a token"));
                    return self.lens(token);
                }
            },
            other => return Err(json!({"code": -32601, "message": format!("no method {other}")})),
        })
    }

    fn code(&self, of: Address) -> Vec<u8> {
        self.codes.get(&of).cloned().unwrap_or_default()
    }

    /// The answer to the longest known beginning of `data`; accounts without code answer with nothing.
    fn at(&self, to: Address, data: &[u8]) -> (bool, Vec<u8>) {
        if to == SHA_256 {
            return (true, Sha256::digest(data).to_vec());
        }
        if self.code(to).is_empty() {
            return (true, Vec::new());
        }
        let known = (4..=data.len()).rev().find_map(|length| self.calls.get(&(to, data[..length].to_vec())));
        known.map_or((false, Vec::new()), |answer| (true, answer.clone()))
    }

    /// What `Lens.sol` returns on this state.
    fn lens(&self, token: TokenId) -> Outcome {
        let ask = |to: Address, data: &[u8]| {
            let (ok, mut data) = self.at(to, data);
            data.truncate(960);
            Token::Tuple(vec![Token::Bool(ok), Token::Bytes(data)])
        };
        let escrow = escrow(token);
        let mut calls: Vec<Token> = INTERFACES.iter().map(|id| ask(REGISTRY, &interface(*id))).collect();
        calls.push(ask(REGISTRY, &[&[0x63, 0x52, 0x21, 0x1e], token.0.as_slice()].concat()));
        calls.extend([0x3256_89f9u32, 0xa7f0_b3de, 0x5c97_5abb].map(|getter| ask(REGISTRY, &getter.to_be_bytes())));
        calls.push(ask(FACTORY, &0x5c60_da1bu32.to_be_bytes()));
        calls.extend(ESCROW_GETTERS.map(|getter| ask(escrow, &getter.to_be_bytes())));
        let mut registry = self.code(REGISTRY);
        let size = registry.len();
        if self.lens == Lens::OfOtherCode {
            registry[0] ^= 1;
        }
        let answer = encode(&[Token::Tuple(vec![
            uint(self.lens_chain),
            uint(self.number),
            uint(self.timestamp),
            uint(size as u64),
            Token::FixedBytes(keccak256(&registry).0.to_vec()),
            Token::FixedArray(vec![
                facts(ZERO, None),
                facts(FACTORY, Some(self.code(FACTORY))),
                facts(IMPLEMENTATION, Some(self.code(IMPLEMENTATION))),
            ]),
            Token::Address(escrow.0.into()),
            Token::Bytes(self.code(escrow).into_iter().take(45).collect()),
            uint(self.code(escrow).len() as u64),
            Token::Array(calls),
        ])]);
        match self.lens {
            Lens::Refused => Err(json!({"code": -32602, "message": "missing destination"})),
            Lens::CutShort => Ok(json!(hex(&answer[..answer.len() - 32]))),
            Lens::Runs | Lens::OfOtherCode => Ok(json!(hex(&answer))),
        }
    }
}

/// CREATE2 of factory, registry, token and implementation (chain.md §1.9).
pub fn escrow(token: TokenId) -> Address {
    let salt = keccak256([REGISTRY.0.as_slice(), &token.0].concat());
    let head = [0x3d, 0x60, 0x2d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3];
    let creation = keccak256([&head, CLONE_HEAD.as_slice(), &IMPLEMENTATION.0, &CLONE_TAIL].concat());
    let hash = keccak256([&[0xff], FACTORY.0.as_slice(), &salt.0, &creation.0].concat());
    Address(*hash.0.last_chunk().expect("20 bytes"))
}

/// An address as one word.
pub fn word(address: Address) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].copy_from_slice(&address.0);
    word
}

pub fn hex(bytes: &[u8]) -> String {
    format!("0x{}", encode_hex(bytes))
}

fn number(value: u8) -> [u8; 32] {
    let mut word = [0; 32];
    word[31] = value;
    word
}

fn uint(value: u64) -> Token {
    Token::Uint(value.into())
}

fn interface(id: [u8; 4]) -> Vec<u8> {
    let mut data = [[0x01, 0xff, 0xc9, 0xa7], id].concat();
    data.resize(36, 0);
    data
}

/// The codes of this chain end in repeated bytes, which are longer than any metadata they could be the length of.
fn facts(address: Address, code: Option<Vec<u8>>) -> Token {
    let (size, hash) = code.map_or((0, [0; 32]), |code| (code.len() as u64, keccak256(code).0));
    let hash = Token::FixedBytes(hash.to_vec());
    Token::Tuple(vec![Token::Address(address.0.into()), uint(size), hash.clone(), hash])
}

/// The precompile, by which an endpoint shows that it runs calls.
const SHA_256: Address = Address([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
const ZERO: Address = Address([0; 20]);
const CLONE_HEAD: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
const CLONE_TAIL: [u8; 15] = [0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3];
const SLOTS: [&str; 3] = ["0x360894a1", "0xb5312768", "0xa3f0ad74"];
const INTERFACES: [[u8; 4]; 6] = [
    [0xff; 4],
    [0xb8, 0x95, 0x09, 0x77],
    [0x30, 0x4a, 0xd1, 0xf2],
    [0x80, 0xac, 0x58, 0xcd],
    [0x9f, 0x9e, 0x69, 0xf3],
    [0x14, 0xac, 0x11, 0xd9],
];
const ESCROW_GETTERS: [u32; 10] = [
    0x7b10_3999,
    0x17d7_0f7c,
    0x38af_3eed,
    0xe534_155d,
    0x20f9_9c0a,
    0x02fb_0c5e,
    0xc943_7e5e,
    0xbd1d_07b5,
    0x035a_edfa,
    0xa47d_1f5e,
];
