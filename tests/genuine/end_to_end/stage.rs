//! Where a story is played: a node, a resolver, and a registry on that node. Everything is written through JSON-RPC.

use std::path::PathBuf;

use ebl_verifier::primitives::{Address, ChainId, TokenId, keccak256};
use ebl_verifier::testchain::bill::{Bill, Issuance};
use ebl_verifier::testchain::contracts::{Contract, Recipient, TitleWrite, creation_code};
use ebl_verifier::testchain::sandbox::Party;
use ebl_verifier::testchain::wrap::Salts;
use ebl_verifier::title::Generation;
use ethers::abi::{Token, encode};
use libtest_mimic::Failed;
use serde_json::json;

use super::anvil::{Anvil, RULES, node_modules, registry_code};
use super::command::{Expected, Reported, page, reported};
use super::embedded::Embedded;
use super::node::{BlockingNode, hex};
use super::resolver::Resolver;

/// Where, and with whose contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    pub node: NodeKind,
    pub contracts: Contracts,
    pub generation: Generation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    Anvil,
    Embedded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contracts {
    /// The published full contract.
    Genuine,
    /// The published contract for clones, cloned by the published deployer (chain.md §1.1).
    GenuineClone,
    /// `testchain::contracts`, which a verifier must be told to trust.
    Ours,
}

/// How a bill is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Oa2,
    Oa3,
}

/// A registry and the factory of its escrows.
#[derive(Debug, Clone, Copy)]
pub struct Registry {
    pub address: Address,
    pub factory: Address,
    pub generation: Generation,
}

/// A wrapped bill in a file, and its title.
#[derive(Debug, Clone)]
pub struct Issued {
    pub file: PathBuf,
    pub registry: Registry,
    pub token: TokenId,
}

pub struct Stage {
    pub setting: Setting,
    pub registry: Registry,
    pub node: BlockingNode,
    pub resolver: Resolver,
    /// What was reported so far.
    pub reports: Vec<Reported>,
    /// Hosts with ports, which are each run's own, and what they are.
    pub places: Vec<(String, &'static str)>,
    running: Option<Running>,
    folder: tempfile::TempDir,
    salts: Salts,
}

pub const CHAIN: u64 = 31337;
pub const DOMAIN: &str = "carrier.example";

impl Stage {
    /// A fresh chain with one registry, whose record the domain publishes.
    pub fn set(setting: Setting) -> Result<Self, Failed> {
        let running = match setting.node {
            NodeKind::Anvil => Running::Anvil(Anvil::start(&node_modules(), &RULES)),
            NodeKind::Embedded => Running::Embedded(Embedded::start(CHAIN)?),
        };
        let node = BlockingNode::new(running.url().to_owned());
        let resolver = Resolver::start();
        let host = |url: &str| url.trim_start_matches("http://").to_owned();
        let places = vec![(host(node.url()), "the node"), (resolver.address.clone(), "the resolver")];
        let nowhere = Registry { address: Address::ZERO, factory: Address::ZERO, generation: setting.generation };
        let mut stage = Self {
            setting,
            registry: nowhere,
            node,
            resolver,
            reports: Vec::new(),
            places,
            running: Some(running),
            folder: tempfile::tempdir()?,
            salts: Salts::default(),
        };
        stage.registry = match setting.contracts {
            Contracts::Genuine => stage.genuine_registry()?,
            Contracts::GenuineClone => stage.genuine_clone()?,
            Contracts::Ours => stage.our_registry(setting.generation)?,
        };
        stage.publish(stage.registry.address);
        Ok(stage)
    }

    pub fn is_v5(&self) -> bool {
        self.setting.generation == Generation::V5
    }

    /// Ends the node: nothing listens where it was.
    pub fn stop_node(&mut self) {
        self.running = None;
    }

    /// The value for `--rpc`.
    pub fn rpc(&self) -> String {
        format!("{CHAIN}={}", self.node.url())
    }

    /// One step: the node is asked, and `more` added to the arguments.
    pub fn told(&mut self, step: &str, bill: &Issued, more: &[&str], expected: Expected) -> Result<&Reported, Failed> {
        self.told_by(&[&self.rpc()], step, bill, more, expected)
    }

    /// One step with these endpoints instead of the node.
    pub fn told_by(
        &mut self,
        endpoints: &[&str],
        step: &str,
        bill: &Issued,
        more: &[&str],
        expected: Expected,
    ) -> Result<&Reported, Failed> {
        assert!(self.reports.iter().all(|report| report.step != step), "two steps {step:?}");
        let arguments = self.arguments(endpoints, more);
        let report = reported(step, &bill.file, &arguments)?;
        report.must_be(expected)?;
        self.reports.push(report);
        Ok(&self.reports[self.reports.len() - 1])
    }

