//! The finalized block decides, and a change in the newest block is told (chain.md §5.3).

#[path = "support/bill.rs"]
mod bill;
#[path = "support/resolver.rs"]
mod resolver;
#[path = "support/rpc_node.rs"]
mod rpc_node;
#[path = "support/rpc_server.rs"]
mod rpc_server;
#[path = "support/signed_world.rs"]
mod signed_world;
#[path = "support/signing.rs"]
mod signing;
#[path = "support/situation.rs"]
mod situation;
#[path = "support/title_logs.rs"]
mod title_logs;
#[path = "support/wrapping.rs"]
mod wrapping;

use std::process::Command;
use std::time::Duration;

use ebl_verifier::evidence::{CallReading, Fact, LatestReading, Provenance, RegistryReading};
use ebl_verifier::primitives::{Address, ChainId, Digest32, TokenId};
use ebl_verifier::sources::chain::{BlockChoice, ChainConfig, ChainSource};
use ebl_verifier::verify::{DeniedWarnings, Report, Rule, TitleStateName, Verdict, WarningKind};
use resolver::Resolver;
use rpc_node::{HOLDER, Lens, Node, Outcome, REGISTRY, hex};
use rpc_server::{Reply, Request, Server};
use serde_json::{Value, json};
use signed_world::word;
use situation::{Situation, bill, with_newest};

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
        let newest = Node { number: 0x6f, hash: [0xc7; 32], timestamp: 1_780_000_600, ..finalized.clone() };
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
        assert_eq!((reading.block.number, reading.holder.address()), (0x64, Ok(HOLDER)));
        let latest = reading.latest.clone().expect("the newest block");
        assert_eq!((latest.block.number, latest.block.hash), (newest.number, Digest32(newest.hash)));
        assert_eq!(latest.holder.address(), Ok(holder));
        let whole = reading.at_latest().expect("a whole reading");
        assert_eq!((&whole.registry_code, whole.block.number), (&reading.registry_code, newest.number));
    }
}

#[tokio::test]
async fn nothing_more_is_asked_where_the_finalized_block_is_not_the_choice_or_is_the_newest() {
    let (blocks, hash) = (TwoBlocks::of(TOKEN, 137), Digest32([0xc7; 32]));
    for block in [
        BlockChoice::Latest,
        BlockChoice::Safe,
        BlockChoice::Finalized,
        BlockChoice::Number(0x6f),
        BlockChoice::Hash(hash),
    ] {
        let server = blocks.clone().serve();
        let (chain, config) = config(137, &[server.url()]);
        let (reading, _) = asked((chain, ChainConfig { block, ..config })).await;
        assert_eq!((reading.latest, lens_calls(&server.asked())), (None, 1), "{block:?}");
    }
    let one = Server::start(|request| Node { chain: 137, lens_chain: 137, ..Node::live(TOKEN) }.reply(request));
    assert_eq!((read(&one).await.0.latest, lens_calls(&one.asked())), (None, 1));
    let local = TwoBlocks::of(TOKEN, 31337).serve();
    let (reading, _) = asked(config(31337, &[local.url()])).await;
    assert_eq!((reading.block.number, reading.latest, lens_calls(&local.asked())), (0x6f, None, 1));
}

#[tokio::test]
async fn what_is_not_a_whole_answer_of_the_newest_block_is_left_out_and_asked_no_further() {
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
        let (reading, provenance) = read(&server).await;
        assert_eq!((reading.latest, provenance.requests), (None, 2), "{name}");
        assert_eq!(reading.holder.address(), Ok(HOLDER), "{name}");
    }
}

fn changed(blocks: &TwoBlocks, params: &Value, change: fn(&mut Node)) -> Option<Outcome> {
    let mut node = blocks.newest.clone();
    change(&mut node);
    Some(node.call("eth_call", params))
}

