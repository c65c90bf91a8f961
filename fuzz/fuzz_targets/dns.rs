//! Any bytes as a resolver's reply, by themselves and behind the head of one that may be believed.
#![no_main]

use ebl_verifier::sources::dns::texts_in_reply;
use libfuzzer_sys::fuzz_target;

/// A response to a query, recursion available, no error, with one to four answers.
fn head(answers: u8) -> [u8; 12] {
    [0, 7, 0x81, 0x80, 0, 0, 0, answers % 4 + 1, 0, 0, 0, 0]
}

fuzz_target!(|bytes: &[u8]| {
    let first = bytes.first().copied().unwrap_or_default();
    let behind = [head(first).as_slice(), bytes.get(1..).unwrap_or_default()].concat();
    for message in [bytes, &behind] {
        for name in ["carrier.example.", "."] {
            if let Some(texts) = texts_in_reply(name, message) {
                // Sorted, and of no more bytes than came.
                assert!(texts.is_sorted());
                assert!(texts.iter().map(String::len).sum::<usize>() <= 3 * message.len());
            }
        }
    }
});
