//! The real binary against the genuine published document stores on a real `anvil`: every family, both formats, alone
//! and in batches. Needs the npm packages of `tests/genuine`; without them the suite says that it did not run.

#[path = "support/anvil.rs"]
mod anvil;
#[path = "support/node.rs"]
mod node;
#[path = "support/resolver.rs"]
mod resolver;
#[path = "support/rpc_server.rs"]
mod rpc_server;
#[path = "support/wrapping.rs"]
mod wrapping;

use std::path::{Path, PathBuf};
use std::process::Command;

use anvil::{Anvil, RULES, anvil_binary, artefact_code, node_modules, script_code};
use ebl_verifier::primitives::{Address, Digest32, encode_hex, keccak256};
use ethers::abi::{Token, encode};
use libtest_mimic::{Arguments, Failed, Trial};
use node::BlockingNode;
use resolver::Resolver;
use rpc_server::{Reply, Server};
use serde_json::{Value, json};
use wrapping::{Format, Wrapped, batch, issuer, plain_v2, wrap};

fn main() {
    let arguments = Arguments::from_args();
    let modules = node_modules();
    let ready = anvil_binary(&modules).exists();
    let mut trials: Vec<Trial> = PUBLISHED
        .iter()
        .map(|published| {
            let name = format!("the_command_tells_issued_and_revoked_of_a_genuine_{}", published.name);
            trial(&name, &modules, move |modules| story(published, modules))
        })
        .collect();
    trials.push(trial("every_issuer_must_have_issued_and_none_revoked", &modules, several_issuers));
    trials.push(trial("what_is_no_store_is_told_apart", &modules, no_store));
    trials.push(trial("outages_and_other_chains_are_not_forgeries", &modules, outages));
    trials.push(trial("a_revocation_with_a_reason_is_one_revocation", &modules, with_a_reason));
    trials.push(trial("a_node_that_keeps_no_logs_changes_no_verdict", &modules, without_logs));
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !ready {
        println!("NOT RUN: the document store suite on genuine contracts needs npm packages.");
        println!("To run it: (cd tests/genuine && npm ci --ignore-scripts) && cargo test --test document_stores");
    }
    conclusion.exit();
}

fn trial(name: &str, modules: &Path, test: impl FnOnce(&Path) -> Result<(), Failed> + Send + 'static) -> Trial {
    let (modules, ready) = (modules.to_owned(), anvil_binary(modules).exists());
    Trial::test(name, move || test(&modules)).with_ignored_flag(!ready)
}

/// A published contract.
#[derive(Debug)]
struct Published {
    name: &'static str,
    script: &'static str,
    class: &'static str,
    family: &'static str,
    code_hash: &'static str,
}

/// Code hashes of chain.md §3, whole.
const PUBLISHED: &[Published] = &[
    Published {
        name: "legacy_store_3",
        script: "ds3/dist/contracts/factories/contracts/DocumentStore__factory.js",
        class: "DocumentStore",
        family: "legacy",
        code_hash: "0x7fc99d99088ef0ca25e4e38c4ca4ddf98bf90648a9c348bb2fe025333e19195c",
    },
    Published {
        name: "legacy_store_4",
        script: "ds4/dist/contracts/factories/DocumentStore__factory.js",
        class: "DocumentStore",
        family: "legacy",
        code_hash: "0x99d75a785a38c495b9768c931d856dbcdeb166145963e8f69ca0e48091e7a22e",
    },
    Published {
        name: "batchable_store",
        script: "@trustvc/document-store/index.mjs",
        class: "DocumentStore",
        family: "batchable",
        code_hash: "0x44fb38e09dbc865c131ca62373830dd4bfbcb54bd2286df83fa1a184bde9d3f1",
    },
    Published {
        name: "transferable_store",
        script: "@trustvc/document-store/index.mjs",
        class: "TransferableDocumentStore",
        family: "transferable",
        code_hash: "0x4c8c5304659361210ad35c6bbcbff1a5455d22b12addc06aa419269998c47c97",
    },
];

const LEGACY: &Published = &PUBLISHED[1];
const BATCHABLE: &Published = &PUBLISHED[2];
const WITH_REASONS: &Published = &Published {
    name: "legacy_store_4_with_reasons",
    script: "ds4/dist/contracts/factories/DocumentStoreWithRevokeReasons__factory.js",
    class: "DocumentStoreWithRevokeReasons",
    family: "legacy",
    code_hash: "",
};

