//! A whole small world on loopback: the embedded chain with its JSON-RPC server, a resolver and a web server for the parties'
//! domains, and registries of both generations, with the acts that parties perform on a title.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ethers::abi::{Token, encode};

use super::accounts::{DEV_ACCOUNTS, DevAccount};
use super::bill::{Bill, Issuance};
use super::chain::{BlockId, Call, Chain, ChainError};
use super::contracts::{Contract, Recipient, TitleWrite, creation_code};
use super::credentials;
pub use super::error::SandboxError;
use super::resolver::{Resolver, TxtRecords};
use super::rpc::{Origin, RpcServer};
use super::web::WebServer;
use super::wrap::Salts;
use crate::contracts::clone::escrow_address;
use crate::primitives::{Address, ChainId, TokenId, keccak256};
use crate::sources::RootCertificate;
use crate::sources::chain::BlockChoice;
use crate::title::Generation;
use crate::verifier::{Verifier, VerifierBuilder, Wishes};
use crate::verify::Policy;
use crate::web_address::Reach;

/// The running world. Dropping it ends it.
#[derive(Debug)]
pub struct Sandbox {
    chain: Arc<Mutex<Chain>>,
    /// `None` after it was taken down.
    server: Option<RpcServer>,
    rpc_url: String,
    resolver: Resolver,
    /// `None` after it was taken down.
    web: Option<WebServer>,
    https_address: SocketAddr,
    authority: String,
    trusted: Vec<Address>,
    did_registry: Address,
    stores: Vec<(Contract, Address)>,
    /// For wrapping sample documents.
    pub salts: Salts,
    /// A registry of generation 5.
    pub v5: Registry,
    /// A registry of generation 4.
    pub v4: Registry,
}

/// The chain of every sandbox: one of those that run on a developer's machine.
pub const CHAIN: u64 = 1337;

/// How long before now the chain begins, in seconds. Each act takes a second of it, so that the samples are not of the future.
const HISTORY: u64 = 120;

/// The domain that names the sandbox's registries.
pub const DOMAIN: &str = "carrier.example";

/// Who acts in the samples. Each is one of the development accounts, whose keys everybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Issues bills and accepts returned ones.
    Carrier,
    /// The first holder.
    Shipper,
    /// Finances the trade.
    Bank,
    /// Takes the goods.
    Consignee,
    /// Signed bills once.
    Former,
}

impl Party {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Carrier, Self::Shipper, Self::Bank, Self::Consignee, Self::Former];

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Shipper => "shipper",
            Self::Bank => "bank",
            Self::Consignee => "consignee",
            Self::Former => "former signer",
        }
    }

    /// The account.
    pub fn address(self) -> Address {
        self.account().address
    }

    /// The account with its key, which everybody knows.
    pub fn account(self) -> &'static DevAccount {
        &DEV_ACCOUNTS[self as usize]
    }
}

/// A deployed registry with what its escrows' addresses are derived from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registry {
    /// v4 or v5.
    pub generation: Generation,
    /// The registry.
    pub address: Address,
    factory: Address,
    implementation: Address,
}

impl Registry {
    /// The escrow of one title.
    pub fn escrow(&self, token: TokenId) -> Address {
        escrow_address(self.factory, self.address, token, self.implementation)
    }
}

impl Sandbox {
    /// Starts chain, servers and resolver, and deploys a registry of each generation. Port 0 takes any free port; the web
    /// server takes one.
    pub async fn start(rpc: SocketAddr, dns: SocketAddr) -> Result<Self, SandboxError> {
        Self::start_for_pages(rpc, dns, SocketAddr::new(rpc.ip(), 0), Vec::new()).await
    }

