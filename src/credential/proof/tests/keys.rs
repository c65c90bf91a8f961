//! Keys in all their forms, well and badly written.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::SigningKey;
use serde_json::json;

use super::*;

fn p256_key() -> SigningKey {
    SigningKey::from_slice(&[3; 32]).unwrap()
}

fn p256_public() -> PublicKey {
    PublicKey::P256(*p256_key().verifying_key())
}

fn multibase(bytes: &[u8]) -> String {
    format!("z{}", bs58::encode(bytes).into_string())
}

fn compressed() -> Vec<u8> {
    p256_key().verifying_key().to_sec1_point(true).as_bytes().to_vec()
}

fn jwk() -> Json {
    let point = p256_key().verifying_key().to_sec1_point(false);
    let coordinate = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point.as_bytes()[range]);
    json!({"kty": "EC", "crv": "P-256", "x": coordinate(1..33), "y": coordinate(33..65)})
}

fn g2() -> Vec<u8> {
    bs58::decode(&signer::bbs_multibase(&[5; 32])[1..]).into_vec().unwrap()[2..].to_vec()
}

#[test]
fn a_key_is_the_same_in_each_of_its_forms() {
    let p256_text = signer::p256_multibase(&p256_key());
    for method in [
        json!({"type": "Multikey", "publicKeyMultibase": p256_text}),
        json!({"type": "JsonWebKey", "publicKeyJwk": jwk()}),
        json!({"type": "JsonWebKey2020", "publicKeyJwk": jwk()}),
        json!({"type": "EcdsaSecp256r1VerificationKey2019", "publicKeyMultibase": p256_text}),
        json!({"type": "EcdsaSecp256r1VerificationKey2019", "publicKeyJwk": jwk()}),
        json!({"type": "EcdsaSecp256r1VerificationKey2019", "publicKeyBase58": bs58::encode(compressed()).into_string()}),
        json!({"type": "Multikey", "publicKeyMultibase": p256_text, "publicKeyJwk": jwk(), "controller": 7}),
    ] {
        assert_eq!(key(&method), Ok(p256_public()), "{method}");
    }
    assert_eq!(from_multibase(&p256_text), Ok(p256_public()));

    let bls_text = signer::bbs_multibase(&[5; 32]);
    let bls = from_multibase(&bls_text).unwrap();
    assert!(matches!(bls, PublicKey::Bls12381G2(_)));
    let jwk = |kty: &str, crv: &str| json!({"kty": kty, "crv": crv, "x": URL_SAFE_NO_PAD.encode(g2())});
    for method in [
        json!({"type": "Multikey", "publicKeyMultibase": bls_text}),
        json!({"type": "Bls12381G2Key2020", "publicKeyBase58": bs58::encode(g2()).into_string()}),
        json!({"type": "Bls12381G2Key2020", "publicKeyJwk": jwk("EC", "BLS12381_G2")}),
        json!({"type": "JsonWebKey", "publicKeyJwk": jwk("OKP", "Bls12381G2")}),
    ] {
        assert_eq!(key(&method).as_ref(), Ok(&bls), "{method}");
    }
}

