//! Any text and any bytes as the proof value of each suite, and as a did:key: reading and verifying never panic, and
//! nothing that nobody signed verifies. The issuers are did:keys, so that no question is asked.
#![no_main]

use ebl_verifier::document::{self, Limits};
use ebl_verifier::evidence::Evidence;
use ebl_verifier::identity::{Did, DidDocument};
use ebl_verifier::verify::{Case, CheckName, Outcome, Policy, Step, examine};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let value = match choice >> 3 & 0x03 {
        0 => text.clone().into_owned(),
        // What the suites' own texts decode to.
        1 => format!("u{}", base64_url([&[0xd9, 0x5d, choice >> 5], rest].concat(), false)),
        2 => format!("z{}", bs58::encode(rest.get(..64).unwrap_or(rest)).into_string()),
        _ => base64_url(rest.to_vec(), true),
    };
    let suite = choice & 0x07;
    verify(suite, &value, if matches!(suite, 0 | 1 | 3) { G2 } else { P256 });
    verify(suite, &value, &text);
    key(rest);
});

/// Whose proof this is said to be.
fn verify(suite: u8, value: &str, key: &str) {
    let proof = |kind: &str| json!({"type": kind, "proofValue": value, "nonce": "AAAA"});
    let mut proof = match suite {
        0 => proof("BbsBlsSignature2020"),
        1 => proof("BbsBlsSignatureProof2020"),
        2 => suite_of(proof("DataIntegrityProof"), "ecdsa-sd-2023"),
        3 => suite_of(proof("DataIntegrityProof"), "bbs-2023"),
        4 => suite_of(proof("DataIntegrityProof"), "ecdsa-rdfc-2019"),
        _ => suite_of(proof("DataIntegrityProof"), "eddsa-rdfc-2022"),
    };
    let did = format!("did:key:{key}");
    proof["verificationMethod"] = format!("{did}#{key}").into();
    proof["proofPurpose"] = "assertionMethod".into();
    proof["created"] = "2026-03-01T08:00:00Z".into();
    let credential = json!({
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            if suite < 2 { "https://w3id.org/security/bbs/v1" } else { "https://w3id.org/security/data-integrity/v2" },
            "https://trustvc.io/context/bill-of-lading.json",
        ],
        "type": ["VerifiableCredential"],
        "issuer": did,
        "issuanceDate": "2026-03-01T08:00:00Z",
        "credentialSubject": {"type": ["BillOfLading"], "blNumber": "CARR-1", "packages": [{"packagesWeight": "12 KGS"}]},
        "proof": proof,
    });
    let credential = credential.to_string();
    let Ok(document) = document::read(credential.as_bytes(), &Limits::default()) else { return };
    let policy = Policy::default();
    if let Step::Report(report) = examine(&Case::new(&document, &policy, 1_790_000_000), &Evidence::new()) {
        let integrity = report.checks.iter().find(|check| check.name == CheckName::Integrity);
        assert!(integrity.is_none_or(|check| check.outcome != Outcome::Pass), "nobody signed this");
    }
}

fn suite_of(mut proof: Value, name: &str) -> Value {
    proof["cryptosuite"] = name.into();
    proof.as_object_mut().expect("an object").remove("nonce");
    proof
}

/// A member of any name with any value, where a DID document gives a key.
fn key(bytes: &[u8]) {
    let Ok(material) = serde_json::from_slice::<Value>(bytes) else { return };
    for kind in ["Multikey", "JsonWebKey", "EcdsaSecp256r1VerificationKey2019", "Bls12381G2Key2020"] {
        for member in ["publicKeyJwk", "publicKeyMultibase", "publicKeyBase58"] {
            let document = json!({
                "id": "did:web:a.example",
                "assertionMethod": [{"id": "#k", "type": kind, "controller": "did:web:a.example", member: material}],
            });
            let did = Did::parse("did:web:a.example").expect("a DID");
            let _ = DidDocument::parse(document.to_string().as_bytes(), &did);
        }
    }
}

fn base64_url(bytes: Vec<u8>, standard: bool) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    if standard { STANDARD.encode(bytes) } else { URL_SAFE_NO_PAD.encode(bytes) }
}

/// Test keys.
const G2: &str = "zUC78sM7URS7i9KG7p94wKSSbUJtPaXdePm5p7kgkAoSt7ugWrfXERWi7DonC6VvCHbBob7jEFrSnTNhQUhiG9oiafCTMmfL6j84x6H14dT4UkQvYdV5X1EXt3exW9qNjrHUKj6";
const P256: &str = "zDnaeWbR51iCN7s8Q5wZeeBPPjeyyrembQLo6aCbVqGVRqeH9";
