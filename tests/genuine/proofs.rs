//! State proofs of genuine registries on a real `anvil`: every title state of every kind of registry is proven, and an
//! endpoint that lies in its other answers or in the proof is found out. Needs the npm packages of `tests/genuine`; what
//! can be tested on recorded proofs is in `tests/promises/proof_bytes.rs`.

use crate::support::anvil;
use crate::support::bill;
use crate::support::node;
use crate::support::proxy;
use crate::support::resolver;

use std::path::{Path, PathBuf};
use std::process::Command;

use anvil::{Anvil, anvil_binary, node_modules, registry_code};
use bill::wrapped_bill;
use ebl_verifier::evidence::{Fact, ProofReading, RegistryReading};
use ebl_verifier::primitives::{Address, ChainId, TokenId};
use ebl_verifier::sources::chain::{ChainConfig, ChainQuestion, ChainSource};
use ebl_verifier::testchain::accounts::DEV_ACCOUNTS;
use ebl_verifier::testchain::contracts::{Recipient, TitleWrite};
use ebl_verifier::title::Generation;
use ethers::abi::{Token, encode};
use libtest_mimic::{Failed, Trial};

use crate::{Suite, block_on};
use node::{Node, hex};
use proxy::proxy;
use resolver::Resolver;
use serde_json::{Value, json};
use sha2::Digest as _;

pub fn suite() -> Suite {
    let ready = anvil_binary(&node_modules()).exists();
    let mut trials: Vec<Trial> = KINDS
        .iter()
        .map(|kind| {
            let name = format!("every_title_state_of_a_{}_is_proven_in_two_requests", kind.name);
            Trial::test(name, move || block_on(states(kind)))
        })
        .collect();
    trials.push(Trial::test("who_vouches_for_the_block_decides_whether_it_is_proven", || block_on(vouchers())));
    trials.push(Trial::test("an_endpoint_without_proofs_is_told_from_one_that_lies", || block_on(endpoints())));
    trials.push(Trial::test("what_cannot_be_guessed_costs_one_more_request", || block_on(further_rounds())));
    trials.push(Trial::test("code_that_is_not_known_is_not_proven", || block_on(unknown_code())));
    trials.push(Trial::test("the_recorded_proofs_are_of_the_form_that_is_read_today", || block_on(recorded())));
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(!ready));
    Suite::new(trials, &[(ready, "state proofs of genuine contracts need npm packages.")])
}

/// A kind of genuine registry.
struct Kind {
    name: &'static str,
    package: &'static str,
    generation: Generation,
    clone: bool,
}

const KINDS: &[Kind] = &[
    Kind { name: "v5", package: "@tradetrust-tt/token-registry", generation: Generation::V5, clone: false },
    Kind { name: "v5_clone", package: "@tradetrust-tt/token-registry", generation: Generation::V5, clone: true },
    Kind { name: "v4", package: "tr4", generation: Generation::V4, clone: false },
    Kind { name: "v4_clone", package: "tr4", generation: Generation::V4, clone: true },
];

