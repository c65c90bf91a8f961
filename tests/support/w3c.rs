//! W3C credentials and presentations of the vectors, with everything that is asked about them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::situation::Situation;

/// A case of one of the files `fixtures/vectors/w3c-*.json`.
pub fn case(kind: &str, id: &str) -> Value {
    // Tests and benches run in the project's folder.
    let text = std::fs::read_to_string(format!("fixtures/vectors/w3c-{kind}.json")).expect("a file of vectors");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let mut cases = file["cases"].as_array().expect("cases").iter();
    cases.find(|case| case["id"] == id).unwrap_or_else(|| panic!("{id}")).clone()
}

/// A credential of `signed`, whose registry, DID documents and status lists say what is right.
pub fn signed(id: &str) -> Situation {
    of_case(&case("signed", id), "document")
}

/// A presentation; the challenge and domain are those of the case.
pub fn presentation(id: &str) -> Situation {
    let case = case("presentations", id);
    let text = |name: &str| case["caller"][name].as_str().map(str::to_owned);
    let (challenge, domain) = (text("challenge"), text("domain"));
    of_case(&case, "presentation").policy(|policy| {
        policy.challenge = challenge;
        policy.domain = domain;
    })
}

fn of_case(case: &Value, member: &str) -> Situation {
    let document = &case[member];
    let mut situation = Situation::of_bytes(document.to_string().into_bytes());
    situation.now = now(case);
    situation
        .policy(|policy| policy.max_block_age = ebl_verifier::block_age::MaxBlockAge::Off)
        .registry(|reading| reading.chain_id = 1337)
        .pages(pages(case))
}

fn now(case: &Value) -> i64 {
    case["now"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time").as_second()
}

/// The DID documents of a case, and its status list if it has one.
pub fn pages(case: &Value) -> BTreeMap<String, (u16, Vec<u8>)> {
    let documents = case["did_documents"].as_object().into_iter().flatten();
    // A did:key needs no document.
    let documents = documents.filter(|(did, _)| did.starts_with("did:web:"));
    let list =
        case["url"].as_str().map(|url| (url.to_owned(), (200, case["list_credential"].to_string().into_bytes())));
    let page = |(did, document): (&String, &Value)| (did_url(did), (200, document.to_string().into_bytes()));
    documents.map(page).chain(list).collect()
}

/// The list of a case of `status`, at its own URL.
pub fn list(id: &str) -> BTreeMap<String, (u16, Vec<u8>)> {
    pages(&case("status", id))
}

/// Where the document of a did:web is.
pub fn did_url(did: &str) -> String {
    let mut parts = did.strip_prefix("did:web:").expect("a did:web").split(':');
    let host = parts.next().expect("a host").replace("%3A", ":");
    let path: Vec<&str> = parts.collect();
    let path = if path.is_empty() { ".well-known".to_owned() } else { path.join("/") };
    format!("https://{host}/{path}/did.json")
}

/// So many packages, each another.
pub fn packages(count: usize) -> Value {
    (0..count)
        .map(|number| json!({"packagesDescription": "Coffee", "packagesWeight": format!("{number} KGS")}))
        .collect()
}