fn story(published: &'static Published, modules: &Path) -> Result<(), Failed> {
    let stage = Stage::new(modules)?;
    let store = Store::deploy(&stage, published, modules);
    stage.publish(&[store.address]);
    let transferable = published.family == "transferable";
    let sizes = if transferable { 1..=1 } else { 1..=9 };
    let mut first = 0;
    for format in [Format::V2, Format::V3] {
        for count in sizes.clone() {
            let documents = batch(format, &[store.address], CHAIN, first, count);
            first += count;
            let document = &documents[count / 2];
            stage.expect(document, 1, "issuance.not_issued")?;
            store.issue(document.root());
            for document in [document, &documents[0]] {
                let report = stage.expect(document, 0, "issuance.issued")?;
                equal(&report["verdict"], &json!("valid"))?;
                equal(&report["title"]["state"], &json!("none"))?;
                equal(&report["as_of"]["requests"], &json!(2))?;
                // The only store speaks for the whole check.
                let issuance = check(&report, "issuance");
                let finding = json!({"outcome": "pass", "code": "issuance.issued", "message": issuance["message"]});
                let wanted = json!([{"address": store.address, "family": published.family, "issued": true,
                    "revoked": false, "revoked_node": null, "code_hash": published.code_hash, "finding": finding}]);
                equal(&report["stores"], &wanted)?;
            }
        }
        store.revokes(&stage, format, &mut first)?;
    }
    Ok(())
}

impl Store<'_> {
    /// The document itself, every intermediate node and the root, each in a batch of its own.
    fn revokes(&self, stage: &Stage, format: Format, first: &mut usize) -> Result<(), Failed> {
        let count = if self.published.family == "transferable" { 1 } else { 9 };
        let mut place = 0;
        loop {
            let documents = batch(format, &[self.address], CHAIN, *first, count);
            *first += count;
            let longest = documents.iter().max_by_key(|document| document.path.len()).ok_or("documents")?;
            self.issue(longest.root());
            let block = self.revoke(longest, place);
            let last = longest.path.len() - 1;
            let position = match place {
                0 => "document",
                place if place == last => "root",
                _ => "intermediate",
            };
            let code = if place == 0 { "issuance.revoked" } else { "issuance.ancestor_revoked" };
            let report = stage.expect(longest, 1, code)?;
            let node = &report["stores"][0]["revoked_node"];
            equal(&node["hash"], &json!(longest.path[place]))?;
            equal(&node["position"], &json!(position))?;
            let batchable = self.published.family == "batchable";
            let sender = stage.node.accounts()[0];
            equal(&json!([node["block"], node["by"]]), &json!([block, sender]))?;
            // Asked last, and only for this.
            equal(&report["as_of"]["requests"], &json!(2))?;
            let time = node["time"].as_str().ok_or("a time")?;
            let message = check(&report, "issuance")["message"].as_str().unwrap_or_default();
            let detail = format!(" at block {block} ({time}) by {sender}");
            equal(&json!([message, message.contains(&detail)]), &json!([message, true]))?;
            equal(&node["store_says_active"], &json!(batchable && position == "intermediate"))?;
            if batchable && position == "intermediate" {
                // Not only our reading of it: the genuine contract does say so.
                equal(&self.is_active(longest), &json!(format!("0x{:064x}", 1)))?;
            }
            if place > 0 && place < last {
                // A document of the batch that does not stand under the revoked node is as good as before.
                let other = documents.iter().find(|other| !other.path.contains(&longest.path[place]));
                stage.expect(other.ok_or("another branch")?, 0, "issuance.issued")?;
            }
            if place == last {
                return Ok(());
            }
            place += 1;
        }
    }
}

