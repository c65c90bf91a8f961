//! The finalized block decides; what the newest block takes away is not known, and any other change there is told (chain.md
//! §5.3).

use crate::support::bill;
use crate::support::resolver;
use crate::support::rpc_node;
use crate::support::rpc_server;
use crate::support::schema::follows;
use crate::support::signed_world;
use crate::support::signing;
use crate::support::situation;
use crate::support::wrapping;

use std::process::Command;
use std::time::Duration;

use ebl_verifier::evidence::{
    CallReading, Cause, DidChange, DidEthrReading, DidEvent, Fact, NewerTitle, Newest, Provenance, RegistryReading,
    StoreReading, Unavailable,
};
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId};
use ebl_verifier::report::human::{Style, render};
use ebl_verifier::sources::chain::{BlockChoice, ChainConfig, ChainSource};
use ebl_verifier::verify::{AcceptedState, DeniedWarnings, Report, Rule, TitleStateName, Verdict, WarningKind};
use resolver::Resolver;
use rpc_node::{HOLDER, Lens, Node, Outcome, REGISTRY, hex};
use rpc_server::{Reply, Request, Server};
use serde_json::{Value, json};
use signed_world::{code, ethr, message, word};
use signing::Draft;
use situation::{STORE, Situation, bill, in_stores, signed, with_newest, with_newest_did, with_newest_store};
use wrapping::Format;

const TOKEN: TokenId = TokenId([0x55; 32]);
const BUYER: Address = Address([0x77; 20]);
const HOLDER_CALL: u32 = 0xe534_155d;

/// A chain whose finalized block is not its newest.
#[derive(Clone)]
struct TwoBlocks {
    finalized: Node,
    newest: Node,
}

impl TwoBlocks {
    /// The title is the same in both.
    fn of(token: TokenId, chain: u64) -> Self {
        let finalized = Node { chain, lens_chain: chain, ..Node::live(token) };
        let newest = Node { number: 0x6f, hash: [0xc7; 32], timestamp: finalized.timestamp + 600, ..finalized.clone() };
        Self { finalized, newest }
    }

    fn handed_over(token: TokenId) -> Self {
        let mut blocks = Self::of(token, 137);
        blocks.newest.escrow_says(token, HOLDER_CALL, rpc_node::word(BUYER));
        blocks
    }

    fn outcome(&self, method: &str, params: &Value) -> Outcome {
        let at = params.as_array().and_then(|params| params.iter().find(|param| self.is_newest(param)));
        let node = if at.is_some() { &self.newest } else { &self.finalized };
        node.call(method, params)
    }

    fn is_newest(&self, param: &Value) -> bool {
        let hash = hex(&self.newest.hash);
        *param == "latest"
            || *param == *hash
            || param["blockHash"] == *hash
            || *param == format!("{:#x}", self.newest.number)
    }

    fn serve(self) -> Server {
        self.serve_but(|_, _| None)
    }

    /// `twist` may have its own outcome for a call about the newest block's state.
    fn serve_but(self, twist: impl Fn(&Self, &Value) -> Option<Outcome> + Send + 'static) -> Server {
        Server::start(move |request| {
            self.finalized.reply_but(request, |method, params| {
                let ahead = method == "eth_call" && self.is_newest(&params[1]);
                let twisted = if ahead { twist(&self, params) } else { None };
                Some(twisted.unwrap_or_else(|| self.outcome(method, params)))
            })
        })
    }
}

fn config(chain: u64, urls: &[String]) -> (ChainId, ChainConfig) {
    let chain = ChainId::try_from(chain).unwrap();
    let config = ChainConfig {
        endpoints: [(chain, urls.iter().map(|url| url.parse().unwrap()).collect())].into(),
        timeout: Duration::from_secs(20),
        retries: 0,
        use_embedded: false,
        ..ChainConfig::default()
    };
    (chain, config)
}

async fn asked((chain, config): (ChainId, ChainConfig)) -> (RegistryReading, Provenance) {
    let (answer, provenance) = ChainSource::new(config).unwrap().read_registry(chain, REGISTRY, TOKEN).await;
    match answer {
        Ok(Fact::Registry(reading)) => (*reading, provenance),
        other => panic!("{other:?} {provenance:?}"),
    }
}

