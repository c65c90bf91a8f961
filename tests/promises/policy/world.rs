//! One bill on a registry that the caller trusts, and everything that can be found out about it: good until a test
//! changes it.

use ebl_verifier::document::{self, Limits, SealedBy};
use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, Cause, ContractReading, Dnssec, Entry, Evidence, Fact, Finality,
    InterfaceReading, Newest, Provenance, ProxySlots, Question, REGISTRY_INTERFACES, RegistryQuestion, RegistryReading,
    TitleReading, TopLevelReading, TxtReading, Unavailable,
};
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId};
use ebl_verifier::testchain::bill::{Bill, Issuance};
use ebl_verifier::testchain::wrap::{Salts, hide_oa2};
use ebl_verifier::verify::{Arrival, Case, Policy, Report, Rule, RuleFinding, Step, examine};
use serde_json::Value;

use super::rpc_node::{FACTORY, IMPLEMENTATION, escrow};
pub use super::rpc_node::{HOLDER, REGISTRY};

pub const BENEFICIARY: Address = Address([0x66; 20]);
pub const NOW: i64 = 1_780_000_000;
/// How old the block is.
pub const AGE: u64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Live,
    Returned,
    Ended,
    /// The endpoint does not answer.
    Silent,
}

#[derive(Debug, Clone)]
pub struct World {
    pub document: Value,
    pub chain: u64,
    pub state: State,
    pub paused: bool,
    /// ERC-1967 implementation and admin of the registry.
    pub proxy: Option<Address>,
    pub finality: Finality,
    pub endpoints: Vec<&'static str>,
    pub resolvers: Vec<&'static str>,
    /// `None`: no answer.
    pub dnssec: Option<Dnssec>,
    /// Whether the domain names the registry.
    pub record: bool,
    /// Whose key opened the file, if it was sealed.
    pub sealed: Option<SealedBy>,
}

impl World {
    /// A live bill on Ethereum, at a finalized block, by two endpoints and two resolvers, with DNSSEC.
    pub fn good() -> Self {
        Self {
            document: bill(1, "carrier.example").oa2(&mut Salts::default()).document,
            chain: 1,
            state: State::Live,
            paused: false,
            proxy: None,
            finality: Finality::Finalized,
            endpoints: vec!["one.example", "two.example"],
            resolvers: vec!["9.9.9.9", "8.8.8.8"],
            dnssec: Some(Dnssec::Secure),
            record: true,
            sealed: None,
        }
    }

    pub fn on_chain(mut self, chain: u64) -> Self {
        self.document = bill(chain, "carrier.example").oa2(&mut Salts::default()).document;
        self.chain = chain;
        self
    }

    pub fn in_format_3(mut self) -> Self {
        self.document = bill(self.chain, "carrier.example").oa3(&mut Salts::default()).document;
        self
    }

    pub fn of_domain(mut self, domain: &str) -> Self {
        self.document = bill(self.chain, domain).oa2(&mut Salts::default()).document;
        self
    }