fn several_issuers(modules: &Path) -> Result<(), Failed> {
    let stage = Stage::new(modules)?;
    let (one, two) = (Store::deploy(&stage, LEGACY, modules), Store::deploy(&stage, BATCHABLE, modules));
    stage.publish(&[one.address, two.address]);
    let documents = batch(Format::V2, &[one.address, two.address], CHAIN, 0, 4);
    let document = &documents[2];
    one.issue(document.root());
    let report = stage.expect(document, 1, "issuance.not_issued")?;
    let message = check(&report, "issuance")["message"].as_str().ok_or("a message")?;
    equal(&json!(message.contains(&two.address.to_string())), &json!(true))?;
    equal(&json!([report["stores"][0]["issued"], report["stores"][1]["issued"]]), &json!([true, false]))?;

    two.issue(document.root());
    let report = stage.expect(document, 0, "issuance.issued")?;
    equal(&report["as_of"]["requests"], &json!(2))?;
    equal(
        &check(&report, "issuance")["message"],
        &json!("all 2 stores issued this document, and none has revoked it"),
    )?;
    let page = stage.page(document)?;
    for part in ["VALID  ", "Store       0x", "on chain 31337, issued, not revoked", "all 2 stores issued"] {
        equal(&json!([part, page.contains(part)]), &json!([part, true]))?;
    }

    two.revoke(document, 1);
    let report = stage.expect(document, 1, "issuance.ancestor_revoked")?;
    equal(&json!([report["stores"][0]["revoked"], report["stores"][1]["revoked"]]), &json!([false, true]))?;
    let page = stage.page(document)?;
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let node = &report["stores"][1]["revoked_node"];
    let time = node["time"].as_str().ok_or("a time")?.replace('T', " ").replace('Z', " UTC");
    let line = format!("issued, an ancestor of the document revoked at block {} ({time}) by 0x", node["block"]);
    for part in ["INVALID ", &line, "store itself says", "who acts: the issuer."] {
        equal(&json!([part, page.contains(part)]), &json!([part, true]))?;
    }

    // The same store twice is one store; an issuer without a store has not issued.
    let twice = vec![issuer("documentStore", one.address), issuer("documentStore", one.address)];
    let document = &wrap(Format::V2, vec![plain_v2(twice, CHAIN, 90)])[0];
    one.issue(document.root());
    let report = stage.expect(document, 0, "issuance.issued")?;
    equal(&json!(report["stores"].as_array().map(Vec::len)), &json!(1))?;
    let mut without = issuer("documentStore", one.address);
    without.as_object_mut().ok_or("members")?.remove("documentStore");
    let mixed = vec![issuer("documentStore", one.address), without];
    let document = &wrap(Format::V2, vec![plain_v2(mixed, CHAIN, 91)])[0];
    one.issue(document.root());
    stage.expect(document, 1, "issuance.issuer_without_store")?;

    // A certificate store is a document store without an identity: issued, and nobody stands behind it.
    let certificate = json!({"name": "Nordsee Carrier", "certificateStore": one.address.to_string()});
    let document = &wrap(Format::V2, vec![plain_v2(vec![certificate], CHAIN, 92)])[0];
    one.issue(document.root());
    let report = stage.expect(document, 3, "issuance.issued")?;
    equal(&check(&report, "issuer")["code"], &json!("issuer.no_identity_claimed"))
}

/// Such a store writes two events about one revocation.
fn with_a_reason(modules: &Path) -> Result<(), Failed> {
    let stage = Stage::new(modules)?;
    let store = Store::deploy(&stage, WITH_REASONS, modules);
    stage.publish(&[store.address]);
    let document = batch(Format::V3, &[store.address], CHAIN, 0, 1).remove(0);
    store.issue(document.root());
    stage.expect(&document, 0, "issuance.issued")?;
    let receipt = store.write("revoke(bytes32,uint256)", &[word(document.root()), Token::Uint(3.into())]);
    equal(&json!(receipt["logs"].as_array().map(Vec::len)), &json!(2))?;
    let report = stage.expect(&document, 1, "issuance.revoked")?;
    let node = &report["stores"][0]["revoked_node"];
    equal(&node["by"], &json!(stage.node.accounts()[0]))
}

