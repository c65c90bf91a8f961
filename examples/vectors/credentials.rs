//! What this library answers to cases of W3C credentials, presentations and status lists: each is judged whole, with the DID
//! documents and lists of the case as evidence.

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::{Cause, Entry, Evidence, Fact, Provenance, Question, Unavailable, WebReading};
use ebl_verifier::verify::{Case, CheckName, Outcome, Policy, Report, Step, examine};
use serde_json::{Value, json};

/// A credential of `signed` and `tampered`.
pub fn credential(input: &Value) -> Option<Value> {
    let bytes = serde_json::to_vec(&input["document"]).ok()?;
    let report = match report(&bytes, input, Policy::default())? {
        Ok(report) => report,
        Err(code) => return Some(json!({"outcome": "fail", "code": code})),
    };
    let (outcome, code) = proof_and_period(&report);
    let facts = report.document.credential.as_ref();
    let derived = facts.is_some_and(|facts| facts.selective_disclosure);
    let status = facts.map(|facts| serde_json::to_value(facts.status).unwrap_or_default());
    let status = match status {
        Some(Value::String(none)) if none == "none" && derived => json!("possibly_withheld"),
        status => json!(status),
    };
    Some(json!({
        "outcome": outcome,
        "code": code,
        "suite": facts.map(|facts| facts.suite.trim_end_matches("Proof2020").to_owned() + suffix(&facts.suite)),
        "kind": if derived { "derived" } else { "base" },
        "data_model": report.document.format.id().trim_start_matches("w3c-"),
        "selective_disclosure": derived,
        "status": status,
    }))
}

fn suffix(suite: &str) -> &'static str {
    if suite.ends_with("Proof2020") { "Proof2020" } else { "" }
}

/// What the signature and the period of validity come to, whatever the chain would say.
fn proof_and_period(report: &Report) -> (&'static str, &'static str) {
    let period = ["issuance.expired", "issuance.not_yet_valid"];
    let mut found: Vec<(Outcome, &'static str)> = Vec::new();
    for check in &report.checks {
        let all =
            [(check.outcome, check.code.id)].into_iter().chain(check.also.iter().map(|it| (it.outcome, it.code.id)));
        found.extend(all.filter(|(_, code)| check.name == CheckName::Integrity || period.contains(code)));
    }
    let of = |wanted| found.iter().find(|(outcome, _)| *outcome == wanted).map(|(_, code)| *code);
    match (of(Outcome::Fail), of(Outcome::Unknown)) {
        (Some(code), _) => ("fail", code),
        (None, Some(code)) => ("unknown", code),
        (None, None) => ("pass", of(Outcome::Pass).unwrap_or_default()),
    }
}

/// A small document of `shape`: is its form accepted?
pub fn shape(input: &Value) -> Option<Value> {
    let bytes = serde_json::to_vec(&input["document"]).ok()?;
    // Without any evidence nobody's key is known, so that the form alone decides.
    let report = match report(&bytes, &json!({"now": input["now"], "did_documents": {}}), Policy::default())? {
        Ok(report) => report,
        Err(code) => return Some(json!({"outcome": "refuse", "code": code})),
    };
    let (outcome, code) = proof_and_period(&report);
    Some(json!({"outcome": if outcome == "fail" { "refuse" } else { "accept" }, "code": code}))
}

/// A status list of `status`: the bit, or that none may be taken from it.
pub fn status(input: &Value) -> Option<Value> {
    // A credential of the case's issuer that names the list; its own signature is nobody's.
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/security/data-integrity/v2"],
        "type": ["VerifiableCredential"],
        "issuer": input["document_issuer"],
        "credentialSubject": {"id": "urn:uuid:019e807a-ec00-7000-8000-000000000001"},
        "credentialStatus": status_entry(input),
        "proof": {
            "type": "DataIntegrityProof", "cryptosuite": "ecdsa-rdfc-2019", "proofPurpose": "assertionMethod",
            "verificationMethod": format!("{}#nobody", input["document_issuer"].as_str()?),
            "proofValue": "z2AXDGYSE4f2sz7tvMMzyHvUfcoJmxudvdhBcmiUSo6ijwfYmfZYsKRxboQMPh3R4kUhXRVdtSXFXMheka4Rc4P2",
        },
    });
    let bytes = serde_json::to_vec(&document).ok()?;
    let policy = Policy { all_checks: true, ..Policy::default() };
    let report = match report(&bytes, input, policy)? {
        Ok(report) => report,
        Err(code) => return Some(json!({"outcome": "refuse", "code": code})),
    };
    let Some(list) = report.status_lists.first() else {
        return Some(json!({"outcome": "refuse", "code": report.checks[0].code.id}));
    };
    let outcome = match (list.set, list.finding.code.id) {
        (Some(true), _) => "set",
        (Some(false), _) => "unset",
        (None, "issuance.status_list_unavailable") => "unknown",
        (None, _) => "refuse",
    };
    Some(json!({"outcome": outcome, "code": list.finding.code.id, "message": list.finding.message}))
}