    pub fn hiding(mut self, field: &str) -> Self {
        let mut wrapped = bill(self.chain, "carrier.example").oa2(&mut Salts::default());
        hide_oa2(&mut wrapped, field);
        self.document = wrapped.document;
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The report when these rules are the policy.
    pub fn judged(&self, rules: &[Rule]) -> Report {
        let chain = ChainId::try_from(self.chain).unwrap();
        let policy =
            Policy { trusted_registries: [(chain, REGISTRY)].into(), rules: rules.to_vec(), ..Policy::default() };
        self.judged_by(&policy)
    }

    pub fn judged_by(&self, policy: &Policy) -> Report {
        let arrival = Arrival { sealed: self.sealed, ..Arrival::default() };
        judged(self.document.to_string().as_bytes(), arrival, policy, |question| self.answer(question))
    }

    /// What one rule came to, beside the report.
    pub fn rule(&self, rule: Rule) -> (RuleFinding, Report) {
        let report = self.judged(std::slice::from_ref(&rule));
        let [finding] = report.policy.as_slice() else { panic!("one rule, one finding: {:?}", report.policy) };
        assert_eq!(finding.rule, rule.name());
        (finding.clone(), report)
    }

    pub fn answer(&self, question: &Question) -> (Answer, Vec<&'static str>) {
        let silent = || Unavailable { cause: Cause::Timeout, host: None, detail: "no answer in time".into() };
        match question {
            Question::DnsTxt(_) => {
                let record = format!("openatts net=ethereum netId={} addr={REGISTRY}", self.chain);
                let answer = self.dnssec.ok_or_else(silent).map(|dnssec| {
                    Fact::DnsTxt(TxtReading {
                        name_exists: true,
                        records: if self.record { vec![record] } else { Vec::new() },
                        dnssec,
                        chain: None,
                        agreeing: u32::try_from(self.resolvers.len()).unwrap(),
                        top_level: Some(TopLevelReading { name: "example".into(), answered: true }),
                    })
                });
                (answer, self.resolvers.clone())
            }
            Question::Registry(RegistryQuestion { token, .. }) if self.state != State::Silent => {
                (Ok(Fact::Registry(Box::new(self.reading(*token)))), self.endpoints.clone())
            }
            _ => (Err(silent()), Vec::new()),
        }
    }

    /// A private build of v5 whose answers hold together.
    fn reading(&self, token: TokenId) -> RegistryReading {
        let escrow = escrow(token);
        let (owner, beneficiary, holder, active) = match self.state {
            State::Live | State::Silent => (escrow, BENEFICIARY, HOLDER, true),
            State::Returned => (REGISTRY, BENEFICIARY, HOLDER, true),
            State::Ended => (Address::DEAD, Address::ZERO, Address::ZERO, false),
        };
        let clone = [
            &[0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73][..],
            &IMPLEMENTATION.0,
            &[0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3],
        ]
        .concat();
        RegistryReading {
            chain_id: self.chain,
            block: BlockReading {
                number: 100,
                hash: Digest32([7; 32]),
                timestamp: u64::try_from(NOW).unwrap() - AGE,
                finality: self.finality,
            },
            newest: Newest::Itself,
            contract: ContractReading {
                code: vec![0x60, 0x80],
                proxy_slots: ProxySlots {
                    implementation: self.proxy.map_or(Address::ZERO, |_| IMPLEMENTATION),
                    admin: self.proxy.unwrap_or(Address::ZERO),
                    beacon: Address::ZERO,
                },
                interfaces: REGISTRY_INTERFACES
                    .iter()
                    .map(|id| InterfaceReading { id: id.to_vec(), answer: boolean(*id == [0xb8, 0x95, 0x09, 0x77]) })
                    .collect(),
                factory: account(FACTORY),
                escrow_implementation: account(IMPLEMENTATION),
                paused: boolean(self.paused),
                ..ContractReading::default()
            },
            title: TitleReading {
                owner_of: account(owner),
                escrow,
                escrow_code: clone,
                escrow_code_size: 45,
                escrow_registry: account(REGISTRY),
                escrow_token_id: CallReading { success: true, data: token.0.to_vec() },
                beneficiary: account(beneficiary),
                holder: account(holder),
                nominee: account(Address::ZERO),
                active: boolean(active),
                is_holding_token: boolean(self.state == State::Live),
                prev_beneficiary: account(Address::ZERO),
                prev_holder: account(Address::ZERO),
                ..TitleReading::default()
            },
            ..RegistryReading::default()
        }
    }
}

/// The report on `bytes`, whatever is asked being answered by `answer`.
pub fn judged(
    bytes: &[u8],
    arrival: Arrival,
    policy: &Policy,
    answer: impl Fn(&Question) -> (Answer, Vec<&'static str>),
) -> Report {
    let document = document::read(bytes, &Limits::default()).expect("a document");
    let case = Case::new(&document, policy, NOW).arrived(arrival);
    let mut evidence = Evidence::new();
    loop {
        match examine(&case, &evidence) {
            Step::Report(report) => {
                matches_schema(&serde_json::to_value(&report).unwrap());
                return *report;
            }
            Step::Ask(questions) => {
                for question in questions {
                    let (answer, hosts) = answer(&question);
                    let hosts = hosts.into_iter().map(str::to_owned).collect();
                    let entry = Entry::pair(question, answer, Provenance { hosts, ..Provenance::default() });
                    evidence.record(entry.expect("an answer of the kind that was asked for"));
                }
            }
        }
    }
}

pub fn matches_schema(report: &Value) {
    static SCHEMA: std::sync::LazyLock<jsonschema::Validator> = std::sync::LazyLock::new(|| {
        let schema: Value = serde_json::from_str(include_str!("../../../schemas/report.schema.json")).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    });
    let errors: Vec<_> = SCHEMA.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}

fn bill(chain: u64, domain: &str) -> Bill {
    Bill {
        number: "NDSE-1".into(),
        issuance: Issuance::TokenRegistry(REGISTRY),
        domain: domain.into(),
        chain: ChainId::try_from(chain).unwrap(),
        expires: None,
    }
}

fn account(address: Address) -> CallReading {
    CallReading { success: true, data: [&[0; 12][..], &address.0].concat() }
}

fn boolean(value: bool) -> CallReading {
    CallReading { success: true, data: [[0; 31].as_slice(), &[value.into()]].concat() }
}
