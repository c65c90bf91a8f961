//! The real binary and what it reports.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use libtest_mimic::Failed;
use serde_json::Value;

/// What `ebl verify` said in one step of the story.
#[derive(Debug, Clone)]
pub struct Reported {
    pub step: String,
    pub json: Value,
    pub exit: i32,
}

/// Exit code, verdict, title state, and a code that some check carries.
pub type Expected = (i32, &'static str, &'static str, &'static str);

impl Reported {
    pub fn check(&self, name: &str) -> &Value {
        self.json["checks"].as_array().into_iter().flatten().find(|check| check["name"] == name).expect("the check")
    }

    pub fn warnings(&self) -> Vec<&str> {
        self.json["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub fn must_be(&self, (exit, verdict, state, code): Expected) -> Result<(), Failed> {
        let json = &self.json;
        let has_code = json["checks"].as_array().into_iter().flatten().any(|check| check["code"] == code);
        if self.exit == exit && json["verdict"] == verdict && json["title"]["state"] == state && has_code {
            return Ok(());
        }
        Err(format!("{}: wanted {exit} {verdict} {state} {code}, found {}: {json:#}", self.step, self.exit).into())
    }

    /// The value at this JSON pointer.
    pub fn must_say(&self, pointer: &str, wanted: impl Into<Value>) -> Result<(), Failed> {
        let (found, wanted) = (self.json.pointer(pointer).unwrap_or(&Value::Null), wanted.into());
        if *found == wanted {
            return Ok(());
        }
        Err(format!("{}: {pointer} is {found}, wanted {wanted}: {:#}", self.step, self.json).into())
    }
}

/// Runs `ebl verify` and holds its report to the schema.
pub fn reported(step: &str, file: &Path, arguments: &[String]) -> Result<Reported, Failed> {
    let output = ebl(file, arguments).args(["--format", "json"]).output()?;
    let no_report = |_| format!("{step}: no report: {}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).map_err(no_report)?;
    let errors: Vec<_> = SCHEMA.iter_errors(&json).map(|error| error.to_string()).collect();
    if !errors.is_empty() {
        return Err(format!("{step}: {errors:?}").into());
    }
    Ok(Reported { step: step.to_owned(), json, exit: output.status.code().ok_or("it was killed")? })
}

/// The page for people.
pub fn page(file: &Path, arguments: &[String]) -> Result<String, Failed> {
    Ok(String::from_utf8(ebl(file, arguments).output()?.stdout)?)
}

fn ebl(file: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ebl"));
    command.args(["verify", "--timeout", "30"]).args(arguments).arg(file).env_clear().env("HOME", "/nonexistent");
    command
}

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("../../../schemas/report.schema.json")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
});
