//! Two tellings of the same story must report the same, step by step.

use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::command::Reported;
use super::story::Story;

/// What may differ beside files, block hashes, times and ports, which are each run's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// Nothing.
    Nothing,
    /// How a registry whose word counts came to count: known code here, the caller's trust there.
    RegistryCode,
}

pub fn same_reports(one: &Story, other: &Story, apart: Apart) -> Result<(), Failed> {
    let steps = |story: &Story| story.reports.iter().map(|report| report.step.clone()).collect::<Vec<_>>();
    if steps(one) != steps(other) {
        return Err(format!("the steps differ: {:?} and {:?}", steps(one), steps(other)).into());
    }
    let mut found = Vec::new();
    for (left, right) in one.reports.iter().zip(&other.reports) {
        let step = &left.step;
        if left.exit != right.exit {
            found.push(format!("{step}: exit code {} and {}", left.exit, right.exit));
        }
        differences(step, &comparable(one, left, apart), &comparable(other, right, apart), &mut found);
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("\n").into()) }
}

fn comparable(story: &Story, report: &Reported, apart: Apart) -> Value {
    let text = story.places.iter().fold(report.json.to_string(), |text, (host, name)| text.replace(host, name));
    let mut json: Value = serde_json::from_str(&text).expect("a name for a host leaves it JSON");
    json["file"] = Value::Null;
    json["checked_at"] = Value::Null;
    if let Some(as_of) = json["as_of"].as_object_mut() {
        as_of.insert("hash".into(), Value::Null);
        as_of.insert("time".into(), Value::Null);
    }
    let counts = ["genuine", "trusted_by_caller"].map(Value::from).contains(&json["registry"]["authenticity"]);
    if apart == Apart::RegistryCode && counts {
        json["registry"]["authenticity"] = json!("counts");
        json["registry"]["code_hash"] = Value::Null;
        for check in json["checks"].as_array_mut().into_iter().flatten().filter(|check| check["name"] == "registry") {
            check["code"] = Value::Null;
            check["message"] = Value::Null;
        }
    }
    json
}

fn differences(place: &str, left: &Value, right: &Value, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) if left.keys().eq(right.keys()) => {
            for (name, value) in left {
                differences(&format!("{place}/{name}"), value, &right[name], found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{place}/{index}"), left, right, found);
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(format!("{place}: {left} and {right}")),
    }
}
