//! Copies of a bill that a holder presents with their own signature.

use ebl_verifier::verify::CheckName;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::changes;
use super::world::{HOLDER, verdict, world};
use crate::support::situation::{CHAIN, REGISTRY};

const CHALLENGE: &str = "c-2026-1";
const DOMAIN: &str = "bank.example";

pub fn verified() -> Result<(), Failed> {
    for suites in [&["ecdsa-sd-2023"][..], &["bbs-2023"], &["ecdsa-sd-2023", "bbs-2023"]] {
        let presentation = presented(suites)?;
        let found = json!([judged(&presentation, CHALLENGE)?, theirs(&[&presentation])?]);
        if found != json!([["valid", "integrity.signed"], [true]]) {
            return Err(format!("{found}: {presentation:#}").into());
        }
        let found = judged(&presentation, "another")?;
        if found != json!(["invalid", "integrity.challenge"]) {
            return Err(format!("to another's question: {found}").into());
        }
    }
    Ok(())
}

pub fn changed() -> Result<(), Failed> {
    let presentation = presented(&["ecdsa-sd-2023"])?;
    let changes = changes::all(&presentation);
    let documents: Vec<&Value> = changes.iter().map(|change| &change.document).collect();
    for (change, theirs) in changes.iter().zip(theirs(&documents)?) {
        let ours = judged(&change.document, CHALLENGE)?;
        // As of bills: nothing is said of a suite that is not known.
        let is_suite = ["another /proof/type", "another /proof/cryptosuite"].contains(&change.what.as_str());
        if theirs || ours[0] != if is_suite { "indeterminate" } else { "invalid" } {
            return Err(format!("{}: {ours}, theirs: {theirs}", change.what).into());
        }
    }
    Ok(())
}

/// Each by one suite.
fn presented(suites: &[&str]) -> Result<Value, Failed> {
    let world = world()?;
    let holder = world.party(HOLDER)?;
    let mut credentials = Vec::new();
    for suite in suites {
        let issuer = world.party(suite)?;
        let contexts = ["transferable-records-context", "bill-of-lading"];
        let [records, bill] = contexts.map(|name| format!("https://trustvc.io/context/{name}.json"));
        let content = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", records, bill],
            "type": ["VerifiableCredential"],
            "issuer": issuer["did"]["id"],
            "validFrom": "2026-03-01T08:00:00Z",
            "validUntil": "2096-03-01T08:00:00Z",
            "credentialStatus": {
                "type": "TransferableRecords",
                "tokenNetwork": {"chain": "ETH", "chainId": CHAIN.to_string()},
                "tokenRegistry": REGISTRY.to_string(),
            },
            "credentialSubject": {"id": holder["did"]["id"], "type": ["BillOfLading"], "blNumber": "CARR-2026-3"},
        });
        let sign = json!({"ask": "sign", "credential": content, "key": issuer["key"], "suite": suite});
        let signed = world.packages().ask(sign)?;
        let reveal = json!(["/credentialSubject", "/credentialStatus", "/validUntil"]);
        credentials.push(world.packages().ask(json!({"ask": "derive", "credential": signed, "reveal": reveal}))?);
    }
    world.packages().ask(json!({
        "ask": "present",
        "credentials": credentials,
        "holder": holder["did"]["id"],
        "key": holder["key"],
        "challenge": CHALLENGE,
        "domain": DOMAIN,
    }))
}

/// To whom asked with this challenge.
fn judged(presentation: &Value, challenge: &str) -> Result<Value, Failed> {
    if ebl_verifier::document::read(presentation.to_string().as_bytes(), &Default::default()).is_err() {
        return Ok(json!(["invalid", "read"]));
    }
    let situation = world()?.situation(presentation)?.policy(|policy| {
        policy.challenge = Some(challenge.to_owned());
        policy.domain = Some(DOMAIN.to_owned());
    });
    Ok(verdict(&situation.examined().0, CheckName::Integrity))
}

fn theirs(presentations: &[&Value]) -> Result<Vec<bool>, Failed> {
    let questions = presentations.iter().map(|presentation| {
        json!({"ask": "verifyPresentation", "presentation": presentation, "challenge": CHALLENGE, "domain": DOMAIN})
    });
    let answers = world()?.packages().ask_all(questions)?;
    Ok(answers.into_iter().map(|answer| answer.is_ok_and(|answer| answer["verified"] == true)).collect())
}