async fn states(kind: &'static Kind) -> Result<(), Failed> {
    let scene = Scene::new(kind).await;
    let [me, other, third] = [0, 1, 2].map(|account| DEV_ACCOUNTS[account].address);
    let remark = || b"on board".to_vec();
    let proven = async |exit, verdict, state, code| -> Result<Reported, Failed> {
        let report = scene.proven().await;
        report.expect(exit, verdict, state, code)?;
        for name in ["registry", "issuance", "title"] {
            equal(&report.check(name)["strength"], "proven")?;
        }
        equal(&report.json["as_of"]["proof"]["result"], "proven")?;
        equal(&report.json["as_of"]["proof"]["vouched_by"], "caller")?;
        equal(&report.json["as_of"]["requests"], 2)?;
        Ok(report)
    };
    let party = |report: &Reported, role: &str, wanted: Option<Address>| {
        equal(&report.json["title"][role], json!(wanted.map(|address| address.to_string())))
    };

    proven(1, "invalid", "not_issued", "issuance.not_minted").await?;
    scene.mint(other, me).await;
    let report = proven(0, "valid", "live", "title.live").await?;
    equal(&report.check("registry")["code"], "registry.genuine")?;
    party(&report, "holder", Some(me))?;
    party(&report, "beneficiary", Some(other))?;
    scene.write(1, TitleWrite::Nominate { nominee: third, remark: remark() }).await;
    party(&proven(0, "valid", "live", "title.live").await?, "nominee", Some(third))?;
    scene.write(0, TitleWrite::TransferHolder { holder: third, remark: remark() }).await;
    let report = proven(0, "valid", "live", "title.live").await?;
    party(&report, "holder", Some(third))?;
    party(&report, "previous_holder", (kind.generation == Generation::V5).then_some(me))?;
    scene.write(2, TitleWrite::TransferBeneficiary { beneficiary: third, remark: remark() }).await;
    let report = proven(0, "valid", "live", "title.live").await?;
    party(&report, "beneficiary", Some(third))?;
    party(&report, "previous_beneficiary", (kind.generation == Generation::V5).then_some(other))?;
    scene.write(2, TitleWrite::ReturnToIssuer { remark: remark() }).await;
    proven(4, "not_live", "returned", "title.returned").await?;
    scene.write(0, TitleWrite::Restore { token: scene.token, remark: remark() }).await;
    proven(0, "valid", "live", "title.live").await?;
    scene.write(0, TitleWrite::Pause { remark: remark() }).await;
    equal(&proven(0, "valid", "live", "title.live").await?.json["registry"]["paused"], true)?;
    scene.write(0, TitleWrite::Unpause { remark: remark() }).await;
    equal(&proven(0, "valid", "live", "title.live").await?.json["registry"]["paused"], false)?;
    scene.write(2, TitleWrite::ReturnToIssuer { remark: remark() }).await;
    scene.write(0, TitleWrite::Accept { token: scene.token, remark: remark() }).await;
    proven(4, "not_live", "ended", "title.ended").await?;

    // No contract at all is proven, too.
    scene.write_bill(Address([0x77; 20]));
    proven(1, "invalid", "unknown", "registry.no_contract").await.map(|_| ())
}

async fn vouchers() -> Result<(), Failed> {
    let scene = Scene::new(&KINDS[1]).await;
    let [me, other] = [0, 1].map(|account| DEV_ACCOUNTS[account].address);
    scene.mint(other, me).await;
    let url = scene.node.url.clone();

    let report = scene.verify(&url, &[]);
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.json["as_of"]["proof"], Value::Null)?;
    equal(&report.json["as_of"]["requests"], 2)?;

    // Only the endpoint says that its block is one of the chain.
    let report = scene.verify(&url, &["--proof", "try"]);
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.check("title")["strength"], "single_endpoint")?;
    equal(&report.json["as_of"]["proof"]["result"], "unvouched")?;
    equal(&report.json["as_of"]["proof"]["vouched_by"], "endpoint")?;
    report.says("only the endpoint vouches for its hash")?;
    let report = scene.verify(&url, &["--proof", "require"]);
    report.expect(3, "indeterminate", "unknown", "chain.proof_unvouched")?;
    equal(&report.json["registry"], Value::Null)?;
    for name in ["registry", "issuance", "title"] {
        equal(&report.check(name)["outcome"], "unknown")?;
        equal(&report.check(name)["code"], "chain.proof_unvouched")?;
    }

    // Two endpoints that give the same hash; one proof is enough.
    let second = proxy(&url, |call, _| (call["method"] == "eth_getProof").then(|| Err(no_such_method())));
    let rpc = format!("31337={}", second.url());
    for order in [["--rpc", &format!("31337={url}"), "--rpc", &rpc], ["--rpc", &rpc, "--rpc", &format!("31337={url}")]]
    {
        let report = scene.run(&[&order[..], &["--quorum", "2", "--proof", "require"]].concat());
        report.expect(0, "valid", "live", "title.live")?;
        equal(&report.check("title")["strength"], "proven")?;
        equal(&report.check("chain")["strength"], "quorum")?;
        equal(&report.json["as_of"]["proof"]["vouched_by"], "quorum")?;
        equal(&report.json["as_of"]["requests"], 4)?;
    }

    // The block that the caller trusts is the one that is read, and no other.
    let trusted = scene.newest_hash().await;
    scene.write(0, TitleWrite::TransferHolder { holder: other, remark: Vec::new() }).await;
    let report = scene.verify(&url, &["--proof", "require", "--trusted-block", &trusted]);
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.json["as_of"]["hash"], &*trusted)?;
    equal(&report.json["title"]["holder"], me.to_string())?;
    report.says("you vouch for its hash")?;
    let wrong = format!("0x{}", "5a".repeat(32));
    let report = scene.verify(&url, &["--proof", "require", "--trusted-block", &wrong]);
    report.expect(3, "indeterminate", "unknown", "chain.no_such_block")?;
    // An endpoint that passes another block off as the trusted one.
    let passed_off = wrong.clone();
    let swapped = proxy(&url, move |call, result| {
        let hash = passed_off.clone();
        let asks = |method: &str| call["method"] == method;
        if asks("eth_getBlockByHash") {
            return Some(Ok(json!({"number": "0x1", "hash": hash, "timestamp": "0x1", "stateRoot": hash})));
        }
        (asks("eth_getBlockByNumber") && !result.is_null())
            .then(|| Ok(json!({"number": "0x1", "hash": hash, "timestamp": "0x1"})))
    });
    let report = scene.verify(&swapped.url(), &["--proof", "require", "--trusted-block", &wrong]);
    equal(&report.json["verdict"], "indeterminate")?;

    // The same from a settings file.
    let settings = scene.bill.with_file_name("ebl.toml");
    std::fs::write(&settings, format!("proof = \"require\"\ntrusted_block = \"{trusted}\"\n"))?;
    let report = scene.verify(&url, &["--config", &settings.to_string_lossy()]);
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.check("title")["strength"], "proven")?;

    kept_proof(&scene, &trusted)?;

    let page = scene.page(&["--proof", "require", "--trusted-block", &trusted]);
    contains(&page, "title proven in the block you trust")?;
    let page = scene.page(&["--proof", "try"]);
    contains(&page, "title proven only within this endpoint's block")?;
    for (arguments, complaint) in [
        (&["--trusted-block", trusted.as_str()][..], "--trusted-block needs --proof"),
        (&["--proof", "try", "--trusted-block", "0x12"], "64 lower-case digits"),
        (&["--proof", "try", "--block", "latest", "--trusted-block", &trusted], "name different blocks"),
    ] {
        let output = scene.command("human", arguments).output()?;
        equal(&json!(output.status.code()), 2)?;
        contains(&String::from_utf8(output.stderr)?, complaint)?;
    }
    Ok(())
}

