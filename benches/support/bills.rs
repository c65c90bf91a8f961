//! Wrapped bills of any number of fields, of any size, or around an attachment.

use serde_json::{Value, json};

use super::wrapping::{Format, batch, wrap};
use ebl_verifier::primitives::Address;

/// A bill of at least so many fields; what it has beyond those of every bill are packages.
pub fn of_fields(format: Format, fields: usize) -> Vec<u8> {
    wrapped(format, with_fields(plain(format), fields))
}

/// A bill of about so many bytes of small fields.
pub fn of_bytes(format: Format, bytes: usize) -> Vec<u8> {
    let a_field = match format {
        Format::V2 => 71,
        // Its salt and its path are written down beside it, in base64.
        Format::V3 => 193,
    };
    of_fields(format, bytes / a_field)
}

/// A bill with an attachment of so many bytes.
pub fn of_attachment(bytes: usize) -> Vec<u8> {
    let mut plain = plain(Format::V2);
    plain["attachments"] = json!([{"filename": "bill.pdf", "type": "application/pdf", "data": "A".repeat(bytes)}]);
    wrapped(Format::V2, plain)
}

/// Adds packages until a plain document has so many fields.
pub fn with_fields(mut plain: Value, fields: usize) -> Value {
    let more = fields.saturating_sub(count(&plain)).div_ceil(2);
    let package = |number| json!({"description": format!("Coffee, bag {number}"), "weight": "60 KGS"});
    let content = match plain.get("credentialSubject") {
        Some(_) => &mut plain["credentialSubject"],
        None => &mut plain,
    };
    content["packages"] = (0..more).map(package).collect();
    plain
}

/// How many fields a document has.
pub fn count(document: &Value) -> usize {
    match document {
        Value::Object(members) => members.values().map(count).sum(),
        Value::Array(items) => items.iter().map(count).sum(),
        _ => 1,
    }
}

fn plain(format: Format) -> Value {
    let store = Address([0x5a; 20]);
    match format {
        Format::V2 => super::wrapping::plain_v2(vec![super::wrapping::issuer("documentStore", store)], CHAIN, 1),
        Format::V3 => {
            let mut document = batch(Format::V3, &[store], CHAIN, 1, 1).remove(0).document;
            document.as_object_mut().expect("an object").remove("proof");
            document
        }
    }
}

fn wrapped(format: Format, plain: Value) -> Vec<u8> {
    wrap(format, vec![plain]).remove(0).document.to_string().into_bytes()
}

const CHAIN: u64 = 31337;
