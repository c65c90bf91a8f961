//! What is wrong with the shape of a document, in words: the member, what it is, and what it must be. No word of the
//! schema language reaches a reader, and numbers stand as they were written.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value as Json;

use crate::document::json::{Kind, Value};
use crate::document::oa2::{LeafType, salted_leaf};

/// One sentence about the first error.
pub(super) fn explain(error: &ValidationError<'_>, content: Value<'_>) -> String {
    let (path, problem) = closest(error);
    let steps = steps(&path);
    let place = place(&steps);
    let found = || what(find(content, &steps));
    match problem {
        Problem::Missing(name) => {
            let member = if place.is_empty() { name } else { format!("{place}.{name}") };
            format!("`{member}` is missing")
        }
        Problem::Unknown(name) => format!("{} has a member {name:?}, which does not belong there", whole(&place)),
        Problem::SeveralContracts => {
            format!("{} names more than one of tokenRegistry, documentStore and certificateStore", whole(&place))
        }
        Problem::MustBe(wanted) => format!("{} is {}; it must be {wanted}", whole(&place), found()),
    }
}

enum Problem {
    Missing(String),
    Unknown(String),
    SeveralContracts,
    MustBe(String),
}

/// Path and problem. Where several forms are allowed, those of the form that the document comes closest to.
fn closest(error: &ValidationError<'_>) -> (String, Problem) {
    let path = error.instance_path().to_string();
    let problem = match error.kind() {
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            if let Some(wanted) = together(context, &path) {
                return wanted;
            }
            let nearest = context.iter().min_by_key(|errors| errors.iter().map(|it| distance(it, &path)).sum::<u32>());
            return match nearest.and_then(|errors| errors.iter().max_by_key(|it| distance(it, &path))) {
                Some(inner) => closest(inner),
                None => (path, Problem::MustBe("of another form".into())),
            };
        }
        ValidationErrorKind::Required { property } => {
            Problem::Missing(property.as_str().map_or_else(|| property.to_string(), str::to_owned))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            Problem::Unknown(unexpected.first().cloned().unwrap_or_default())
        }
        ValidationErrorKind::Not { .. } => Problem::SeveralContracts,
        ValidationErrorKind::Type { kind } => Problem::MustBe(kinds(kind)),
        ValidationErrorKind::Constant { expected_value } => Problem::MustBe(plain(expected_value)),
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(|all| all.iter().map(plain).collect()).unwrap_or_default();
            Problem::MustBe(one_of(options))
        }
        ValidationErrorKind::Pattern { pattern } if pattern.contains("{40}") => {
            Problem::MustBe("an address: 0x and 40 hexadecimal digits, no name".into())
        }
        ValidationErrorKind::Pattern { .. } => {
            Problem::MustBe("a web address that begins with http:// or https://".into())
        }
        ValidationErrorKind::Format { format } if format == "date-time" => {
            Problem::MustBe("a date and time with its zone, as in 2026-03-01T08:00:00Z".into())
        }
        ValidationErrorKind::Format { .. } => Problem::MustBe("a whole URI, as in https://carrier.example".into()),
        ValidationErrorKind::MinItems { .. } => Problem::MustBe("a list of at least one item".into()),
        _ => Problem::MustBe("of another form".into()),
    };
    (path, problem)
}

/// Where every allowed form asks the same member for another kind or word, all of them are named.
fn together(context: &[Vec<ValidationError<'_>>], path: &str) -> Option<(String, Problem)> {
    let about = |errors: &Vec<ValidationError<'_>>| {
        errors.iter().find_map(|error| {
            let at = error.instance_path().to_string();
            match error.kind() {
                ValidationErrorKind::Type { kind } if at == path => Some((at, kinds(kind))),
                ValidationErrorKind::Constant { expected_value } => Some((at, plain(expected_value))),
                _ => None,
            }
        })
    };
    let all: Vec<(String, String)> = context.iter().map(about).collect::<Option<_>>()?;
    let (first, _) = all.first()?;
    let same = all.iter().all(|(at, _)| at == first);
    same.then(|| (first.clone(), Problem::MustBe(one_of(all.iter().map(|(_, wanted)| wanted.clone()).collect()))))
}

/// How far an error takes a document away from a form: another kind of value altogether, a word that stands for another
/// form, something missing, a detail.
fn distance(error: &ValidationError<'_>, path: &str) -> u32 {
    match error.kind() {
        ValidationErrorKind::Type { .. } if error.instance_path().to_string() == path => 1000,
        ValidationErrorKind::Not { .. } => 100,
        ValidationErrorKind::Constant { .. } => 20,
        ValidationErrorKind::Required { .. } => 5,
        _ => 1,
    }
}

fn kinds(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => words_of(kind.as_str()).to_owned(),
        TypeKind::Multiple(_) => "of another kind".to_owned(),
    }
}

fn words_of(kind: &str) -> &'static str {
    match kind {
        "string" => "a text",
        "object" => "an object",
        "array" => "a list",
        "boolean" => "true or false",
        "null" => "null",
        _ => "a number",
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn one_of(mut words: Vec<String>) -> String {
    words.dedup();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The steps of a JSON pointer (RFC 6901).
fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// As the digest names places in OA 3.0: `issuers[0].name`.
fn place(steps: &[String]) -> String {
    let mut out = String::new();
    for step in steps {
        let index = step.bytes().all(|byte| byte.is_ascii_digit()) && !step.is_empty();
        out += &if index {
            format!("[{step}]")
        } else if out.is_empty() {
            step.clone()
        } else {
            format!(".{step}")
        };
    }
    out
}

fn whole(place: &str) -> String {
    if place.is_empty() { "the content".to_owned() } else { format!("`{place}`") }
}

fn find<'v>(content: Value<'v>, steps: &[String]) -> Option<Value<'v>> {
    steps.iter().try_fold(content, |value, step| match value.kind() {
        Kind::Array(mut items) => items.nth(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

/// A value as it was written, without the salt of OA 2.0.
fn what(value: Option<Value<'_>>) -> String {
    let Some(value) = value else { return "not there".to_owned() };
    match value.kind() {
        Kind::String(text) => {
            let text = text.decoded();
            match salted_leaf(&text) {
                None => quoted(&text),
                Some((LeafType::String, text)) => quoted(text),
                Some((LeafType::Number, text)) => format!("the number {}", clipped(text)),
                Some((LeafType::Boolean | LeafType::Null | LeafType::Undefined, text)) => text.to_owned(),
            }
        }
        Kind::Number(token) => format!("the number {}", clipped(token)),
        Kind::Bool(value) => value.to_string(),
        Kind::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Kind::Object(members) if members.is_empty() => "an empty object".to_owned(),
        _ => value.in_words().to_owned(),
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "an empty text".to_owned() } else { format!("the text \"{}\"", clipped(text)) }
}

fn clipped(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