/// What is kept is proven to whoever trusts the same block, and to nobody else; and no longer when a word of it is another one.
fn kept_proof(scene: &Scene, trusted: &str) -> Result<(), Failed> {
    let rpc = format!("31337={}", scene.node.url);
    let path = scene.bill.with_file_name("kept.json");
    let save = ["--rpc", &rpc, "--proof", "require", "--trusted-block", trusted, "--save-evidence"];
    let verified = scene.command("json", &[&save[..], &[&path.to_string_lossy()]].concat()).output()?;
    let replay = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["replay", "--format", "json"]).arg(&path).arg(&scene.bill).args(more);
        command.env_clear().env("HOME", "/nonexistent").output()
    };
    let alone = replay(&[])?;
    equal(&json!(alone.status.code()), 2)?;
    contains(&String::from_utf8(alone.stderr)?, trusted)?;
    let trusting = replay(&["--trusted-block", trusted])?;
    equal(&json!(trusting.status.code()), 0)?;
    equal(&json!(String::from_utf8(trusting.stdout.clone())?), String::from_utf8(verified.stdout)?)?;

    let genuine: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    let is_proof = |entry: &Value| entry["question"]["kind"] == "proof";
    let entries = genuine["evidence"]["entries"].as_array().ok_or("no entries")?;
    let at = entries.iter().position(is_proof).ok_or("no proof")?;
    let mut places = Vec::new();
    texts(&entries[at]["reading"], "", &mut places);
    if places.len() < 20 {
        return Err(format!("too few words in the proof: {places:?}").into());
    }
    // What the report does not rest on may be another one: a slot that is read for nothing.
    let mut idle = Vec::new();
    for place in &places {
        let mut file = genuine.clone();
        let text = file["evidence"]["entries"][at]["reading"].pointer_mut(place).ok_or("no such place")?;
        let last = text.as_str().unwrap_or_default();
        *text = json!(format!("{}{}", &last[..last.len() - 1], if last.ends_with('0') { '1' } else { '0' }));
        file.as_object_mut().ok_or("no object")?.remove("sha256");
        file["sha256"] = json!(hex(&sha2::Sha256::digest(file.to_string())));
        std::fs::write(&path, file.to_string())?;
        let run = replay(&["--trusted-block", trusted])?;
        if run.status.code() == Some(0) {
            equal(&json!(String::from_utf8_lossy(&run.stdout)), &*String::from_utf8_lossy(&trusting.stdout))?;
            idle.push(place);
        }
    }
    if idle.len() * 10 > places.len() {
        return Err(format!("{} of {} words prove nothing: {idle:?}", idle.len(), places.len()).into());
    }
    Ok(())
}