/// Why the endpoint gave no answer.
async fn unread(server: &Server) -> Unavailable {
    let (chain, config) = config(137, &[server.url()]);
    let (answer, _) = ChainSource::new(config).unwrap().read_registry(chain, REGISTRY, TOKEN).await;
    answer.expect_err("an answer that says nothing of the newest block")
}

async fn read(server: &Server) -> (RegistryReading, Provenance) {
    asked(config(137, &[server.url()])).await
}

fn lens_calls(requests: &[Request]) -> usize {
    let calls = requests.iter().flat_map(|request| request.body.as_array().into_iter().flatten());
    calls.filter(|call| call["method"] == "eth_call").count()
}

#[tokio::test]
async fn the_newest_block_is_looked_at_in_the_same_two_requests() {
    for (blocks, holder) in [(TwoBlocks::handed_over(TOKEN), BUYER), (TwoBlocks::of(TOKEN, 137), HOLDER)] {
        let newest = blocks.newest.clone();
        let server = blocks.serve();
        let (reading, provenance) = read(&server).await;
        assert_eq!((provenance.requests, lens_calls(&server.asked())), (2, 2));
        assert_eq!((reading.block.number, reading.title.holder.address()), (0x64, Ok(HOLDER)));
        let [latest] = reading.newest.readings() else { panic!("{:?}", reading.newest) };
        assert_eq!((latest.block.number, latest.block.hash), (newest.number, Digest32(newest.hash)));
        assert_eq!(latest.title.holder.address(), Ok(holder));
        let whole = reading.at_newest().next().expect("a whole reading");
        assert_eq!((&whole.contract.code, whole.block.number), (&reading.contract.code, newest.number));
    }
}

#[tokio::test]
async fn a_block_that_the_caller_names_is_taken_alone_and_so_is_the_newest() {
    let (blocks, hash) = (TwoBlocks::of(TOKEN, 137), Digest32([0xc7; 32]));
    for block in [BlockChoice::Latest, BlockChoice::Number(0x6f), BlockChoice::Number(0x64), BlockChoice::Hash(hash)] {
        let server = blocks.clone().serve();
        let (chain, config) = config(137, &[server.url()]);
        let (reading, _) = asked((chain, ChainConfig { block, ..config })).await;
        let newest = if block == BlockChoice::Latest { Newest::Itself } else { Newest::NotRead };
        assert_eq!((reading.newest, lens_calls(&server.asked())), (newest, 1), "{block:?}");
    }
    let one = Server::start(|request| Node { chain: 137, lens_chain: 137, ..Node::live(TOKEN) }.reply(request));
    assert_eq!((read(&one).await.0.newest, lens_calls(&one.asked())), (Newest::Itself, 1));
    let local = TwoBlocks::of(TOKEN, 31337).serve();
    let (reading, _) = asked(config(31337, &[local.url()])).await;
    assert_eq!((reading.block.number, reading.newest, lens_calls(&local.asked())), (0x6f, Newest::Itself, 1));
}

#[tokio::test]
async fn the_newest_block_is_looked_at_beside_every_block_that_a_tag_chose() {
    for block in [BlockChoice::Default, BlockChoice::Safe, BlockChoice::Finalized] {
        let server = TwoBlocks::handed_over(TOKEN).serve();
        let (chain, config) = config(137, &[server.url()]);
        let (reading, provenance) = asked((chain, ChainConfig { block, ..config })).await;
        assert_eq!((reading.block.number, provenance.requests), (0x64, 2), "{block:?}");
        assert_eq!(reading.newest.readings()[0].title.holder.address(), Ok(BUYER), "{block:?}");
    }
}

