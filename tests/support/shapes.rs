//! Files of the worst shapes known: each of about the size asked for, and each meant to make some part of reading, checking
//! or reporting do more than its share.

#[path = "shapes_w3c.rs"]
mod w3c;

use std::iter::once;

use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ebl_verifier::document::json::{self, Kind, Value};
use ebl_verifier::document::{self, Limits};
use ebl_verifier::integrity::{self, Fault, IntegrityResult};

/// A shape by its name.
pub struct Shape {
    pub name: &'static str,
    /// A file of about so many bytes.
    pub file: fn(usize) -> Vec<u8>,
}

const fn shape(name: &'static str, file: fn(usize) -> Vec<u8>) -> Shape {
    Shape { name, file }
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Shape> {
    SHAPES.iter().chain(w3c::SHAPES)
}

const SHAPES: &[Shape] = &[
    // No document at all.
    shape("not JSON", |size| filled(size, |_| "ebl ".into()).into()),
    shape("only blanks", |size| " \n".repeat(size / 2).into()),
    shape("a PDF", |size| [b"%PDF-1.7\n".as_slice(), &vec![b'x'; size]].concat()),
    shape("a ZIP", |size| [b"PK\x03\x04".as_slice(), &vec![0; size]].concat()),
    shape("a web page", |size| format!("<!DOCTYPE html><html>{}", "<p>".repeat(size / 3)).into()),
    shape("an e-mail", |size| format!("From: a@b.example\r\nSubject: x\r\n\r\n{}", "word ".repeat(size / 5)).into()),
    shape("base64 text", |size| "eyJh".repeat(size / 4).into()),
    shape("UTF-16", |size| [b"\xff\xfe".as_slice(), &b"{\0\n\0".repeat(size / 4)].concat()),
    shape("UTF-8 that ends badly", |size| [r#"{"a":""#.as_bytes(), "é".repeat(size / 2).as_bytes(), b"\xff"].concat()),
    shape("one text", |size| format!("\"{}\"", "a".repeat(size)).into()),
    shape("a list of documents", |size| format!("[{}]", filled(size, |_| r#"{"data":{}},"#.into()) + "{}").into()),
    shape("an unfinished text", |size| format!(r#"{{"a":"{}"#, "\\n".repeat(size / 2)).into()),
    shape("one number", |size| format!(r#"{{"a":1{}}}"#, "0".repeat(size)).into()),
    shape("nested without end", |size| r#"{"a":"#.repeat(size / 5).into()),
    shape("lists in a list", |size| format!(r#"{{"a":[{}[0]]}}"#, "[0],".repeat(size / 4)).into()),
    shape("empty objects in a list", |size| format!(r#"{{"a":[{}{{}}]}}"#, "{},".repeat(size / 3)).into()),
    shape("as many numbers as there may be", |size| {
        format!(r#"{{"a":[{}0]}}"#, filled(size, |_| "1000000,".into())).into()
    }),
    shape("small members", |size| format!(r#"{{{}"":0}}"#, filled(size, |n| format!(r#""{n:x}":0,    "#))).into()),
    shape("member names of escapes", |size| {
        format!(r#"{{{}"":0}}"#, filled(size, |n| format!(r#""\u0061{n:x}\n\n\n\n":0,"#))).into()
    }),
    shape("a long name twice", |size| {
        let name = "n".repeat(size / 2);
        format!(r#"{{"{name}":0,"{name}":0}}"#).into()
    }),
    shape("a long name of escapes twice", |size| {
        let name = r"\u00e9".repeat(size / 12);
        format!(r#"{{"{name}":0,"{name}":0}}"#).into()
    }),
    shape("another generation", |size| {
        format!(
            r#"{{"@context":[{}"https://www.w3.org/2018/credentials/v1"],"proof":{{}}}}"#,
            filled(size, |_| r#""https:\/\/a","#.into())
        )
        .into()
    }),
    // OpenAttestation 2.0.
    shape("v2, one attachment", |size| v2(&format!(r#","a":"{SALT}{}""#, "A".repeat(size)), "")),
    shape("v2, one attachment of escapes", |size| v2(&format!(r#","a":"{SALT}{}""#, r"\/".repeat(size / 2)), "")),
    shape("v2, one attachment of controls", |size| v2(&format!(r#","a":"{SALT}{}""#, r"\u0001".repeat(size / 6)), "")),
    shape("v2, small values", |size| {
        v2(&format!(r#","a":[{}"{SALT}"]"#, filled(size, |_| format!("\"{SALT}\","))), "")
    }),
    shape("v2, values that are numbers", |size| v2(&format!(r#","a":"{NUMBER}1{}""#, "0".repeat(size)), "")),
    shape("v2, as many empty lists as there may be", |size| {
        v2(&format!(r#","b":[{}[]],"a":"{SALT}{}""#, "[],".repeat(size / 32), "A".repeat(size / 32 * 29)), "")
    }),
    shape("v2, a long name above empty lists", |size| {
        plain_v2(&format!(r#","{}":[{}[]]"#, "n".repeat(size / 32 * 29), "[],".repeat(size / 32)), "").into()
    }),
    shape("v2, a long name above values", |size| {
        plain_v2(
            &format!(r#","{}":[{}"{SALT}"]"#, "n".repeat(size / 2), filled(size / 2, |_| format!("\"{SALT}\","))),
            "",
        )
        .into()
    }),
    shape("v2, long names one in the other", |size| {
        let open: String = (0..50).map(|n| format!(r#""{n}{}":{{"#, "n".repeat(size / 100))).collect();
        let values = filled(size / 2, |n| format!(r#""a{n}":"{SALT}","#));
        plain_v2(&format!(r#",{open}{values}"z":"{SALT}"{}"#, "}".repeat(50)), "").into()
    }),
    shape("v2, a long name of escapes above values", |size| {
        let values = filled(size / 2, |_| format!("\"{SALT}\","));
        plain_v2(&format!(r#","{}":[{values}"{SALT}"]"#, r"\u00e9".repeat(size / 12)), "").into()
    }),
    shape("v2, deeply nested values", |size| {
        let values = format!("\"{SALT}\",").repeat(30);
        let nested = |_| format!("{}{values}\"{SALT}\"{},", "[".repeat(55), "]".repeat(55));
        v2(&format!(r#","a":[{}"{SALT}"]"#, filled(size, nested)), "")
    }),
    shape("v2, a value that is not salted in a long name", |size| {
        plain_v2(&format!(r#","{}":0"#, "n".repeat(size)), "").into()
    }),
    shape("v2, a member outside the digest with a long name", |size| {
        plain_v2("", &format!(r#","{}":0"#, "n".repeat(size))).into()
    }),
    shape("v2, hidden fields", |size| {
        v2("", &format!(r#","privacy":{{"obfuscatedData":[{}"{ONE}"]}}"#, filled(size, |n| format!("\"{n:064x}\","))))
    }),
    shape("v2, hidden fields of which one is visible", |size| {
        let hashes = filled(size, |n| format!("\"{n:064x}\","));
        let data = format!(r#"{ISSUERS},"a":"{SALT}""#);
        let visible = leaf_of(&format!("{{{data}}}"), "a");
        plain_v2(&format!(r#","a":"{SALT}""#), &format!(r#","privacy":{{"obfuscatedData":[{hashes}"{visible}"]}}"#))
            .into()
    }),
    shape("v2, members that nothing protects", |size| {
        v2("", &format!(r#","privacy":{{{}"z":0}}"#, filled(size, |n| format!(r#""{n:060x}":0,"#))))
    }),
    shape("v2, a long proof", |size| {
        let text = plain_v2("", "")
            .replace(r#""proof":[]"#, &format!(r#""proof":[{}"{ONE}"]"#, filled(size, |n| format!("\"{n:064x}\","))));
        rooted(text)
    }),
    shape("v2, a long proof asked of 32 stores", |size| {
        let stores = filled_times(31, |n| format!("{},", store(&format!("0x{n:040x}"))));
        let text = plain_v2("", "").replacen(r#""issuers":["#, &format!(r#""issuers":[{stores}"#), 1);
        rooted(
            text.replace(
                r#""proof":[]"#,
                &format!(r#""proof":[{}"{ONE}"]"#, filled(size, |n| format!("\"{n:064x}\","))),
            ),
        )
    }),
    shape("v2, many issuers", |size| {
        let issuers = filled(size, |n| format!("{},", store(&format!("0x{n:040x}"))));
        intact(plain_v2("", "").replacen(r#""issuers":["#, &format!(r#""issuers":[{issuers}"#), 1))
    }),
    shape("v2, issuers of long names", |size| {
        let long = |_| store(&format!("0x{}", "1".repeat(40))).replace("carrier.example", &"n".repeat(size / 33)) + ",";
        plain_v2("", "").replacen(r#""issuers":["#, &format!(r#""issuers":[{}"#, filled_times(32, long)), 1).into()
    }),
    shape("v2, an issuer of a long DID", |size| {
        let long = format!(r#"{{"id":"{SALT}did:ethr:{}","name":"{SALT}A"}}"#, r"\/".repeat(size / 2));
        plain_v2("", "").replacen(r#""issuers":["#, &format!(r#""issuers":[{long},"#), 1).into()
    }),
    shape("v2, many signatures", |size| {
        plain_v2("", &format!(r#","proof":[{}{}]"#, filled(size, |_| signature("0x00") + ","), signature("0x00")))
            .into()
    }),
    shape("v2, long signatures", |size| {
        let long = format!("0x{}", "00".repeat(size / 64));
        plain_v2("", &format!(r#","proof":[{}{}]"#, filled_times(31, |_| signature(&long) + ","), signature(&long)))
            .into()
    }),
    shape("v2, attachments of the wrong shape at the end", |size| {
        let good = format!(r#"{{"filename":"{SALT}","type":"{SALT}","data":"{SALT}"}}"#);
        let wrong = format!(r#"{{"filename":"{SALT}","type":"{SALT}","data":[]}}"#);
        v2(&format!(r#","attachments":[{}{wrong}]"#, filled(size, |_| format!("{good},"))), "")
    }),
    shape("v2, an attachment with a long member that does not belong there", |size| {
        let wrong = format!(r#"{{"filename":"{SALT}","type":"{SALT}","data":"{SALT}","{}":[]}}"#, "n".repeat(size));
        v2(&format!(r#","attachments":[{wrong}]"#), "")
    }),
    shape("v2, an identity proof with a great many members", |size| {
        let more = filled(size, |n| format!(r#""{n:x}x":[],"{n:x}y":"{SALT}","#));
        intact(plain_v2("", "").replace(r#""identityProof":{"#, &format!(r#""identityProof":{{{more}"#)))
    }),
    shape("v2, misread text", |size| plain_v2(&format!(r#","a":"{SALT}{}""#, "Ã§".repeat(size / 4)), "").into()),
    shape("v2, decomposed text", |size| {
        plain_v2(&format!(r#","a":"{SALT}{}""#, "c\u{327}".repeat(size / 3)), "").into()
    }),
    shape("v2, composed text", |size| plain_v2(&format!(r#","a":"{SALT}{}""#, "\u{1fa7}".repeat(size / 3)), "").into()),
    shape("v2, text of a web page", |size| {
        plain_v2(&format!(r#","a":"{SALT}{}""#, "&amp;".repeat(size / 5)), "").into()
    }),
    shape("v2, lines", |size| plain_v2(&format!(r#","a":"{SALT}{}""#, r"\n".repeat(size / 2)), "").into()),
    shape("v2, lines in many values", |size| {
        plain_v2(&format!(r#","a":[{}"{SALT}"]"#, filled(size, |_| format!(r#""{SALT}\n","#))), "").into()
    }),
    // OpenAttestation 3.0.
    shape("v3, one attachment", |size| v3(&format!(r#"{{"a":"{}"}}"#, "A".repeat(size)), Salts::InOrder, "")),
    shape("v3, one attachment of escapes", |size| {
        v3(&format!(r#"{{"a":"{}"}}"#, r"\/".repeat(size / 2)), Salts::InOrder, "")
    }),
    shape("v3, small values", |size| {
        v3(&format!("{{\"a\":[{}\"a\"]}}", "\"a\",".repeat(size / 135)), Salts::InOrder, "")
    }),
    shape("v3, small values, salts in another order", |size| {
        v3(&format!("{{\"a\":[{}\"a\"]}}", "\"a\",".repeat(size / 135)), Salts::Reversed, "")
    }),
    shape("v3, falsy values that the digest leaves out", |size| {
        truthy_v3(&format!("{{\"a\":[{}0]}}", "0,".repeat(size / 135)))
    }),
    shape("v3, a long name without salts", |size| {
        let subject = format!(r#"{{"{}":[{}0]}}"#, "n".repeat(size / 2), "1,       ".repeat(size / 18));
        plain_v3(&subject, Salts::These("[]".into()), "").into()
    }),
    shape("v3, salts without fields", |size| {
        let salts = filled(size * 3 / 4, |n| format!(r#"{{"value":"{n:064x}","path":"a[{n}]"}},"#));
        plain_v3("{}", Salts::These(format!("[{}]", salts.trim_end_matches(','))), "").into()
    }),
    shape("v3, salts without fields in another order", |size| {
        let salts =
            filled(size * 3 / 4, |n| format!(r#"{{"value":"{n:064x}","path":"{:08x}"}},"#, u32::MAX - n as u32));
        plain_v3("{}", Salts::These(format!("[{}]", salts.trim_end_matches(','))), "").into()
    }),
    shape("v3, salts of escapes", |size| {
        let salts =
            filled(size * 3 / 4, |n| format!(r#"{{"v\u0061lue":"\u0061{:063x}","path":"\u0061\u0062\u0063{n}"}},"#, n));
        plain_v3("{}", Salts::These(format!("[{}]", salts.trim_end_matches(','))), "").into()
    }),
    shape("v3, a salt of a long path", |size| {
        plain_v3("{}", Salts::These(format!(r#"[{{"value":"{ONE}","path":"{}"}}]"#, "n".repeat(size * 3 / 4))), "")
            .into()
    }),
    shape("v3, salts that are no salts", |size| {
        plain_v3("{}", Salts::These(format!("[{}0]", "0,      ".repeat(size * 3 / 4 / 8))), "").into()
    }),
    shape("v3, salts that are not JSON", |size| plain_v3("{}", Salts::These("[".repeat(size * 3 / 4)), "").into()),
    shape("v3, salts written with escapes", |size| {
        let text = plain_v3("{}", Salts::These(format!("[{}]", " ".repeat(size / 2))), "");
        text.replace("ICAg", r"\u0049CAg").into()
    }),
    shape("v3, hidden fields", |size| v3("{}", Salts::InOrder, &filled(size, |n| format!("\"{n:064x}\",")))),
    shape("v3, empty lists", |size| {
        let subject = format!(r#"{{"b":[{}[]],"a":"{}"}}"#, "[],".repeat(size / 32), "A".repeat(size / 32 * 29));
        v3(&subject, Salts::InOrder, "")
    }),
    shape("v3, contexts of which the last is wrong", |size| {
        let context = filled(size / 9, |_| r#""a:b","#.into());
        intact(with_salts(
            &content_of_v3("{}").replace(r#""@context":["#, &format!(r#""@context":[{context}7,"#)),
            Salts::InOrder,
            "",
        ))
    }),
    shape("v3, a long context", |size| {
        let context = format!(r#""https://carrier.example/{}""#, "é".repeat(size / 2));
        intact(with_salts(
            &content_of_v3("{}").replace(r#""@context":["#, &format!(r#""@context":[{context},"#)),
            Salts::InOrder,
            "",
        ))
    }),
    shape("v3, a long key", |size| {
        plain_v3("{}", Salts::InOrder, "")
            .replace(
                r#""proofPurpose""#,
                &format!(r#""key":"did:{}","signature":"0x00","proofPurpose""#, "n".repeat(size)),
            )
            .into()
    }),
    shape("v3, a long key of escapes", |size| {
        let key = r"\/".repeat(size / 2);
        plain_v3("{}", Salts::InOrder, "")
            .replace(r#""proofPurpose""#, &format!(r#""key":"did:{key}","signature":"0x00","proofPurpose""#))
            .into()
    }),
    shape("v3, an issuer of a long name", |size| {
        with_salts(&content_of_v3("{}").replace("Nordsee Carrier", &"n".repeat(size)), Salts::InOrder, "").into()
    }),
    shape("v3, long dates", |size| {
        let date = format!("2026-03-01T08:00:00.{}Z", "0".repeat(size / 3));
        let dates = format!(r#""expirationDate":"{date}","validUntil":"{date}","validFrom":"{date}","version""#);
        with_salts(&content_of_v3("{}").replacen(r#""version""#, &dates, 1), Salts::InOrder, "").into()
    }),
    shape("v3, members of the proof that nothing protects", |size| {
        let more = filled(size, |n| format!(r#""{n:060x}":0,"#));
        intact(plain_v3("{}", Salts::InOrder, "").replace(r#""proofPurpose""#, &format!(r#"{more}"proofPurpose""#)))
    }),
    shape("v3, a long number", |size| {
        plain_v3(&format!(r#"{{"a":1{}}}"#, "0".repeat(size)), Salts::InOrder, "").into()
    }),
    shape("v3, misread text", |size| {
        plain_v3(&format!(r#"{{"a":"{}"}}"#, "Ã§".repeat(size / 4)), Salts::InOrder, "").into()
    }),
    shape("v3, lines", |size| plain_v3(&format!(r#"{{"a":"{}"}}"#, r"\n".repeat(size / 2)), Salts::InOrder, "").into()),
    // Around a document.
    shape("a storage envelope", |size| {
        let inner = String::from_utf8(v2(&format!(r#","a":"{SALT}{}""#, "A".repeat(size / 2)), "")).expect("text");
        format!(r#"{{"id":"{}","document":{inner}}}"#, r"\/".repeat(size / 4)).into()
    }),
    shape("sealed, one attachment", |size| {
        sealed(&v2(&format!(r#","a":"{SALT}{}""#, "A".repeat(size / 16 * 9)), ""), false)
    }),
    shape("sealed, small values", |size| {
        let values = filled(size / 16 * 9, |_| format!("\"{SALT}\","));
        sealed(&v2(&format!(r#","a":[{values}"{SALT}"]"#), ""), false)
    }),
    shape("sealed, written with escapes", |size| {
        sealed(&v2(&format!(r#","a":"{SALT}{}""#, r"\/".repeat(size / 32 * 9)), ""), true)
    }),
    shape("sealed, with a long member that does not belong there", |size| {
        let text = String::from_utf8(sealed(b"{}", false)).expect("text");
        text.replacen('{', &format!(r#"{{"{}":0,"#, "n".repeat(size)), 1).into()
    }),
];

const SALT: &str = "00000000-0000-4000-8000-000000000000:string:";
const NUMBER: &str = "00000000-0000-4000-8000-000000000000:number:";
/// A hash that differs from [`UNKNOWN`].
const ONE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
/// In place of a digest that is not known yet.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const ISSUERS: &str = concat!(
    r#""issuers":[{"name":"00000000-0000-4000-8000-000000000000:string:A","#,
    r#""documentStore":"00000000-0000-4000-8000-000000000000:string:0x1111111111111111111111111111111111111111","#,
    r#""identityProof":{"type":"00000000-0000-4000-8000-000000000000:string:DNS-TXT","#,
    r#""location":"00000000-0000-4000-8000-000000000000:string:carrier.example"}}],"#,
    r#""network":{"chain":"00000000-0000-4000-8000-000000000000:string:ETH","#,
    r#""chainId":"00000000-0000-4000-8000-000000000000:string:1337"}"#
);

/// Parts until they are so many bytes.
fn filled(bytes: usize, part: impl Fn(usize) -> String) -> String {
    let mut out = String::with_capacity(bytes + 1024);
    for number in 0.. {
        if out.len() >= bytes {
            break;
        }
        // From 1: 0 stands for a digest that is not known yet.
        out.push_str(&part(number + 1));
    }
    out
}

fn filled_times(times: usize, part: impl Fn(usize) -> String) -> String {
    (1..=times).map(part).collect()
}

fn store(address: &str) -> String {
    format!(
        r#"{{"name":"{SALT}A","documentStore":"{SALT}{address}","identityProof":{{"type":"{SALT}DNS-TXT","location":"{SALT}carrier.example"}}}}"#
    )
}

fn signature(signature: &str) -> String {
    format!(
        r#"{{"type":"OpenAttestationSignature2018","proofPurpose":"assertionMethod","verificationMethod":"did:ethr:0x00#controller","signature":"{signature}"}}"#
    )
}

/// `more` members of `data` and of the file, each with a comma before it. The digest is not known.
fn plain_v2(more: &str, beside: &str) -> String {
    format!(
        r#"{{"version":"https://schema.openattestation.com/2.0/schema.json","data":{{{ISSUERS}{more}}},"signature":{{"type":"SHA3MerkleProof","targetHash":"{UNKNOWN}","proof":[],"merkleRoot":"{UNKNOWN}"}}{beside}}}"#
    )
}

/// The same, intact.
fn v2(more: &str, beside: &str) -> Vec<u8> {
    intact(plain_v2(more, beside))
}

/// With the digest that the content has.
fn intact(text: String) -> Vec<u8> {
    match fault(&text) {
        Some(Fault::DigestMismatch { found, .. }) => text.replace(UNKNOWN, &found.to_hex64()).into(),
        other => panic!("built wrongly: {other:?}"),
    }
}

/// With the digest that the content has, and the root that the proof leads to from there.
fn rooted(text: String) -> Vec<u8> {
    let Some(Fault::DigestMismatch { found, .. }) = fault(&text) else { panic!("built wrongly") };
    let text = text.replacen(UNKNOWN, &found.to_hex64(), 1);
    match fault(&text) {
        Some(Fault::MerkleMismatch { found, .. }) => text.replace(UNKNOWN, &found.to_hex64()).into(),
        other => panic!("built wrongly: {other:?}"),
    }
}

fn fault(text: &str) -> Option<Fault> {
    let document = document::read(text.as_bytes(), &Limits::default()).expect("a document");
    match integrity::check(&document).result {
        IntegrityResult::Broken(fault) => Some(fault),
        _ => None,
    }
}

fn leaf_of(data: &str, path: &str) -> String {
    let tree = json::parse(data.as_bytes(), &Limits::default()).expect("JSON");
    let leaves = integrity::flatten_oa2(tree.root()).expect("salted");
    leaves.iter().find(|leaf| leaf.path == path).expect("a leaf").hash.to_hex64()
}

enum Salts {
    InOrder,
    Reversed,
    These(String),
}

fn content_of_v3(subject: &str) -> String {
    [
        r#""version":"https://schema.openattestation.com/3.0/schema.json","#,
        r#""@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],"#,
        r#""issuanceDate":"2026-03-01T08:00:00Z","issuer":{"id":"https://carrier.example","name":"Nordsee Carrier"},"#,
        r#""openAttestationMetadata":{"proof":{"type":"OpenAttestationProofMethod","method":"DOCUMENT_STORE","#,
        r#""value":"0x1111111111111111111111111111111111111111"},"#,
        r#""identityProof":{"type":"DNS-TXT","identifier":"carrier.example"}},"#,
        r#""network":{"chain":"ETH","chainId":"1337"},"credentialSubject":"#,
        subject,
    ]
    .concat()
}

/// A document of v3 whose digest is not known; `hidden` hashes end with a comma.
fn with_salts(content: &str, salts: Salts, hidden: &str) -> String {
    let salts = match salts {
        Salts::These(text) => text,
        Salts::InOrder => listed(salts_of(content)),
        Salts::Reversed => listed(salts_of(content).into_iter().rev().collect()),
    };
    let salts = STANDARD.encode(salts);
    let hidden = hidden.trim_end_matches(',');
    format!(
        r#"{{{content},"proof":{{"type":"OpenAttestationMerkleProofSignature2018","proofPurpose":"assertionMethod","targetHash":"{UNKNOWN}","proofs":[],"merkleRoot":"{UNKNOWN}","salts":"{salts}","privacy":{{"obfuscated":[{hidden}]}}}}}}"#
    )
}

fn listed(salts: Vec<String>) -> String {
    format!("[{}]", salts.join(","))
}

fn salts_of(content: &str) -> Vec<String> {
    // Alone it may have too many values for its size; its salts will make up for them.
    let text = format!("{{{content}}}{}", " ".repeat(4 * content.len()));
    let limits = Limits { max_bytes: usize::MAX, ..Limits::default() };
    let tree = json::parse(text.as_bytes(), &limits).expect("JSON");
    let mut salts = Vec::new();
    each_scalar(tree.root(), "", &mut |path| {
        let path = serde_json::Value::from(path);
        salts.push(format!(r#"{{"value":"{ONE}","path":{path}}}"#));
    });
    salts
}

fn each_scalar(value: Value<'_>, path: &str, visit: &mut impl FnMut(&str)) {
    match value.kind() {
        Kind::Object(members) => {
            for (name, value) in members {
                let name = name.decoded();
                let path = if path.is_empty() { name.into_owned() } else { format!("{path}.{name}") };
                each_scalar(value, &path, visit);
            }
        }
        Kind::Array(items) => {
            for (index, item) in items.enumerate() {
                each_scalar(item, &format!("{path}[{index}]"), visit);
            }
        }
        _ => visit(path),
    }
}

fn plain_v3(subject: &str, salts: Salts, hidden: &str) -> String {
    with_salts(&content_of_v3(subject), salts, hidden)
}

fn v3(subject: &str, salts: Salts, hidden: &str) -> Vec<u8> {
    intact(plain_v3(subject, salts, hidden))
}

/// With the digest of the older wrapping rule: without its falsy values.
fn truthy_v3(subject: &str) -> Vec<u8> {
    let text = plain_v3(subject, Salts::InOrder, "");
    // Only the falsy values differ, so the digest is that of the document without them.
    let without = intact(with_salts(&content_of_v3("{}"), Salts::InOrder, ""));
    let document = document::read(&without, &Limits::default()).expect("a document");
    text.replace(UNKNOWN, &document.target_hash().expect("a digest").to_hex64()).into()
}

/// A sealed file that carries its key.
fn sealed(content: &[u8], with_escapes: bool) -> Vec<u8> {
    let (key, iv) = ([7; 32], [9; 12]);
    let mut cipher_text = STANDARD.encode(content).into_bytes();
    let tag = Aes256Gcm::new(&key.into())
        .encrypt_inout_detached(&iv.into(), b"", cipher_text.as_mut_slice().into())
        .expect("not too long");
    let cipher_text = STANDARD.encode(cipher_text);
    let cipher_text = if with_escapes { cipher_text.replace('/', r"\/") } else { cipher_text };
    let parts = [
        ("cipherText", cipher_text),
        ("iv", STANDARD.encode(iv)),
        ("tag", STANDARD.encode(tag)),
        ("key", "07".repeat(32)),
        ("type", "OPEN-ATTESTATION-TYPE-1".to_owned()),
    ];
    let members: Vec<String> = parts
        .into_iter()
        .chain(once(("ttl", String::new())))
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!(r#""{name}":"{text}""#))
        .collect();
    format!("{{{}}}", members.join(",")).into()
}