/// Where words of hexadecimal digits stand.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("0x") && text.len() > 2 => found.push(at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| texts(item, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => members.iter().for_each(|(name, item)| texts(item, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

async fn endpoints() -> Result<(), Failed> {
    let scene = Scene::new(&KINDS[0]).await;
    let [me, other, third] = [0, 1, 2].map(|account| DEV_ACCOUNTS[account].address);
    scene.mint(other, me).await;
    let trusted = scene.newest_hash().await;
    let url = scene.node.url.clone();
    let vouched = |mode| ["--proof", mode, "--trusted-block", &trusted];

    // No proofs, or none of a block so old: nothing is wrong, and nothing is proven.
    for (error, says) in [
        (no_such_method(), "does not serve state proofs"),
        (json!({"code": -32000, "message": "distance to target block exceeds maximum proof window"}), "too old"),
    ] {
        let without = proxy(&url, move |call, _| (call["method"] == "eth_getProof").then(|| Err(error.clone())));
        let report = scene.verify(&without.url(), &vouched("try"));
        report.expect(0, "valid", "live", "title.live")?;
        equal(&report.check("title")["strength"], "single_endpoint")?;
        equal(&report.json["as_of"]["proof"]["result"], "missing")?;
        equal(&report.json["as_of"]["requests"], 2)?;
        report.says(says)?;
        let report = scene.verify(&without.url(), &vouched("require"));
        report.expect(3, "indeterminate", "unknown", "chain.proof_missing")?;
        contains(report.check("title")["message"].as_str().unwrap_or_default(), says)?;
        // The next endpoint is asked for what the first does not serve.
        let (first, second) = (format!("31337={}", without.url()), format!("31337={url}"));
        let report = scene.run(&[&["--rpc", &first, "--rpc", &second], &vouched("require")[..]].concat());
        report.expect(0, "valid", "live", "title.live")?;
        equal(&report.check("title")["strength"], "proven")?;
    }

    // Plain calls instead of the lens are held against the proof as well.
    let without_lens = proxy(&url, |call, _| {
        let lens = call["method"] == "eth_call" && call["params"][0]["to"].is_null();
        lens.then(|| Err(json!({"code": -32602, "message": "missing to"})))
    });
    let report = scene.verify(&without_lens.url(), &vouched("require"));
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.json["as_of"]["method"], "calls")?;

    // Without any answer to a call a proof is enough, if somebody else vouches for the block.
    let without_calls = proxy(&url, |call, _| {
        (call["method"] == "eth_call").then(|| Err(json!({"code": -32000, "message": "no calls here"})))
    });
    let report = scene.verify(&without_calls.url(), &vouched("try"));
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.check("title")["strength"], "proven")?;
    equal(&report.json["as_of"]["method"], "proof")?;
    equal(&report.json["title"]["holder"], me.to_string())?;
    for mode in ["try", "require"] {
        let report = scene.verify(&without_calls.url(), &["--proof", mode]);
        report.expect(3, "indeterminate", "unknown", "chain.rpc_unavailable")?;
    }

    // An endpoint that names another holder in every answer to a call.
    let word = |address: Address| hex(&address.0)[2..].to_owned();
    let (truth, lie) = (word(me), word(third));
    let liar = proxy(&url, move |call, result| {
        let text = result.as_str().filter(|_| call["method"] == "eth_call")?;
        Some(Ok(json!(text.replace(&truth, &lie))))
    });
    let report = scene.verify(&liar.url(), &[]);
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.json["title"]["holder"], third.to_string())?;
    let unvouched = [&["--proof", "try"][..], &["--proof", "require"]];
    for arguments in [&vouched("try")[..], &vouched("require")].into_iter().chain(unvouched) {
        let report = scene.verify(&liar.url(), arguments);
        report.expect(3, "indeterminate", "unknown", "chain.proof_contradicts")?;
        let message = report.check("title")["message"].as_str().unwrap_or_default();
        for part in ["holder", &format!("0x{}", word(me)), &format!("0x{}", word(third))] {
            contains(message, part)?;
        }
        equal(&report.json["title"]["holder"], Value::Null)?;
        equal(&report.json["as_of"]["proof"]["result"], "contradicts")?;
    }

    // One that lies in the proof, in agreement with its other answers or not.
    let (truth, lie) = (word(me), word(third));
    let forger = proxy(&url, move |_, result| {
        Some(Ok(serde_json::from_str(&result.to_string().replace(&truth, &lie)).expect("JSON")))
    });
    let report = scene.verify(&forger.url(), &vouched("require"));
    report.expect(3, "indeterminate", "unknown", "chain.proof_invalid")?;
    let report = scene.verify(&forger.url(), &vouched("try"));
    report.expect(0, "valid", "live", "title.live")?;
    equal(&report.check("title")["strength"], "single_endpoint")?;
    contains(&report.json["warnings"].to_string(), "state proof is no proof")?;
    // And one that changes the header.
    let header = proxy(&url, |call, result| {
        (call["method"] == "eth_getBlockByHash").then(|| {
            let mut header = result.clone();
            header["gasUsed"] = json!("0x1");
            Ok(header)
        })
    });
    let report = scene.verify(&header.url(), &vouched("require"));
    report.expect(3, "indeterminate", "unknown", "chain.proof_invalid")?;
    // One whose headers have members of their own is no liar, but nothing is proven.
    let foreign = proxy(&url, |call, result| {
        (call["method"] == "eth_getBlockByHash").then(|| {
            let mut header = result.clone();
            header["validators"] = json!("0x");
            header["extraData"] = json!("0x1234");
            Ok(header)
        })
    });
    let report = scene.verify(&foreign.url(), &vouched("require"));
    report.expect(3, "indeterminate", "unknown", "chain.proof_missing")?;
    contains(report.check("title")["message"].as_str().unwrap_or_default(), "validators")
}

