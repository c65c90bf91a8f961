//! A registry on the embedded chain under a chain id that is not local, behind a front that says which block is final, counts
//! what is asked, and can fail.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
use ebl_verifier::testchain::chain::{BlockId, Chain, Mark};
use ebl_verifier::testchain::contracts::{Contract, Recipient, TitleWrite, creation_code};
use ebl_verifier::testchain::rpc::RpcServer;
use ebl_verifier::title::Generation;
use ebl_verifier::verify::{Policy, PowersWanted, TokenOfChain};
use ebl_verifier::watch::{EventKind, Observed, Trouble, WatchEvent, WatchedTitle};
use ebl_verifier::{Verifier, Wishes};
use ethers::abi::{Token, encode};
use serde_json::{Value, json};

use crate::support::proxy::forwarded;
use crate::support::rpc_server::{Reply, Server};

pub const CARRIER: Address = DEV_ACCOUNTS[0].address;
pub const SHIPPER: Address = DEV_ACCOUNTS[1].address;
pub const BANK: Address = DEV_ACCOUNTS[2].address;
pub const CHAIN: u64 = 137;

pub struct World {
    pub chain: Arc<Mutex<Chain>>,
    pub generation: Generation,
    pub registry: Address,
    /// The height that the front calls final.
    pub finalized: Arc<AtomicU64>,
    /// The front answers with an outage.
    pub is_down: Arc<AtomicBool>,
    /// The front gives no logs.
    pub hides_logs: Arc<AtomicBool>,
    /// The front gives no logs of blocks that are not final.
    pub hides_newer_logs: Arc<AtomicBool>,
    pub front: Server,
    node: RpcServer,
}

pub fn token(number: u16) -> TokenId {
    let mut word = [0x55; 32];
    word[..2].copy_from_slice(&number.to_be_bytes());
    TokenId(word)
}

