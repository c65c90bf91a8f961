//! The worst shapes of W3C credentials and presentations.

use super::{Shape, filled, shape};

/// All of them.
pub const SHAPES: &[Shape] = &[
    shape("W3C, one attachment", |size| credential(&format!(r#""name":"{}""#, "A".repeat(size)), "")),
    shape("W3C, one attachment of escapes", |size| credential(&format!(r#""name":"{}""#, r"\/".repeat(size / 2)), "")),
    shape("W3C, text that nearly names blank nodes", |size| {
        credential(&format!(r#""name":"{}""#, "_: ".repeat(size / 3)), "")
    }),
    shape("W3C, small values in one list", |size| {
        credential(&format!(r#""name":[{}""]"#, filled(size, |n| format!(r#""{n:x}","#))), "")
    }),
    shape("W3C, numbers in one list", |size| {
        credential(&format!(r#""name":[{}0]"#, filled(size, |n| format!("{n},"))), "")
    }),
    shape("W3C, one value over and over", |size| {
        credential(&format!(r#""name":[{}"a"]"#, r#""a","#.repeat(size / 4)), "")
    }),
    shape("W3C, small lists", |size| {
        credential(&format!(r#""links":[{}]"#, objects(size, |_| r#"{"name":["a","b"]}"#.into())), "")
    }),
    shape("W3C, objects with ids", |size| {
        credential(&format!(r#""links":[{}]"#, objects(size, |n| format!(r#"{{"id":"urn:x:{n}"}}"#))), "")
    }),
    shape("W3C, objects of one long id", |size| {
        let object = format!(r#"{{"id":"urn:{}"}}"#, "x".repeat(size / 2));
        credential(&format!(r#""links":[{object},{object}]"#), "")
    }),
    shape("W3C, a long name above values", |size| {
        let values = filled(size / 2, |n| format!(r#""{n:x}":[0,1],"#));
        credential(&format!(r#""{}":{{{values}"":1}}"#, "n".repeat(size / 2)), "")
    }),
    shape("W3C, a long number", |size| credential(&format!(r#""name":1{}"#, "0".repeat(size)), "")),
    shape("W3C, a great many types", |size| {
        credential(&format!(r#""type":[{}"BillOfLading"]"#, filled(size, |n| format!(r#""T{n}","#))), "")
    }),
    shape("W3C, status entries without end", |size| {
        credential("", &format!(r#""credentialStatus":[{}{{"type":"A"}}],"#, r#"{"type":"A"},"#.repeat(size / 13)))
    }),
    shape("W3C, an issuer of a long name", |size| {
        let issuer = format!(r#"{{"id":"did:web:carrier.example","name":"{}"}}"#, "n".repeat(size));
        changed(r#""did:web:carrier.example""#, &issuer)
    }),
    shape("W3C, a long proof value", |size| changed("u2V0A", &format!("u2V0A{}", "A".repeat(size)))),
    shape("W3C, a great many contexts", |size| {
        let contexts = filled(size, |n| format!(r#""https://a.example/{n}","#));
        changed(r#""https://w3id.org"#, &format!(r#"{contexts}"https://w3id.org"#))
    }),
    shape("W3C, a presentation of more credentials than are read", |size| {
        presentation(&objects(size, |n| format!(r#"{{"id":"urn:x:{n}"}}"#)))
    }),
    shape("W3C, a presentation of large credentials", |size| {
        let numbered = |n: usize| {
            let text =
                String::from_utf8(credential(&format!(r#""name":"{}""#, "A".repeat(size / 8)), "")).expect("text");
            text.replacen("urn:x:1", &format!("urn:x:{n}"), 1)
        };
        presentation(&(1..=8).map(numbered).collect::<Vec<_>>().join(","))
    }),
];

/// Parts with commas between them.
fn objects(bytes: usize, part: impl Fn(usize) -> String) -> String {
    let mut all = filled(bytes, |n| part(n) + ",");
    all.pop();
    all
}

/// A credential whose subject has these members, with others beside it.
fn credential(subject: &str, beside: &str) -> Vec<u8> {
    let comma = if subject.is_empty() || subject.starts_with(r#""type""#) { "" } else { "," };
    let kind = if subject.starts_with(r#""type""#) { "" } else { r#""type":"BillOfLading""# };
    format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","https://w3id.org/security/data-integrity/v2","https://trustvc.io/context/bill-of-lading.json"],{beside}"id":"urn:x:1","type":["VerifiableCredential"],"issuer":"did:web:carrier.example","credentialSubject":{{{kind}{comma}{subject}}},"proof":{{"type":"DataIntegrityProof","cryptosuite":"ecdsa-sd-2023","proofPurpose":"assertionMethod","verificationMethod":"did:web:carrier.example#keys-1","proofValue":"u2V0A"}}}}"#
    )
    .into()
}

/// A credential with one text in the place of another.
fn changed(from: &str, to: &str) -> Vec<u8> {
    String::from_utf8(credential("", "")).expect("text").replacen(from, to, 1).into()
}

/// A presentation of these credentials.
fn presentation(credentials: &str) -> Vec<u8> {
    format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation","verifiableCredential":[{credentials}],"proof":{{"type":"DataIntegrityProof","cryptosuite":"ecdsa-rdfc-2019","proofPurpose":"authentication","verificationMethod":"did:web:holder.example#keys-1","proofValue":"z2"}}}}"#
    )
    .into()
}