async fn further_rounds() -> Result<(), Failed> {
    for kind in KINDS {
        let scene = Scene::new(kind).await;
        let me = DEV_ACCOUNTS[0].address;
        scene.mint(me, me).await;
        let trusted = scene.newest_hash().await;
        // A node that does not say at once where the registry points to.
        let reticent = proxy(&scene.node.url, |call, _| {
            let newest = call["params"].as_array().and_then(|params| params.last()) == Some(&json!("latest"));
            newest.then(|| Err(json!({"code": -32000, "message": "not now"})))
        });
        let report = scene.verify(&reticent.url(), &["--proof", "require", "--trusted-block", &trusted]);
        report.expect(0, "valid", "live", "title.live")?;
        equal(&report.check("title")["strength"], "proven")?;
        equal(&report.json["as_of"]["requests"], 3)?;
    }
    Ok(())
}

async fn unknown_code() -> Result<(), Failed> {
    use ebl_verifier::testchain::contracts::{Contract, creation_code};
    let scene = Scene::new(&KINDS[0]).await;
    let factory = scene.deploy(creation_code(Contract::TitleEscrowFactoryV5, &[])).await;
    let name = Token::String("Private registry".into());
    let arguments = [name.clone(), name, Token::Address(factory.0.into())];
    let registry = scene.deploy(creation_code(Contract::RegistryV5, &encode(&arguments))).await;
    scene.write_bill(registry);
    let trusted = scene.newest_hash().await;
    let trust = format!("31337:{registry}");
    let arguments = |mode| ["--proof", mode, "--trusted-block", &trusted, "--trust-registry", &trust];
    let url = scene.node.url.clone();
    let report = scene.verify(&url, &arguments("try"));
    report.expect(1, "invalid", "not_issued", "issuance.not_minted")?;
    equal(&report.json["as_of"]["proof"]["result"], "not_possible")?;
    let report = scene.verify(&url, &arguments("require"));
    report.expect(3, "indeterminate", "unknown", "chain.proof_not_possible")?;
    let report = scene.verify(&url, &arguments("require")[..4]);
    equal(&report.check("registry")["code"], "registry.unrecognised_code")
}

