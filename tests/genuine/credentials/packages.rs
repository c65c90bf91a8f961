//! The published packages, behind one script for node.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::javascript::link_folder;
use crate::support::anvil::node_modules;

const SCRIPT: &str = include_str!("../javascript/credentials.mjs");

/// Whether they and node are here.
pub fn are_there(modules: &Path) -> bool {
    let there = |package: &str| modules.join(package).join("package.json").exists();
    let packages = ["@trustvc/w3c-vc", "@digitalbazaar/vc", "@mattrglobal/jsonld-signatures-bbs", "jsonld"];
    packages.into_iter().all(there) && Command::new("node").arg("--version").output().is_ok()
}

/// What they can find out: DID documents, and what is published at addresses.
#[derive(Default)]
pub struct Packages {
    dids: Vec<Value>,
    pages: serde_json::Map<String, Value>,
}

impl Packages {
    pub fn did(mut self, document: &Value) -> Self {
        self.dids.push(document.clone());
        self
    }

    pub fn page(mut self, url: &str, content: &Value) -> Self {
        self.pages.insert(url.to_owned(), content.clone());
        self
    }

    /// One question that they must be able to answer.
    pub fn ask(&self, question: Value) -> Result<Value, Failed> {
        let answer = self.ask_all([question])?.pop().ok_or("no answer")?;
        answer.map_err(Into::into)
    }

    /// Their answers, or what they say against a question.
    pub fn ask_all(&self, questions: impl IntoIterator<Item = Value>) -> Result<Vec<Result<Value, String>>, Failed> {
        let questions: Vec<Value> = questions.into_iter().collect();
        let input = json!({"dids": self.dids, "pages": self.pages, "questions": questions});
        let folder = tempfile::tempdir()?;
        link_folder(node_modules(), folder.path().join("node_modules"))?;
        std::fs::write(folder.path().join("script.mjs"), SCRIPT)?;
        let mut node = Command::new("node")
            .arg("script.mjs")
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        node.stdin.take().ok_or("its input")?.write_all(input.to_string().as_bytes())?;
        let output = node.wait_with_output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout)?;
        if answers.len() != questions.len() {
            return Err("an answer is missing".into());
        }
        Ok(answers.into_iter().map(answer).collect())
    }
}

fn answer(mut answer: Value) -> Result<Value, String> {
    match answer.get("failed").and_then(Value::as_str) {
        Some(why) => Err(why.to_owned()),
        None => Ok(answer["ok"].take()),
    }
}