#[tokio::test]
async fn a_batch_that_fails_for_the_newest_block_is_asked_again_without_it() {
    let limited = |_: &TwoBlocks, _: &Value| Some(Err(json!({"code": -32005, "message": "limit exceeded"})));
    let server = TwoBlocks::handed_over(TOKEN).serve_but(limited);
    let (reading, provenance) = read(&server).await;
    assert_eq!((reading.latest, provenance.requests, provenance.failed), (None, 3, Vec::new()));
    let unanswering = TwoBlocks::handed_over(TOKEN);
    let server = Server::start(move |request| {
        let reply =
            unanswering.finalized.reply_but(request, |method, params| Some(unanswering.outcome(method, params)));
        let ahead = request.body.as_array().unwrap().iter().any(|call| unanswering.is_newest(&call["params"][1]));
        if ahead { Reply::text("[]") } else { reply }
    });
    let (reading, provenance) = read(&server).await;
    assert_eq!((reading.latest, provenance.requests), (None, 3));
}

#[tokio::test]
async fn a_quorum_agrees_about_the_finalized_block_whatever_is_newest() {
    let first = TwoBlocks::handed_over(TOKEN).serve();
    let mut ahead = TwoBlocks::of(TOKEN, 137);
    (ahead.newest.number, ahead.newest.hash) = (0x72, [0xc9; 32]);
    let second = ahead.serve();
    let (chain, config) = config(137, &[first.url(), second.url()]);
    let (reading, provenance) = asked((chain, ChainConfig { quorum: 2, ..config })).await;
    assert_eq!((provenance.hosts, provenance.requests), (vec![first.host(), second.host()], 4));
    assert_eq!(reading.latest.expect("the newest block").holder.address(), Ok(BUYER));
    assert_eq!((lens_calls(&first.asked()), lens_calls(&second.asked())), (2, 1));
}

/// The report on a bill with this said of its title in the newest block, and on the same without.
fn judged(situation: Situation, change: impl Fn(&mut LatestReading) + 'static) -> (Report, Report) {
    let without = situation.examined().0;
    let with = situation.registry(move |reading| with_newest(reading, &change)).examined().0;
    assert_eq!(
        (&with.verdict, &with.checks, &with.registry, &with.as_of),
        (&without.verdict, &without.checks, &without.registry, &without.as_of)
    );
    (with, without)
}

fn flag(yes: bool) -> CallReading {
    word(&[u8::from(yes)])
}

fn warning(report: &Report) -> Option<&str> {
    report.warnings.iter().map(String::as_str).find(|text| text.contains("which is not final"))
}

#[test]
fn a_change_in_the_newest_block_is_told_and_decides_nothing() {
    let address = |byte| Address([byte; 20]);
    let was = situation::HOLDER;
    type Change = fn(&mut LatestReading);
    let cases: [(Change, TitleStateName, String); 6] = [
        (
            |latest| latest.holder = word(&BUYER.0),
            TitleStateName::Live,
            format!(
                "a transfer is pending: at block {}, which is not final, the registry records {BUYER} as holder, {was} as beneficiary",
                at()
            ),
        ),
        (
            |latest| latest.nominee = word(&BUYER.0),
            TitleStateName::Live,
            format!(
                "a nomination is pending: at block {}, which is not final, {BUYER} is nominated as the next beneficiary",
                at()
            ),
        ),
        (
            |latest| latest.prev_holder = word(&[0x31; 20]),
            TitleStateName::Live,
            format!(
                "a change is pending: at block {}, which is not final, another right to reject the last transfer stands",
                at()
            ),
        ),
        (
            returned,
            TitleStateName::Returned,
            format!("a change is pending: at block {}, which is not final, the title is returned to the issuer", at()),
        ),
        (
            ended,
            TitleStateName::Ended,
            format!("a change is pending: at block {}, which is not final, the title has ended", at()),
        ),
        (
            |latest| (latest.holder, latest.beneficiary) = (word(&[0x41; 20]), word(&BUYER.0)),
            TitleStateName::Live,
            format!(
                "a transfer is pending: at block {}, which is not final, the registry records {} as holder, {BUYER} as beneficiary",
                at(),
                address(0x41)
            ),
        ),
    ];
    for (change, state, text) in cases {
        let (report, without) = judged(bill(), change);
        assert_eq!((report.verdict, report.title.state), (Verdict::Valid, TitleStateName::Live));
        assert_eq!(warning(&report), Some(text.as_str()));
        let pending = report.title.pending.as_deref().expect("a pending change");
        assert_eq!((pending.block, pending.state), (at(), state));
        assert_eq!((report.title.holder, without.title.pending), (without.title.holder, None));
        let title = bill().registry(move |reading| with_newest(reading, change)).title_examined();
        assert!(title.warnings == [text], "{:?}", title.warnings);
        assert_eq!((title.verdict(), title.title.pending), (Verdict::Valid, report.title.pending));
    }
}