#[tokio::test]
async fn a_node_that_refuses_the_lens_or_the_block_object_is_looked_ahead_at_too() {
    let mut plain = TwoBlocks::handed_over(TOKEN);
    (plain.finalized.lens, plain.newest.lens) = (Lens::Refused, Lens::Refused);
    let (reading, _) = read(&plain.serve()).await;
    assert_eq!(
        (reading.title.holder.address(), reading.newest.readings()[0].title.holder.address()),
        (Ok(HOLDER), Ok(BUYER))
    );
    let blocks = TwoBlocks::handed_over(TOKEN);
    let by_number = Server::start(move |request| {
        blocks.finalized.reply_but(request, |method, params| {
            let object = params.as_array().unwrap().iter().any(|param| !param["blockHash"].is_null());
            let refused = || Err(json!({"code": -32602, "message": "invalid argument"}));
            Some(if object { refused() } else { blocks.outcome(method, params) })
        })
    });
    let (reading, provenance) = read(&by_number).await;
    assert_eq!(
        (reading.title.holder.address(), reading.newest.readings()[0].title.holder.address()),
        (Ok(HOLDER), Ok(BUYER))
    );
    assert_eq!(provenance.requests, 3, "the block object is tried first");
}

#[tokio::test]
async fn without_a_whole_answer_of_the_newest_block_nothing_is_known_to_be_still_so() {
    type Twist = fn(&TwoBlocks, &Value) -> Option<Outcome>;
    let twists: [(&str, Twist); 9] = [
        ("an error", |_, _| Some(Err(json!({"code": -32000, "message": "header not found"})))),
        ("null", |_, _| Some(Ok(Value::Null))),
        ("nothing", |_, _| Some(Ok(json!("0x")))),
        ("no lens answer", |_, _| Some(Ok(json!("0x1234")))),
        ("cut short", |blocks, params| changed(blocks, params, |node| node.lens = Lens::CutShort)),
        ("other code", |blocks, params| changed(blocks, params, |node| node.lens = Lens::OfOtherCode)),
        ("another chain", |blocks, params| changed(blocks, params, |node| node.lens_chain = 1)),
        ("the finalized block again", |blocks, params| Some(blocks.finalized.call("eth_call", params))),
        ("another factory", |blocks, params| {
            changed(blocks, params, |node| {
                node.codes.insert(rpc_node::FACTORY, vec![0x61; 31]);
            })
        }),
    ];
    for (name, twist) in twists {
        let server = TwoBlocks::handed_over(TOKEN).serve_but(twist);
        let why = unread(&server).await;
        assert!(why.detail.contains("what stands in its newest block, 111, could not be read"), "{name}: {why:?}");
        // The block may just have been left, so both were chosen anew once.
        assert_eq!(lens_calls(&server.asked()), 4, "{name}");
    }
}

#[tokio::test]
async fn a_node_without_a_newest_block_is_not_believed_about_the_finalized_one() {
    type Twist = fn(Value) -> Outcome;
    let twists: [(&str, Twist); 4] = [
        ("null", |_| Ok(Value::Null)),
        ("an error that names it", |_| Err(json!({"code": -32000, "message": "latest not available"}))),
        ("an older one than the finalized one", |mut header| {
            header["number"] = json!("0x1");
            Ok(header)
        }),
        ("one of a time that has not come", |mut header| {
            header["timestamp"] = json!("0x953f5f200");
            Ok(header)
        }),
    ];
    for (name, twist) in twists {
        let blocks = TwoBlocks::handed_over(TOKEN);
        let server = Server::start(move |request| {
            blocks.finalized.reply_but(request, |method, params| {
                let outcome = blocks.outcome(method, params);
                let newest = method == "eth_getBlockByNumber" && params[0] == "latest";
                Some(if newest { twist(outcome.unwrap_or_default()) } else { outcome })
            })
        });
        let why = unread(&server).await;
        assert_ne!(why.cause, Cause::BlockVanished, "{name}: {why:?}");
    }
}

fn changed(blocks: &TwoBlocks, params: &Value, change: fn(&mut Node)) -> Option<Outcome> {
    let mut node = blocks.newest.clone();
    change(&mut node);
    Some(node.call("eth_call", params))
}

#[tokio::test]
async fn a_batch_that_is_too_much_for_a_node_is_asked_in_two() {
    let limited = |_: &TwoBlocks, _: &Value| Some(Err(json!({"code": -32005, "message": "limit exceeded"})));
    let server = TwoBlocks::handed_over(TOKEN).serve_but(limited);
    assert_eq!(unread(&server).await.cause, Cause::RateLimited);
    let few = TwoBlocks::handed_over(TOKEN);
    let server = Server::start(move |request| {
        let reply = few.finalized.reply_but(request, |method, params| Some(few.outcome(method, params)));
        // The lens, code, three slots and the header again are six.
        let too_many = request.body.as_array().is_some_and(|calls| calls.len() > 6);
        if too_many { Reply::status("429 Too Many Requests") } else { reply }
    });
    let (reading, provenance) = read(&server).await;
    assert_eq!((reading.newest.readings()[0].title.holder.address(), provenance.requests), (Ok(BUYER), 4));
}

