//! The history and the powers of genuine registries: the published v4 and v5 contracts on a real `anvil` live the same lives
//! as ours on the embedded chain, and both are told alike. Needs the npm packages of `tests/genuine`; without them the suite
//! says that it did not run.

use crate::support::anvil;
use crate::support::batch;
use crate::support::node;
use crate::support::title_walk;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use anvil::{Anvil, RULES, anvil_binary, node_modules, registry_code};
use ebl_verifier::evidence::Finality;
use ebl_verifier::primitives::{Address, ChainId, TokenId, decode_hex, keccak256};
use ebl_verifier::sources::chain::BlockChoice;
use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
use ebl_verifier::testchain::contracts::{Contract, Recipient, TitleWrite, creation_code};
use ebl_verifier::testchain::sandbox::{CHAIN, Party, Sandbox};
use ebl_verifier::title::Generation;
use ebl_verifier::verify::{PowersWanted, RegistryStanding, TitleReport, TokenOfChain};
use ebl_verifier::{Verifier, Wishes};
use ethers::abi::{Token, encode};
use libtest_mimic::{Failed, Trial};

use crate::{Suite, block_on};
use node::{Node, hex};
use serde_json::{Value, json};
use title_walk::{ACTORS, Choice, ISSUER, walk};

pub fn suite() -> Suite {
    let ready = anvil_binary(&node_modules()).exists();
    let trials = [
        ("a_genuine_v5_title_has_the_same_history_as_ours", Generation::V5),
        ("a_genuine_v4_title_has_the_same_history_as_ours", Generation::V4),
    ];
    let mut trials: Vec<Trial> = trials
        .into_iter()
        .map(|(name, generation)| Trial::test(name, move || block_on(same_history(generation))))
        .collect();
    let name = "a_genuine_transfer_that_is_not_final_is_told_beside_the_finalized_title";
    trials.push(Trial::test(name, || block_on(not_final_yet())));
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(!ready));
    Suite::new(trials, &[(ready, "the history of genuine registries needs npm packages.")])
}

const ADMIN: Address = DEV_ACCOUNTS[0].address;
const ROLES: [&str; 3] = ["MINTER_ROLE", "ACCEPTER_ROLE", "RESTORER_ROLE"];