fn at() -> u64 {
    signed_world::block().number + 5
}

fn returned(latest: &mut LatestReading) {
    latest.owner_of = word(&situation::REGISTRY.0);
    latest.is_holding_token = flag(false);
}

fn ended(latest: &mut LatestReading) {
    latest.owner_of = word(&Address::DEAD.0);
    (latest.holder, latest.beneficiary, latest.active) = (word(&[]), word(&[]), flag(false));
    latest.is_holding_token = flag(false);
}

#[test]
fn a_title_that_is_issued_only_in_the_newest_block_is_not_issued_yet() {
    let situation = bill().registry(|reading| {
        with_newest(reading, |_| {});
        not_minted(reading);
    });
    let (report, _) = situation.examined();
    assert_eq!((report.verdict, report.title.state), (Verdict::Invalid, TitleStateName::NotIssued));
    let text = warning(&report).expect("a warning");
    assert!(
        text.starts_with(&format!(
            "the issuance is pending: at block {}, which is not final, the title was issued",
            at()
        ))
    );
}

fn not_minted(reading: &mut RegistryReading) {
    let mut data = vec![0x7e, 0x27, 0x32, 0x89];
    data.extend([0; 32]);
    reading.owner_of = CallReading { success: false, data };
    reading.escrow_code.clear();
    reading.escrow_code_size = 0;
}

#[test]
fn a_returned_title_that_is_given_back_in_the_newest_block_is_not_live_yet() {
    let situation = bill().registry(|reading| {
        with_newest(reading, |_| {});
        reading.owner_of = word(&situation::REGISTRY.0);
        reading.is_holding_token = flag(false);
    });
    let (report, _) = situation.examined();
    assert_eq!((report.verdict, report.title.state), (Verdict::NotLive, TitleStateName::Returned));
    assert!(warning(&report).is_some_and(|text| text.contains("the title is live, and the registry records")));
}

#[test]
fn an_answer_that_says_the_same_or_makes_no_sense_is_not_told() {
    type Change = fn(&mut LatestReading);
    let cases: [(&str, Change); 7] = [
        ("the same", |_| {}),
        ("a pause", |latest| latest.paused = flag(true)),
        ("no holder", |latest| latest.holder = word(&[])),
        ("a foreign owner", |latest| latest.owner_of = word(&BUYER.0)),
        ("a refusal", |latest| latest.owner_of = CallReading { success: false, data: vec![1] }),
        ("another escrow's code", |latest| latest.escrow_code = vec![0x60; 45]),
        ("an older block", |latest| {
            latest.holder = word(&BUYER.0);
            latest.block.number -= 5;
        }),
    ];
    for (name, change) in cases {
        let (report, without) = judged(bill(), change);
        assert_eq!(report, without, "{name}");
    }
    // A registry whose word does not count.
    let unknown = bill().registry(|reading| reading.registry_code = vec![0x60; 70]);
    let (report, without) = judged(unknown, |latest| latest.holder = word(&BUYER.0));
    assert_eq!(report, without);
    let unissued = |newest: bool| {
        bill().registry(move |reading| {
            reading.registry_code = vec![0x60; 70];
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
    let moving = wary().registry(|reading| with_newest(reading, |latest| latest.holder = word(&BUYER.0)));
    assert_eq!(moving.examined().0.verdict, Verdict::PolicyNotMet);
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

fn follows(schema: &str, report: &Value) {
    let read = |text| serde_json::from_str::<Value>(text).unwrap();
    let base = read(include_str!("../schemas/report.schema.json"));
    let title = read(include_str!("../schemas/title.schema.json"));
    let registry =
        jsonschema::Registry::new().add("urn:ebl-verifier:report:1", base.clone()).unwrap().prepare().unwrap();
    let wanted = if schema == "title" { title } else { base };
    let validator = jsonschema::options().with_registry(&registry).build(&wanted).unwrap();
    let errors: Vec<_> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{report:#}");
}
