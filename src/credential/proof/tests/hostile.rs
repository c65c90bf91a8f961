//! Proof values that nobody honest wrote.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use p256::ecdsa::{Signature, SigningKey};
use proptest::prelude::*;

use super::*;

/// One of each kind, over a few statements, so that every byte can be tried.
fn small() -> Vec<Case> {
    let document: Vec<String> = [
        "<urn:a> <urn:issuer> <did:web:carrier.example> .",
        "<urn:a> <urn:subject> _:c14n0 .",
        "_:c14n0 <urn:number> \"CARR-1\" .",
        "_:c14n0 <urn:package> _:c14n1 .",
        "_:c14n1 <urn:weight> \"12 \\\" _:c14n0 <x> KGS\" .",
    ]
    .map(String::from)
    .to_vec();
    let derived: Vec<String> = [
        "<urn:a> <urn:issuer> <did:web:carrier.example> .",
        "<urn:a> <urn:subject> _:c14n0 .",
        "_:c14n0 <urn:number> \"CARR-1\" .",
    ]
    .map(String::from)
    .to_vec();
    let proof = vec!["_:c14n0 <urn:created> \"2026-03-01T08:00:00Z\" .".to_owned()];
    let content = signer::Content { document: &document, proof: &proof };
    let mandatory = signer::Mandatory { pointers: &["/issuer"], lines: &[0] };
    let (p256, secret) = (SigningKey::from_slice(&[9; 32]).unwrap(), [5; 32]);
    let bbs_key = from_multibase(&signer::bbs_multibase(&secret)).unwrap();
    let p256_key = from_multibase(&signer::p256_multibase(&p256)).unwrap();
    let case = |base, suite, key: &PublicKey, document: &[String], proof_value| Case {
        id: format!("{suite:?}, {}", if base { "base" } else { "derived" }),
        base,
        document: document.to_vec(),
        proof: proof.clone(),
        names: None,
        mandatory: vec![0],
        key: key.clone(),
        suite,
        proof_value,
        nonce: None,
    };
    let ecdsa_base = signer::ecdsa_sd_base(&p256, content, mandatory);
    let ecdsa_derived = signer::ecdsa_sd_derived(&ecdsa_base, content, mandatory, &derived);
    let bbs_base = signer::bbs_base(&secret, content, mandatory);
    let bbs_derived = signer::bbs_derived(&bbs_base, content, mandatory, &derived, b"shown to one");
    vec![
        case(true, Suite::EcdsaRdfc2019, &p256_key, &document, signer::ecdsa_rdfc(&p256, content)),
        case(true, Suite::EcdsaSd2023, &p256_key, &document, ecdsa_base),
        case(false, Suite::EcdsaSd2023, &p256_key, &derived, ecdsa_derived),
        case(true, Suite::Bbs2023, &bbs_key, &document, bbs_base),
        case(false, Suite::Bbs2023, &bbs_key, &derived, bbs_derived),
        case(true, Suite::BbsBlsSignature2020, &bbs_key, &document, signer::bbs_plus_base(&secret, content)),
    ]
}

fn bytes_of(case: &Case) -> Vec<u8> {
    match case.suite {
        Suite::EcdsaRdfc2019 => bs58::decode(&case.proof_value[1..]).into_vec().unwrap(),
        Suite::EcdsaSd2023 | Suite::Bbs2023 => URL_SAFE_NO_PAD.decode(&case.proof_value[1..]).unwrap(),
        _ => STANDARD.decode(&case.proof_value).unwrap(),
    }
}

fn with_bytes(case: &Case, bytes: &[u8]) -> Case {
    let proof_value = match case.suite {
        Suite::EcdsaRdfc2019 => format!("z{}", bs58::encode(bytes).into_string()),
        Suite::EcdsaSd2023 | Suite::Bbs2023 => format!("u{}", URL_SAFE_NO_PAD.encode(bytes)),
        _ => STANDARD.encode(bytes),
    };
    Case { proof_value, ..case.clone() }
}

#[test]
fn what_the_tests_own_signer_signs_verifies() {
    for case in small() {
        let verified = case.verify().unwrap_or_else(|why| panic!("{}: {why}", case.id));
        assert_eq!(verified.kind, if case.base { Kind::Base } else { Kind::Derived }, "{}", case.id);
        let whole = matches!(case.suite, Suite::EcdsaRdfc2019 | Suite::BbsBlsSignature2020);
        let all = whole.then(|| (0..case.document.len()).collect());
        assert_eq!(verified.mandatory, all.unwrap_or(vec![0]), "{}", case.id);
    }
}