/// `EBL_RECORD_PROOFS=1` writes the fixtures anew; otherwise it is only looked whether they would look the same.
async fn recorded() -> Result<(), Failed> {
    for (file, kind) in [("v5-clone.json", &KINDS[1]), ("v4-standalone.json", &KINDS[2])] {
        let scene = Scene::new(kind).await;
        let [me, other] = [0, 1].map(|account| DEV_ACCOUNTS[account].address);
        scene.mint(other, me).await;
        let (reading, proof) = scene.readings().await?;
        let recording = json!({"registry": scene.registry, "token": scene.token, "reading": reading, "proof": proof});
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/proofs").join(file);
        if std::env::var_os("EBL_RECORD_PROOFS").is_some() {
            std::fs::create_dir_all(path.parent().ok_or("a folder")?)?;
            std::fs::write(&path, serde_json::to_string(&recording)? + "\n")?;
        }
        let known: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        equal(&shape(&known), shape(&recording))?;
    }
    Ok(())
}

/// The names of all members of the recording's own layers; what the block decides is left out.
fn shape(recording: &Value) -> Value {
    let names = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>());
    let account = |account: &Value| json!([names(account), account["slots"].as_array().map(Vec::len)]);
    let accounts = recording["proof"]["accounts"].as_array().into_iter().flatten().map(account);
    json!([names(recording), names(&recording["reading"]), names(&recording["proof"]), accounts.collect::<Vec<_>>()])
}

/// A registry on a fresh `anvil`, a bill that names it, and the issuer's record.
struct Scene {
    _anvil: Anvil,
    node: Node,
    kind: &'static Kind,
    registry: Address,
    token: TokenId,
    bill: PathBuf,
    _folder: tempfile::TempDir,
    resolver: Resolver,
}

impl Scene {
    async fn new(kind: &'static Kind) -> Self {
        let anvil = Anvil::start(&node_modules(), &["--block-base-fee-per-gas", "0", "--gas-price", "0"]);
        let folder = tempfile::tempdir().expect("a folder");
        let mut scene = Self {
            node: Node { url: anvil.url.clone() },
            _anvil: anvil,
            kind,
            registry: Address::ZERO,
            token: TokenId([0; 32]),
            bill: folder.path().join("bill.json"),
            _folder: folder,
            resolver: Resolver::start(),
        };
        scene.registry = scene.deploy_registry().await;
        scene.token = scene.write_bill(scene.registry);
        scene
    }

    async fn deploy_registry(&self) -> Address {
        let (modules, package) = (node_modules(), self.kind.package);
        let factory =
            Token::Address(self.deploy(registry_code(&modules, package, "TitleEscrowFactory")).await.0.into());
        let name = || Token::String("Test registry".into());
        if !self.kind.clone {
            let arguments = encode(&[name(), name(), factory]);
            return self.deploy([registry_code(&modules, package, "TradeTrustToken"), arguments].concat()).await;
        }
        let rules = self.deploy(registry_code(&modules, package, "presets/TradeTrustTokenStandard")).await;
        let head = node::code("3d602d80600a3d3981f3 363d3d373d3d3d363d73");
        let clone =
            self.deploy([&head, rules.0.as_slice(), &node::code("5af43d82803e903d91602b57fd5bf3")].concat()).await;
        let admin = Token::Address(DEV_ACCOUNTS[0].address.0.into());
        let parameters = encode(&[Token::Bytes(encode(&[name(), name(), admin])), factory]);
        let initialize = [&[0x43, 0x9f, 0xab, 0x91], encode(&[Token::Bytes(parameters)]).as_slice()].concat();
        self.send(0, clone, &initialize).await;
        clone
    }

    /// A bill that names the registry takes the place of the one before.
    fn write_bill(&self, registry: Address) -> TokenId {
        let (bytes, token) = wrapped_bill(registry, "carrier.example", "31337");
        std::fs::write(&self.bill, bytes).expect("the bill");
        self.resolver.publish(&[&format!("openatts net=ethereum netId=31337 addr={registry}")]);
        token
    }

    async fn deploy(&self, code: Vec<u8>) -> Address {
        let receipt = self.node.send(&hex(&DEV_ACCOUNTS[0].address.0), None, &code).await;
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt["contractAddress"].as_str().expect("a contract").parse().expect("an address")
    }

    async fn send(&self, from: usize, to: Address, data: &[u8]) {
        let receipt = self.node.send(&hex(&DEV_ACCOUNTS[from].address.0), Some(&hex(&to.0)), data).await;
        assert_eq!(receipt["status"], "0x1", "{receipt}");
    }