/// As the case has it; a list at no URL stands there as well.
fn status_entry(input: &Value) -> Value {
    input["entry"].clone()
}

/// A presentation of `presentations`.
pub fn presentation(input: &Value) -> Option<Value> {
    let bytes = serde_json::to_vec(&input["presentation"]).ok()?;
    let caller = &input["caller"];
    let text = |name: &str| caller[name].as_str().map(str::to_owned);
    let policy = Policy { challenge: text("challenge"), domain: text("domain"), ..Policy::default() };
    let report = match report(&bytes, input, policy)? {
        Ok(report) => report,
        Err(code) => return Some(json!({"outcome": "fail", "code": code})),
    };
    let own = proof_and_period(&report);
    let worst = report.parts.iter().map(proof_and_period).chain([own]).max_by_key(|(outcome, _)| match *outcome {
        "pass" => 0,
        "unknown" => 1,
        _ => 2,
    })?;
    let fresh = report.document.presentation.as_ref().is_some_and(|facts| facts.fresh);
    let asked = caller["challenge"].is_string() || caller["domain"].is_string();
    let freshness = match (fresh, asked) {
        (true, _) => "checked",
        (false, false) => "not_checked",
        (false, true) => "partly",
    };
    Some(json!({"outcome": worst.0, "code": worst.1, "freshness": freshness}))
}

/// The report by the evidence of a case, or the code by which the file cannot be read.
fn report(bytes: &[u8], input: &Value, policy: Policy) -> Option<Result<Box<Report>, &'static str>> {
    let now: i64 = input["now"].as_str()?.parse::<jiff::Timestamp>().ok()?.as_second();
    let document = match document::read(bytes, &Limits::default()) {
        Ok(document) => document,
        Err(error) => return Some(Err(error.code())),
    };
    let case = Case::new(&document, &policy, now);
    let mut evidence = Evidence::new();
    loop {
        let questions = match examine(&case, &evidence) {
            Step::Report(report) => return Some(Ok(report)),
            Step::Ask(questions) => questions,
        };
        for question in questions {
            let fact = match &question {
                Question::Web(web) => answer_of(input, &web.url),
                _ => None,
            };
            let nobody = || Unavailable { cause: Cause::NoSource, host: None, detail: "nobody is asked".into() };
            evidence.record(Entry::pair(question, fact.ok_or_else(nobody), Provenance::default()).ok()?);
        }
    }
}

fn answer_of(input: &Value, url: &str) -> Option<Fact> {
    let list = (input["url"] == url).then(|| &input["list_credential"]);
    let did = input["did_documents"].as_object()?.iter().find(|(did, _)| did_url(did).as_deref() == Some(url));
    let body = serde_json::to_vec(list.or(did.map(|(_, document)| document))?).ok()?;
    let status = list.and_then(|_| input["http_status"].as_u64()).and_then(|status| u16::try_from(status).ok());
    let status = status.unwrap_or(200);
    Some(Fact::Web(WebReading { status, body: if status == 200 { body } else { Vec::new() } }))
}

/// Where the document of a did:web is.
fn did_url(did: &str) -> Option<String> {
    let mut parts = did.strip_prefix("did:web:")?.split(':');
    let host = parts.next()?.replace("%3A", ":");
    let path: Vec<&str> = parts.collect();
    let path = if path.is_empty() { ".well-known".to_owned() } else { path.join("/") };
    Some(format!("https://{host}/{path}/did.json"))
}
