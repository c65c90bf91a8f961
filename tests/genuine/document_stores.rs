//! The real binary against document stores: every family, both formats, alone and in batches. Our stores on the embedded
//! chain always; with the npm packages of `tests/genuine` also on a real `anvil`, and the genuine published stores on both.
//! Without the packages the suite says what did not run.

use crate::support::anvil;
use crate::support::embedded;
use crate::support::node;
use crate::support::resolver;
use crate::support::rpc_server;
#[path = "document_stores/stage.rs"]
mod stage;
#[path = "document_stores/store.rs"]
mod store;
use crate::support::wrapping;

use anvil::{anvil_binary, artefact_code, node_modules};
use ebl_verifier::primitives::Address;
use ebl_verifier::testchain::contracts::{Contract, creation_code};
use ethers::abi::{Token, encode};
use libtest_mimic::{Failed, Trial};

use crate::Suite;
use node::BlockingNode;
use rpc_server::{Reply, Server};
use serde_json::{Value, json};
use stage::{CHAIN, NodeKind, Stage};
use store::{Contracts, GENUINE, Kind, OURS, Store, WITH_REASONS, word};
use wrapping::{Format, batch, issuer, plain_v2, wrap};

pub fn suite() -> Suite {
    let modules = node_modules();
    let anvil = anvil_binary(&modules).exists();
    let published = ["ds3", "ds4", "@trustvc/document-store", "@tradetrust-tt/token-registry"]
        .iter()
        .all(|package| modules.join(package).exists());
    let mut trials = Vec::new();
    for node in [NodeKind::Embedded, NodeKind::Anvil] {
        for contracts in [Contracts::Ours, Contracts::Genuine] {
            let runs = (anvil || node == NodeKind::Embedded) && (published || contracts == Contracts::Ours);
            trials.extend(tellings(node, contracts).into_iter().map(|trial| trial.with_ignored_flag(!runs)));
        }
    }
    Suite::new(trials, &[(anvil, "document stores on anvil"), (published, "genuine document stores")])
}

type Told = fn(NodeKind, Contracts) -> Result<(), Failed>;

fn tellings(node: NodeKind, contracts: Contracts) -> Vec<Trial> {
    let place = match node {
        NodeKind::Anvil => "anvil",
        NodeKind::Embedded => "the_embedded_chain",
    };
    let (whose, one, kinds) = match contracts {
        Contracts::Ours => ("our", "our", OURS),
        Contracts::Genuine => ("genuine", "a_genuine", GENUINE),
    };
    let stories = kinds.iter().map(|kind| {
        let name = format!("the_command_tells_issued_and_revoked_of_{one}_{}_on_{place}", kind.name);
        Trial::test(name, move || story(kind, node))
    });
    let others: [(&str, Told); 4] = [
        ("every_issuer_must_have_issued_and_none_revoked", several_issuers),
        ("what_is_no_store_is_told_apart", no_store),
        ("outages_and_other_chains_are_not_forgeries", outages),
        ("a_node_that_keeps_no_logs_changes_no_verdict", without_logs),
    ];
    let others = others.into_iter().map(|(promise, test)| {
        Trial::test(format!("{promise}_with_{whose}_stores_on_{place}"), move || test(node, contracts))
    });
    let mut trials: Vec<Trial> = stories.chain(others).collect();
    if contracts == Contracts::Genuine {
        let name = format!("a_revocation_with_a_reason_is_one_revocation_on_{place}");
        trials.push(Trial::test(name, move || with_a_reason(node)));
    }
    trials
}

fn story(kind: &'static Kind, node: NodeKind) -> Result<(), Failed> {
    let stage = Stage::new(node)?;
    let store = Store::deploy(&stage, kind);
    stage.publish(&[store.address]);
    let transferable = kind.family == "transferable";
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
                let wanted = json!([{"address": store.address, "family": kind.family, "issued": true,
                    "revoked": false, "revoked_node": null, "code_hash": store.code_hash(), "finding": finding}]);
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
        let count = if self.kind.family == "transferable" { 1 } else { 9 };
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
            let batchable = self.kind.family == "batchable";
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
                // Not only our reading of it: the contract does say so.
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

fn several_issuers(node: NodeKind, contracts: Contracts) -> Result<(), Failed> {
    let stage = Stage::new(node)?;
    let (one, two) = (Store::deploy(&stage, contracts.legacy()), Store::deploy(&stage, contracts.batchable()));
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
    for part in ["VALID, no title  ", "Store       0x", "on chain 31337, issued, not revoked", "all 2 stores issued"] {
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
fn with_a_reason(node: NodeKind) -> Result<(), Failed> {
    let stage = Stage::new(node)?;
    let store = Store::deploy(&stage, &WITH_REASONS);
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

fn without_logs(node: NodeKind, contracts: Contracts) -> Result<(), Failed> {
    let stage = Stage::new(node)?;
    for kind in [contracts.legacy(), contracts.batchable()] {
        let store = Store::deploy(&stage, kind);
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
        let legacy = kind.family == "legacy";
        let recorded = if legacy { json!(block) } else { Value::Null };
        let node = &report["stores"][0]["revoked_node"];
        equal(&json!([node["block"], node["time"], node["by"]]), &json!([recorded, null, null]))?;
        let at = if legacy { format!(" at block {block}") } else { String::new() };
        equal(&issuance["message"], &json!(format!("the store {} revoked this document{at}", store.address)))?;
    }
    Ok(())
}

fn no_store(node: NodeKind, contracts: Contracts) -> Result<(), Failed> {
    let stage = Stage::new(node)?;
    let account = stage.node.accounts()[3];
    stage.publish(&[account]);
    let alone = |store: Address, number| batch(Format::V2, &[store], CHAIN, number, 1).remove(0);
    let report = stage.expect(&alone(account, 0), 1, "issuance.store_no_contract")?;
    equal(&report["stores"][0]["code_hash"], &Value::Null)?;
    let page = stage.page(&alone(account, 0))?;
    equal(&json!(page.contains("no contract there")), &json!(true))?;

    // A token registry knows none of a store's functions.
    let registry = token_registry(&stage, contracts);
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
    let transferable = Store::deploy(&stage, contracts.transferable());
    stage.publish(&[transferable.address]);
    let document = batch(Format::V3, &[transferable.address], CHAIN, 5, 3).remove(0);
    transferable.issue(document.root());
    stage.expect(&document, 1, "issuance.shared_token")?;
    Ok(())
}

fn outages(node: NodeKind, contracts: Contracts) -> Result<(), Failed> {
    let stage = Stage::new(node)?;
    let store = Store::deploy(&stage, contracts.legacy());
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

/// A v5 registry with a factory.
fn token_registry(stage: &Stage, contracts: Contracts) -> Address {
    let code = |name: &str, ours: Contract| match contracts {
        Contracts::Ours => creation_code(ours, &[]),
        Contracts::Genuine => {
            let artefacts = node_modules().join("@tradetrust-tt/token-registry/dist/artifacts");
            artefact_code(&artefacts.join(format!("{name}.sol/{name}.json")))
        }
    };
    let factory = stage.deploy(code("TitleEscrowFactory", Contract::TitleEscrowFactoryV5));
    let name = Token::String("Registry".into());
    let arguments = encode(&[name.clone(), name, Token::Address(factory.0.into())]);
    stage.deploy([code("TradeTrustToken", Contract::RegistryV5), arguments].concat())
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