#[tokio::test]
async fn a_quorum_asks_every_endpoint_for_its_newest_block() {
    let first = TwoBlocks::of(TOKEN, 137).serve();
    let mut ahead = TwoBlocks::handed_over(TOKEN);
    (ahead.newest.number, ahead.newest.hash) = (0x72, [0xc9; 32]);
    let second = ahead.serve();
    for urls in [[first.url(), second.url()], [second.url(), first.url()]] {
        let (chain, config) = config(137, &urls);
        let (reading, provenance) = asked((chain, ChainConfig { quorum: 2, ..config })).await;
        assert_eq!((provenance.hosts.len(), provenance.requests), (2, 4));
        let mut holders: Vec<_> = reading
            .newest
            .readings()
            .iter()
            .map(|latest| (latest.block.number, latest.title.holder.address().unwrap()))
            .collect();
        holders.sort_unstable();
        assert_eq!(holders, [(0x6f, HOLDER), (0x72, BUYER)]);
    }
    assert_eq!((lens_calls(&first.asked()), lens_calls(&second.asked())), (4, 4));
}

/// The report on a bill with this said of its title in the newest block, and on the same without.
fn judged(situation: Situation, change: impl Fn(&mut NewerTitle) + 'static) -> (Report, Report) {
    let without = situation.examined().0;
    let with = situation.registry(move |reading| with_newest(reading, &change)).examined().0;
    (with, without)
}

/// The newest block decides nothing.
fn decides_nothing(with: &Report, without: &Report) {
    assert_eq!(
        (&with.verdict, &with.checks, &with.registry, &with.as_of),
        (&without.verdict, &without.checks, &without.registry, &without.as_of)
    );
}

fn flag(yes: bool) -> CallReading {
    word(&[u8::from(yes)])
}

fn warning(report: &Report) -> Option<&str> {
    report.warnings.iter().map(String::as_str).find(|text| text.contains("which is not final"))
}

#[test]
fn a_change_that_leaves_the_title_live_is_told_and_decides_nothing() {
    let address = |byte| Address([byte; 20]);
    let was = situation::HOLDER;
    type Change = fn(&mut NewerTitle);
    let cases: [(Change, String); 4] = [
        (
            |latest| latest.title.holder = word(&BUYER.0),
            format!(
                "a transfer is pending: at block {}, which is not final, the registry records {BUYER} as holder, {was} as beneficiary",
                at()
            ),
        ),
        (
            |latest| latest.title.nominee = word(&BUYER.0),
            format!(
                "a nomination is pending: at block {}, which is not final, {BUYER} is nominated as the next beneficiary",
                at()
            ),
        ),
        (
            |latest| latest.title.prev_holder = word(&[0x31; 20]),
            format!(
                "a change is pending: at block {}, which is not final, another right to reject the last transfer stands",
                at()
            ),
        ),
        (
            |latest| (latest.title.holder, latest.title.beneficiary) = (word(&[0x41; 20]), word(&BUYER.0)),
            format!(
                "a transfer is pending: at block {}, which is not final, the registry records {} as holder, {BUYER} as beneficiary",
                at(),
                address(0x41)
            ),
        ),
    ];
    for (change, text) in cases {
        let (report, without) = judged(bill(), change);
        decides_nothing(&report, &without);
        assert_eq!((report.verdict, report.title.state), (Verdict::Valid, TitleStateName::Live));
        assert_eq!(warning(&report), Some(text.as_str()));
        let pending = report.title.pending.as_deref().expect("a pending change");
        assert_eq!((pending.block, pending.state), (at(), TitleStateName::Live));
        assert_eq!((report.title.holder, without.title.pending), (without.title.holder, None));
        let title = bill().registry(move |reading| with_newest(reading, change)).title_examined();
        assert!(title.warnings == [text], "{:?}", title.warnings);
        assert_eq!((title.verdict(), title.title.pending), (Verdict::Valid, report.title.pending));
    }
}

