//! The worked examples of the W3C's suites (`fixtures/w3c`), from the document to the statements and their selection. Their
//! contexts are not on our list, so the caller gives the words that they use.

use super::*;

macro_rules! fixture {
    ($path:literal) => {
        include_str!(concat!("../../../../fixtures/w3c/", $path))
    };
}

#[test]
fn the_permanent_resident_of_the_w3c_makes_its_statements_and_mandatory_ones() {
    Example {
        signed: fixture!("ecdsa-sd-2023/prc/addSignedSDBase.json"),
        canonical: fixture!("ecdsa-sd-2023/prc/addBaseDocCanon.json"),
        proof: fixture!("ecdsa-sd-2023/prc/addProofConfigCanon.txt"),
        transform: fixture!("ecdsa-sd-2023/prc/addBaseTransform.json"),
    }
    .check();
    Example {
        signed: fixture!("bbs-2023/prc/addSignedSDBase.json"),
        canonical: fixture!("bbs-2023/prc/addBaseDocCanon.json"),
        proof: fixture!("bbs-2023/prc/addProofConfigCanon.txt"),
        transform: fixture!("bbs-2023/prc/addBaseTransform.json"),
    }
    .check();
}

#[test]
fn the_windsurfer_of_the_w3c_makes_its_statements_and_mandatory_ones() {
    Example {
        signed: fixture!("bbs-2023/addSignedSDBase.json"),
        canonical: fixture!("bbs-2023/addBaseDocCanon.json"),
        proof: fixture!("bbs-2023/addProofConfigCanon.txt"),
        transform: fixture!("bbs-2023/addBaseTransform.json"),
    }
    .check();
}

#[test]
fn the_alumnus_of_the_w3c_makes_its_statements() {
    let signed = json_of(fixture!("ecdsa-rdfc-2019/signedECDSAP256.json"));
    let document = canonical_under_examples(&signed, &["proof"]);
    assert_eq!(document, fixture!("ecdsa-rdfc-2019/canonDocECDSAP256.txt").lines().collect::<Vec<_>>());
    let proof = canonical_under_examples(&signed["proof"], &["proofValue"]);
    assert_eq!(proof, fixture!("ecdsa-rdfc-2019/proofCanonECDSAP256.txt").lines().collect::<Vec<_>>());
}

struct Example {
    signed: &'static str,
    canonical: &'static str,
    proof: &'static str,
    transform: &'static str,
}

impl Example {
    fn check(&self) {
        let signed = json_of(self.signed);
        let expected: Vec<String> = serde_json::from_str(self.canonical).expect("lines");
        let expected: Vec<&str> = expected.iter().map(|line| line.trim_end()).collect();
        assert_eq!(canonical_under_examples(&signed, &["proof"]), expected);
        let proof = canonical_under_examples(&signed["proof"], &["proofValue"]);
        assert_eq!(proof, self.proof.lines().collect::<Vec<_>>());

        let text = signed.to_string();
        let tree = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
        let canonical = statements(tree.root(), &CONTEXTS, &examples(), &["proof"]).expect("statements");
        let canonical = canonical.canonical(Escaping::Canonical).expect("in budget");
        let transform = json_of(self.transform);
        let pointers: Vec<String> = serde_json::from_value(transform["mandatoryPointers"].clone()).expect("pointers");
        let mut selected: Vec<usize> =
            pointers.iter().flat_map(|pointer| canonical.selected(pointer).expect("a value")).collect();
        selected.sort_unstable();
        selected.dedup();
        // The names of blank nodes depend on a key there; what is said with them does not.
        let mut selected: Vec<String> = selected.iter().map(|&line| unnamed(&canonical.lines()[line])).collect();
        let mandatory: Vec<(usize, String)> =
            serde_json::from_value(transform["mandatory"]["value"].clone()).expect("lines");
        let mut mandatory: Vec<String> = mandatory.iter().map(|(_, line)| unnamed(line.trim_end())).collect();
        selected.sort_unstable();
        mandatory.sort_unstable();
        assert_eq!(selected, mandatory);
    }
}

fn unnamed(line: &str) -> String {
    line.split(' ').map(|part| if part.starts_with("_:") { "_:" } else { part }).collect::<Vec<_>>().join(" ")
}

fn json_of(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

fn canonical_under_examples(object: &Json, leave_out: &[&str]) -> Vec<String> {
    let contexts = CONTEXTS.map(str::to_owned);
    lines_under(object, &contexts, &examples(), leave_out, Escaping::Canonical).expect("statements")
}

const CONTEXTS: [&str; 2] = ["https://www.w3.org/ns/credentials/v2", "https://counterparty.example/examples"];

fn examples() -> Contexts {
    let mut known = Contexts::default();
    known.add(CONTEXTS[1], WORDS.as_bytes()).expect("a context");
    known
}

/// The words of the examples, with the meaning that their statements show.
const WORDS: &str = r#"{"@context": {
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "schema": "https://schema.org/",
    "citizenship": "https://w3id.org/citizenship#",
    "wind": {"@id": "https://windsurf.grotto-networking.com/selective#", "@prefix": true},
    "AlumniCredential": "https://www.w3.org/ns/credentials/examples#AlumniCredential",
    "alumniOf": "https://www.w3.org/ns/credentials/examples#alumniOf",
    "PermanentResidentCardCredential": "citizenship:PermanentResidentCardCredential",
    "PermanentResident": {"@id": "citizenship:PermanentResident", "@context": {
        "birthCountry": "citizenship:birthCountry",
        "commuterClassification": "citizenship:commuterClassification",
        "residentSince": {"@id": "citizenship:residentSince", "@type": "xsd:dateTime"},
        "permanentResidentCard": {"@id": "citizenship:permanentResidentCard", "@type": "@id"}
    }},
    "PermanentResidentCard": {"@id": "citizenship:PermanentResidentCard", "@context": {
        "identifier": "schema:identifier",
        "lprCategory": "citizenship:lprCategory",
        "lprNumber": "citizenship:lprNumber"
    }},
    "Person": {"@id": "schema:Person", "@context": {
        "@protected": true,
        "birthDate": {"@id": "schema:birthDate", "@type": "xsd:dateTime"},
        "familyName": "schema:familyName",
        "givenName": "schema:givenName",
        "gender": "schema:gender"
    }},
    "image": {"@id": "schema:image", "@type": "@id"},
    "sailNumber": "wind:sailNumber", "sails": "wind:sails", "size": "wind:size", "sailName": "wind:sailName",
    "year": "wind:year", "boards": "wind:boards", "boardName": "wind:boardName", "brand": "wind:brand"
}}"#;