    /// The same with an address for the web server, and lets pages of these origins use the chain from a browser.
    pub async fn start_for_pages(
        rpc: SocketAddr,
        dns: SocketAddr,
        https: SocketAddr,
        pages: Vec<Origin>,
    ) -> Result<Self, SandboxError> {
        let id = ChainId::try_from(CHAIN).map_err(|error| SandboxError::Refused(error.to_string()))?;
        let mut chain = Chain::new(id, now().saturating_sub(HISTORY));
        let v5 = deploy_registry(&mut chain, Generation::V5)?;
        let v4 = deploy_registry(&mut chain, Generation::V4)?;
        let (did_registry, _) =
            chain.deploy(Party::Carrier.address(), &creation_code(Contract::EthereumDidRegistry, &[]))?;
        let chain = Arc::new(Mutex::new(chain));
        let listen = |address| move |error| SandboxError::Listen { address, error };
        let server = RpcServer::start_for_pages(Arc::clone(&chain), rpc, pages).await.map_err(listen(rpc))?;
        let resolver = Resolver::start(dns, TxtRecords::default()).map_err(listen(dns))?;
        let web = WebServer::start(https, &credentials::HOSTS).await.map_err(listen(https))?;
        credentials::publish(&web)?;
        let rpc_url = server.url();
        let trusted = vec![v5.address, v4.address];
        let sandbox = Self {
            chain,
            server: Some(server),
            rpc_url,
            resolver,
            https_address: web.address(),
            authority: web.authority().to_owned(),
            web: Some(web),
            trusted,
            did_registry,
            stores: Vec::new(),
            salts: Salts::default(),
            v5,
            v4,
        };
        sandbox.publish_home();
        Ok(sandbox)
    }

    /// The chain's endpoint.
    pub fn rpc_url(&self) -> &str {
        &self.rpc_url
    }

    /// The same for WebSockets.
    pub fn websocket_url(&self) -> String {
        self.rpc_url.replacen("http", "ws", 1)
    }

    /// The contracts that programs begin with, by their names in the Solidity sources: the registries that [`DOMAIN`]
    /// names, with what belongs to them, and the first document store of each kind.
    pub fn contracts(&self) -> Vec<(&'static str, Address)> {
        let parts = |registry: &Registry, names: [&'static str; 3]| {
            names.into_iter().zip([registry.address, registry.factory, registry.implementation])
        };
        let mut contracts: Vec<_> = parts(&self.v5, ["RegistryV5", "TitleEscrowFactoryV5", "TitleEscrowV5"])
            .chain(parts(&self.v4, ["RegistryV4", "TitleEscrowFactoryV4", "TitleEscrowV4"]))
            .chain([(Contract::EthereumDidRegistry.name(), self.did_registry)])
            .collect();
        for (kind, store) in &self.stores {
            if contracts.iter().all(|(name, _)| *name != kind.name()) {
                contracts.push((kind.name(), *store));
            }
        }
        contracts
    }

    /// Where the resolver listens.
    pub fn dns_address(&self) -> SocketAddr {
        self.resolver.address()
    }

    /// Where the web server listens.
    pub fn https_address(&self) -> SocketAddr {
        self.https_address
    }