fn without_logs(modules: &Path) -> Result<(), Failed> {
    let stage = Stage::new(modules)?;
    for published in [LEGACY, BATCHABLE] {
        let store = Store::deploy(&stage, published, modules);
        stage.publish(&[store.address]);
        let document = batch(Format::V2, &[store.address], CHAIN, 0, 3).remove(1);
        store.issue(document.root());
        let behind = BlockingNode::new(stage.node.url().to_owned());
        let server = Server::start(move |request| {
            let (_, text) = behind.post(request.body.to_string());
            let mut replies: Value = serde_json::from_str(&text).expect("JSON");
            for (call, reply) in
                request.body.as_array().expect("a batch").iter().zip(replies.as_array_mut().expect("a batch"))
            {
                if call["method"] == "eth_getLogs" {
                    let error = json!({"code": -32601, "message": "the method does not exist"});
                    *reply = json!({"jsonrpc": "2.0", "id": call["id"], "error": error});
                }
            }
            Reply::json(&replies)
        });
        let rpc = format!("{CHAIN}={}", server.url());
        let run = |arguments: &[&str]| stage.run(&document, &[&["--rpc", &rpc], arguments].concat());
        let (exit, _) = run(&[])?;
        equal(&json!([exit, server.asked().len()]), &json!([0, 2]))?;

        let block = store.revoke(&document, 0);
        let (exit, report) = run(&[])?;
        let issuance = check(&report, "issuance");
        equal(&json!([exit, issuance["code"], report["verdict"]]), &json!([1, "issuance.revoked", "invalid"]))?;
        equal(&issuance["unavailable"], &json!([]))?;
        // What the store itself says is said as before.
        let legacy = published.family == "legacy";
        let recorded = if legacy { json!(block) } else { Value::Null };
        let node = &report["stores"][0]["revoked_node"];
        equal(&json!([node["block"], node["time"], node["by"]]), &json!([recorded, null, null]))?;
        let at = if legacy { format!(" at block {block}") } else { String::new() };
        equal(&issuance["message"], &json!(format!("the store {} revoked this document{at}", store.address)))?;
    }
    Ok(())
}

fn no_store(modules: &Path) -> Result<(), Failed> {
    let stage = Stage::new(modules)?;
    let account = stage.node.accounts()[3];
    stage.publish(&[account]);
    let alone = |store: Address, number| batch(Format::V2, &[store], CHAIN, number, 1).remove(0);
    let report = stage.expect(&alone(account, 0), 1, "issuance.store_no_contract")?;
    equal(&report["stores"][0]["code_hash"], &Value::Null)?;
    let page = stage.page(&alone(account, 0))?;
    equal(&json!(page.contains("no contract there")), &json!(true))?;

    // A genuine token registry knows none of a store's functions.
    let factory = modules.join("@tradetrust-tt/token-registry/dist/artifacts");
    let code = |name: &str| artefact_code(&factory.join(format!("{name}.sol/{name}.json")));
    let factory = stage.deploy(code("TitleEscrowFactory"));
    let name = Token::String("Registry".into());
    let arguments = encode(&[name.clone(), name, Token::Address(factory.0.into())]);
    let registry = stage.deploy([code("TradeTrustToken"), arguments].concat());
    stage.publish(&[registry]);
    let report = stage.expect(&alone(registry, 1), 3, "issuance.store_refused")?;
    equal(&report["stores"][0]["issued"], &Value::Null)?;

    // One that answers every call with the word 1, and one with 64 bytes.
    let yes = stage.deploy(always(&[0x60, 1, 0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3]));
    stage.publish(&[yes]);
    stage.expect(&alone(yes, 2), 1, "issuance.store_contradicts_itself")?;
    let long = stage.deploy(always(&[0x60, 0x40, 0x60, 0, 0xf3]));
    stage.publish(&[long]);
    stage.expect(&alone(long, 3), 3, "issuance.store_unreadable")?;
    // One that answers every call with nothing: no family, and no answer either.
    let mute = stage.deploy(always(&[0x00]));
    stage.publish(&[mute]);
    stage.expect(&alone(mute, 4), 3, "issuance.store_unreadable")?;

    // A token cannot stand for a batch.
    let transferable = Store::deploy(&stage, &PUBLISHED[3], modules);
    stage.publish(&[transferable.address]);
    let document = batch(Format::V3, &[transferable.address], CHAIN, 5, 3).remove(0);
    transferable.issue(document.root());
    stage.expect(&document, 1, "issuance.shared_token")?;
    Ok(())
}

