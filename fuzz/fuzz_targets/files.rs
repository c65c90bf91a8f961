//! Any bytes as a file that may be sealed or in an envelope, and as a link: opening never panics, and what was opened is
//! text.
#![no_main]

use ebl_verifier::document::link::Link;
use ebl_verifier::document::{Content, Key, Limits, read_file};
use ebl_verifier::web_address::Reach;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(Content::Sealed(sealed)) = read_file(bytes, &limits).map(|file| file.content) {
        let key: Key = "00".repeat(32).parse().expect("64 digits");
        for key in [None, Some(&key)] {
            if let Ok(opened) = sealed.open(key) {
                let _ = opened.read(&limits);
            }
        }
    }
    if let Ok(link) = std::str::from_utf8(bytes).map(|text| Link::parse(text, Reach::Public)) {
        // Neither the key nor the rest of the address may be shown by accident.
        if let Ok(link) = link {
            assert!(format!("{link:?}").len() < 400);
        }
    }
});
