//! `ebl challenge` against a running `ebl testchain`: its samples, its accounts, and whatever else a test deploys there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ebl_verifier::challenge::Challenge;
use ebl_verifier::primitives::{Address, TokenId, keccak256};
use ebl_verifier::testchain::accounts::dev_account;
use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::Party;
use ebl_verifier::title::Generation;
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};

use super::challenged::{hex, signature};
use super::node::BlockingNode;
use super::running_testchain::Running;
use super::schema;

/// What `ebl` did.
#[derive(Debug)]
pub struct Ran {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

/// A running chain and a folder to work in.
pub struct World {
    pub folder: tempfile::TempDir,
    pub node: BlockingNode,
    pub registry: Address,
    _chain: Running,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (chain, _) = Running::start(&folder.path().join("ebl-testchain"));
        let text = std::fs::read(folder.path().join("ebl-testchain/addresses.json")).unwrap();
        let addresses: Value = serde_json::from_slice(&text).unwrap();
        let node = BlockingNode::new(addresses["rpc"].as_str().unwrap().to_owned());
        let registry = addresses["contracts"]["RegistryV5"]["address"].as_str().unwrap().parse().unwrap();
        Self { folder, node, registry, _chain: chain }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn sample(&self, name: &str) -> String {
        self.path("ebl-testchain").join(name).to_str().unwrap().to_owned()
    }

    /// Runs `ebl challenge`, as somebody who has the chain's settings.
    pub fn challenge(&self, arguments: &[&str]) -> Ran {
        self.challenge_with(arguments, "")
    }

    /// The same with something on standard input.
    pub fn challenge_with(&self, arguments: &[&str], input: &str) -> Ran {
        let config = self.sample("ebl.toml");
        self.ebl(&[&["challenge"], arguments, &["--config", &config]].concat(), input)
    }

    pub fn ebl(&self, arguments: &[&str], input: &str) -> Ran {
        use std::io::Write as _;
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().env("HOME", "/nonexistent");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who reads nothing closes it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { exit: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// A new challenge in `challenge.txt`, to the holder of a sample.
    pub fn challenged(&self, sample: &str) -> Challenge {
        let file = self.sample(sample);
        let ran =
            self.challenge(&["new", &file, "--role", "holder", "--for", "Bank X, case 17", "-o", "challenge.txt"]);
        assert_eq!((ran.exit, ran.out.as_str(), ran.err.as_str()), (0, "", ""), "{ran:?}");
        self.kept()
    }

    /// The challenge that stands in `challenge.txt`.
    pub fn kept(&self) -> Challenge {
        Challenge::read(&std::fs::read(self.path("challenge.txt")).unwrap()).unwrap()
    }

    /// The same, of a token of the registry.
    pub fn challenged_token(&self, token: TokenId) -> Challenge {
        let (registry, token) = (self.registry.to_string(), token.to_string());
        let title = ["--chain-id", "1337", "--registry", &registry, "--token", &token];
        let ran =
            self.challenge(&[&["new", "--role", "holder", "--for", "X", "-o", "challenge.txt"], &title[..]].concat());
        assert_eq!(ran.exit, 0, "{ran:?}");
        self.kept()
    }

    /// The report on `challenge.txt` and a signature, which follows its schema.
    pub fn report(&self, signature: &str, more: &[&str]) -> (i32, Value) {
        let arguments = [&["verify", "challenge.txt", signature, "--format", "json"], more].concat();
        reported(&self.challenge(&arguments))
    }

    /// The report must carry this code.
    pub fn expect(&self, signature: &str, more: &[&str], exit: i32, code: &str) -> Value {
        let (found, report) = self.report(signature, more);
        assert!(found == exit && codes(&report).contains(&code), "wanted {exit} {code}, found {found}: {report:#}");
        report
    }

    /// Issues a new title to this account.
    pub fn mint(&self, number: u8, holder: Address) -> TokenId {
        let token = TokenId([number; 32]);
        let write = TitleWrite::Mint { beneficiary: holder, holder, token, remark: Vec::new() };
        self.send(Party::Carrier, self.registry, &write.call_data(Generation::V5).unwrap());
        token
    }

    pub fn send(&self, by: Party, to: Address, data: &[u8]) {
        let receipt = self.node.send(&hex(&by.address().0), Some(&to.to_string()), data);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
    }

    /// Deploys a contract with this code.
    pub fn deploy(&self, runtime: &[u8]) -> Address {
        let receipt = self.node.send(&hex(&Party::Carrier.address().0), None, &creation(runtime));
        receipt["contractAddress"].as_str().unwrap().parse().unwrap()
    }

    pub fn code_size(&self, of: Address) -> usize {
        let code = self.node.ask("eth_getCode", json!([of.to_string(), "latest"]));
        code.as_str().unwrap().len() / 2 - 1
    }
}

/// Code that deploys this code of at most 255 bytes.
pub fn creation(runtime: &[u8]) -> Vec<u8> {
    let length = u8::try_from(runtime.len()).unwrap();
    [&[0x60, length, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3], runtime].concat()
}

/// Where CREATE2 of `factory` puts what this code deploys, without a salt.
pub fn created_by(factory: Address, creation: &[u8]) -> Address {
    let hash = keccak256([&[0xff], &factory.0[..], &[0; 32], &keccak256(creation).0].concat());
    let mut address = Address::ZERO;
    address.0.copy_from_slice(&hash.0[12..]);
    address
}

/// The key of one of the chain's accounts.
pub fn key_of(party: Party) -> SigningKey {
    SigningKey::from_slice(&dev_account(party.address()).unwrap().key).unwrap()
}

/// What the wallet of one of the chain's accounts makes of it.
pub fn signed_by(party: Party, challenge: &Challenge) -> String {
    hex(&signature(&key_of(party), challenge))
}

pub fn reported(ran: &Ran) -> (i32, Value) {
    let report = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("no report: {ran:?}"));
    schema::follows("challenge", &report);
    (ran.exit, report)
}

pub fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

/// Of all findings.
pub fn codes(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().into_iter().flatten();
    let also = checks.clone().flat_map(|check| check["also"].as_array().unwrap());
    checks.chain(also).map(|finding| finding["code"].as_str().unwrap()).collect()
}

pub fn write(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::write(path, text).unwrap();
}