/// What the embedded chain's samples are signed with, and the signer of the tests, write the same.
#[cfg(feature = "testchain")]
#[test]
fn the_signer_of_samples_and_that_of_the_tests_write_the_same() {
    let small = small();
    let find = |base| small.iter().find(|case| case.suite == Suite::EcdsaSd2023 && case.base == base).unwrap();
    let (base, derived) = (find(true), find(false));
    let selected = |pointer: &str| (pointer == "/issuer").then(|| vec![0]);
    let content = Content { document: &base.document, proof: &base.proof, selected: &selected };
    let key = |byte| SigningKey::from_slice(&[byte; 32]).unwrap();
    let issuer = sign::Issuer { key: key(9), ephemeral: key(0x17), hmac_key: [0x42; 32] };
    assert_eq!(issuer.sign(content, &["/issuer"]).as_deref(), Some(base.proof_value.as_str()));
    let found = issuer.derive(content, &["/issuer"], &derived.document);
    assert_eq!(found.as_deref(), Some(derived.proof_value.as_str()));
    assert_eq!(issuer.sign(content, &["/nothing"]), None);
    assert_eq!(issuer.derive(content, &["/issuer"], &["<urn:a> <urn:b> \"c\" .".to_owned()]), None);
}

#[test]
fn no_byte_of_a_proof_value_can_be_changed() {
    for case in small().iter().chain([&case("bbs2020-derived-all")]) {
        let (bytes, genuine) = (bytes_of(case), case.verify());
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1 << (index % 8);
            let found = with_bytes(case, &changed).verify();
            let same = case.base && says_nothing(&case.suite, index, bytes.len());
            assert!(found.is_err() || (same && found == genuine), "{}: byte {index}", case.id);
        }
        for cut in 0..bytes.len() {
            assert!(with_bytes(case, &bytes[..cut]).value().is_err(), "{}: cut at {cut}", case.id);
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(with_bytes(case, &longer).value().is_err(), "{}: a byte behind", case.id);
    }
}

/// Bytes of a base proof that nothing is decided by: the pointers of ecdsa-sd-2023, whose split is found by the signatures,
/// and in bbs-2023 a key that brings the blank nodes into the same order.
fn says_nothing(suite: &Suite, index: usize, length: usize) -> bool {
    match suite {
        Suite::EcdsaSd2023 => length - index <= "/issuer".len(),
        Suite::Bbs2023 => (252..284).contains(&index),
        _ => false,
    }
}

#[test]
fn the_text_around_the_bytes_is_exact() {
    for case in small() {
        let (prefix, rest) = case.proof_value.split_at(1);
        for text in [
            String::new(),
            rest.to_owned(),
            format!("{prefix}{rest}="),
            format!("{prefix}{rest}\n"),
            format!(" {prefix}{rest}"),
            format!("m{rest}"),
            prefix.to_owned(),
        ] {
            assert!(Case { proof_value: text.clone(), ..case.clone() }.value().is_err(), "{}: {text:?}", case.id);
        }
    }
    let legacy = case("bbs2020-derived-all");
    for nonce in [None, Some(""), Some("*")] {
        let nonce = nonce.map(str::to_owned);
        assert_eq!(Case { nonce, ..legacy.clone() }.value(), Err(InvalidProofValue::Nonce));
    }
    let nonce = Some("AAAA".to_owned());
    assert!(Case { nonce, ..legacy }.verify().is_err());
}

/// Signers of these suites do not normalise, so both are taken.
#[test]
fn a_signature_counts_with_the_higher_s_as_with_the_lower() {
    for mut case in small() {
        if case.suite != Suite::EcdsaRdfc2019 {
            continue;
        }
        let signature = Signature::from_slice(&bytes_of(&case)).unwrap();
        let (r, s) = signature.split_scalars();
        let other = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
        assert_ne!(other, signature);
        case = with_bytes(&case, &other.to_bytes());
        assert!(case.verify().is_ok());
    }
}

#[test]
fn optional_features_of_bbs_2023_are_named() {
    for (kind, name) in [
        (0x04, "the anonymous holder binding"),
        (0x05, "the anonymous holder binding"),
        (0x06, "the pseudonyms"),
        (0x07, "the pseudonyms"),
        (0x08, "the holder binding with pseudonyms"),
    ] {
        let value = signer::encoded(kind, vec![Cbor::from(1)]);
        let found = ProofValue::parse(&Suite::Bbs2023, &value, None);
        assert_eq!(found, Err(InvalidProofValue::UnsupportedFeature(name)));
        assert_eq!(ProofValue::parse(&Suite::EcdsaSd2023, &value, None), Err(InvalidProofValue::Header));
    }
    for kind in [0x00, 0x01, 0x09, 0xff] {
        let value = signer::encoded(kind, vec![Cbor::from(1)]);
        assert_eq!(ProofValue::parse(&Suite::Bbs2023, &value, None), Err(InvalidProofValue::Header));
    }
    let found = ProofValue::parse(&Suite::Other("eddsa-rdfc-2022".into()), "z", None);
    assert_eq!(found, Err(InvalidProofValue::UnsupportedSuite("eddsa-rdfc-2022".into())));
}

