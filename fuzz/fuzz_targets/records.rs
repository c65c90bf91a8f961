//! Any text as a TXT record and as a domain name.
#![no_main]

use ebl_verifier::identity::{DomainName, Record, parse_record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(Record::Contract { chain, .. }) = parse_record(text) {
        assert!(text.contains(&format!("netId={chain}")));
    }
    if let Ok(name) = DomainName::parse(text) {
        assert!(name.as_str().bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')));
        assert_eq!(DomainName::parse(name.as_str()).as_ref(), Ok(&name));
    }
});