#[test]
fn keys_of_other_kinds_are_named() {
    for (method, name) in [
        (json!({"type": "Ed25519VerificationKey2020", "publicKeyMultibase": "z6Mk"}), "Ed25519VerificationKey2020"),
        (json!({"type": "Multikey", "publicKeyMultibase": multibase(&[&[0xed, 1][..], &[7; 32]].concat())}), "Ed25519"),
        (
            json!({"type": "Multikey", "publicKeyMultibase": multibase(&[&[0xe7, 1][..], &[2; 33]].concat())}),
            "secp256k1",
        ),
        (
            json!({"type": "Multikey", "publicKeyMultibase": multibase(&[&[0x81, 0x24][..], &[2; 49]].concat())}),
            "P-384",
        ),
        (json!({"type": "Multikey", "publicKeyMultibase": multibase(&[0xff, 0x7f, 1])}), "multicodec 0x3fff"),
        (json!({"type": "JsonWebKey2020", "publicKeyJwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}}), "RSA"),
        (json!({"type": "JsonWebKey", "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}}), "Ed25519"),
        (json!({"type": "JsonWebKey", "publicKeyJwk": {"kty": "EC", "crv": "secp256k1", "x": "AA"}}), "secp256k1"),
    ] {
        assert_eq!(key(&method), Ok(PublicKey::Other(name.into())), "{method}");
    }
}

#[test]
fn a_key_that_is_badly_written_is_none() {
    let with = |codec: [u8; 2], point: &[u8]| multibase(&[&codec[..], point].concat());
    let (p256, bls) = ([0x80, 0x24], [0xeb, 0x01]);
    let mut longer = compressed();
    longer.push(0);
    let uncompressed = p256_key().verifying_key().to_sec1_point(false).as_bytes().to_vec();
    let mut identity = [0; 96];
    identity[0] = 0xc0;
    let mut off_curve = compressed();
    // x = 5 is on no point of P-256's curve with either sign.
    off_curve[1..].fill(0xff);
    for text in [
        String::new(),
        "z".into(),
        "z0".into(),
        signer::p256_multibase(&p256_key())[1..].to_owned(),
        format!("u{}", URL_SAFE_NO_PAD.encode([&p256[..], &compressed()].concat())),
        with(p256, &[]),
        with(p256, &compressed()[..32]),
        with(p256, &longer),
        with(p256, &uncompressed),
        with(p256, &off_curve),
        with(p256, &g2()),
        with(bls, &g2()[..95]),
        with(bls, &identity),
        with(bls, &[0xff; 96]),
        with(bls, &outside_the_subgroup()),
        multibase(&[0x12, 0x00, 1]),
        multibase(&[0x80, 0x00, 1]),
        format!("{} ", signer::p256_multibase(&p256_key())),
        format!("z{}", "1".repeat(2000)),
    ] {
        assert_eq!(from_multibase(&text), Err(InvalidKey::Malformed), "{text}");
        let method = json!({"type": "Multikey", "publicKeyMultibase": text});
        assert_eq!(key(&method), Err(InvalidKey::Malformed), "{method}");
    }

    let jwk_with = |name: &str, value: Json| {
        let mut jwk = jwk();
        jwk[name] = value;
        jwk
    };
    let x = jwk()["x"].as_str().unwrap().to_owned();
    let other = signer::p256_multibase(&SigningKey::from_slice(&[4; 32]).unwrap());
    let text = signer::p256_multibase(&p256_key());
    for method in [
        json!({}),
        json!({"type": 7, "publicKeyMultibase": text}),
        json!({"type": "Multikey"}),
        json!({"type": "Multikey", "publicKeyMultibase": null}),
        json!({"type": "Multikey", "publicKeyBase58": bs58::encode(compressed()).into_string()}),
        json!({"type": "Multikey", "publicKeyMultibase": other, "publicKeyJwk": jwk()}),
        json!({"type": "Multikey", "publicKeyMultibase": text, "publicKeyBase58": "1"}),
        json!({"type": "JsonWebKey", "publicKeyJwk": []}),
        json!({"type": "JsonWebKey", "publicKeyJwk": jwk_with("x", json!(x[..42]))}),
        json!({"type": "JsonWebKey", "publicKeyJwk": jwk_with("x", json!(format!("{x}=")))}),
        json!({"type": "JsonWebKey", "publicKeyJwk": jwk_with("y", json!(x))}),
        json!({"type": "JsonWebKey", "publicKeyJwk": jwk_with("y", Json::Null)}),
        json!({"type": "JsonWebKey", "publicKeyJwk": jwk_with("kty", json!(1))}),
        json!({"type": "EcdsaSecp256r1VerificationKey2019", "publicKeyMultibase": signer::bbs_multibase(&[5; 32])}),
        json!({"type": "Bls12381G2Key2020", "publicKeyMultibase": text}),
        json!({"type": "Bls12381G2Key2020", "publicKeyBase58": bs58::encode(&g2()[1..]).into_string()}),
    ] {
        assert_eq!(key(&method), Err(InvalidKey::Malformed), "{method}");
    }
}

#[test]
fn a_key_whose_private_part_is_published_is_nobodys() {
    let text = signer::p256_multibase(&p256_key());
    let mut with_d = jwk();
    with_d["d"] = json!("AA");
    for method in [
        json!({"type": "JsonWebKey", "publicKeyJwk": with_d}),
        json!({"type": "Multikey", "publicKeyMultibase": text, "secretKeyMultibase": "z42"}),
        json!({"type": "Multikey", "publicKeyMultibase": text, "privateKeyJwk": {}}),
    ] {
        assert_eq!(key(&method), Err(InvalidKey::Private), "{method}");
    }
}

/// A point of the curve that G2 is a part of, but not of G2: the first of small x that is not.
fn outside_the_subgroup() -> [u8; 96] {
    let candidates = (1..=255).map(|x| {
        let mut bytes = [0; 96];
        (bytes[0], bytes[95]) = (0x80, x);
        bytes
    });
    let on_curve = |bytes: &[u8; 96]| bool::from(bls12_381_plus::G2Affine::from_compressed_unchecked(bytes).is_some());
    let outside = candidates.filter(on_curve).find(|bytes| points::g2_point(bytes).is_none());
    outside.expect("nearly every point is outside")
}
