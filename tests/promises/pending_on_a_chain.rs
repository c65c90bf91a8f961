//! A title's life on the embedded chain under a chain id that is not local: one block behind, the finalized state is
//! reported, what the newest block says beside it, and what it takes away is not known (chain.md §5.3).
#![cfg(feature = "testchain")]

use crate::support::proxy;
use crate::support::rpc_server;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
use ebl_verifier::testchain::chain::{BlockId, Chain};
use ebl_verifier::testchain::contracts::{Contract, Recipient, TitleWrite, creation_code};
use ebl_verifier::testchain::rpc::RpcServer;
use ebl_verifier::title::Generation;
use ebl_verifier::verify::{PendingChange, Policy, PowersWanted, TitleReport, TitleStateName, TokenOfChain, Verdict};
use ebl_verifier::{Verifier, Wishes};
use ethers::abi::{Token, encode};
use proxy::proxy;
use rpc_server::Server;
use serde_json::{Value, json};

const TOKEN: TokenId = TokenId([0x55; 32]);
const CARRIER: Address = DEV_ACCOUNTS[0].address;
const SHIPPER: Address = DEV_ACCOUNTS[1].address;
const BANK: Address = DEV_ACCOUNTS[2].address;

#[tokio::test]
async fn each_step_of_a_life_is_pending_until_its_block_is_final() {
    for generation in [Generation::V5, Generation::V4] {
        let world = World::start(generation).await;
        let remark = || b"on board".to_vec();
        let live = |holder, beneficiary| (TitleStateName::Live, Some(holder), Some(beneficiary));
        let returned = (TitleStateName::Returned, Some(BANK), Some(BANK));
        let mint = TitleWrite::Mint { beneficiary: SHIPPER, holder: SHIPPER, token: TOKEN, remark: remark() };
        let endorse = TitleWrite::TransferBeneficiary { beneficiary: BANK, remark: remark() };
        let mut before = (TitleStateName::NotIssued, None, None);
        for (by, write, after, told) in [
            (CARRIER, mint, live(SHIPPER, SHIPPER), "issued, not final yet"),
            (SHIPPER, TitleWrite::TransferHolder { holder: BANK, remark: remark() }, live(BANK, SHIPPER), "a transfer"),
            (SHIPPER, TitleWrite::Nominate { nominee: BANK, remark: remark() }, live(BANK, SHIPPER), "a nomination"),
            (BANK, endorse, live(BANK, BANK), "a transfer"),
            (BANK, TitleWrite::ReturnToIssuer { remark: remark() }, returned, "a change"),
            (CARRIER, TitleWrite::Restore { token: TOKEN, remark: remark() }, live(BANK, BANK), "a change"),
            (BANK, TitleWrite::ReturnToIssuer { remark: remark() }, returned, "a change"),
            (
                CARRIER,
                TitleWrite::Accept { token: TOKEN, remark: remark() },
                (TitleStateName::Ended, None, None),
                "a change",
            ),
        ] {
            let name = format!("{generation}: {write:?}");
            world.write(by, &write).await;
            let report = world.report().await;
            assert_eq!(recorded(&report), before, "{name}");
            let PendingChange { block, state, holder, beneficiary, .. } = *report.title.pending.clone().expect(&name);
            assert_eq!((block, (state, holder, beneficiary)), (world.height(), after), "{name}");
            let checks = report.checks.iter().map(|check| &check.message);
            let said: Vec<_> = report.warnings.iter().chain(checks).filter(|text| text.contains("not final")).collect();
            assert!(said.iter().all(|text| text.starts_with(told)) && !said.is_empty(), "{name}: {said:?}");
            let open = report.verdict() == Verdict::Indeterminate;
            assert_eq!(open, taken_away(before.0, after.0), "{name}: {:?}", report.checks);
            assert_eq!(report.warnings.is_empty(), open, "{name}: {:?}", report.warnings);
            world.chain.lock().unwrap().mine().unwrap();
            let report = world.report().await;
            assert_eq!((recorded(&report), report.title.pending, report.warnings), (after, None, Vec::new()), "{name}");
            before = after;
        }
    }
}

/// What is not there yet or no more is not known; anything else is told.
fn taken_away(before: TitleStateName, after: TitleStateName) -> bool {
    let live = |state| state == TitleStateName::Live;
    before == TitleStateName::NotIssued || live(before) && !live(after)
}

type Recorded = (TitleStateName, Option<Address>, Option<Address>);

fn recorded(report: &TitleReport) -> Recorded {
    (report.title.state, report.title.holder, report.title.beneficiary)
}

/// A registry of ours on a chain whose last block but one is the finalized one.
struct World {
    chain: Arc<Mutex<Chain>>,
    generation: Generation,
    registry: Address,
    id: ChainId,
    front: Server,
    _node: RpcServer,
}

impl World {
    async fn start(generation: Generation) -> Self {
        let id = ChainId::try_from(137).unwrap();
        let mut chain = Chain::new(id, now() - 100);
        let (registry, factory) = match generation {
            Generation::V5 => (Contract::RegistryV5, Contract::TitleEscrowFactoryV5),
            _ => (Contract::RegistryV4, Contract::TitleEscrowFactoryV4),
        };
        let (factory, _) = chain.deploy(CARRIER, &creation_code(factory, &[])).unwrap();
        let name = || Token::String("Bills".into());
        let arguments = encode(&[name(), name(), Token::Address(factory.0.into())]);
        let (registry, _) = chain.deploy(CARRIER, &creation_code(registry, &arguments)).unwrap();
        let chain = Arc::new(Mutex::new(chain));
        let node = RpcServer::start(Arc::clone(&chain), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let seen = Arc::clone(&chain);
        let front = proxy(&node.url(), move |call, _| {
            let asked = call["method"] == "eth_getBlockByNumber" && call["params"][0] == "finalized";
            asked.then(|| Ok(before_the_newest(&seen.lock().unwrap())))
        });
        Self { chain, generation, registry, id, front, _node: node }
    }

    fn height(&self) -> u64 {
        self.chain.lock().unwrap().head().number
    }

    async fn write(&self, by: Address, write: &TitleWrite) {
        let to = match write.recipient() {
            Recipient::Registry => self.registry,
            Recipient::TitleEscrow => self.report().await.title.escrow.expect("a title escrow"),
        };
        let data = write.call_data(self.generation).expect("an act of this generation");
        let receipt = self.chain.lock().unwrap().send(by, to, &data).unwrap();
        assert!(receipt.succeeded, "{write:?}");
    }

    async fn report(&self) -> TitleReport {
        let builder = Verifier::builder().default_endpoints(false).endpoint(self.id, self.front.url().parse().unwrap());
        let policy = Policy { trusted_registries: [(self.id, self.registry)].into(), ..Policy::default() };
        let token = TokenOfChain { chain: self.id, registry: self.registry, token: TOKEN };
        let wishes = Wishes { policy, ..Wishes::default() };
        builder.build().unwrap().title_of_token(token, PowersWanted::No, &wishes).await
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs()
}

fn before_the_newest(chain: &Chain) -> Value {
    let parent = chain.block(BlockId::Hash(chain.head().parent_hash)).expect("a block before");
    json!({
        "number": format!("{:#x}", parent.number),
        "hash": parent.hash.to_string(),
        "timestamp": format!("{:#x}", parent.timestamp),
    })
}
