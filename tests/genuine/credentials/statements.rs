//! What documents say, and the contexts that give their words a meaning.

use ebl_verifier::credential::{Contexts, Statements};
use ebl_verifier::document::{Limits, json};
use ebl_verifier::primitives::Digest32;
use libtest_mimic::Failed;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::documents;
use super::packages::Packages;

/// Should a package change a context, this tells.
pub fn contexts() -> Result<(), Failed> {
    let theirs = Packages::default().ask(json!({"ask": "contexts"}))?;
    let known: Value = serde_json::from_str(include_str!("../../../fixtures/credentials/contexts.json"))?;
    let ours = known["cases"].as_array().ok_or("cases")?.iter();
    let ours: Vec<(&Value, &Value)> = ours.map(|case| (&case["url"], &case["sha256_jcs"])).collect();
    let theirs = theirs.as_object().ok_or("contexts")?;
    for (url, context) in theirs {
        // RFC 8785, since the names of all members are ASCII and 1.1 is the only number.
        let hash = Digest32(Sha256::digest(context.to_string()).into()).to_hex64();
        if !ours.contains(&(&json!(url), &json!(hash))) {
            return Err(format!("{url} is new, or another now: {hash}").into());
        }
    }
    if theirs.len() == ours.len() { Ok(()) } else { Err("a context of ours is no longer published".into()) }
}

/// Of the words of all embedded contexts, where they belong and sometimes where not. What says nothing to one says nothing to
/// the other.
pub fn any_document() -> Result<(), Failed> {
    const DOCUMENTS: usize = 500;
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let documents: Vec<Value> = (0..DOCUMENTS).map(|_| documents::any(&mut random)).collect();
    let mut say_something = 0;
    for (document, theirs) in documents.iter().zip(read_by_packages(&documents)?) {
        match (lines(&document.to_string()), theirs) {
            (Ok(ours), Ok(theirs)) if json!(ours) == theirs => say_something += 1,
            (Err(_), Err(_)) => {}
            // One object says what is said of an id, and says it once: a rule of ours (documents.md §9.2).
            (Err(why), Ok(_)) if why.contains("two objects have the id") || why.contains("said twice") => {}
            (ours, theirs) => return Err(format!("{document}\nours: {ours:#?}\ntheirs: {theirs:#?}").into()),
        }
    }
    if say_something > DOCUMENTS / 4 { Ok(()) } else { Err(format!("only {say_something} say something").into()) }
}

/// In all but two we refuse what the packages read.
pub fn differences() -> Result<(), Failed> {
    stricter()?;
    // Two suites say the same of `proofPurpose` in different spellings, which they take for two meanings.
    let spelled = json!({"@context": [V1, "https://w3id.org/security/bbs/v1"],
        "Ed25519Signature2018": {"type": "BbsBlsSignatureProof2020"}});
    let theirs = read_by_packages(std::slice::from_ref(&spelled))?.remove(0);
    if !theirs.is_err_and(|why| why.contains("tried to redefine a protected term")) {
        return Err("two spellings are one meaning to them now".into());
    }
    lines(&spelled.to_string())?;
    // Lines stand in the order of their code points (RDFC-1.0 §4.4.3); theirs in that of UTF-16, which differs where
    // letters from U+E000 to U+FFFF meet others beyond.
    let ordered = json!({"@context": [V2], "id": "urn:x:1", "name": ["\u{ff21}", "🚢"]});
    let theirs = read_by_packages(std::slice::from_ref(&ordered))?.remove(0)?;
    let mut ours = lines(&ordered.to_string())?;
    ours.reverse();
    if json!(ours) == theirs { Ok(()) } else { Err("they order lines as the standard does now".into()) }
}

fn stricter() -> Result<(), Failed> {
    let refused = |members: &str, why: &str| {
        let document =
            format!(r#"{{"@context": ["{V2}"], "id": "urn:x:1", "type": "VerifiableCredential", {members}}}"#);
        (document, why.to_owned())
    };
    let nothing = "has no value (null, or an empty list or object)";
    let number = "is not written in its one canonical form, or would lose digits when signed";
    let keyword = "is not allowed here";
    let mut cases = vec![
        // They drop these, so that nobody signs them.
        refused(r#""name": null"#, nothing),
        refused(r#""name": []"#, nothing),
        refused(r#""credentialSubject": {"name": []}"#, nothing),
        // They sign 0, and another number.
        refused(r#""name": 1e-7"#, number),
        refused(r#""name": 0.30000000000000004"#, number),
        // They read a number however it is written.
        refused(r#""name": 1.0"#, number),
        // Spellings that show other members than a reader of JSON looks for.
        refused(r#""name": {"@value": "x"}"#, keyword),
        refused(r#""https://schema.org/name": "x""#, keyword),
        refused(r#""credentialSubject": {"@id": "urn:x:2", "name": "x"}"#, keyword),
        refused(r#""@included": [{"id": "urn:x:2", "name": "x"}]"#, keyword),
        // Their meaning would be what the document says it is.
        refused(r#""credentialSubject": {"@context": {"mine": "urn:mine"}, "mine": "x"}"#, keyword),
        refused(
            r#""credentialSubject": {"@context": "https://trustvc.io/context/coo.json", "id": "urn:x:2"}"#,
            keyword,
        ),
        // Values that are JSON instead of statements; no bill has one.
        refused(r#""_sd": {"a": 1}"#, "a member that holds JSON as such is not supported"),
        // A graph that may say nothing.
        refused(r#""proof": {"type": "DataIntegrityProof"}"#, "must be an object, or a list of them"),
    ];
    // Its words begin with prefixes, whose meaning is what other contexts of the document say.
    let rsa = format!(
        r#"{{"@context": ["{V1}"], "type": "RsaSignature2018", "proof": {{"type": "VerifiablePresentation", "id": "urn:x:1"}}}}"#
    );
    cases.push((rsa, "the type \"RsaSignature2018\" is not defined".to_owned()));
    let documents: Vec<Value> =
        cases.iter().map(|(document, _)| serde_json::from_str(document)).collect::<Result<_, _>>()?;
    for ((document, why), theirs) in cases.iter().zip(read_by_packages(&documents)?) {
        theirs.map_err(|why| format!("{document}: they refuse it too: {why}"))?;
        match lines(document) {
            Err(ours) if ours.contains(why) => {}
            ours => return Err(format!("{document}: {ours:?}").into()),
        }
    }
    Ok(())
}

const V1: &str = "https://www.w3.org/2018/credentials/v1";
const V2: &str = "https://www.w3.org/ns/credentials/v2";

fn read_by_packages(documents: &[Value]) -> Result<Vec<Result<Value, String>>, Failed> {
    Packages::default().ask_all(documents.iter().map(|document| json!({"ask": "canonical", "document": document})))
}

/// As we read it.
fn lines(document: &str) -> Result<Vec<String>, String> {
    let tree = json::parse(document.as_bytes(), &Limits::default()).map_err(|why| why.to_string())?;
    let statements = Statements::of(tree.root(), &Contexts::default(), &[]).map_err(|why| why.to_string())?;
    Ok(statements.lines().to_vec())
}