    /// The hosts that have their web server there.
    pub fn https_hosts(&self) -> &'static [&'static str] {
        &credentials::HOSTS
    }

    /// The certificate, as PEM, of the authority that the web server has its own from.
    pub fn authority_pem(&self) -> &str {
        &self.authority
    }

    /// The registries that a verifier has to be told to trust: their code is ours, not the published one.
    pub fn trusted_registries(&self) -> &[Address] {
        &self.trusted
    }

    /// The settings that a verifier needs to work with this sandbox and nothing else.
    pub fn verifier(&self) -> Result<VerifierBuilder, SandboxError> {
        let id = lock(&self.chain).id();
        let roots = RootCertificate::from_pem(self.authority.as_bytes()).unwrap_or_default();
        let to_web = |builder: VerifierBuilder, host: &&str| builder.resolve((*host).into(), 443, self.https_address);
        let builder = self.https_hosts().iter().fold(Verifier::builder(), to_web);
        Ok(builder
            .roots(roots)
            .reach(Reach::Anywhere)
            .default_endpoints(false)
            .endpoint(id, self.rpc_url().parse()?)
            .resolver(crate::sources::dns::Resolver::Plain(self.dns_address()))
            .block(BlockChoice::Latest))
    }

    /// What has to be said besides: this chain has no usual DID registry, and nobody knows its registries' code.
    pub fn wishes(&self) -> Wishes {
        let id = lock(&self.chain).id();
        let policy = Policy {
            trusted_registries: self.trusted.iter().map(|registry| (id, *registry)).collect(),
            did_registries: [(id, self.did_registry)].into(),
            ..Policy::default()
        };
        Wishes { policy, ..Wishes::default() }
    }

    /// The ERC-1056 registry, which a verifier has to be told: this chain has no usual one.
    pub fn did_registry(&self) -> Address {
        self.did_registry
    }

    /// A party's did:ethr on this chain.
    pub fn did(&self, party: Party) -> String {
        format!("did:ethr:{CHAIN:#x}:{}", party.address())
    }

    /// A sample bill for a registry of this sandbox, under [`DOMAIN`].
    pub fn bill(&self, number: &str, registry: Address) -> Bill {
        self.bill_by(number, Issuance::TokenRegistry(registry))
    }

    /// A sample bill that is issued in another way, under [`DOMAIN`].
    pub fn bill_by(&self, number: &str, issuance: Issuance) -> Bill {
        let chain = lock(&self.chain).id();
        Bill { number: number.to_owned(), issuance, domain: DOMAIN.to_owned(), chain, expires: None }
    }

    /// Another document store of the carrier, named by [`DOMAIN`].
    pub fn store(&mut self, kind: Contract) -> Result<Address, SandboxError> {
        let store =
            self.deploy(kind, &[Token::String("Sample documents".into()), account(Party::Carrier.address())])?;
        self.stores.push((kind, store));
        self.publish_home();
        Ok(store)
    }

    /// Lets [`DOMAIN`] name everything that is the carrier's: both registries, its stores and its key.
    pub fn publish_home(&self) {
        let contracts =
            [self.v5.address, self.v4.address].into_iter().chain(self.stores.iter().map(|(_, store)| *store));
        let mut records: Vec<String> = contracts.map(contract_record).collect();
        records.push(key_record(&self.did(Party::Carrier)));
        self.publish_records(DOMAIN, &records);
    }

    /// Lets `domain` name the key of this DID, and nothing else.
    pub fn publish_key(&self, domain: &str, did: &str) {
        self.publish_records(domain, &[key_record(did)]);
    }

    /// Lets `domain` name these contracts on the sandbox's chain, and nothing else.
    pub fn publish(&self, domain: &str, contracts: &[Address]) {
        self.publish_records(domain, &contracts.iter().copied().map(contract_record).collect::<Vec<_>>());
    }

    /// Lets `domain` have exactly these TXT records.
    pub fn publish_records(&self, domain: &str, records: &[String]) {
        self.resolver.publish(domain, records);
    }

    /// One act on a title, by one party.
    pub fn act(&self, registry: Registry, token: TokenId, by: Party, write: &TitleWrite) -> Result<(), SandboxError> {
        let refused = || SandboxError::Refused(format!("{write:?}"));
        let data = write.call_data(registry.generation).ok_or_else(refused)?;
        let to = match write.recipient() {
            Recipient::Registry => registry.address,
            Recipient::TitleEscrow => registry.escrow(token),
        };
        self.send(by, to, &data).map_err(|error| match error {
            SandboxError::Chain(ChainError::Reverted(_)) => refused(),
            other => other,
        })
    }

    /// Sends any call to any contract, by one party.
    pub fn send(&self, by: Party, to: Address, data: &[u8]) -> Result<(), SandboxError> {
        let mut chain = lock(&self.chain);
        let receipt = chain.send(by.address(), to, data)?;
        if receipt.succeeded { Ok(()) } else { Err(ChainError::Reverted(receipt.output).into()) }
    }

    /// Issues a title to these parties.
    pub fn mint(&self, registry: Registry, token: TokenId, parties: [Party; 2]) -> Result<(), SandboxError> {
        let [beneficiary, holder] = parties.map(Party::address);
        let remark = b"Issued on board".to_vec();
        self.act(registry, token, Party::Carrier, &TitleWrite::Mint { beneficiary, holder, token, remark })
    }

    /// Another registry of this generation, trusted like the first.
    pub fn another_registry(&mut self, generation: Generation) -> Result<Registry, SandboxError> {
        let registry = deploy_registry(&mut lock(&self.chain), generation)?;
        self.trusted.push(registry.address);
        Ok(registry)
    }

    /// A registry behind an ERC-1967 proxy, whose rules the carrier can change; it is not trusted.
    pub fn upgradeable_registry(&self) -> Result<Registry, SandboxError> {
        let mut chain = lock(&self.chain);
        let carrier = Party::Carrier.address();
        let parts = (Contract::UpgradeableRegistryV5, Contract::TitleEscrowFactoryV5);
        let behind = deploy_parts(&mut chain, Generation::V5, parts.0, parts.1)?;
        let arguments = encode(&[account(behind.address), account(carrier)]);
        let (address, _) = chain.deploy(carrier, &creation_code(Contract::UpgradeableProxy, &arguments))?;
        let [name, symbol] = names();
        let signature = "initialize(string,string,address)";
        let selector = &keccak256(signature).0[..4];
        let call = [selector, &encode(&[name, symbol, account(carrier)])].concat();
        if !chain.send(carrier, address, &call)?.succeeded {
            return Err(SandboxError::Refused(signature.into()));
        }
        Ok(Registry { address, ..behind })
    }

    /// Deploys any of the sample contracts with ABI-encoded arguments; it is not trusted.
    pub fn deploy(&self, contract: Contract, arguments: &[Token]) -> Result<Address, SandboxError> {
        Ok(lock(&self.chain).deploy(Party::Carrier.address(), &creation_code(contract, &encode(arguments)))?.0)
    }

    /// Takes the web server down, for good.
    pub async fn stop_web_server(&mut self) {
        if let Some(web) = self.web.take() {
            web.stop().await;
        }
    }

    /// Takes the chain's server down, for good: nothing listens at [`Sandbox::rpc_url`] any more.
    pub async fn stop_server(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

fn deploy_registry(chain: &mut Chain, generation: Generation) -> Result<Registry, SandboxError> {
    let (registry, factory) = match generation {
        Generation::V5 => (Contract::RegistryV5, Contract::TitleEscrowFactoryV5),
        _ => (Contract::RegistryV4, Contract::TitleEscrowFactoryV4),
    };
    deploy_parts(chain, generation, registry, factory)
}

fn deploy_parts(
    chain: &mut Chain,
    generation: Generation,
    registry: Contract,
    factory: Contract,
) -> Result<Registry, SandboxError> {
    let carrier = Party::Carrier.address();
    let (factory, _) = chain.deploy(carrier, &creation_code(factory, &[]))?;
    let [name, symbol] = names();
    let arguments = encode(&[name, symbol, account(factory)]);
    let (address, _) = chain.deploy(carrier, &creation_code(registry, &arguments))?;
    let implementation = address_from(chain, factory, IMPLEMENTATION)?;
    Ok(Registry { generation, address, factory, implementation })
}

/// The TXT record that names a contract on the sandbox's chain (checks.md §5.2).
fn contract_record(contract: Address) -> String {
    format!("openatts net=ethereum netId={CHAIN} addr={contract}")
}

/// The TXT record that names a DID's first key.
fn key_record(did: &str) -> String {
    format!("openatts a=dns-did; p={did}#controller; v=1.0;")
}

fn names() -> [Token; 2] {
    ["Sample bills of lading", "SAMPLE"].map(|text| Token::String(text.into()))
}

fn account(address: Address) -> Token {
    Token::Address(address.0.into())
}

/// `implementation()` of the factory.
const IMPLEMENTATION: [u8; 4] = [0x5c, 0x60, 0xda, 0x1b];

fn address_from(chain: &Chain, contract: Address, selector: [u8; 4]) -> Result<Address, SandboxError> {
    let call = Call { to: Some(contract), data: selector.to_vec(), ..Call::default() };
    let answer = chain.call(&call, BlockId::Latest)?;
    let word: Option<[u8; 20]> = answer.get(12..32).and_then(|bytes| bytes.try_into().ok());
    word.map(Address).ok_or_else(|| SandboxError::Refused("implementation()".into()))
}

fn lock(chain: &Arc<Mutex<Chain>>) -> MutexGuard<'_, Chain> {
    chain.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
