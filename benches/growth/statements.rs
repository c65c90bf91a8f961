//! A credential of so many packages, each of three statements, signed with ecdsa-sd-2023: a signature for each statement that a
//! holder can leave out. Its issuer is a did:key, so nobody need be asked.

use ebl_verifier::credential::{Contexts, Statements};
use ebl_verifier::document::{Limits, json};
use serde_json::Value;

use super::cost::Cost;
use super::support::w3c;
use super::support::w3c_credentials::{Issuer, Suite};

pub fn costs(packages: &[usize]) -> Vec<(f64, Cost)> {
    let issuer = Issuer::did_key(Suite::EcdsaSd2023, [7; 32]);
    let mut plain = w3c::case("signed", "ecdsa-transferable")["document"].clone();
    plain.as_object_mut().expect("an object").remove("proof");
    plain["issuer"] = issuer.did().into();
    let cost = |count: &usize| {
        plain["credentialSubject"]["packages"] = w3c::packages(*count);
        let signed = issuer.sign(&plain, "2026-03-01T08:00:00Z", &["/issuer"]);
        (statements(&plain) as f64, Cost::of_file(signed.to_string().as_bytes()))
    };
    packages.iter().map(cost).collect()
}

fn statements(credential: &Value) -> usize {
    let text = credential.to_string();
    let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
    Statements::of(tree.root(), &Contexts::default(), &["proof"]).expect("statements").lines().len()
}
