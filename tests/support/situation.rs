//! One document with everything that is asked about it, honest until a test changes one thing: no network, no clock.

use std::collections::BTreeMap;

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{
    Answer, BlockReading, CallReading, Cause, CodeReading, ContractReading, DidEthrReading, DocumentStoreQuestion,
    Entry, Evidence, Fact, Finality, HistoryQuestion, HistoryReading, InterfaceReading, LogReading, NewerTitle, Newest,
    NodeReading, PowersQuestion, PowersReading, Provenance, Question, REGISTRY_INTERFACES, RegistryQuestion,
    RegistryReading, RevocationEvent, RevocationQuestion, RevocationReading, StoreReading, TitleReading,
    TransactionReading, TxtReading, Unavailable, WebReading,
};
use ebl_verifier::integrity::merkle::path_from;
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId, keccak256};
use ebl_verifier::status::{Family, revocation_topics};
use ebl_verifier::title::Generation;
use ebl_verifier::verify::{
    Arrival, Case, LinkFollowed, Policy, PowersWanted, Report, Step, TitleCase, TitleReport, TitleStep, examine,
    examine_title,
};
use serde_json::{Value, json};

use super::signed_world::{NOW, World, block, policy, word};
use super::signing::{Draft, key};
use super::title_logs::{issued_title, set_up_roles};
use super::wrapping::{Format, batch, issuer, plain_v2, wrap};

pub const CHAIN: u64 = 31337;
pub const REGISTRY: Address = Address([0xa1; 20]);
pub const STORE: Address = super::signed_world::STORE;
pub const OTHER_STORE: Address = Address([0x5b; 20]);
pub const HOLDER: Address = Address([0x40; 20]);
pub const HOST: &str = "host.example";

/// What is judged, by what, and when.
pub struct Situation {
    pub document: Vec<u8>,
    pub policy: Policy,
    pub now: i64,
    arrival: Arrival,
    world: World,
    generation: Generation,
    family: Family,
    pages: BTreeMap<String, (u16, Vec<u8>)>,
    changes: Vec<Change>,
}

type Change = Box<dyn Fn(&Question, &mut Answer)>;

/// A v2 bill whose title is live in a genuine v5 registry, and whose domain names the registry.
pub fn bill() -> Situation {
    bill_from(plain_bill())
}

/// The same with another content.
pub fn bill_with(change: impl FnOnce(&mut Value)) -> Situation {
    let mut plain = plain_bill();
    change(&mut plain);
    bill_from(plain)
}

/// The same in OpenAttestation 3.0.
pub fn bill_v3() -> Situation {
    bill_v3_with(|_| {})
}

/// The same in OpenAttestation 3.0, with another content.
pub fn bill_v3_with(change: impl FnOnce(&mut Value)) -> Situation {
    let mut plain = batch(Format::V3, &[REGISTRY], CHAIN, 0, 1).remove(0).document;
    plain.as_object_mut().expect("an object").remove("proof");
    plain["openAttestationMetadata"]["proof"]["method"] = json!("TOKEN_REGISTRY");
    change(&mut plain);
    Situation::new(&wrap(Format::V3, vec![plain]).remove(0).document, &[REGISTRY])
}

/// What was said of a bill, before it is wrapped.
pub fn plain_bill() -> Value {
    plain_v2(vec![issuer("tokenRegistry", REGISTRY)], CHAIN, 0)
}

fn bill_from(plain: Value) -> Situation {
    Situation::new(&wrap(Format::V2, vec![plain]).remove(0).document, &[REGISTRY])
}

/// The second of `count` documents that legacy stores issued in one batch and did not revoke.
pub fn in_stores(stores: &[Address], count: usize) -> Situation {
    let mut documents = batch(Format::V2, stores, CHAIN, 0, count);
    Situation::new(&documents.remove(usize::from(count > 1)).document, stores)
}

/// A document that key 1 signed.
pub fn signed(draft: &Draft) -> Situation {
    signed_by(draft, 1)
}

/// A document that this key signed.
pub fn signed_by(draft: &Draft, number: u8) -> Situation {
    let mut situation = Situation::of_bytes(draft.signed(&key(number)));
    situation.world.records = vec![super::signing::record(&draft.key)];
    situation
}

