//! Resolvers and endpoints that differ, refuse, serve another chain or are gone: an outage is never a forgery.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::command::Expected;
use super::node::BlockingNode;
use super::resolver::Resolver;
use super::rpc_server::{Reply, Server};
use super::stage::{CHAIN, Format, Stage, record};

const LIVE: Expected = (0, "valid", "live", "title.live");
/// Nobody listens on the discard port.
const DEAD: &str = "31337=http://127.0.0.1:9/";

/// The last chapter: it ends the node.
pub fn resolvers_and_endpoints(stage: &mut Stage) -> Result<(), Failed> {
    let registry = stage.registry.address;
    let bill = stage.bill("endpoints", stage.registry, Format::Oa2)?;
    stage.mint(&bill)?;
    let on_chain_1 = record(1, registry);

    stage.resolver.publish(&["v=spf1 -all", &on_chain_1]);
    stage.told("record for another chain", &bill, &[], (1, "invalid", "live", "issuer.record_for_other_chain"))?;
    stage.resolver.publish(&[]);
    stage.told("no record", &bill, &[], (1, "invalid", "live", "issuer.no_record"))?;
    stage.publish(registry);
    let second = Resolver::start();
    second.publish(&[&on_chain_1]);
    stage.places.push((second.address.clone(), "the second resolver"));
    let differ = (3, "indeterminate", "live", "issuer.dns_disagreement");
    stage.told("two resolvers that differ", &bill, &["--dns", &second.address], differ)?;

    // An endpoint that fails is passed over, and the report says so.
    let live = stage.rpc();
    let report = stage.told_by(&[DEAD, &live], "a dead endpoint before a live one", &bill, &[], LIVE)?;
    if report.check("chain")["unavailable"][0]["cause"] != "unreachable" {
        return Err(format!("the dead endpoint is not named: {:#}", report.json).into());
    }

    // A node that refuses the lens is read by plain calls, with the same result; both ways agree.
    let refusing = without_the_lens(stage.node.url());
    stage.places.push((refusing.host(), "the node that refuses the lens"));
    let calls_only = format!("{CHAIN}={}", refusing.url());
    let report = stage.told_by(&[&calls_only], "a node that refuses the lens", &bill, &[], LIVE)?;
    report.must_say("/as_of/method", "calls")?;
    let report = stage.told_by(&[&live, &calls_only], "lens and calls agree", &bill, &["--quorum", "2"], LIVE)?;
    if report.check("title")["strength"] != "quorum" {
        return Err(format!("no quorum: {:#}", report.json).into());
    }
    if stage.reports.iter().any(|report| report.json.to_string().contains("s3cret")) {
        return Err("a report shows the key in an endpoint's path".into());
    }

    let elsewhere = stage.bill_on(1, "chain-1", stage.registry, Format::Oa2)?;
    stage.resolver.publish(&[&on_chain_1]);
    let wrong = format!("1={}", stage.node.url());
    let expected = (3, "indeterminate", "unknown", "chain.wrong_endpoint");
    stage.told_by(&[&wrong], "an endpoint of another chain", &elsewhere, &[], expected)?;

    stage.publish(registry);
    stage.stop_node();
    stage.told("a dead endpoint", &bill, &[], (3, "indeterminate", "unknown", "chain.rpc_unavailable"))?;
    Ok(())
}

/// Passes everything on to `upstream`, except calls without a destination.
fn without_the_lens(upstream: &str) -> Server {
    let upstream = BlockingNode::new(upstream.to_owned());
    Server::start(move |request| {
        let (_, text) = upstream.post(request.body.to_string());
        let mut answers: Value = serde_json::from_str(&text).expect("JSON");
        for call in request.body.as_array().into_iter().flatten() {
            if call["method"] == "eth_call" && call["params"][0]["to"].is_null() {
                let answer = answers.as_array_mut().into_iter().flatten().find(|answer| answer["id"] == call["id"]);
                *answer.expect("an answer") =
                    json!({"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32602, "message": "missing to"}});
            }
        }
        Reply::json(&answers)
    })
}