    async fn mint(&self, beneficiary: Address, holder: Address) {
        self.write(0, TitleWrite::Mint { beneficiary, holder, token: self.token, remark: Vec::new() }).await;
    }

    async fn write(&self, from: usize, write: TitleWrite) {
        let to = match write.recipient() {
            Recipient::Registry => self.registry,
            Recipient::TitleEscrow => self.readings().await.expect("a reading").0.title.escrow,
        };
        self.send(from, to, &write.call_data(self.kind.generation).expect("both generations know it")).await;
    }

    /// What calls and the proof say at the newest block.
    async fn readings(&self) -> Result<(RegistryReading, ProofReading), Failed> {
        let chain = ChainId::try_from(31337)?;
        let endpoints = [(chain, vec![self.node.url.parse()?])].into();
        let source = ChainSource::new(ChainConfig { endpoints, use_embedded: false, ..ChainConfig::default() })?;
        let (registry, token) = (self.registry, self.token);
        let questions = vec![ChainQuestion::Registry { registry, token }, ChainQuestion::Proof { registry, token }];
        let mut answers = source.read(chain, questions).await.into_iter().map(|(answer, _)| answer);
        match (answers.next(), answers.next()) {
            (Some(Ok(Fact::Registry(reading))), Some(Ok(Fact::Proof(proof)))) => Ok((*reading, *proof)),
            other => Err(format!("{other:?}").into()),
        }
    }

    async fn newest_hash(&self) -> String {
        let block = self.node.ask("eth_getBlockByNumber", json!(["latest", false])).await;
        block["hash"].as_str().expect("a hash").to_owned()
    }

    /// Verified at the newest block, whose hash is trusted.
    async fn proven(&self) -> Reported {
        let trusted = self.newest_hash().await;
        self.verify(&self.node.url, &["--proof", "require", "--trusted-block", &trusted])
    }

    fn verify(&self, url: &str, arguments: &[&str]) -> Reported {
        self.run(&[&["--rpc", &format!("31337={url}")], arguments].concat())
    }

    fn run(&self, arguments: &[&str]) -> Reported {
        let output = self.command("json", arguments).output().expect("the binary starts");
        let json: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
        let schema: Value = serde_json::from_str(include_str!("../../schemas/report.schema.json")).expect("a schema");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        Reported { json, exit: output.status.code().expect("an exit code") }
    }

    fn page(&self, arguments: &[&str]) -> String {
        let rpc = format!("31337={}", self.node.url);
        let output =
            self.command("human", &[&["--rpc", &rpc], arguments].concat()).output().expect("the binary starts");
        // Lines are broken between words.
        String::from_utf8(output.stdout).expect("text").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn command(&self, format: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--format", format, "--timeout", "20", "--dns", &self.resolver.address]);
        command.args(arguments).arg(&self.bill).env_clear().env("HOME", "/nonexistent");
        command
    }
}

struct Reported {
    json: Value,
    exit: i32,
}

impl Reported {
    fn check(&self, name: &str) -> &Value {
        self.json["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name).expect("the check")
    }

    /// Some check carries `code`, and exit code, verdict and title state are these.
    fn expect(&self, exit: i32, verdict: &str, state: &str, code: &str) -> Result<(), Failed> {
        let json = &self.json;
        let has_code = json["checks"].as_array().expect("checks").iter().any(|check| check["code"] == code);
        if self.exit == exit && json["verdict"] == verdict && json["title"]["state"] == state && has_code {
            return Ok(());
        }
        Err(format!("wanted {exit} {verdict} {state} {code}, found {}: {json:#}", self.exit).into())
    }

    /// Something of what was not checked.
    fn says(&self, part: &str) -> Result<(), Failed> {
        contains(&self.json["not_checked"].to_string(), part)
    }
}

fn no_such_method() -> Value {
    json!({"code": -32601, "message": "the method eth_getProof does not exist"})
}

fn equal(found: &Value, wanted: impl Into<Value>) -> Result<(), Failed> {
    let wanted = wanted.into();
    if *found == wanted { Ok(()) } else { Err(format!("found {found}, wanted {wanted}").into()) }
}

fn contains(text: &str, part: &str) -> Result<(), Failed> {
    if text.contains(part) { Ok(()) } else { Err(format!("{part:?} is not in: {text}").into()) }
}