impl Situation {
    /// `contracts` are those that the domain names.
    pub fn new(document: &Value, contracts: &[Address]) -> Self {
        let mut situation = Self::of_bytes(document.to_string().into_bytes());
        let record = |contract| format!("openatts net=ethereum netId={CHAIN} addr={contract}");
        situation.world.records = contracts.iter().map(record).collect();
        situation
    }

    pub fn of_bytes(document: Vec<u8>) -> Self {
        Self {
            document,
            policy: policy(),
            now: i64::try_from(NOW).expect("a time"),
            arrival: Arrival::default(),
            world: World::good(),
            generation: Generation::V5,
            family: Family::Legacy,
            pages: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    pub fn generation(self, generation: Generation) -> Self {
        Self { generation, ..self }
    }

    pub fn family(self, family: Family) -> Self {
        Self { family, ..self }
    }

    /// Changes the wrapped document: its digest and what is asked of it stay as they were issued.
    pub fn tampered(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut document = serde_json::from_slice(&self.document).expect("JSON");
        change(&mut document);
        self.document = document.to_string().into_bytes();
        self
    }

    pub fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    pub fn registry(self, change: impl Fn(&mut RegistryReading) + 'static) -> Self {
        self.answered(move |_, fact| {
            if let Fact::Registry(reading) = fact {
                change(reading);
            }
        })
    }

    pub fn dns(self, change: impl Fn(&mut TxtReading) + 'static) -> Self {
        self.answered(move |_, fact| {
            if let Fact::DnsTxt(reading) = fact {
                change(reading);
            }
        })
    }

    /// Of every store.
    pub fn store(self, change: impl Fn(&mut StoreReading) + 'static) -> Self {
        self.store_at(|_| true, change)
    }

    pub fn store_at(
        self,
        which: impl Fn(Address) -> bool + 'static,
        change: impl Fn(&mut StoreReading) + 'static,
    ) -> Self {
        self.answered(move |question, fact| {
            if let (Question::DocumentStore(DocumentStoreQuestion { store, .. }), Fact::DocumentStore(reading)) =
                (question, fact)
                && which(*store)
            {
                change(reading);
            }
        })
    }

    pub fn history(self, change: impl Fn(&mut HistoryReading) + 'static) -> Self {
        self.answered(move |_, fact| {
            if let Fact::History(reading) = fact {
                change(reading);
            }
        })
    }

    pub fn powers(self, change: impl Fn(&mut PowersReading) + 'static) -> Self {
        self.answered(move |_, fact| {
            if let Fact::Powers(reading) = fact {
                change(reading);
            }
        })
    }

    pub fn did(self, change: impl Fn(&mut DidEthrReading) + 'static) -> Self {
        self.answered(move |_, fact| {
            if let Fact::DidEthr(reading) = fact {
                change(reading);
            }
        })
    }

    pub fn web(self, change: impl Fn(&mut WebReading) + 'static) -> Self {
        self.answered(move |_, fact| {
            if let Fact::Web(reading) = fact {
                change(reading);
            }
        })
    }

    /// What web servers have at these addresses, before what the world has.
    pub fn pages(mut self, pages: BTreeMap<String, (u16, Vec<u8>)>) -> Self {
        self.pages.extend(pages);
        self
    }

    /// Of every answer that is a JSON object from the web.
    pub fn web_json(self, change: impl Fn(&mut Value) + 'static) -> Self {
        self.web(move |reading| {
            let mut body = serde_json::from_slice(&reading.body).expect("JSON");
            change(&mut body);
            reading.body = body.to_string().into_bytes();
        })
    }

    /// These questions have no answer.
    pub fn unanswered(mut self, cause: Cause, which: fn(&Question) -> bool) -> Self {
        self.changes.push(Box::new(move |question, answer| {
            if which(question) {
                let detail = "no answer".to_owned();
                *answer = Err(Unavailable { cause, host: Some(HOST.to_owned()), detail });
            }
        }));
        self
    }

    /// The document came by a link that names this chain.
    pub fn by_link(mut self, host: &str, chain: Option<ChainId>) -> Self {
        self.arrival.link = Some(LinkFollowed { host: host.into(), chain });
        self
    }

    fn answered(mut self, change: impl Fn(&Question, &mut Fact) + 'static) -> Self {
        self.changes.push(Box::new(move |question, answer| {
            if let Ok(fact) = answer {
                change(question, fact);
            }
        }));
        self
    }

    /// The report, and the evidence that it rests on.
    pub fn examined(&self) -> (Report, Evidence) {
        let document = document::read(&self.document, &Limits::default()).expect("readable");
        let case = Case::new(&document, &self.policy, self.now).arrived(self.arrival.clone());
        let mut evidence = Evidence::new();
        for _ in 0..4 {
            match examine(&case, &evidence) {
                Step::Report(report) => return (*report, evidence),
                Step::Ask(questions) => self.answer_all(questions, &mut evidence),
            }
        }
        panic!("it asks on and on");
    }

    /// The report on the document's title, with its history and the powers over its registry.
    pub fn title_examined(&self) -> TitleReport {
        self.title_examined_with_evidence().0
    }

    /// The same, and the evidence that it rests on.
    pub fn title_examined_with_evidence(&self) -> (TitleReport, Evidence) {
        let document = document::read(&self.document, &Limits::default()).expect("readable");
        let case = Case::new(&document, &self.policy, self.now).arrived(self.arrival.clone());
        let case = TitleCase::of_document(&case, PowersWanted::Yes);
        let mut evidence = Evidence::new();
        for _ in 0..3 {
            match examine_title(&case, &evidence) {
                TitleStep::Report(report) => return (*report, evidence),
                TitleStep::Ask(questions) => self.answer_all(questions, &mut evidence),
            }
        }
        panic!("it asks on and on");
    }

    fn answer_all(&self, questions: Vec<Question>, evidence: &mut Evidence) {
        for question in questions {
            let provenance = Provenance { hosts: vec![HOST.into()], ..Provenance::default() };
            let entry = Entry::pair(question.clone(), self.answer(&question), provenance);
            evidence.record(entry.expect("an answer of the kind that was asked for"));
        }
    }

    fn answer(&self, question: &Question) -> Answer {
        let mut answer = match question {
            Question::Registry(RegistryQuestion { registry, token, .. }) => {
                Ok(Fact::Registry(Box::new(genuine_registry(self.generation, *registry, *token))))
            }
            Question::DocumentStore(DocumentStoreQuestion { target_hash, proof, .. }) => {
                Ok(Fact::DocumentStore(Box::new(genuine_store(self.family, &path_from(*target_hash, proof)))))
            }
            Question::History(HistoryQuestion { registry, token, .. }) => {
                Ok(Fact::History(Box::new(issued_title(self.generation, *registry, *token))))
            }
            Question::Revocation(RevocationQuestion { store, node, event, .. }) => {
                Ok(Fact::Revocation(Box::new(revocation(*store, *node, *event))))
            }
            Question::Powers(PowersQuestion { registry, .. }) => Ok(Fact::Powers(Box::new(set_up_roles(*registry)))),
            Question::Web(question) if self.pages.contains_key(&question.url) => {
                let (status, body) = self.pages[&question.url].clone();
                Ok(Fact::Web(WebReading { status, body }))
            }
            other => self.world.answer(other),
        };
        for change in &self.changes {
            change(question, &mut answer);
        }
        answer
    }
}

/// The newest block says the same of the title, until `change`.
pub fn with_newest(reading: &mut RegistryReading, change: impl FnOnce(&mut NewerTitle)) {
    let RegistryReading { contract, title, .. } = reading;
    let (registry_code_size, paused) = (contract.code.len() as u64, contract.paused.clone());
    let mut newer = NewerTitle { block: newest_block(), registry_code_size, paused, title: title.clone() };
    change(&mut newer);
    add(&mut reading.newest, newer);
}

/// As [`with_newest`], of a store.
pub fn with_newest_store(reading: &mut StoreReading, change: impl FnOnce(&mut StoreReading)) {
    let mut latest = StoreReading { block: newest_block(), newest: Newest::Itself, ..reading.clone() };
    change(&mut latest);
    add(&mut reading.newest, latest);
}

/// As [`with_newest`], of a DID.
pub fn with_newest_did(reading: &mut DidEthrReading, change: impl FnOnce(&mut DidEthrReading)) {
    let mut latest = DidEthrReading { block: newest_block(), newest: Newest::Itself, ..reading.clone() };
    change(&mut latest);
    add(&mut reading.newest, latest);
}

fn newest_block() -> BlockReading {
    BlockReading { number: block().number + 5, finality: Finality::Latest, ..block() }
}

fn add<R>(newest: &mut Newest<R>, reading: R) {
    match newest {
        Newest::Read(readings) => readings.push(reading),
        Newest::Itself | Newest::NotRead => *newest = Newest::Read(vec![reading]),
    }
}

/// A clone of the published registry with a live title (chain.md §1.6): the code behind a clone counts by its hash, so
/// none of the bytecode is needed.
pub fn genuine_registry(generation: Generation, registry: Address, token: TokenId) -> RegistryReading {
    let [implementation, factory, escrow_implementation] = [0xd1, 0xd2, 0xd3].map(|byte| Address([byte; 20]));
    let published = Published::of(generation);
    let escrow = escrow_address(factory, registry, token, escrow_implementation);
    let v5 = generation == Generation::V5;
    let only_v5 = |answer: CallReading| if v5 { answer } else { reverted(&[]) };
    RegistryReading {
        chain_id: CHAIN,
        block: block(),
        newest: Newest::Itself,
        contract: ContractReading {
            code: clone_of(implementation),
            clone_target: Some(published.registry.at(implementation)),
            interfaces: REGISTRY_INTERFACES
                .iter()
                .map(|id| InterfaceReading { id: id.to_vec(), answer: flag(*id == published.interface) })
                .collect(),
            factory: word(&factory.0),
            factory_code: published.factory.at(factory),
            escrow_implementation: word(&escrow_implementation.0),
            escrow_implementation_code: published.escrow.at(escrow_implementation),
            genesis: word(&[7]),
            paused: flag(false),
            ..ContractReading::default()
        },
        title: TitleReading {
            owner_of: word(&escrow.0),
            escrow,
            escrow_code: clone_of(escrow_implementation),
            escrow_code_size: 45,
            escrow_registry: word(&registry.0),
            escrow_token_id: word(&token.0),
            beneficiary: word(&HOLDER.0),
            holder: word(&HOLDER.0),
            nominee: word(&[]),
            active: flag(true),
            is_holding_token: flag(true),
            prev_beneficiary: only_v5(word(&[])),
            prev_holder: only_v5(word(&[])),
            remark: only_v5(CallReading { success: true, data: [[0; 31].as_slice(), &[32], &[0; 32]].concat() }),
        },
        ..RegistryReading::default()
    }
}

/// What a store says that issued the root of `path` and revoked nothing (chain.md §3).
pub fn genuine_store(family: Family, path: &[Digest32]) -> StoreReading {
    let only = |wanted: bool, answer: CallReading| if wanted { answer } else { reverted(&[]) };
    let (legacy, batchable) = (family == Family::Legacy, family == Family::Batchable);
    let claims = |yes: bool| if legacy { reverted(&[]) } else { flag(yes) };
    let node = |hash: &Digest32| NodeReading {
        hash: *hash,
        revoked: only(legacy || hash == &path[path.len() - 1], flag(false)),
        revoked_in_batch: only(batchable, flag(false)),
        revoked_at: only(legacy, word(&[])),
    };
    StoreReading {
        chain_id: CHAIN,
        block: block(),
        code: CodeReading { address: STORE, size: 5000, hash: Digest32([1; 32]), stripped_hash: Digest32([2; 32]) },
        batchable: claims(batchable),
        transferable: claims(family == Family::Transferable),
        everything: claims(false),
        issued: flag(true),
        issued_in_batch: only(batchable, flag(true)),
        nodes: path.iter().map(node).collect(),
        newest: Newest::Itself,
    }
}

pub fn flag(value: bool) -> CallReading {
    word(&[u8::from(value)])
}

pub fn reverted(data: &[u8]) -> CallReading {
    CallReading { success: false, data: data.to_vec() }
}

/// Size and hashes of published code, the second without metadata (chain.md §1.9).
struct Code(u64, &'static str, &'static str);

impl Code {
    fn at(&self, address: Address) -> CodeReading {
        let hash = |hex64| Digest32::from_hex64(hex64).expect("a hash");
        CodeReading { address, size: self.0, hash: hash(self.1), stripped_hash: hash(self.2) }
    }
}

struct Published {
    interface: [u8; 4],
    registry: Code,
    factory: Code,
    escrow: Code,
}

impl Published {
    fn of(generation: Generation) -> Self {
        match generation {
            Generation::V5 => Self {
                interface: [0xb8, 0x95, 0x09, 0x77],
                registry: Code(
                    17_826,
                    "0792c198158e4090cdba89bb89a48218c214810bf74d57b9e0af34701a9e61d2",
                    "1f3719e8f33beaf920d0efd5ccad00c33ca60ff6cc188e0134e07552becc96a5",
                ),
                factory: Code(
                    1_744,
                    "6d438d933076c05d346f3bb93147e424a59b413a01f28c7d5b8388c000c5d3e8",
                    "a948e1064a4a0f2cee57a069af38f4307b2dbb668ff4108cc7305935009f899c",
                ),
                escrow: Code(
                    9_000,
                    "491d14e40d18512d850677ce395ea81e5658f61d65098b2741e157f7a8349a6a",
                    "d31f52b8b287dda30ec760ce29e31a2eb9f352937e4882c4d837ea3d6de29291",
                ),
            },
            _ => Self {
                interface: [0x30, 0x4a, 0xd1, 0xf2],
                registry: Code(
                    9_704,
                    "6450a94c5aad89c34aa94f06cb44b581f6e17e65bde4b3cdae8bed36adb7d2d3",
                    "6f46efb3a55ebc1fbdea6f2522f0185845741515f3c06be174e30d1814db9dbd",
                ),
                factory: Code(
                    936,
                    "e93197980fcff2b82966018b7787431c2199e1adcc1f99afb307d107190d2b5a",
                    "a5e39e25800de0f1aec6d501cc92855a60a0f481ae4cd793a4d21e72dd508407",
                ),
                escrow: Code(
                    6_000,
                    "a468c7022aca303ba4d4a83f3e0b41df259abad2d24a299281ecea2fd0404e7c",
                    "bd2f8874fe04fc66e03d37059084c8eafb2685bf5511c633ceeca3a252ec0a17",
                ),
            },
        }
    }
}

/// In the block before the one that is read, by [`HOLDER`].
fn revocation(store: Address, node: Digest32, event: RevocationEvent) -> RevocationReading {
    let topics = revocation_topics(event, node);
    let log = LogReading {
        address: store,
        block: block().number - 1,
        block_hash: Digest32([0xb0; 32]),
        timestamp: Some(NOW - 1000),
        transaction: Digest32([0x7a; 32]),
        topics: topics.iter().map(|allowed| allowed.first().copied().unwrap_or_default()).collect(),
        ..LogReading::default()
    };
    let transaction = TransactionReading { hash: log.transaction, block_hash: log.block_hash, sender: HOLDER };
    RevocationReading { chain_id: CHAIN, block: block(), logs: vec![log], transaction: Some(transaction) }
}

/// EIP-1167.
fn clone_of(implementation: Address) -> Vec<u8> {
    let head = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
    let tail = [0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3];
    [head.as_slice(), &implementation.0, &tail].concat()
}

/// CREATE2 of chain.md §1.9.
fn escrow_address(factory: Address, registry: Address, token: TokenId, implementation: Address) -> Address {
    let head = [0x3d, 0x60, 0x2d, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x81, 0xf3];
    let salt = keccak256([registry.0.as_slice(), &token.0].concat());
    let creation = keccak256([head.as_slice(), &clone_of(implementation)].concat());
    let hash = keccak256([&[0xff], factory.0.as_slice(), &salt.0, &creation.0].concat());
    Address(hash.0[12..].try_into().expect("20 bytes"))
}