#[test]
fn a_title_that_is_returned_or_ended_in_the_newest_block_is_not_known_to_be_live() {
    type Change = fn(&mut NewerTitle);
    let cases: [(Change, &str, &str); 2] = [
        (returned, "title.return_pending", "the title is returned to the issuer"),
        (ended, "title.end_pending", "the title has ended"),
    ];
    for (change, wanted, what) in cases {
        let (report, _) = judged(bill(), change);
        assert_eq!((report.verdict, code(&report, "title")), (Verdict::Indeterminate, wanted));
        let told = format!("a change is pending: at block {}, which is not final, {what}", at());
        assert_eq!((message(&report, "title"), warning(&report)), (told.as_str(), None), "told once");
        assert_eq!((report.title.state, code(&report, "issuance")), (TitleStateName::Live, "issuance.minted"));
        let title = bill().registry(move |reading| with_newest(reading, change)).title_examined();
        assert_eq!((title.verdict(), title.warnings), (Verdict::Indeterminate, Vec::new()));
        // Whoever accepts such a title is told of the change, no more.
        let accepted = || bill().policy(|policy| policy.rules.push(any_state()));
        let (report, without) = judged(accepted(), change);
        decides_nothing(&report, &without);
        assert_eq!((report.verdict, warning(&report)), (Verdict::Valid, Some(told.as_str())));
    }
}

fn any_state() -> Rule {
    Rule::TitleStates([AcceptedState::Live, AcceptedState::Returned, AcceptedState::Ended].into())
}

#[test]
fn one_endpoint_that_says_so_is_enough() {
    let situation = bill().registry(|reading| {
        with_newest(reading, |_| {});
        with_newest(reading, |latest| latest.title.nominee = word(&BUYER.0));
        with_newest(reading, returned);
    });
    let (report, _) = situation.examined();
    assert_eq!((report.verdict, code(&report, "title")), (Verdict::Indeterminate, "title.return_pending"));
    assert_eq!(report.title.pending.expect("a change").state, TitleStateName::Returned);
}

#[test]
fn an_expected_party_that_the_newest_block_records_no_more_is_not_known() {
    let expecting = |holder: Address| bill().policy(move |policy| policy.rules.push(Rule::Holders([holder].into())));
    let sold: fn(&mut NewerTitle) = |latest| latest.title.holder = word(&BUYER.0);
    let (report, _) = judged(expecting(situation::HOLDER), sold);
    assert_eq!((report.verdict, code(&report, "policy")), (Verdict::Indeterminate, "policy.change_pending"));
    let told = format!("at block {}, which is not final, the registry recorded {BUYER} as holder", at());
    assert!(message(&report, "policy").contains(&told), "{}", message(&report, "policy"));
    // One that is expected and not recorded yet is not met.
    let (report, _) = judged(expecting(BUYER), sold);
    assert_eq!((report.verdict, code(&report, "policy")), (Verdict::PolicyNotMet, "policy.not_met"));
    // What else is not met decides.
    let both = expecting(situation::HOLDER).policy(|policy| policy.rules.push(Rule::HiddenFields(0)));
    let (report, _) = judged(both, sold);
    assert_eq!(code(&report, "policy"), "policy.change_pending");
}

fn at() -> u64 {
    signed_world::block().number + 5
}

fn returned(latest: &mut NewerTitle) {
    latest.title.owner_of = word(&situation::REGISTRY.0);
    latest.title.is_holding_token = flag(false);
}

fn ended(latest: &mut NewerTitle) {
    latest.title.owner_of = word(&Address::DEAD.0);
    (latest.title.holder, latest.title.beneficiary, latest.title.active) = (word(&[]), word(&[]), flag(false));
    latest.title.is_holding_token = flag(false);
}