/// A map of a derived proof may only name what is there, each once.
#[test]
fn names_and_indexes_of_a_derived_proof_are_exact() {
    let number = |number: u64| Cbor::from(number);
    let list = |numbers: &[u64]| Cbor::Array(numbers.iter().copied().map(Cbor::from).collect());
    for case in small().into_iter().filter(|case| !case.base) {
        let (kind, label_map, mandatory) = if case.suite == Suite::Bbs2023 { (0x03, 1, 2) } else { (0x01, 3, 4) };
        let members = signer::decoded(&case.proof_value);
        let entries = members[label_map].as_map().unwrap().clone();
        let name = entries[0].1.clone();
        let other = if kind == 0x03 { number(9) } else { Cbor::Bytes(vec![9; 32]) };
        let mut wrong = vec![
            (label_map, Cbor::Map(Vec::new())),
            (label_map, Cbor::Map(vec![(number(1), name.clone())])),
            (label_map, Cbor::Map(vec![(number(0), other.clone())])),
            (label_map, Cbor::Map(vec![(number(0), name.clone()), (number(1), other)])),
            (label_map, Cbor::Map(vec![(number(0), name.clone()), (number(0), name.clone())])),
            (label_map, Cbor::Map(vec![(number(0), name.clone()), (number(1), name)])),
            (mandatory, list(&[])),
            (mandatory, list(&[1])),
            (mandatory, list(&[0, 0])),
            (mandatory, list(&[1, 0])),
            (mandatory, list(&[0, 3])),
            (mandatory, list(&[0, u64::MAX])),
        ];
        if kind == 0x03 {
            let others = [&[][..], &[0], &[0, 1, 2], &[1, 0], &[0, 0], &[0, 2], &[2, 3], &[0, u64::MAX]];
            wrong.extend(others.map(|indexes| (3, list(indexes))));
        }
        for (member, value) in wrong {
            let mut members = members.to_vec();
            assert_ne!(members[member], value);
            members[member] = value.clone();
            let changed = Case { proof_value: signer::encoded(kind, members), ..case.clone() };
            assert!(changed.verify().is_err(), "{}: member {member} as {value:?}", case.id);
        }
    }
}

#[test]
fn byte_strings_may_carry_the_tag_for_arrays_of_bytes() {
    for case in small().into_iter().filter(|case| matches!(case.suite, Suite::EcdsaSd2023 | Suite::Bbs2023)) {
        let kind = bytes_of(&case)[2];
        let tagged = |member: Cbor| match member {
            bytes @ Cbor::Bytes(_) => Cbor::Tag(64, Box::new(bytes)),
            other => other,
        };
        let members = signer::decoded(&case.proof_value).map(tagged).to_vec();
        assert!(Case { proof_value: signer::encoded(kind, members), ..case.clone() }.verify().is_ok(), "{}", case.id);
        let members = signer::decoded(&case.proof_value).map(|member| Cbor::Tag(65, Box::new(member))).to_vec();
        assert!(Case { proof_value: signer::encoded(kind, members), ..case.clone() }.value().is_err(), "{}", case.id);
    }
}

#[test]
fn a_proof_that_hides_without_end_is_not_started_on() {
    let case = small().into_iter().find(|case| case.suite == Suite::Bbs2023 && !case.base).unwrap();
    let mut members = signer::decoded(&case.proof_value);
    let proof = members[0].as_bytes_mut().unwrap();
    proof.extend([[0x11; 32]; 5000].concat());
    let value = signer::encoded(0x03, members.to_vec());
    let found = ProofValue::parse(&Suite::Bbs2023, &value, None);
    assert!(matches!(found, Err(InvalidProofValue::TooManyHidden { found: 5000.. })), "{found:?}");
}

#[test]
fn a_proof_that_points_without_end_is_not_started_on() {
    let case = small().into_iter().find(|case| case.suite == Suite::Bbs2023 && case.base).unwrap();
    let mut members = signer::decoded(&case.proof_value);
    // The whole document, again and again, for one byte each.
    members[4] = Cbor::Array(vec![Cbor::Text(String::new()); 1001]);
    let value = signer::encoded(0x02, members.to_vec());
    let found = ProofValue::parse(&Suite::Bbs2023, &value, None);
    assert_eq!(found.err(), Some(InvalidProofValue::TooManyPointers { found: 1001 }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(suite in 0..6usize, kind in 0..4u8, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let suites = [
            Suite::EcdsaSd2023, Suite::Bbs2023, Suite::EcdsaRdfc2019, Suite::BbsBlsSignature2020,
            Suite::BbsBlsSignatureProof2020, Suite::Other("x".into()),
        ];
        let headed = [&[0xd9, 0x5d, kind, 0x85][..], &bytes].concat();
        for text in [
            format!("u{}", URL_SAFE_NO_PAD.encode(&headed)),
            format!("u{}", URL_SAFE_NO_PAD.encode(&bytes)),
            format!("z{}", bs58::encode(&bytes).into_string()),
            STANDARD.encode(&bytes),
            String::from_utf8_lossy(&bytes).into_owned(),
        ] {
            let _ = ProofValue::parse(&suites[suite], &text, Some("AAAA"));
            let _ = from_multibase(&text);
        }
    }

    /// Any line that is cut into parts is their sum.
    #[test]
    fn no_part_of_a_line_is_lost(line in "(<|>|\"|\\\\|_:|c14n0| |x|提){0,30}") {
        let parts: String = labels::parts(&line).collect();
        prop_assert_eq!(parts, line);
    }
}
