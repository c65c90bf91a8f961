//! Every case of `fixtures/vectors/` is a test of its own, named by its id: `cargo test --test vectors v2-tamper-root`. How a
//! case is read, answered and compared stands in the example that runs them for others.

#[path = "../examples/vectors/answers.rs"]
mod answers;
#[path = "../examples/vectors/cases.rs"]
mod cases;
#[path = "../examples/vectors/program.rs"]
mod program;

use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use cases::Case;
use libtest_mimic::{Arguments, Failed, Trial};
use program::Program;
use serde_json::{Value, json};

fn main() {
    if std::env::args().nth(1).as_deref() == Some(AS_PROGRAM) {
        return answer_lines();
    }
    let arguments = Arguments::from_args();
    let all = cases::in_folder(&folder()).expect("the vectors are there");
    assert_eq!(all.len(), 836 + 330, "the vectors are not all there");
    let mut trials: Vec<_> = all
        .iter()
        .cloned()
        .map(|case| Trial::test(format!("{}::{}", case.kind, case.id), move || judge(&case)))
        .collect();
    trials.push(Trial::test("every_file_fits_its_schema", every_file_fits_its_schema));
    trials.push(Trial::test("a_wrong_answer_is_told", a_wrong_answer_is_told));
    trials.push(Trial::test("the_readme_shows_what_a_program_is_given", the_readme_shows_what_a_program_is_given));
    trials.push(Trial::test("another_program_answers_the_same_cases", move || another_program(&all)));
    libtest_mimic::run(&arguments, trials).exit();
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors")
}

/// What every verifier must come to, and then that ours has the reason that is meant.
fn judge(case: &Case) -> Result<(), Failed> {
    let answer = answers::of(&case.kind, &case.input)?;
    case.compare(&answer).map_err(|why| format!("{}: {why}", case.title))?;
    let (expected, code) = (&case.expected, answer["code"].as_str().unwrap_or_default());
    let refused = matches!(answer["outcome"].as_str(), Some("fail" | "refuse"));
    let right = match case.kind.as_str() {
        "json-parsing" if refused => expected["code"] == word_for(code),
        "v2-tampered" | "v3-tampered" if refused => is_meant(expected["reason_hint"].as_str(), case, code),
        "v3-falsy" if answer["outcome"] == "unknown" => {
            answer["unauthenticated"].as_array().is_some_and(|paths| !paths.is_empty())
        }
        "did-signed" if !refused => answer["normalised"] == json!(expected["note"] == "normalised"),
        // A note says that the place is private: `--allow-private` lets it through.
        "urls" if refused => expected["note"].is_null() || answer["private"] == true,
        _ => true,
    };
    if right { Ok(()) } else { Err(format!("the reason is another than {expected}: {answer}").into()) }
}

/// The words of `json-parsing.json` for our codes.
fn word_for(code: &str) -> &'static str {
    match code {
        "read.duplicate_member" => "duplicate",
        "read.too_deep" => "depth",
        "read.lone_surrogate" => "surrogate",
        "read.trailing_bytes" => "trailing",
        "read.not_an_object" => "not-an-object",
        "read.reserved_name" => "reserved",
        "read.byte_order_mark" => "bom",
        "read.invalid_utf8" => "utf8",
        _ => "syntax",
    }
}

fn is_meant(hint: Option<&str>, case: &Case, code: &str) -> bool {
    // Only what is given byte by byte may be unreadable; everything else is judged.
    if code.starts_with("read.") {
        return case.input["raw_base64"].is_string();
    }
    match hint.unwrap_or_default() {
        "digest" => code == "integrity.digest_mismatch",
        "merkle" => code == "integrity.merkle_mismatch",
        "salt-paths" => code == "integrity.salts_mismatch",
        hint if hint.contains("7.2") => code == "integrity.batch_token",
        _ => code != "integrity.digest_mismatch",
    }
}

fn every_file_fits_its_schema() -> Result<(), Failed> {
    let read = |path: &Path| -> Result<Value, Failed> { Ok(serde_json::from_slice(&std::fs::read(path)?)?) };
    let schema = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/vectors.schema.json"))?;
    let schema = jsonschema::validator_for(&schema)?;
    let fits =
        |content: &Value| schema.iter_errors(content).next().map(|error| format!("{}: {error}", error.instance_path()));
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let content = read(&path)?;
        if let Some(why) = fits(&content) {
            return Err(format!("{}: {why}", path.display()).into());
        }
        let mut ids: Vec<_> =
            content["cases"].as_array().into_iter().flatten().map(|case| case["id"].as_str()).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!("{}: an id stands twice", path.display()).into());
        }
        for (member, value) in [("id", json!(7)), ("expected", json!({"outcome": "maybe"})), ("surprise", json!(true))]
        {
            let mut other = content.clone();
            other["cases"][0][member] = value;
            if fits(&other).is_none() {
                return Err(format!("{}: a wrong `{member}` fits", path.display()).into());
            }
        }
    }
    Ok(())
}

fn a_wrong_answer_is_told() -> Result<(), Failed> {
    for case in cases::in_folder(&folder())? {
        let good = answers::of(&case.kind, &case.input)?;
        for name in case.wanted.keys() {
            let mut answer = good.clone();
            answer[name] = json!("something else");
            if case.compare(&answer).is_ok() {
                return Err(format!("{}: another `{name}` passes", case.id).into());
            }
        }
    }
    Ok(())
}

fn the_readme_shows_what_a_program_is_given() -> Result<(), Failed> {
    let readme = std::fs::read_to_string(folder().join("README.md"))?;
    let case = cases::in_folder(&folder())?.into_iter().find(|case| case.id == "salt-ok-5").ok_or("no such case")?;
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).ok_or("nothing is shown")?;
    let lines = shown.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let right = lines == [program::question(&case), answers::of(&case.kind, &case.input)?];
    if right { Ok(()) } else { Err(format!("it is {}", program::question(&case)).into()) }
}

/// The program is this test, as what stands below.
fn another_program(all: &[Case]) -> Result<(), Failed> {
    let this = std::env::current_exe()?.to_string_lossy().into_owned();
    let mut program = Program::start(&[this, AS_PROGRAM.into()])?;
    for case in all {
        let answer = program.answer(case)?;
        case.compare(&answer).map_err(|why| format!("{}: {why}", case.id))?;
    }
    let mut ended = Program::start(&[std::env::current_exe()?.to_string_lossy().into_owned(), "--list".into()])?;
    let answered = (0..2000).filter_map(|_| ended.answer(&all[0]).ok()).count();
    if answered == 0 { Ok(()) } else { Err("lines that are no answers count as answers".into()) }
}

const AS_PROGRAM: &str = "--as-program";

fn answer_lines() {
    for line in std::io::stdin().lock().lines() {
        let case: Value = serde_json::from_str(&line.expect("a line")).expect("a case");
        let answer = answers::of(case["kind"].as_str().expect("a kind"), &case["input"]);
        println!("{}", answer.expect("an answer"));
    }
}