#[test]
fn a_title_that_is_issued_only_in_the_newest_block_is_not_final_yet() {
    let situation = bill().registry(|reading| {
        with_newest(reading, |_| {});
        not_minted(reading);
    });
    let (report, _) = situation.examined();
    assert_eq!((report.verdict, report.title.state), (Verdict::Indeterminate, TitleStateName::NotIssued));
    assert_eq!((code(&report, "issuance"), code(&report, "title")), ("issuance.not_final_yet", "title.not_final_yet"));
    let told = format!("issued, not final yet: at block {}, which is not final, the title is issued", at());
    assert!(message(&report, "issuance").starts_with(&told), "{}", message(&report, "issuance"));
    let style = Style { width: 100, color: false, verbose: false, advice: |_, remedy| remedy.into() };
    let page = render(&report, "bill.json", style);
    assert!(!page.contains("never") && page.contains("issued, not final yet"), "{page}");
    // What is expected of a title that is not there yet is not known either.
    let expecting =
        bill().policy(|policy| policy.rules.push(Rule::Holders([situation::HOLDER].into()))).registry(|reading| {
            with_newest(reading, |_| {});
            not_minted(reading);
        });
    assert_eq!(code(&expecting.examined().0, "policy"), "policy.change_pending");
}

#[test]
fn a_registry_that_is_there_only_in_the_newest_block_is_not_one_that_does_not_exist() {
    let situation = bill().registry(|reading| {
        with_newest(reading, |latest| latest.registry_code_size = 45);
        reading.contract.code.clear();
        reading.contract.clone_target = None;
        reading.title.owner_of = CallReading { success: true, data: Vec::new() };
    });
    let (report, _) = situation.examined();
    assert_eq!((report.verdict, code(&report, "registry")), (Verdict::Indeterminate, "registry.not_final_yet"));
}

fn not_minted(reading: &mut RegistryReading) {
    let mut data = vec![0x7e, 0x27, 0x32, 0x89];
    data.extend([0; 32]);
    reading.title.owner_of = CallReading { success: false, data };
    reading.title.escrow_code.clear();
    reading.title.escrow_code_size = 0;
}

#[test]
fn a_returned_title_that_is_given_back_in_the_newest_block_is_not_live_yet() {
    let situation = bill().registry(|reading| {
        with_newest(reading, |_| {});
        reading.title.owner_of = word(&situation::REGISTRY.0);
        reading.title.is_holding_token = flag(false);
    });
    let (report, _) = situation.examined();
    assert_eq!((report.verdict, report.title.state), (Verdict::NotLive, TitleStateName::Returned));
    assert!(warning(&report).is_some_and(|text| text.contains("the title is live, and the registry records")));
}

#[test]
fn an_answer_that_says_the_same_or_makes_no_sense_is_not_told() {
    type Change = fn(&mut NewerTitle);
    let cases: [(&str, Change); 6] = [
        ("the same", |_| {}),
        ("a pause", |latest| latest.paused = flag(true)),
        ("no holder", |latest| latest.title.holder = word(&[])),
        ("a foreign owner", |latest| latest.title.owner_of = word(&BUYER.0)),
        ("a refusal", |latest| latest.title.owner_of = CallReading { success: false, data: vec![1] }),
        ("another escrow's code", |latest| latest.title.escrow_code = vec![0x60; 45]),
    ];
    for (name, change) in cases {
        let (report, without) = judged(bill(), change);
        decides_nothing(&report, &without);
        assert_eq!(report, without, "{name}");
    }
    // A registry whose word does not count.
    let unknown = bill().registry(|reading| reading.contract.code = vec![0x60; 70]);
    let (report, without) = judged(unknown, |latest| latest.title.holder = word(&BUYER.0));
    assert_eq!(report, without);
    let unissued = |newest: bool| {
        bill().registry(move |reading| {
            reading.contract.code = vec![0x60; 70];
            if newest {
                with_newest(reading, |_| {});
            }
            not_minted(reading);
        })
    };
    assert_eq!(unissued(true).examined().0, unissued(false).examined().0);
}

#[test]
fn a_policy_can_refuse_a_title_that_is_about_to_change() {
    let wary = || {
        let rule = Rule::NoWarnings(DeniedWarnings::These([WarningKind::ChangePending].into()));
        bill().policy(|policy| policy.rules.push(rule))
    };
    assert_eq!(wary().registry(|reading| with_newest(reading, |_| {})).examined().0.verdict, Verdict::Valid);
    let moving = wary().registry(|reading| with_newest(reading, |latest| latest.title.holder = word(&BUYER.0)));
    assert_eq!(moving.examined().0.verdict, Verdict::PolicyNotMet);
}