impl World {
    pub async fn start(generation: Generation) -> Self {
        let mut chain = Chain::new(ChainId::try_from(CHAIN).unwrap(), now() - 200);
        let (registry, factory) = match generation {
            Generation::V5 => (Contract::RegistryV5, Contract::TitleEscrowFactoryV5),
            _ => (Contract::RegistryV4, Contract::TitleEscrowFactoryV4),
        };
        let (factory, _) = chain.deploy(CARRIER, &creation_code(factory, &[])).unwrap();
        let name = || Token::String("Bills".into());
        let arguments = encode(&[name(), name(), Token::Address(factory.0.into())]);
        let (registry, _) = chain.deploy(CARRIER, &creation_code(registry, &arguments)).unwrap();
        let finalized = Arc::new(AtomicU64::new(chain.head().number));
        let chain = Arc::new(Mutex::new(chain));
        let node = RpcServer::start(Arc::clone(&chain), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let is_down = Arc::new(AtomicBool::new(false));
        let hides_logs = Arc::new(AtomicBool::new(false));
        let hides_newer_logs = Arc::new(AtomicBool::new(false));
        let failing = [Arc::clone(&is_down), Arc::clone(&hides_logs), Arc::clone(&hides_newer_logs)];
        let front = front(&node.url(), Arc::clone(&chain), Arc::clone(&finalized), failing);
        Self { chain, generation, registry, finalized, is_down, hides_logs, hides_newer_logs, front, node }
    }

    pub fn title(&self, number: u16) -> TokenOfChain {
        TokenOfChain { chain: CHAIN.try_into().unwrap(), registry: self.registry, token: token(number) }
    }

    pub fn wishes(&self) -> Wishes {
        let trusted = [(CHAIN.try_into().unwrap(), self.registry)].into();
        Wishes { policy: Policy { trusted_registries: trusted, ..Policy::default() }, ..Wishes::default() }
    }

    pub fn verifier(&self) -> Verifier {
        let endpoint = self.front.url().parse().unwrap();
        Verifier::builder().default_endpoints(false).endpoint(CHAIN.try_into().unwrap(), endpoint).build().unwrap()
    }

    /// A second endpoint of the same chain, which never fails.
    pub fn another_front(&self) -> Server {
        front(&self.node.url(), Arc::clone(&self.chain), Arc::clone(&self.finalized), Default::default())
    }

    /// All that was mined is final from now on.
    pub fn finalize(&self) {
        self.finalized.store(self.height(), Ordering::Relaxed);
    }

    pub fn height(&self) -> u64 {
        self.chain.lock().unwrap().head().number
    }

    pub fn mark(&self) -> Mark {
        self.chain.lock().unwrap().mark()
    }

    /// The blocks after the mark are replaced by as many others, and one more.
    pub fn reorganise(&self, mark: &Mark) {
        let mut chain = self.chain.lock().unwrap();
        let (height, time) = (chain.head().number, chain.head().timestamp);
        chain.revert_to(mark).unwrap();
        // Of another time, so of another hash.
        chain.mine_at(time + 7).unwrap();
        while chain.head().number <= height {
            chain.mine().unwrap();
        }
    }

    pub async fn escrow(&self, number: u16) -> Address {
        let builder = Verifier::builder().default_endpoints(false);
        let builder = builder.endpoint(CHAIN.try_into().unwrap(), self.front.url().parse().unwrap());
        let builder = builder.block(ebl_verifier::sources::chain::BlockChoice::Latest);
        let report =
            builder.build().unwrap().title_of_token(self.title(number), PowersWanted::No, &self.wishes()).await;
        report.title.escrow.expect("a title escrow")
    }

    pub async fn write(&self, number: u16, by: Address, write: TitleWrite) {
        let to = match write.recipient() {
            Recipient::Registry => self.registry,
            Recipient::TitleEscrow => self.escrow(number).await,
        };
        self.send(by, to, &write);
    }

    /// Asks nobody where the escrow is.
    pub fn send(&self, by: Address, to: Address, write: &TitleWrite) {
        let data = write.call_data(self.generation).expect("an act of this generation");
        let receipt = self.chain.lock().unwrap().send(by, to, &data).unwrap();
        assert!(receipt.succeeded, "{write:?}");
    }

    pub async fn mint(&self, number: u16) {
        let write =
            TitleWrite::Mint { beneficiary: SHIPPER, holder: SHIPPER, token: token(number), remark: Vec::new() };
        self.write(number, CARRIER, write).await;
    }

    pub async fn hand_over(&self, number: u16, by: Address, holder: Address) {
        self.write(number, by, TitleWrite::TransferHolder { holder, remark: b"on board".to_vec() }).await;
    }

    /// The arguments of `ebl watch` for a title of this world.
    pub fn arguments(&self, number: u16) -> Vec<String> {
        let endpoint = format!("{CHAIN}={}", self.front.url());
        let trusted = format!("{CHAIN}:{}", self.registry);
        let (registry, token) = (self.registry.to_string(), token(number).to_string());
        let title = ["watch", "--chain-id", "137", "--registry", &registry, "--token", &token];
        let network = ["--rpc", &endpoint, "--no-default-rpc", "--trust-registry", &trusted];
        title.into_iter().chain(network).map(str::to_owned).collect()
    }
}

/// What one look at the title comes to; nothing of it is told.
pub async fn seen(world: &World, title: &WatchedTitle) -> Observed {
    world.verifier().look_at(std::slice::from_ref(title), &world.wishes()).await.remove(0).expect("a look")
}

/// Looks once, and has everything told; what was told, or why nothing can be said.
pub async fn look(world: &World, titles: &mut [WatchedTitle]) -> Vec<Result<Vec<WatchEvent>, Trouble>> {
    let looked = world.verifier().look_at(titles, &world.wishes()).await;
    let told = titles.iter_mut().zip(looked).map(|(title, looked)| {
        looked.map(|observed| {
            title.go_on_from(observed.open);
            observed.events
        })
    });
    told.collect()
}

/// What the only title tells, in short.
pub async fn told(world: &World, title: &mut WatchedTitle) -> Vec<(EventKind, Option<&'static str>)> {
    let looked = look(world, std::slice::from_mut(title)).await.pop().expect("one title");
    looked.expect("a look").iter().map(|event| (event.kind, event.operation)).collect()
}

fn front(node: &str, chain: Arc<Mutex<Chain>>, finalized: Arc<AtomicU64>, failing: [Arc<AtomicBool>; 3]) -> Server {
    let [is_down, hides_logs, hides_newer_logs] = failing;
    let node = node.trim_start_matches("http://").to_owned();
    Server::start(move |request| {
        if is_down.load(Ordering::Relaxed) {
            return Reply::status("503 Service Unavailable");
        }
        let mut replies = forwarded(&node, &request.body);
        for call in request.body.as_array().into_iter().flatten() {
            let reply = replies.as_array_mut().expect("a list").iter_mut().find(|reply| reply["id"] == call["id"]);
            let reply = reply.expect("a reply to each call");
            if call["method"] == "eth_getBlockByNumber" && call["params"][0] == "finalized" {
                let header = header(&chain.lock().unwrap(), finalized.load(Ordering::Relaxed));
                *reply = json!({"jsonrpc": "2.0", "id": call["id"], "result": header});
            }
            let last = call["params"][0]["toBlock"].as_str().and_then(|text| text.strip_prefix("0x"));
            let is_newer = last.and_then(|digits| u64::from_str_radix(digits, 16).ok());
            let is_newer = is_newer.is_none_or(|last| last > finalized.load(Ordering::Relaxed));
            let is_hidden = hides_logs.load(Ordering::Relaxed) || is_newer && hides_newer_logs.load(Ordering::Relaxed);
            if call["method"] == "eth_getLogs" && is_hidden {
                let error = json!({"code": -32601, "message": "no logs here"});
                *reply = json!({"jsonrpc": "2.0", "id": call["id"], "error": error});
            }
        }
        Reply::json(&replies)
    })
}

fn header(chain: &Chain, number: u64) -> Value {
    let block = chain.block(BlockId::Number(number)).expect("a block");
    json!({
        "number": format!("{:#x}", block.number),
        "hash": block.hash.to_string(),
        "timestamp": format!("{:#x}", block.timestamp),
    })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs()
}
