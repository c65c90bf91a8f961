//! Any text as a DID, a key, a signature and a DID document: a key of the document is only ever of the DID asked for.
#![no_main]

use ebl_verifier::evidence::WebReading;
use ebl_verifier::identity::{Did, DidDocument, DidUrl, RootSignature};
use ebl_verifier::primitives::Digest32;
use ebl_verifier::status::{OcspFinding, judge_ocsp, ocsp_url};
use ebl_verifier::title::remark::Remark;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let did = Did::parse("did:web:carrier.example").expect("a DID");
    if let Ok(document) = DidDocument::parse(bytes, &did) {
        assert_eq!(document.did().as_str(), did.as_str());
    }
    let reading = WebReading { status: 200, body: bytes.to_vec() };
    if let OcspFinding::Good = judge_ocsp(&reading, Digest32([7; 32])) {
        // Only an answer that repeats the hash is about it.
        assert!(String::from_utf8_lossy(bytes).to_lowercase().contains(&"07".repeat(32)));
    }
    let _ = Remark::read(bytes, "key");
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(did) = Did::parse(text) {
        assert!(text.starts_with("did:") && Did::parse(did.as_str()).is_ok());
    }
    let _ = DidUrl::parse(text);
    let _ = ocsp_url(text, Digest32([7; 32]));
    if let Ok(signature) = RootSignature::parse(text) {
        let _ = signature.signer(Digest32([7; 32]));
    }
});
