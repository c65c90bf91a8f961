//! A local node with the published contracts, and bills whose titles are live in their registry.

use std::ops::Range;

use ebl_verifier::primitives::{Address, ChainId, TokenId, keccak256};
use ebl_verifier::sources::chain::BlockChoice;
use ebl_verifier::sources::dns::Resolver as Asked;
use ebl_verifier::testchain::contracts::{Recipient, TitleWrite};
use ebl_verifier::testchain::sandbox::Party;
use ebl_verifier::title::Generation;
use ebl_verifier::{Verifier, VerifierBuilder};
use ethers::abi::{Token, encode};
use serde_json::{Value, json};

use super::support::anvil::{Anvil, RULES, node_modules, registry_code};
use super::support::node::{BlockingNode, hex};
use super::support::resolver::Resolver;
use super::wrapping::{Format, Wrapped, issuer, plain_v2, wrap};

pub struct Chain {
    pub registry: Address,
    pub record: String,
    factory: Address,
    node: BlockingNode,
    resolver: Resolver,
    /// Ends with this value.
    _anvil: Anvil,
}

const ID: u64 = 31337;

impl Chain {
    pub fn start() -> Self {
        let anvil = Anvil::start(&node_modules(), &RULES);
        let (node, resolver) = (BlockingNode::new(anvil.url.clone()), Resolver::start());
        let code = |name| registry_code(&node_modules(), "@tradetrust-tt/token-registry", name);
        let nowhere = Address::ZERO;
        let mut chain =
            Self { registry: nowhere, record: String::new(), factory: nowhere, node, resolver, _anvil: anvil };
        chain.factory = chain.deploy(&code("TitleEscrowFactory"));
        let text = |text: &str| Token::String(text.into());
        let arguments = [text("Nordsee Registry"), text("NDSE"), account(chain.factory)];
        chain.registry = chain.deploy(&[code("TradeTrustToken"), encode(&arguments)].concat());
        chain.record = format!("openatts net=ethereum netId={ID} addr={}", chain.registry);
        chain.resolver.publish(&[&chain.record]);
        chain
    }

    pub fn url(&self) -> &str {
        self.node.url()
    }

    /// Where the resolver listens.
    pub fn resolver(&self) -> &str {
        &self.resolver.address
    }

    pub fn id(&self) -> ChainId {
        ChainId::try_from(ID).expect("a chain")
    }

    /// Whoever asks this node and this resolver, and nobody else.
    pub fn verifier(&self) -> VerifierBuilder {
        Verifier::builder()
            .default_endpoints(false)
            .endpoint(self.id(), self.url().parse().expect("an endpoint"))
            .resolver(Asked::Plain(self.resolver.address.parse().expect("an address")))
            .block(BlockChoice::Latest)
    }

    /// A bill that was issued to the shipper.
    pub fn issued(&self, number: usize) -> Wrapped {
        let plain = plain_v2(vec![issuer("tokenRegistry", self.registry)], ID, number);
        let bill = wrap(Format::V2, vec![plain]).remove(0);
        let holder = Party::Shipper.address();
        let token = TokenId::from(bill.root());
        let mint = TitleWrite::Mint { beneficiary: holder, holder, token, remark: Vec::new() };
        self.act(Party::Carrier, token, &mint);
        bill
    }

    /// The same for many, which are not waited for one by one.
    pub fn issued_many(&self, numbers: Range<usize>) -> Vec<Wrapped> {
        let plain = |number| plain_v2(vec![issuer("tokenRegistry", self.registry)], ID, number);
        let bills: Vec<_> = numbers.map(|number| wrap(Format::V2, vec![plain(number)]).remove(0)).collect();
        let (holder, from) = (Party::Shipper.address(), Party::Carrier.address());
        // A few at a time: this node takes the longer for a transaction the more of them wait.
        for waiting in bills.chunks(20) {
            let mut last = Value::Null;
            for bill in waiting {
                let token = TokenId::from(bill.root());
                let mint = TitleWrite::Mint { beneficiary: holder, holder, token, remark: Vec::new() };
                let data = mint.call_data(Generation::V5).expect("an act of this generation");
                let call = json!({"from": from, "to": self.registry, "data": hex(&data), "gas": "0xf4240"});
                // One by one: a node that takes a batch apart may give two of them one place in the order.
                last = self.node.ask("eth_sendTransaction", json!([call]));
            }
            while self.node.ask("eth_getTransactionReceipt", json!([last])).is_null() {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
        bills
    }

    /// The holder changes so often.
    pub fn pass_on(&self, token: TokenId, times: usize) {
        let parties = [Party::Shipper, Party::Bank];
        for time in 0..times {
            let holder = parties[(time + 1) % 2].address();
            self.act(parties[time % 2], token, &TitleWrite::TransferHolder { holder, remark: Vec::new() });
        }
    }

    fn act(&self, by: Party, token: TokenId, write: &TitleWrite) {
        let to = match write.recipient() {
            Recipient::Registry => self.registry,
            Recipient::TitleEscrow => self.escrow(token),
        };
        let data = write.call_data(Generation::V5).expect("an act of this generation");
        let receipt = self.node.send(&hex(&by.address().0), Some(&hex(&to.0)), &data);
        assert_eq!(receipt["status"], "0x1", "{write:?}");
    }

    fn escrow(&self, token: TokenId) -> Address {
        let arguments = encode(&[account(self.registry), Token::Uint(token.0.into())]);
        let data = [&keccak256("getEscrowAddress(address,uint256)").0[..4], &arguments].concat();
        let answer = self.node.ask("eth_call", json!([{"to": self.factory, "data": hex(&data)}, "latest"]));
        format!("0x{}", &answer.as_str().expect("a word")[26..]).parse().expect("an address")
    }

    fn deploy(&self, creation: &[u8]) -> Address {
        let receipt = self.node.send(&hex(&Party::Carrier.address().0), None, creation);
        receipt["contractAddress"].as_str().expect("a contract").parse().expect("an address")
    }
}

fn account(address: Address) -> Token {
    Token::Address(address.0.into())
}