fn outages(modules: &Path) -> Result<(), Failed> {
    let stage = Stage::new(modules)?;
    let store = Store::deploy(&stage, LEGACY, modules);
    let document = batch(Format::V3, &[store.address], CHAIN, 0, 3).remove(1);
    store.issue(document.root());

    stage.resolver.publish(&[&format!("openatts net=ethereum netId=1 addr={}", store.address)]);
    let report = stage.expect(&document, 1, "issuance.issued")?;
    equal(&check(&report, "issuer")["code"], &json!("issuer.record_for_other_chain"))?;

    stage.publish(&[store.address]);
    let rpc = format!("31337={}", stage.node.url());
    let mirror = stage.run(&document, &["--rpc", "31337=http://127.0.0.1:9/", "--rpc", &rpc])?;
    equal(&json!([mirror.0, check(&mirror.1, "chain")["unavailable"][0]["cause"]]), &json!([0, "unreachable"]))?;

    let (exit, report) = stage.run(&document, &["--rpc", "31337=http://127.0.0.1:9/"])?;
    equal(&json!([exit, check(&report, "chain")["code"]]), &json!([3, "chain.rpc_unavailable"]))?;
    equal(&check(&report, "issuance")["code"], &json!("check.chain_unanswered"))?;
    equal(&check(&report, "title")["outcome"], &json!("not_applicable"))?;

    let elsewhere = batch(Format::V2, &[store.address], 1, 9, 1).remove(0);
    let (exit, report) = stage.run(&elsewhere, &["--rpc", &format!("1={}", stage.node.url())])?;
    equal(&json!([exit, check(&report, "chain")["code"]]), &json!([1, "chain.wrong_endpoint"]))?;
    equal(&check(&report, "issuer")["code"], &json!("issuer.record_for_other_chain"))?;
    stage.resolver.publish(&[&format!("openatts net=ethereum netId=1 addr={}", store.address)]);
    let (exit, _) = stage.run(&elsewhere, &["--rpc", &format!("1={}", stage.node.url())])?;
    equal(&json!(exit), &json!(3))
}

const CHAIN: u64 = 31337;

/// A chain, a resolver, and a folder for the file.
struct Stage {
    /// Ends with the stage.
    _anvil: Anvil,
    node: BlockingNode,
    resolver: Resolver,
    folder: tempfile::TempDir,
    validator: jsonschema::Validator,
}

impl Stage {
    fn new(modules: &Path) -> Result<Self, Failed> {
        let schema: Value = serde_json::from_str(include_str!("../schemas/report.schema.json"))?;
        let anvil = Anvil::start(modules, &RULES);
        Ok(Self {
            node: BlockingNode::new(anvil.url.clone()),
            _anvil: anvil,
            resolver: Resolver::start(),
            folder: tempfile::tempdir()?,
            validator: jsonschema::validator_for(&schema)?,
        })
    }

