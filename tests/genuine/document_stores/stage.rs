//! Where documents are issued and verified: a node, a resolver, and the real binary.

use std::path::PathBuf;
use std::process::Command;

use ebl_verifier::primitives::Address;
use libtest_mimic::Failed;
use serde_json::Value;

use super::anvil::{Anvil, RULES, node_modules};
use super::embedded::Embedded;
use super::node::BlockingNode;
use super::resolver::Resolver;
use super::wrapping::Wrapped;

pub const CHAIN: u64 = 31337;

/// A chain, a resolver, and a folder for the file.
pub struct Stage {
    pub node: BlockingNode,
    pub resolver: Resolver,
    folder: tempfile::TempDir,
    validator: jsonschema::Validator,
    _running: Running,
}

/// What the stage is played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    Anvil,
    Embedded,
}

/// A node that ends with the stage.
enum Running {
    Anvil(Anvil),
    Embedded(Embedded),
}

impl Stage {
    pub fn new(node: NodeKind) -> Result<Self, Failed> {
        let schema: Value = serde_json::from_str(include_str!("../../../schemas/report.schema.json"))?;
        let running = match node {
            NodeKind::Anvil => Running::Anvil(Anvil::start(&node_modules(), &RULES)),
            NodeKind::Embedded => Running::Embedded(Embedded::start(CHAIN)?),
        };
        let url = match &running {
            Running::Anvil(anvil) => &anvil.url,
            Running::Embedded(embedded) => &embedded.url,
        };
        Ok(Self {
            node: BlockingNode::new(url.clone()),
            resolver: Resolver::start(),
            folder: tempfile::tempdir()?,
            validator: jsonschema::validator_for(&schema)?,
            _running: running,
        })
    }

    /// Records that name these contracts on the local chain.
    pub fn publish(&self, contracts: &[Address]) {
        let records: Vec<_> =
            contracts.iter().map(|address| format!("openatts net=ethereum netId={CHAIN} addr={address}")).collect();
        self.resolver.publish(&records.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Exit code and issuance code of a run against the node; the report.
    pub fn expect(&self, document: &Wrapped, exit: i32, code: &str) -> Result<Value, Failed> {
        let (found, report) = self.run(document, &["--rpc", &format!("{CHAIN}={}", self.node.url())])?;
        if found == exit && super::check(&report, "issuance")["code"] == code {
            Ok(report)
        } else {
            Err(format!("wanted {exit} {code}, found {found}: {report:#}").into())
        }
    }

    pub fn run(&self, document: &Wrapped, arguments: &[&str]) -> Result<(i32, Value), Failed> {
        let output = self.command(document)?.args(["--format", "json"]).args(arguments).output()?;
        let report: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("no report: {}", String::from_utf8_lossy(&output.stderr)))?;
        let errors: Vec<_> = self.validator.iter_errors(&report).map(|error| error.to_string()).collect();
        if errors.is_empty() {
            Ok((output.status.code().ok_or("an exit code")?, report))
        } else {
            Err(format!("{errors:#?}\n{report:#}").into())
        }
    }

    pub fn page(&self, document: &Wrapped) -> Result<String, Failed> {
        let rpc = format!("{CHAIN}={}", self.node.url());
        Ok(String::from_utf8(self.command(document)?.args(["--rpc", &rpc]).output()?.stdout)?)
    }

    fn command(&self, document: &Wrapped) -> Result<Command, Failed> {
        let file: PathBuf = self.folder.path().join("document.json");
        std::fs::write(&file, document.document.to_string())?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--timeout", "5", "--dns", &self.resolver.address]).arg(file);
        command.env_clear().env("HOME", "/nonexistent");
        Ok(command)
    }

    pub fn deploy(&self, code: Vec<u8>) -> Address {
        let receipt = self.send(None, &code);
        receipt["contractAddress"].as_str().expect("a contract").parse().expect("an address")
    }

    pub fn send(&self, to: Option<Address>, data: &[u8]) -> Value {
        let from = self.node.accounts()[0].to_string();
        let receipt = self.node.send(&from, to.map(|to| to.to_string()).as_deref(), data);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }
}