    /// The page for people, with the usual arguments.
    pub fn page(&self, bill: &Issued) -> Result<String, Failed> {
        let arguments = self.arguments(&[&self.rpc()], &[]);
        page(&bill.file, &arguments)
    }

    /// `--rpc`, `--dns` and, for our contracts, `--trust-registry`.
    pub fn arguments(&self, endpoints: &[&str], more: &[&str]) -> Vec<String> {
        let trust = trusted(self.registry.address);
        let mut arguments: Vec<&str> = endpoints.iter().flat_map(|endpoint| ["--rpc", endpoint]).collect();
        arguments.extend(["--dns", &self.resolver.address]);
        if self.setting.contracts == Contracts::Ours {
            arguments.extend(["--trust-registry", &trust]);
        }
        arguments.iter().chain(more).map(|argument| (*argument).to_owned()).collect()
    }

    /// Lets the domain name this contract on this chain, and nothing else.
    pub fn publish(&self, contract: Address) {
        self.resolver.publish(&[&record(CHAIN, contract)]);
    }

    /// A bill for a title of this registry, which does not exist yet.
    pub fn bill(&mut self, number: &str, registry: Registry, format: Format) -> Result<Issued, Failed> {
        self.bill_on(CHAIN, number, registry, format)
    }

    pub fn bill_on(&mut self, chain: u64, number: &str, registry: Registry, format: Format) -> Result<Issued, Failed> {
        let chain = ChainId::try_from(chain)?;
        let (number, address) = (number.to_owned(), registry.address);
        let issuance = Issuance::TokenRegistry(address);
        let bill = Bill { number, issuance, domain: DOMAIN.into(), chain, expires: None };
        let wrapped = match format {
            Format::Oa2 => bill.oa2(&mut self.salts),
            Format::Oa3 => bill.oa3(&mut self.salts),
        };
        self.written(&bill.number, registry, wrapped.target_hash.into(), &wrapped.document)
    }

    /// A document for this title of a registry, in a file.
    pub fn written(
        &self,
        name: &str,
        registry: Registry,
        token: TokenId,
        document: &serde_json::Value,
    ) -> Result<Issued, Failed> {
        let file = self.folder.path().join(format!("{name}.json"));
        std::fs::write(&file, document.to_string())?;
        Ok(Issued { file, registry, token })
    }

    /// One act on a title, which must succeed.
    pub fn act(&self, by: Party, bill: &Issued, write: &TitleWrite) -> Result<(), Failed> {
        let to = match write.recipient() {
            Recipient::Registry => bill.registry.address,
            Recipient::TitleEscrow => self.escrow(bill)?,
        };
        let data = write.call_data(bill.registry.generation).ok_or("not an act of this generation")?;
        self.write(by, to, &data).map_err(|error| format!("{write:?}: {}", error.message().unwrap_or_default()))?;
        Ok(())
    }

    /// Issues the title to the shipper.
    pub fn mint(&self, bill: &Issued) -> Result<(), Failed> {
        let shipper = Party::Shipper.address();
        let remark = b"issued on board".to_vec();
        let mint = TitleWrite::Mint { beneficiary: shipper, holder: shipper, token: bill.token, remark };
        self.act(Party::Carrier, bill, &mint)
    }

    /// Where the factory says that the escrow of a title is.
    pub fn escrow(&self, bill: &Issued) -> Result<Address, Failed> {
        let lookup = match bill.registry.generation {
            Generation::V5 => "getEscrowAddress(address,uint256)",
            _ => "getAddress(address,uint256)",
        };
        let arguments = [account(bill.registry.address), Token::Uint(bill.token.0.into())];
        let asked = json!([{"to": bill.registry.factory, "data": hex(&call(lookup, &arguments))}, "latest"]);
        let answer = self.node.ask("eth_call", asked);
        Ok(format!("0x{}", answer.as_str().and_then(|text| text.get(26..)).ok_or("an address")?).parse()?)
    }

    /// Sends a transaction that must succeed, and gives its receipt.
    pub fn write(&self, by: Party, to: Address, data: &[u8]) -> Result<serde_json::Value, Failed> {
        let receipt = self.node.send(&hex(&by.address().0), Some(&hex(&to.0)), data);
        if receipt["status"] == "0x1" { Ok(receipt) } else { Err(format!("reverted: {receipt}").into()) }
    }