async fn same_history(generation: Generation) -> Result<(), Failed> {
    let genuine = Genuine::start(generation).await?;
    let ours = Ours::start(generation).await?;
    let mut seen = BTreeSet::new();
    for seed in 0..8u64 {
        let token: TokenId = keccak256([&b"bill"[..], &seed.to_be_bytes()].concat()).into();
        let choices = choices(seed);
        let theirs = walk(generation, &genuine.accounts, token, &choices);
        genuine.live(token, &theirs.transactions).await?;
        let mine = walk(generation, &ours.accounts, token, &choices);
        ours.live(token, &mine.transactions)?;
        let (theirs, mine) = (genuine.report(token).await?, ours.report(token).await?);
        same("ours is complete", &mine.history_complete, &true)?;
        same("theirs is complete", &theirs.history_complete, &true)?;
        same("history", &told(&theirs, &genuine.accounts), &told(&mine, &ours.accounts))?;
        seen.extend(theirs.history.iter().map(|entry| entry.r#type));
        same("state", &theirs.title.state, &mine.title.state)?;
        same(
            "authenticity",
            &theirs.registry.as_ref().map(|registry| registry.authenticity),
            &Some(RegistryStanding::Genuine),
        )?;
        let powers = theirs.powers.as_ref().ok_or("no powers")?;
        same("powers are known", &(powers.known, &powers.found.gap), &(true, &None))?;
        for role in &powers.roles {
            let mut holders: Vec<Address> = role.holders.iter().map(|holder| holder.address).collect();
            let mut wanted = if role.role == "admin" { vec![ADMIN] } else { vec![ADMIN, genuine.accounts[ISSUER]] };
            holders.sort_unstable();
            wanted.sort_unstable();
            same(role.role, &holders, &wanted)?;
        }
    }
    let kinds = if generation == Generation::V5 { 11 } else { 8 };
    if seen.len() == kinds { Ok(()) } else { Err(format!("not every operation was met: {seen:?}").into()) }
}

/// The node calls the block 64 behind its newest finalized (chain.md §5.3); a local chain's id would not be asked for it.
async fn not_final_yet() -> Result<(), Failed> {
    let genuine = Genuine::start(Generation::V5).await?;
    let (token, remark) = (TokenId([0x55; 32]), Vec::new());
    let [first, second] = [1, 2].map(|actor| genuine.accounts[actor]);
    let mint = TitleWrite::Mint { beneficiary: first, holder: first, token, remark: remark.clone() };
    genuine.live(token, &[vec![(ISSUER, mint)]]).await?;
    genuine.node.ask("anvil_mine", json!(["0x46"])).await;
    genuine.live(token, &[vec![(1, TitleWrite::TransferHolder { holder: second, remark })]]).await?;
    genuine.node.ask("anvil_setChainId", json!([137])).await;
    let chain = ChainId::try_from(137)?;
    let builder = Verifier::builder().default_endpoints(false).endpoint(chain, genuine.node.url.parse()?);
    let token = TokenOfChain { chain, registry: genuine.registry, token };
    let report = builder.build()?.title_of_token(token, PowersWanted::No, &Wishes::default()).await;
    let as_of = report.as_of.as_ref().ok_or("no block")?;
    same("finality", &as_of.finality, &Finality::Finalized)?;
    same("holder", &report.title.holder, &Some(first))?;
    let pending = report.title.pending.as_deref().ok_or("nothing is pending")?;
    same("pending holder", &(pending.block, pending.holder), &(as_of.block + 64, Some(second)))?;
    same("told", &report.warnings.len(), &1)
}

/// Type, owner, holder, nominee by number, and remark.
type Row = (&'static str, [Option<usize>; 3], Option<String>);

fn told(report: &TitleReport, accounts: &[Address; ACTORS]) -> Vec<Row> {
    let number = |party: Option<Address>| {
        party.map(|party| accounts.iter().position(|known| *known == party).expect("one of the parties"))
    };
    let row = |entry: &ebl_verifier::verify::HistoryEntry| {
        (entry.r#type, [entry.owner, entry.holder, entry.nominee].map(number), entry.remark_raw.clone())
    };
    report.history.iter().map(row).collect()
}

/// The same choices for the same seed, always.
fn choices(seed: u64) -> Vec<Choice> {
    let word = |step: u64| keccak256([seed.to_be_bytes(), step.to_be_bytes()].concat()).0;
    let choice = |step: u64| {
        let [a, b, remark, own, ..] = word(step);
        Choice { pick: usize::from(a) * 256 + usize::from(b), remark, new_transaction: own % 3 > 0 }
    };
    (0..40).map(choice).collect()
}

/// The published contracts on a real node.
struct Genuine {
    node: Node,
    generation: Generation,
    registry: Address,
    factory: Address,
    accounts: [Address; ACTORS],
    _anvil: Anvil,
}

impl Genuine {
    async fn start(generation: Generation) -> Result<Self, Failed> {
        let anvil = Anvil::start(&node_modules(), &RULES);
        let node = Node { url: anvil.url.clone() };
        let package = if generation == Generation::V5 { "@tradetrust-tt/token-registry" } else { "tr4" };
        let code = |name| registry_code(&node_modules(), package, name);
        let mut genuine = Self {
            node,
            generation,
            registry: Address::ZERO,
            factory: Address::ZERO,
            accounts: [Address::ZERO; ACTORS],
            _anvil: anvil,
        };
        genuine.factory = genuine.deploy(code("TitleEscrowFactory")).await?;
        let text = |text: &str| Token::String(text.into());
        let arguments = [text("Nordsee Registry"), text("NDSE"), Token::Address(genuine.factory.0.into())];
        genuine.registry = genuine.deploy([code("TradeTrustToken"), encode(&arguments)].concat()).await?;
        for actor in 0..ACTORS {
            genuine.accounts[actor] = genuine.deploy(creation_code(Contract::BatchAccount, &[])).await?;
        }
        for role in ROLES {
            let data = batch::grant(role, genuine.accounts[ISSUER]);
            genuine.mine(&[(genuine.registry, data)]).await?;
        }
        Ok(genuine)
    }

    async fn deploy(&self, creation: Vec<u8>) -> Result<Address, Failed> {
        let transaction = json!({"from": ADMIN, "data": hex(&creation), "gas": "0xb71b00"});
        let hash = self.node.ask("eth_sendTransaction", json!([transaction])).await;
        let receipt = self.node.receipt(&hash).await;
        Ok(receipt["contractAddress"].as_str().ok_or("no contract")?.parse()?)
    }

    /// Several transactions in one block.
    async fn mine(&self, calls: &[(Address, Vec<u8>)]) -> Result<(), Failed> {
        self.node.ask("evm_setAutomine", json!([false])).await;
        let mut hashes = Vec::new();
        for (to, data) in calls {
            let transaction = json!({"from": ADMIN, "to": to, "data": hex(data), "gas": "0x989680"});
            hashes.push(self.node.ask("eth_sendTransaction", json!([transaction])).await);
        }
        self.node.ask("evm_mine", json!([])).await;
        self.node.ask("evm_setAutomine", json!([true])).await;
        let mut blocks: Vec<Value> = Vec::new();
        for hash in hashes {
            let receipt = self.node.receipt(&hash).await;
            same("the transaction works", &receipt["status"], &json!("0x1"))?;
            blocks.push(receipt["blockNumber"].clone());
        }
        blocks.dedup();
        same("one block", &blocks.len(), &1)
    }

    async fn escrow(&self, token: TokenId) -> Result<Address, Failed> {
        let v5 = self.generation == Generation::V5;
        let lookup = if v5 { "getEscrowAddress(address,uint256)" } else { "getAddress(address,uint256)" };
        let arguments = encode(&[Token::Address(self.registry.0.into()), Token::Uint(token.0.into())]);
        let data = [&keccak256(lookup).0[..4], &arguments].concat();
        let answer = self.node.ask("eth_call", json!([{"to": self.factory, "data": hex(&data)}, "latest"])).await;
        let word = answer.as_str().and_then(decode_hex).ok_or("no word")?;
        Ok(Address(word.get(12..).ok_or("no address")?.try_into()?))
    }

    /// Two transactions a block.
    async fn live(&self, token: TokenId, transactions: &[Vec<(usize, TitleWrite)>]) -> Result<(), Failed> {
        let escrow = self.escrow(token).await?;
        let calls: Vec<_> = transactions
            .iter()
            .map(|acts| (self.accounts[0], in_one(acts, self.generation, &self.accounts, self.registry, escrow)))
            .collect();
        for some in calls.chunks(2) {
            self.mine(some).await?;
        }
        Ok(())
    }

    async fn report(&self, token: TokenId) -> Result<TitleReport, Failed> {
        let chain = ChainId::try_from(31337)?;
        let builder = Verifier::builder().default_endpoints(false).endpoint(chain, self.node.url.parse()?);
        let verifier = builder.block(BlockChoice::Latest).build()?;
        let token = TokenOfChain { chain, registry: self.registry, token };
        Ok(verifier.title_of_token(token, PowersWanted::Yes, &Wishes::default()).await)
    }
}

/// Our contracts on the embedded chain.
struct Ours {
    sandbox: Sandbox,
    generation: Generation,
    accounts: [Address; ACTORS],
}

impl Ours {
    async fn start(generation: Generation) -> Result<Self, Failed> {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sandbox = Sandbox::start(any_port, any_port).await?;
        let mut ours = Self { sandbox, generation, accounts: [Address::ZERO; ACTORS] };
        for actor in 0..ACTORS {
            ours.accounts[actor] = ours.sandbox.deploy(Contract::BatchAccount, &[])?;
        }
        for role in ROLES {
            ours.sandbox.send(Party::Carrier, ours.registry().address, &batch::grant(role, ours.accounts[ISSUER]))?;
        }
        Ok(ours)
    }

    fn registry(&self) -> ebl_verifier::testchain::sandbox::Registry {
        if self.generation == Generation::V5 { self.sandbox.v5 } else { self.sandbox.v4 }
    }

    fn live(&self, token: TokenId, transactions: &[Vec<(usize, TitleWrite)>]) -> Result<(), Failed> {
        let (registry, escrow) = (self.registry().address, self.registry().escrow(token));
        for acts in transactions {
            let data = in_one(acts, self.generation, &self.accounts, registry, escrow);
            self.sandbox.send(Party::Bank, self.accounts[0], &data)?;
        }
        Ok(())
    }

    async fn report(&self, token: TokenId) -> Result<TitleReport, Failed> {
        let verifier = self.sandbox.verifier()?.build()?;
        let chain = ChainId::try_from(CHAIN)?;
        let token = TokenOfChain { chain, registry: self.registry().address, token };
        Ok(verifier.title_of_token(token, PowersWanted::No, &self.sandbox.wishes()).await)
    }
}

/// Acts of several accounts as call data for one of them.
fn in_one(
    acts: &[(usize, TitleWrite)],
    generation: Generation,
    accounts: &[Address; ACTORS],
    registry: Address,
    escrow: Address,
) -> Vec<u8> {
    let call = |(actor, write): &(usize, TitleWrite)| {
        let to = match write.recipient() {
            Recipient::Registry => registry,
            Recipient::TitleEscrow => escrow,
        };
        let data = write.call_data(generation).expect("an act of this generation");
        (accounts[*actor], batch::run(&[(to, data)]))
    };
    batch::run(&acts.iter().map(call).collect::<Vec<_>>())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, wanted: &T) -> Result<(), Failed> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:#?}, wanted {wanted:#?}").into()) }
}