/// A document that a store issued, and this said of the store in the newest block.
fn in_store(change: impl Fn(&mut StoreReading) + 'static) -> Report {
    let situation = in_stores(&[STORE], 3).store(move |reading| with_newest_store(reading, &change));
    situation.examined().0
}

#[test]
fn a_document_that_a_store_revokes_in_the_newest_block_is_not_known_to_be_issued() {
    for node in 0..3 {
        let report = in_store(move |latest| latest.nodes[node].revoked = flag(true));
        let found = (report.verdict, code(&report, "issuance"));
        assert_eq!(found, (Verdict::Indeterminate, "issuance.revocation_pending"), "{node}");
        let told = message(&report, "issuance");
        assert!(
            told.starts_with(&format!("a revocation is pending: at block {}, which is not final,", at())),
            "{told}"
        );
    }
    let report = in_store(|latest| latest.code.size = 0);
    assert_eq!((report.verdict, code(&report, "issuance")), (Verdict::Indeterminate, "issuance.change_pending"));
}

#[test]
fn a_document_that_a_store_issues_only_in_the_newest_block_is_not_final_yet() {
    type Change = fn(&mut StoreReading);
    let cases: [(Change, &str); 2] =
        [(|now| now.issued = flag(false), "not issued"), (|now| now.code.size = 0, "no contract")];
    for (change, name) in cases {
        let situation = in_stores(&[STORE], 1).store(move |reading| {
            with_newest_store(reading, |_| {});
            change(reading);
        });
        let (report, _) = situation.examined();
        let found = (report.verdict, code(&report, "issuance"));
        assert_eq!(found, (Verdict::Indeterminate, "issuance.not_final_yet"), "{name}");
        assert!(message(&report, "issuance").starts_with("issued, not final yet: at block"), "{name}");
    }
    // Issued and revoked at once.
    let situation = in_stores(&[STORE], 1).store(|reading| {
        with_newest_store(reading, |latest| latest.nodes[0].revoked = flag(true));
        reading.issued = flag(false);
    });
    assert_eq!(code(&situation.examined().0, "issuance"), "issuance.revocation_pending");
}

#[test]
fn what_a_store_says_otherwise_in_the_newest_block_is_told() {
    let report = in_store(|_| {});
    assert_eq!((report.verdict, warning(&report)), (Verdict::Valid, None));
    let report = in_store(|latest| latest.code.hash = Digest32([9; 32]));
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(warning(&report).is_some_and(|text| text.starts_with("a change is pending: at block")));
    let report = in_store(|latest| latest.issued = CallReading { success: true, data: vec![7] });
    assert_eq!(report.verdict, Verdict::Valid, "an answer that makes no sense takes nothing away");
    assert!(warning(&report).is_some());
    // What is settled against a document stays so.
    let revoked = in_stores(&[STORE], 1).store(|reading| {
        with_newest_store(reading, |_| {});
        reading.nodes[0].revoked = flag(true);
    });
    assert_eq!(code(&revoked.examined().0, "issuance"), "issuance.revoked");
}

#[test]
fn a_signed_document_that_is_revoked_in_the_newest_block_is_not_known_to_be_good() {
    let draft =
        || Draft { revocation: Some(json!({"type": "REVOCATION_STORE", "location": STORE})), ..ethr(Format::V2) };
    let newest = |revoked: bool| {
        signed(&draft())
            .store(move |reading| with_newest_store(reading, |latest| latest.nodes[0].revoked = flag(revoked)))
    };
    let (report, _) = newest(true).examined();
    assert_eq!((report.verdict, code(&report, "issuance")), (Verdict::Indeterminate, "issuance.revocation_pending"));
    assert_eq!(newest(false).examined().0.verdict, Verdict::Valid);
}

/// A document that key 1 signed, and this said of its DID in the newest block.
fn with_did(change: impl Fn(&mut DidEthrReading) + 'static) -> Report {
    signed(&ethr(Format::V2)).did(move |reading| with_newest_did(reading, &change)).examined().0
}

