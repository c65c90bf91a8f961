//! The case files: what a verifier is given of a case, and what it has to answer (`fixtures/vectors/README.md`).

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its file's name, without the ending.
    pub kind: String,
    pub id: String,
    pub title: String,
    /// What the verifier gets.
    pub input: Value,
    /// What it has to answer, by member.
    pub wanted: Map<String, Value>,
    /// What the file says of it, hints included.
    pub expected: Value,
}

/// All cases of all files in a folder, in the order of their names.
pub fn in_folder(folder: &Path) -> Result<Vec<Case>, String> {
    let entries = std::fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let kind = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|why| wrong(&why))?;
        let content: Value = serde_json::from_str(&text).map_err(|why| wrong(&why))?;
        let listed = content["cases"].as_array().ok_or_else(|| wrong(&"it has no list of cases"))?;
        for case in listed {
            cases.push(Case::read(&kind, case).ok_or_else(|| wrong(&"a case has no id or nothing is expected of it"))?);
        }
    }
    if cases.is_empty() {
        return Err(format!("{}: there are no cases", folder.display()));
    }
    Ok(cases)
}

/// Members of `expected` that say which rule is meant, and bind nobody to its name.
const HINTS: [&str; 6] = ["reason_hint", "reason", "warnings_hint", "code", "note", "signature"];
/// Members of a case that tell what comes out.
const RESULTS: [&str; 8] =
    ["expected", "facts", "leaves", "eip191_digest", "hidden_paths", "hidden_hashes", "key_ascii", "nonce_ascii"];

impl Case {
    fn read(kind: &str, case: &Value) -> Option<Self> {
        let text = |name: &str| Some(case.get(name)?.as_str()?.to_owned());
        let expected = case.get("expected")?;
        let mut wanted: Map<_, _> = expected.as_object()?.clone();
        wanted.retain(|name, _| !HINTS.contains(&name.as_str()));
        // Facts of W3C credentials are the steps in between, which the suites' own tests look at.
        if !kind.starts_with("w3c-") {
            wanted.extend(case["facts"].as_object().cloned().unwrap_or_default());
        }
        wanted.extend(case.get("eip191_digest").map(|digest| ("eip191_digest".to_owned(), digest.clone())));
        if let Some(hidden) = case["hidden_hashes"].as_array().filter(|_| expected["after"] == "pass") {
            wanted.insert("hidden".into(), json!(hidden.len()));
            wanted.insert("kept".into(), json!(true));
        }
        let mut input = case.as_object()?.clone();
        input.retain(|name, _| !RESULTS.contains(&name.as_str()) && name != "id" && name != "title");
        Some(Self {
            kind: kind.to_owned(),
            id: text("id")?,
            title: text("title")?,
            input: Value::Object(input),
            wanted,
            expected: expected.clone(),
        })
    }

    /// Whether an answer is what the case comes to. What is not asked for may stand in an answer beside it.
    pub fn compare(&self, answer: &Value) -> Result<(), String> {
        for (name, wanted) in &self.wanted {
            let found = &answer[name];
            let same = match name.as_str() {
                "key" => text_without_case(found) == text_without_case(wanted),
                "leaves" => leaves(found) == leaves(wanted),
                _ => found == wanted,
            };
            if !same {
                return Err(format!("`{name}` is {}, and must be {}", clipped(found), clipped(wanted)));
            }
        }
        Ok(())
    }
}

/// A program may leave out what it does not do.
#[allow(dead_code, reason = "the tests skip nothing")]
pub fn is_skipped(answer: &Value) -> bool {
    answer["outcome"] == "skip"
}

fn text_without_case(value: &Value) -> Option<String> {
    value.as_str().map(str::to_ascii_lowercase)
}

/// Path and hash of each, in any order.
fn leaves(value: &Value) -> Option<BTreeSet<(&str, &str)>> {
    value.as_array()?.iter().map(|leaf| Some((leaf["path"].as_str()?, leaf["hash"].as_str()?))).collect()
}

fn clipped(value: &Value) -> String {
    const MOST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