    /// Records that name these contracts on the local chain.
    fn publish(&self, contracts: &[Address]) {
        let records: Vec<_> =
            contracts.iter().map(|address| format!("openatts net=ethereum netId={CHAIN} addr={address}")).collect();
        self.resolver.publish(&records.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// Exit code and issuance code of a run against the node; the report.
    fn expect(&self, document: &Wrapped, exit: i32, code: &str) -> Result<Value, Failed> {
        let (found, report) = self.run(document, &["--rpc", &format!("{CHAIN}={}", self.node.url())])?;
        if found == exit && check(&report, "issuance")["code"] == code {
            Ok(report)
        } else {
            Err(format!("wanted {exit} {code}, found {found}: {report:#}").into())
        }
    }

    fn run(&self, document: &Wrapped, arguments: &[&str]) -> Result<(i32, Value), Failed> {
        let output = self.command(document)?.args(["--format", "json"]).args(arguments).output()?;
        let report: Value = serde_json::from_slice(&output.stdout)
            .map_err(|_| format!("no report: {}", String::from_utf8_lossy(&output.stderr)))?;
        let errors: Vec<_> = self.validator.iter_errors(&report).map(|error| error.to_string()).collect();
        if errors.is_empty() {
            Ok((output.status.code().ok_or("an exit code")?, report))
        } else {
            Err(format!("{errors:#?}\n{report:#}").into())
        }
    }

    fn page(&self, document: &Wrapped) -> Result<String, Failed> {
        let rpc = format!("{CHAIN}={}", self.node.url());
        Ok(String::from_utf8(self.command(document)?.args(["--rpc", &rpc]).output()?.stdout)?)
    }

    fn command(&self, document: &Wrapped) -> Result<Command, Failed> {
        let file: PathBuf = self.folder.path().join("document.json");
        std::fs::write(&file, document.document.to_string())?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
        command.args(["verify", "--timeout", "5", "--dns", &self.resolver.address]).arg(file);
        command.env_clear().env("HOME", "/nonexistent");
        Ok(command)
    }

    fn deploy(&self, code: Vec<u8>) -> Address {
        let receipt = self.send(None, &code);
        receipt["contractAddress"].as_str().expect("a contract").parse().expect("an address")
    }

    fn send(&self, to: Option<Address>, data: &[u8]) -> Value {
        let from = self.node.accounts()[0].to_string();
        let receipt = self.node.send(&from, to.map(|to| to.to_string()).as_deref(), data);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }
}

struct Store<'s> {
    stage: &'s Stage,
    published: &'static Published,
    address: Address,
}

impl<'s> Store<'s> {
    fn deploy(stage: &'s Stage, published: &'static Published, modules: &Path) -> Self {
        let owner = Token::Address(stage.node.accounts()[0].0.into());
        let name = Token::String("Store".into());
        let arguments = match published.family {
            "transferable" => encode(&[name.clone(), name, owner]),
            _ => encode(&[name, owner]),
        };
        let code = script_code(&modules.join(published.script), published.class);
        Self { stage, published, address: stage.deploy([code, arguments].concat()) }
    }

    fn issue(&self, root: Digest32) {
        match self.published.family {
            "transferable" => {
                let to = Token::Address(self.stage.node.accounts()[1].0.into());
                self.write("issue(address,bytes32,bool)", &[to, word(root), Token::Bool(false)])
            }
            _ => self.write("issue(bytes32)", &[word(root)]),
        };
    }

    /// Revokes the node at this place of the document's path; the block.
    fn revoke(&self, document: &Wrapped, place: usize) -> u64 {
        let node = document.path[place];
        let receipt = if self.published.family == "batchable" {
            let rest = document.proof[place..].iter().copied().map(word).collect();
            let values = [word(document.root()), word(node), Token::Array(rest)];
            self.write("revoke(bytes32,bytes32,bytes32[])", &values)
        } else {
            self.write("revoke(bytes32)", &[word(node)])
        };
        let block = receipt["blockNumber"].as_str().expect("a block");
        u64::from_str_radix(block.trim_start_matches("0x"), 16).expect("a number")
    }

    fn is_active(&self, document: &Wrapped) -> Value {
        let proof = Token::Array(document.proof.iter().copied().map(word).collect());
        let data =
            call_data("isActive(bytes32,bytes32,bytes32[])", &[word(document.root()), word(document.target()), proof]);
        let call = json!({"to": self.address, "data": format!("0x{}", encode_hex(&data))});
        self.stage.node.ask("eth_call", json!([call, "latest"]))
    }

    fn write(&self, signature: &str, values: &[Token]) -> Value {
        self.stage.send(Some(self.address), &call_data(signature, values))
    }
}

fn call_data(signature: &str, values: &[Token]) -> Vec<u8> {
    [&keccak256(signature).0[..4], encode(values).as_slice()].concat()
}

fn word(hash: Digest32) -> Token {
    Token::FixedBytes(hash.0.to_vec())
}

/// Creation code of a contract whose every call runs this.
fn always(runtime: &[u8]) -> Vec<u8> {
    let length = u8::try_from(runtime.len()).expect("short");
    [&[0x60, length, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3], runtime].concat()
}

fn check<'r>(report: &'r Value, name: &str) -> &'r Value {
    report["checks"].as_array().expect("checks").iter().find(|check| check["name"] == name).expect("the check")
}

#[track_caller]
fn equal(found: &Value, wanted: &Value) -> Result<(), Failed> {
    if found == wanted {
        return Ok(());
    }
    let line = std::panic::Location::caller().line();
    Err(format!("line {line}: found {found}, wanted {wanted}").into())
}
