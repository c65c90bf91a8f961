//! Every field of a document changed, removed, added and moved in turn.

use serde_json::{Value, json};

/// What was done, and the document that it makes.
pub struct Change {
    pub what: String,
    pub document: Value,
}

/// One after the other, of every part but the order of lists.
pub fn all(document: &Value) -> Vec<Change> {
    let mut changes = Changes { document, made: Vec::new() };
    let mut objects = Vec::new();
    collect_objects(document, "", &mut objects);
    changes.fields("", document);
    for (place, object) in objects.iter().enumerate() {
        changes.add(object);
        for other in
            [objects.get(place + 1), objects.iter().find(|other| is_parent(other, object))].into_iter().flatten()
        {
            changes.move_members(object, other);
        }
    }
    changes.made
}

struct Changes<'d> {
    document: &'d Value,
    made: Vec<Change>,
}

impl Changes<'_> {
    /// Values below, changed and removed.
    fn fields(&mut self, at: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    let below = format!("{at}/{name}");
                    self.make(format!("without {below}"), |document| {
                        document.pointer_mut(at)?.as_object_mut()?.remove(name)
                    });
                    self.fields(&below, value);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let below = format!("{at}/{index}");
                    self.make(format!("without {below}"), |document| {
                        Some(document.pointer_mut(at)?.as_array_mut()?.remove(index))
                    });
                    self.make(format!("{below} twice, the second changed"), |document| {
                        let items = document.pointer_mut(at)?.as_array_mut()?;
                        let mut again = items[index].clone();
                        change(&mut again);
                        items.push(again);
                        Some(Value::Null)
                    });
                    self.fields(&below, value);
                }
            }
            _ => self.make(format!("another {at}"), |document| {
                let value = document.pointer_mut(at)?;
                change(value);
                Some(Value::Null)
            }),
        }
    }

    fn add(&mut self, at: &str) {
        for (name, value) in [("name", json!("added")), ("id", json!("urn:added")), ("blNumber", json!("ADDED-1"))] {
            self.make(format!("{at}/{name} added"), |document| {
                let members = document.pointer_mut(at)?.as_object_mut()?;
                (!members.contains_key(name)).then(|| members.insert(name.into(), value))?;
                Some(Value::Null)
            });
        }
    }

    /// Each member of one to the other, or exchanged with its.
    fn move_members(&mut self, from: &str, to: &str) {
        let members = self.document.pointer(from).and_then(Value::as_object);
        for name in members.into_iter().flat_map(|members| members.keys()) {
            self.make(format!("{from}/{name} moved to {to}"), |document| {
                // Whatever lies inside is not moved into itself.
                (!to.starts_with(&format!("{from}/{name}"))).then_some(())?;
                let other = document.pointer_mut(to)?.as_object_mut()?.remove(name);
                let own = document.pointer_mut(from)?.as_object_mut()?;
                let moved = match other {
                    Some(other) => own.insert(name.clone(), other)?,
                    None => own.remove(name)?,
                };
                document.pointer_mut(to)?.as_object_mut()?.insert(name.clone(), moved);
                Some(Value::Null)
            });
        }
    }

    fn make(&mut self, what: String, change: impl FnOnce(&mut Value) -> Option<Value>) {
        let mut document = self.document.clone();
        if change(&mut document).is_some() && document != *self.document {
            self.made.push(Change { what, document });
        }
    }
}

/// To another value that looks as good.
fn change(value: &mut Value) {
    match value {
        // Not at the very end, where decoders of base64 differ about bits that stand for nothing.
        Value::String(text) => match text.char_indices().rev().skip(4).find(|(_, letter)| letter.is_ascii_digit()) {
            Some((at, digit)) => text.replace_range(at..=at, if digit == '1' { "2" } else { "1" }),
            None => text.push('x'),
        },
        Value::Number(number) => *value = json!(number.as_i64().unwrap_or_default() + 1),
        Value::Bool(word) => *word = !*word,
        Value::Array(items) => items.iter_mut().for_each(change),
        Value::Object(members) => members.values_mut().take(1).for_each(change),
        Value::Null => {}
    }
}

/// Places of all objects, outer ones first.
fn collect_objects(value: &Value, at: &str, objects: &mut Vec<String>) {
    if value.is_object() {
        objects.push(at.to_owned());
    }
    let below: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (step, value) in below {
        collect_objects(value, &format!("{at}/{step}"), objects);
    }
}

/// Whether the second lies in the first, with no object between.
fn is_parent(outer: &str, inner: &str) -> bool {
    let steps = inner.strip_prefix(outer).map(|rest| rest.trim_start_matches('/'));
    steps.is_some_and(|rest| !rest.is_empty() && rest.split('/').skip(1).all(|step| step.parse::<usize>().is_ok()))
}
