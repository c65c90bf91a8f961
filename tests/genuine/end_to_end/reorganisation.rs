//! The chain is reorganised between the two round trips: a real node gives up the block that was pinned, and makes
//! another in its place (chain.md §5.2, checks.md §8).

use std::sync::{Arc, Mutex};

use ebl_verifier::testchain::contracts::TitleWrite;
use ebl_verifier::testchain::sandbox::Party::{Bank, Shipper};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::node::BlockingNode;
use super::proxy::proxy;
use super::rpc_server::Server;
use super::stage::{CHAIN, Format, Setting, Stage};

/// One block is replaced while it is read, then every one that is pinned: only what is there afterwards counts.
pub fn only_the_block_that_stays_counts(setting: Setting) -> Result<(), Failed> {
    let mut stage = Stage::set(setting)?;

    // The block that is replaced holds nothing.
    let bill = stage.bill("an-empty-block", stage.registry, Format::Oa2)?;
    stage.mint(&bill)?;
    stage.node.ask("evm_mine", json!([]));
    let (server, replaced) = reorganising(stage.node.url(), Times::Once);
    let step = "an empty block is replaced";
    let report = stage.told_by(&[&endpoint(&server)], step, &bill, &[], (0, "valid", "live", "title.live"))?.clone();
    report.must_say("/as_of/requests", 4)?;
    read_at_the_new_block(&stage, &report.json["as_of"]["hash"], &replaced)?;

    // The block that is replaced holds a transfer: what was pinned said the bank, what stays says the shipper.
    let transfer = TitleWrite::TransferHolder { holder: Bank.address(), remark: Vec::new() };
    stage.act(Shipper, &bill, &transfer)?;
    let report = stage.told("before the transfer is undone", &bill, &[], (0, "valid", "live", "title.live"))?;
    report.must_say("/title/holder", Bank.address().to_string())?;
    let (server, replaced) = reorganising(stage.node.url(), Times::Once);
    let step = "a transfer is undone";
    let report = stage.told_by(&[&endpoint(&server)], step, &bill, &[], (0, "valid", "live", "title.live"))?.clone();
    report.must_say("/title/holder", Shipper.address().to_string())?;
    read_at_the_new_block(&stage, &report.json["as_of"]["hash"], &replaced)?;

    // The block that is replaced holds the title itself.
    let bill = stage.bill("a-title-undone", stage.registry, Format::Oa3)?;
    stage.mint(&bill)?;
    stage.told("before the title is undone", &bill, &[], (0, "valid", "live", "title.live"))?;
    let (server, _) = reorganising(stage.node.url(), Times::Once);
    let expected = (1, "invalid", "not_issued", "issuance.not_minted");
    stage.told_by(&[&endpoint(&server)], "the title is undone", &bill, &[], expected)?;

    // Nothing stays long enough to be read.
    stage.mint(&bill)?;
    stage.node.ask("evm_mine", json!([]));
    let (server, replaced) = reorganising(stage.node.url(), Times::Always);
    let expected = (3, "indeterminate", "unknown", "chain.block_vanished");
    let report = stage.told_by(&[&endpoint(&server)], "every block is replaced", &bill, &[], expected)?;
    if report.check("chain")["unavailable"][0]["cause"] != "block_vanished" {
        return Err(format!("the cause is not named: {:#}", report.json).into());
    }
    // It was pinned twice, and no more.
    match replaced.lock().expect("no panic").len() {
        2 => {}
        other => return Err(format!("{other} blocks were pinned").into()),
    }
    stage.told("the chain rests again", &bill, &[], (0, "valid", "live", "title.live")).map(drop)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    Always,
}

/// The hash of each block that was given up, and of the one in its place.
type Replaced = Arc<Mutex<Vec<[Value; 2]>>>;

/// A proxy before the node that replaces the newest block as soon as the node has answered the batch that pins it.
fn reorganising(upstream: &str, times: Times) -> (Server, Replaced) {
    let node = BlockingNode::new(upstream.to_owned());
    let replaced = Replaced::default();
    let log = Arc::clone(&replaced);
    let server = proxy(upstream, move |call, _| {
        let mut log = log.lock().expect("no panic");
        // The chain id is asked for with the block, once in a round of questions.
        if call["method"] == "eth_chainId" && (times == Times::Always || log.is_empty()) {
            let newest = || node.ask("eth_getBlockByNumber", json!(["latest", false]))["hash"].clone();
            let before = newest();
            node.ask("anvil_rollback", json!([1]));
            // Another account is rewarded, so that the hash is another even within the same second.
            let digits = before.as_str().and_then(|hash| hash.get(26..)).expect("a hash");
            node.ask("anvil_setCoinbase", json!([format!("0x{digits}")]));
            node.ask("evm_mine", json!([]));
            let after = newest();
            assert_ne!(before, after, "the block was not replaced");
            log.push([before, after]);
        }
        None
    });
    (server, replaced)
}

fn endpoint(server: &Server) -> String {
    format!("{CHAIN}={}", server.url())
}

fn read_at_the_new_block(stage: &Stage, hash: &Value, replaced: &Replaced) -> Result<(), Failed> {
    let newest = stage.node.ask("eth_getBlockByNumber", json!(["latest", false]))["hash"].clone();
    match replaced.lock().expect("no panic").as_slice() {
        [[gone, new]] if hash == new && *new == newest && gone != new => Ok(()),
        other => Err(format!("read at {hash}, the newest is {newest}, replaced were {other:?}").into()),
    }
}
