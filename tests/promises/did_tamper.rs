//! No single change of what a signed document rests on leaves it valid.

use crate::support::signed_world;
use crate::support::signing;
use crate::support::wrapping;

use ebl_verifier::verify::Verdict;
use proptest::prelude::*;
use serde_json::json;
use signed_world::{World, ethr, judged, web};
use signing::{key, record, sign};
use wrapping::Format;

/// A text of which a test changes one character.
#[derive(Debug, Clone, Copy)]
enum Place {
    Signature,
    Key,
    Record,
    DidDocument(&'static str),
}

/// Each with whether the DID is on the web.
const PLACES: [(Place, bool); 11] = [
    (Place::Signature, false),
    (Place::Signature, true),
    (Place::Key, false),
    (Place::Key, true),
    (Place::Record, false),
    (Place::DidDocument("/id"), true),
    (Place::DidDocument("/verificationMethod/0/id"), true),
    (Place::DidDocument("/verificationMethod/0/type"), true),
    (Place::DidDocument("/verificationMethod/0/controller"), true),
    (Place::DidDocument("/verificationMethod/0/blockchainAccountId"), true),
    (Place::DidDocument("/assertionMethod/0"), true),
];

/// The verdict with the text at `place` changed, beside the text before and after.
fn verdict_with(
    (place, on_web): (Place, bool),
    format: Format,
    change: impl Fn(&str) -> String,
) -> (Verdict, String, String) {
    let (mut draft, mut world) = (if on_web { web(format) } else { ethr(format) }, World::good());
    let wrapped = draft.wrapped();
    let mut signature = sign(&key(1), wrapped.root());
    let (before, after) = match place {
        Place::Signature => (signature.clone(), change(&signature)),
        Place::Key => (draft.key.clone(), change(&draft.key)),
        Place::Record => (draft.key.clone(), change(&draft.key)),
        Place::DidDocument(pointer) => {
            let before = world.did_document.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            (before.clone(), change(&before))
        }
    };
    match place {
        Place::Signature => signature.clone_from(&after),
        Place::Key => draft.key.clone_from(&after),
        Place::Record => world.records[1] = record(&after),
        Place::DidDocument(pointer) => *world.did_document.pointer_mut(pointer).unwrap() = json!(after),
    }
    (judged(&draft.with_signature(&wrapped, &signature), &world).0.verdict, before, after)
}

/// The case of hexadecimal digits carries no meaning, nor does the chain beside an account.
fn same_meaning(before: &str, after: &str) -> bool {
    let account = |text: &str| {
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["eip155", chain, address] if chain.bytes().all(|digit| digit.is_ascii_digit()) && !chain.is_empty() => {
                Some(address.to_ascii_lowercase())
            }
            _ => None,
        }
    };
    let hexadecimal = after.contains("0x") && after.eq_ignore_ascii_case(before);
    before == after || hexadecimal || (account(before).is_some() && account(before) == account(after))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_single_change_of_signature_key_record_or_did_document_stays_valid(
        place in prop::sample::select(&PLACES[..]),
        v3 in any::<bool>(),
        at in any::<prop::sample::Index>(),
        character in prop::sample::select("0123456789abcdefABCDEFxg:#@ .-".chars().collect::<Vec<_>>()),
        kind in 0..3u8,
    ) {
        let format = if v3 { Format::V3 } else { Format::V2 };
        let (verdict, before, after) = verdict_with(place, format, |text| {
            let mut out: Vec<char> = text.chars().collect();
            let at = at.index(out.len());
            match kind {
                0 => out[at] = character,
                1 => out.insert(at, character),
                _ => { out.remove(at); }
            }
            out.into_iter().collect()
        });
        if !same_meaning(&before, &after) {
            prop_assert_ne!(verdict, Verdict::Valid, "{} -> {}", before, after);
        }
    }
}