    /// Deploys creation code as the carrier.
    pub fn deploy(&self, creation: &[u8]) -> Result<Address, Failed> {
        let receipt = self.node.send(&hex(&Party::Carrier.address().0), None, creation);
        if receipt["status"] != "0x1" {
            return Err(format!("not deployed: {receipt}").into());
        }
        Ok(receipt["contractAddress"].as_str().ok_or("a contract")?.parse()?)
    }

    pub fn deploy_ours(&self, contract: Contract, arguments: &[Token]) -> Result<Address, Failed> {
        self.deploy(&creation_code(contract, &encode(arguments)))
    }

    /// A registry with our code.
    pub fn our_registry(&self, generation: Generation) -> Result<Registry, Failed> {
        let (factory, registry) = match generation {
            Generation::V5 => (Contract::TitleEscrowFactoryV5, Contract::RegistryV5),
            _ => (Contract::TitleEscrowFactoryV4, Contract::RegistryV4),
        };
        let factory = self.deploy_ours(factory, &[])?;
        let address = self.deploy_ours(registry, &registry_arguments(factory))?;
        Ok(Registry { address, factory, generation })
    }

    /// A registry of the stage's kind with a factory of any kind.
    pub fn registry_with(&self, factory: Address) -> Result<Registry, Failed> {
        let generation = self.setting.generation;
        let arguments = registry_arguments(factory);
        let address = match (self.setting.contracts, generation) {
            (Contracts::Ours, Generation::V5) => self.deploy_ours(Contract::RegistryV5, &arguments)?,
            (Contracts::Ours, _) => self.deploy_ours(Contract::RegistryV4, &arguments)?,
            _ => self.deploy(&[self.published("TradeTrustToken"), encode(&arguments)].concat())?,
        };
        Ok(Registry { address, factory, generation })
    }

    fn genuine_registry(&self) -> Result<Registry, Failed> {
        self.registry_with(self.deploy(&self.published("TitleEscrowFactory"))?)
    }

    /// The published deployer, behind a proxy as it is meant to be, makes an EIP-1167 clone (chain.md §1.1, §1.3).
    fn genuine_clone(&self) -> Result<Registry, Failed> {
        let factory = self.deploy(&self.published("TitleEscrowFactory"))?;
        let implementation = self.deploy(&self.published("presets/TradeTrustTokenStandard"))?;
        let rules = self.deploy(&self.published("utils/TDocDeployer"))?;
        let owner = account(Party::Consignee.address());
        let deployer = self.deploy_ours(Contract::UpgradeableProxy, &[account(rules), owner])?;
        let write = |signature, arguments: &[Token]| self.write(Party::Carrier, deployer, &call(signature, arguments));
        write("initialize()", &[])?;
        write("addImplementation(address,address)", &[account(implementation), account(factory)])?;
        let [name, symbol, _] = registry_arguments(factory);
        let parameters = encode(&[name, symbol, account(Party::Carrier.address())]);
        let receipt = write("deploy(address,bytes)", &[account(implementation), Token::Bytes(parameters)])?;
        let deployment = hex(&keccak256("Deployment(address,address,address,address,bytes)").0);
        let log = receipt["logs"].as_array().into_iter().flatten().find(|log| log["topics"][0] == deployment.as_str());
        let topic = log.and_then(|log| log["topics"][1].as_str()).and_then(|topic| topic.get(26..));
        let address = format!("0x{}", topic.ok_or("a clone")?).parse()?;
        Ok(Registry { address, factory, generation: self.setting.generation })
    }

    /// The creation code of a published contract of the stage's generation.
    pub fn published(&self, contract: &str) -> Vec<u8> {
        let package = if self.is_v5() { "@tradetrust-tt/token-registry" } else { "tr4" };
        registry_code(&node_modules(), package, contract)
    }
}

/// An issuer's TXT record.
pub fn record(chain: u64, contract: Address) -> String {
    format!("openatts net=ethereum netId={chain} addr={contract}")
}

/// The value for `--trust-registry`.
pub fn trusted(registry: Address) -> String {
    format!("{CHAIN}:{registry}")
}

pub fn account(address: Address) -> Token {
    Token::Address(address.0.into())
}

pub fn call(signature: &str, arguments: &[Token]) -> Vec<u8> {
    [&keccak256(signature).0[..4], &encode(arguments)].concat()
}

pub fn registry_arguments(factory: Address) -> [Token; 3] {
    [Token::String("Nordsee Registry".into()), Token::String("NDSE".into()), account(factory)]
}

/// A node that ends with this value.
enum Running {
    Anvil(Anvil),
    Embedded(Embedded),
}

impl Running {
    fn url(&self) -> &str {
        match self {
            Self::Anvil(anvil) => &anvil.url,
            Self::Embedded(embedded) => &embedded.url,
        }
    }
}