#[test]
fn a_key_that_the_newest_block_takes_away_leaves_the_issuance_open() {
    type Change = fn(&mut DidEthrReading);
    let cases: [(Change, &str); 3] = [
        (|latest| owned_by(latest, Address([0x99; 20])), "no longer controls"),
        (|latest| owned_by(latest, Address::ZERO), "deactivated"),
        // The registry says that something changed, and nobody gives the event.
        (|latest| latest.changed = word(&[7]), "cannot be read"),
    ];
    for (change, name) in cases {
        let report = with_did(change);
        let found = (report.verdict, code(&report, "issuance"));
        assert_eq!(found, (Verdict::Indeterminate, "issuance.key_change_pending"), "{name}");
        let told = message(&report, "issuance");
        assert!(told.starts_with(&format!("a change is pending: at block {}, which is not final,", at())), "{told}");
    }
    assert_eq!(with_did(|_| {}).warnings, Vec::<String>::new());
}

#[test]
fn a_key_that_stays_is_told_of_other_changes() {
    let report = with_did(|latest| {
        let change = DidChange::Delegate { delegate_type: b"veriKey".to_vec(), delegate: BUYER, valid_to: u64::MAX };
        latest.changed = word(&at().to_be_bytes());
        latest.events.push(DidEvent { block: at(), log_index: 0, previous_change: 0, change });
    });
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(
        warning(&report).is_some_and(|text| text.starts_with("a change is pending: at block")),
        "{:?}",
        report.warnings
    );
}

fn owned_by(latest: &mut DidEthrReading, owner: Address) {
    latest.owner = word(&owner.0);
    latest.changed = word(&at().to_be_bytes());
    latest.events.push(DidEvent { block: at(), log_index: 0, previous_change: 0, change: DidChange::Owner { owner } });
}

/// The command on a bill on this chain.
fn ebl(command: &str, format: &str, blocks: impl FnOnce(TokenId) -> TwoBlocks) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, token) = bill::wrapped_bill(REGISTRY, "carrier.example", "137");
    let file = folder.path().join("bill.json");
    std::fs::write(&file, bytes).unwrap();
    let resolver = Resolver::start();
    resolver.publish(&[&format!("openatts net=ethereum netId=137 addr={REGISTRY}")]);
    let server = blocks(token).serve();
    let mut run = Command::new(env!("CARGO_BIN_EXE_ebl"));
    run.args([command, "--format", format, "--trust-registry", &format!("137:{REGISTRY}")]);
    run.args(["--rpc", &format!("137={}", server.url())]).args(["--dns", &resolver.address]).arg(&file);
    let output = run.env_clear().env("HOME", "/nonexistent").output().unwrap();
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), printed)
}

fn flat(page: &str) -> String {
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn both_commands_tell_of_a_pending_transfer_and_say_who_holds_the_title_now() {
    let told = format!(
        "note a transfer is pending: at block 111, which is not final, the registry records {BUYER} as holder, {HOLDER} as"
    );
    let (exit, page) = ebl("verify", "human", TwoBlocks::handed_over);
    assert!(exit == 0 && flat(&page).contains(&told) && page.contains("block 100, finalized"), "{page}");
    let (_, page) = ebl("title", "human", TwoBlocks::handed_over);
    assert!(flat(&page).contains(&told), "{page}");
    let (exit, page) = ebl("verify", "human", |token| TwoBlocks::of(token, 137));
    assert!(exit == 0 && !page.contains("pending"), "{page}");
    for (command, schema) in [("verify", "report"), ("title", "title")] {
        let (_, printed) = ebl(command, "json", TwoBlocks::handed_over);
        let report: Value = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("{printed}"));
        let expected = json!({"block": 111, "state": "live", "holder": BUYER, "beneficiary": HOLDER, "nominee": null});
        assert_eq!((&report["title"]["pending"], &report["title"]["holder"]), (&expected, &json!(HOLDER)));
        follows(schema, &report);
    }
    let (_, printed) = ebl("verify", "json", |token| TwoBlocks::of(token, 137));
    let report: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&report["title"]["pending"], &report["as_of"]["requests"]), (&Value::Null, &json!(2)));
}
