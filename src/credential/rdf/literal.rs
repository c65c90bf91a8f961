//! Values as literals, byte for byte as signers write them (documents.md §9.3 rule 2, vectors `w3c-rdf-literals.json`).

use std::borrow::Cow;
use std::sync::Arc;

use super::context::{Coercion, Definition, Direction};
use super::{Literal, LiteralKind, Unreadable};
use crate::document::json;

pub(super) fn of_bool<'t>(word: bool, coercion: &Coercion) -> Literal<'t> {
    Literal { text: Cow::Borrowed(if word { "true" } else { "false" }), kind: kind(coercion, XSD_BOOLEAN) }
}

/// A whole number is an `xsd:integer` without an exponent; another, and one from 1e21 on, an `xsd:double`.
pub(super) fn of_number<'t>(token: &'t str, coercion: &Coercion) -> Result<Literal<'t>, Unreadable> {
    let refused = || Unreadable::Number(crate::text::clipped(token).into_owned());
    let number: f64 = token.parse().map_err(|_| refused())?;
    if !json::is_ecmascript_number(token) {
        return Err(refused());
    }
    let as_double = token.contains('.') || number.abs() >= 1e21 || *coercion == Coercion::Datatype(XSD_DOUBLE.into());
    if as_double {
        let text = double(number).ok_or_else(refused)?;
        return Ok(Literal { text: Cow::Owned(text), kind: kind(coercion, XSD_DOUBLE) });
    }
    // Smaller than a millionth without a decimal point: signers write `0`.
    if token.contains('e') {
        return Err(refused());
    }
    Ok(Literal { text: Cow::Borrowed(token), kind: kind(coercion, XSD_INTEGER) })
}

/// A text keeps its spelling, except that of an `xsd:double`.
pub(super) fn of_text<'t>(text: Cow<'t, str>, definition: &Definition) -> Result<Literal<'t>, Unreadable> {
    let kind = match &definition.coercion {
        Coercion::Datatype(datatype) if **datatype == *XSD_DOUBLE => {
            let refused = || Unreadable::Number(crate::text::clipped(&text).into_owned());
            let number = Some(&*text).filter(|text| json::is_number(text)).and_then(|text| text.parse().ok());
            let canonical = number.filter(|number: &f64| number.is_finite()).and_then(double).ok_or_else(refused)?;
            return Ok(Literal { text: Cow::Owned(canonical), kind: LiteralKind::Datatype(Arc::clone(datatype)) });
        }
        Coercion::Datatype(datatype) if **datatype != *XSD_STRING => LiteralKind::Datatype(Arc::clone(datatype)),
        Coercion::Datatype(_) => LiteralKind::Text,
        _ => match (&definition.language, definition.direction) {
            (None, None) => LiteralKind::Text,
            (Some(language), None) => LiteralKind::Language(Arc::clone(language)),
            (language, Some(direction)) => LiteralKind::Datatype(i18n(language.as_deref(), direction)),
        },
    };
    Ok(Literal { text, kind })
}

fn kind(coercion: &Coercion, natural: &str) -> LiteralKind {
    match coercion {
        Coercion::Datatype(datatype) if **datatype == *XSD_STRING => LiteralKind::Text,
        Coercion::Datatype(datatype) => LiteralKind::Datatype(Arc::clone(datatype)),
        _ => LiteralKind::Datatype(natural.into()),
    }
}

/// The datatype of a text with a direction (`rdfDirection` `i18n-datatype`).
fn i18n(language: Option<&str>, direction: Direction) -> Arc<str> {
    let language = language.unwrap_or_default().to_lowercase();
    let direction = match direction {
        Direction::LeftToRight => "ltr",
        Direction::RightToLeft => "rtl",
    };
    format!("https://www.w3.org/ns/i18n#{language}_{direction}").into()
}

/// Up to sixteen digits; `None` where that is another number.
fn double(number: f64) -> Option<String> {
    let scientific = format!("{number:.15e}");
    if scientific.parse() != Ok(number) {
        return None;
    }
    let (mantissa, exponent) = scientific.split_once('e')?;
    let mantissa = mantissa.trim_end_matches('0');
    let zero = if mantissa.ends_with('.') { "0" } else { "" };
    Some(format!("{mantissa}{zero}E{exponent}"))
}

const XSD_BOOLEAN: &str = "http://www.w3.org/2001/XMLSchema#boolean";
const XSD_INTEGER: &str = "http://www.w3.org/2001/XMLSchema#integer";
const XSD_DOUBLE: &str = "http://www.w3.org/2001/XMLSchema#double";
const XSD_STRING: &str = "http://www.w3.org/2001/XMLSchema#string";
