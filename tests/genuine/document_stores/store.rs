//! Document stores, ours and the genuine published ones, and what is done with them.

use ebl_verifier::primitives::{Address, Digest32, decode_hex, encode_hex, keccak256};
use ebl_verifier::testchain::contracts::{Contract, creation_code};
use ethers::abi::{Token, encode};
use serde_json::{Value, json};

use super::anvil::{node_modules, script_code};
use super::stage::Stage;
use super::wrapping::Wrapped;

/// A kind of store.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub family: &'static str,
    code: Code,
}

#[derive(Debug)]
enum Code {
    Ours(Contract),
    /// Where the creation code is, and the hash of the runtime code (chain.md §3), whole.
    Published {
        script: &'static str,
        class: &'static str,
        hash: &'static str,
    },
}

/// Whose contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contracts {
    Ours,
    Genuine,
}

impl Contracts {
    pub fn legacy(self) -> &'static Kind {
        match self {
            Self::Ours => &OURS[0],
            Self::Genuine => &GENUINE[1],
        }
    }

    pub fn batchable(self) -> &'static Kind {
        match self {
            Self::Ours => &OURS[1],
            Self::Genuine => &GENUINE[2],
        }
    }

    pub fn transferable(self) -> &'static Kind {
        match self {
            Self::Ours => &OURS[2],
            Self::Genuine => &GENUINE[3],
        }
    }
}

pub const OURS: &[Kind] = &[
    Kind { name: "legacy_store", family: "legacy", code: Code::Ours(Contract::LegacyDocumentStore) },
    Kind { name: "batchable_store", family: "batchable", code: Code::Ours(Contract::BatchableDocumentStore) },
    Kind { name: "transferable_store", family: "transferable", code: Code::Ours(Contract::TransferableDocumentStore) },
];

pub const GENUINE: &[Kind] = &[
    Kind {
        name: "legacy_store_3",
        family: "legacy",
        code: Code::Published {
            script: "ds3/dist/contracts/factories/contracts/DocumentStore__factory.js",
            class: "DocumentStore",
            hash: "0x7fc99d99088ef0ca25e4e38c4ca4ddf98bf90648a9c348bb2fe025333e19195c",
        },
    },
    Kind {
        name: "legacy_store_4",
        family: "legacy",
        code: Code::Published {
            script: "ds4/dist/contracts/factories/DocumentStore__factory.js",
            class: "DocumentStore",
            hash: "0x99d75a785a38c495b9768c931d856dbcdeb166145963e8f69ca0e48091e7a22e",
        },
    },
    Kind {
        name: "batchable_store",
        family: "batchable",
        code: Code::Published {
            script: "@trustvc/document-store/index.mjs",
            class: "DocumentStore",
            hash: "0x44fb38e09dbc865c131ca62373830dd4bfbcb54bd2286df83fa1a184bde9d3f1",
        },
    },
    Kind {
        name: "transferable_store",
        family: "transferable",
        code: Code::Published {
            script: "@trustvc/document-store/index.mjs",
            class: "TransferableDocumentStore",
            hash: "0x4c8c5304659361210ad35c6bbcbff1a5455d22b12addc06aa419269998c47c97",
        },
    },
];

/// Its revocations may carry a reason.
pub static WITH_REASONS: Kind = Kind {
    name: "legacy_store_4_with_reasons",
    family: "legacy",
    code: Code::Published {
        script: "ds4/dist/contracts/factories/DocumentStoreWithRevokeReasons__factory.js",
        class: "DocumentStoreWithRevokeReasons",
        hash: "",
    },
};

/// A store on a stage.
pub struct Store<'s> {
    stage: &'s Stage,
    pub kind: &'static Kind,
    pub address: Address,
}

impl<'s> Store<'s> {
    pub fn deploy(stage: &'s Stage, kind: &'static Kind) -> Self {
        let owner = Token::Address(stage.node.accounts()[0].0.into());
        let name = Token::String("Store".into());
        let arguments = match kind.family {
            "transferable" => encode(&[name.clone(), name, owner]),
            _ => encode(&[name, owner]),
        };
        let code = match &kind.code {
            Code::Ours(contract) => creation_code(*contract, &[]),
            Code::Published { script, class, .. } => script_code(&node_modules().join(script), class),
        };
        Self { stage, kind, address: stage.deploy([code, arguments].concat()) }
    }

    /// The hash that the report must give: the known one, or for our own code what the node says.
    pub fn code_hash(&self) -> String {
        match self.kind.code {
            Code::Published { hash, .. } => hash.to_owned(),
            Code::Ours(_) => {
                let code = self.stage.node.ask("eth_getCode", json!([self.address, "latest"]));
                keccak256(decode_hex(code.as_str().expect("code")).expect("hexadecimal")).to_string()
            }
        }
    }

    pub fn issue(&self, root: Digest32) {
        match self.kind.family {
            "transferable" => {
                let to = Token::Address(self.stage.node.accounts()[1].0.into());
                self.write("issue(address,bytes32,bool)", &[to, word(root), Token::Bool(false)])
            }
            _ => self.write("issue(bytes32)", &[word(root)]),
        };
    }

    /// Revokes the node at this place of the document's path; the block.
    pub fn revoke(&self, document: &Wrapped, place: usize) -> u64 {
        let node = document.path[place];
        let receipt = if self.kind.family == "batchable" {
            let rest = document.proof[place..].iter().copied().map(word).collect();
            let values = [word(document.root()), word(node), Token::Array(rest)];
            self.write("revoke(bytes32,bytes32,bytes32[])", &values)
        } else {
            self.write("revoke(bytes32)", &[word(node)])
        };
        let block = receipt["blockNumber"].as_str().expect("a block");
        u64::from_str_radix(block.trim_start_matches("0x"), 16).expect("a number")
    }

    pub fn is_active(&self, document: &Wrapped) -> Value {
        let proof = Token::Array(document.proof.iter().copied().map(word).collect());
        let data =
            call_data("isActive(bytes32,bytes32,bytes32[])", &[word(document.root()), word(document.target()), proof]);
        let call = json!({"to": self.address, "data": format!("0x{}", encode_hex(&data))});
        self.stage.node.ask("eth_call", json!([call, "latest"]))
    }

    pub fn write(&self, signature: &str, values: &[Token]) -> Value {
        self.stage.send(Some(self.address), &call_data(signature, values))
    }
}

fn call_data(signature: &str, values: &[Token]) -> Vec<u8> {
    [&keccak256(signature).0[..4], encode(values).as_slice()].concat()
}

pub fn word(hash: Digest32) -> Token {
    Token::FixedBytes(hash.0.to_vec())
}
