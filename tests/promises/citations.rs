//! Whoever follows a citation arrives: every page and `§n` named in comments and documents leads to a heading of this
//! repository, every rule, step, hazard and row to one that is there, and every relative link to a file and a heading.

#[path = "citations/pages.rs"]
mod pages;
#[path = "citations/reading.rs"]
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use pages::Page;
use reading::{Citation, Place, citations, comments, links, paths};

#[test]
fn every_citation_leads_to_a_heading_rule_or_row_of_the_repository() {
    let repository = Repository::read();
    let mut wrong = Vec::new();
    let mut followed = 0;
    for (file, text) in &repository.prose {
        for citation in citations(text, repository.own_page(file)) {
            followed += 1;
            let why = repository.leads_nowhere(&citation);
            wrong.extend(why.map(|why| format!("{file}:{}: {citation}: {why}", citation.line)));
        }
    }
    assert!(followed > 300, "only {followed} citations were found, so they are not read any more");
    assert!(wrong.is_empty(), "{} citations lead to nothing:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading_of_the_repository() {
    let repository = Repository::read();
    let mut wrong = Vec::new();
    let mut followed = 0;
    for (file, text) in repository.prose.iter().filter(|(file, _)| file.ends_with(".md")) {
        for link in links(text) {
            followed += 1;
            let why = repository.link_leads_nowhere(file, &link.target);
            wrong.extend(why.map(|why| format!("{file}:{}: {}: {why}", link.line, link.target)));
        }
    }
    assert!(followed > 50, "only {followed} links were found, so they are not read any more");
    assert!(wrong.is_empty(), "{} links lead to nothing:\n{}", wrong.len(), wrong.join("\n"));
}

/// What the CHANGELOG names was there when it was written.
#[test]
fn every_path_in_a_document_is_one_of_the_repository() {
    let repository = Repository::read();
    let folders: Vec<&str> = READ.into_iter().filter(|folder| !folder.is_empty()).collect();
    let mut wrong = Vec::new();
    let mut followed = 0;
    for (file, text) in repository.prose.iter().filter(|(file, _)| file.ends_with(".md") && *file != "CHANGELOG.md") {
        for (line, path) in paths(text, &folders) {
            followed += 1;
            let there = repository.files.iter().any(|known| known.starts_with(path));
            wrong.extend((!there).then(|| format!("{file}:{line}: {path}")));
        }
    }
    assert!(followed > 30, "only {followed} paths were found, so they are not read any more");
    assert!(wrong.is_empty(), "{} paths are not there:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(paths("See `src/a.rs`, src/b.rs and `cat src/c/ other/d`.", &["src"]), [(1, "src/a.rs"), (1, "src/c")]);
}

/// Hashes of code, addresses of DID registries and chains stand in both.
#[test]
fn the_tables_of_the_specification_are_those_of_the_code() {
    let read = |file: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (chain, checks) = (read("docs/spec/chain.md"), read("docs/spec/checks.md"));
    let hex = |text: &str, length: usize| -> BTreeSet<String> {
        let words = text.split(|character: char| !character.is_ascii_alphanumeric());
        let words = words.map(|word| word.strip_prefix("0x").unwrap_or(word).to_ascii_lowercase());
        words.filter(|word| word.len() == length && word.bytes().all(|byte| byte.is_ascii_hexdigit())).collect()
    };
    let between =
        |text: &str, from: &str, to: &str| text.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
    let stated = hex(&between(&chain, "### 1.9", "### 1.10"), 64);
    let known = hex(read("src/contracts/known_code.rs").split("#[cfg(test)]").next().unwrap(), 64);
    assert!(stated.len() > 20 && stated == known, "{:?}", stated.symmetric_difference(&known).collect::<Vec<_>>());
    let stated = hex(&between(&checks, "### 6.1", "### 6.2"), 40);
    let known = hex(&between(&read("src/identity/did.rs"), "fn did_registry", "#[cfg(test)]"), 40);
    assert!(stated.len() == 5 && stated == known, "{stated:?}, {known:?}");
    let stated = between(&chain, "## 4 ", "## 5 ");
    let networks = read("src/networks.toml");
    let mut ids = networks.lines().filter_map(|line| line.strip_prefix("id = "));
    let named = |id: &str| stated.split(|character: char| !character.is_ascii_digit()).any(|word| word == id);
    assert_eq!(ids.find(|id| !named(id)), None);
}

#[test]
fn a_made_up_citation_is_found_out() {
    let page = "# Page\n\n## 3 Content\n\n### 3.4 Rules\n\n1. One.\n2. Two.\n   - 2a. A part.\n\n## 6 Situations\n\n\
                | # | what |\n| --- | --- |\n| 6.11 | a row |\n| 6.14 | another |\n| 7 | a hazard |\n";
    let prose = BTreeMap::from([("docs/spec/page.md".to_owned(), page.to_owned())]);
    let repository = Repository { prose, files: vec!["docs/spec/page.md".into()] };
    for (comment, good) in [
        ("(page.md §3.4)", true),
        ("page.md §3, §3.4 and §6.", true),
        ("page.md §3.4 rule 2", true),
        ("page.md §3.4 rules 1 to 2", true),
        ("page.md §3.4\n/// step 2a", true),
        ("page.md 6.11–6.14", true),
        ("page.md §3.4, 6.14", true),
        ("page.md §6 hazard 7", true),
        ("docs/spec/page.md", true),
        ("RFC 6890 §9.9 and page.md §3", true),
        ("page.md §3.5", false),
        ("page.md §4", false),
        ("page.md §3, §3.4 and §7.", false),
        ("page.md §3.4 rule 3", false),
        ("page.md §3.4 rules 1 to 3", false),
        ("page.md §3.4 step 2b", false),
        ("page.md\n/// §9", false),
        ("page.md 6.12", false),
        ("page.md §3.4, 6.13", false),
        ("page.md 6.11–6.15", false),
        ("page.md §6 hazard 8", false),
        ("page.md §3–4", false),
        ("nowhere.md §3", false),
        ("DESIGN.md", false),
    ] {
        let text = comments(&format!("/// {comment}\nfn code() {{ \"page.md §99\" }}\n"));
        let read = citations(&text, None);
        assert!(!read.is_empty(), "{comment:?} was not read");
        let found: Vec<String> = read.iter().filter_map(|citation| repository.leads_nowhere(citation)).collect();
        assert_eq!(found.is_empty(), good, "{comment:?}: {found:?}");
    }
}

#[test]
fn a_made_up_link_is_found_out() {
    let prose = BTreeMap::from([
        ("README.md".to_owned(), "# A\n\n## Exit codes, `--all`\n".to_owned()),
        ("docs/a.md".to_owned(), "# B\n".to_owned()),
    ]);
    let repository = Repository { prose, files: vec!["README.md".into(), "docs/a.md".into(), "LICENSE".into()] };
    for (target, good) in [
        ("a.md", true),
        ("../README.md#exit-codes---all", true),
        ("../LICENSE", true),
        ("../docs", true),
        ("#b", true),
        ("b.md", false),
        ("../README.md#exit-code", false),
        ("#c", false),
        ("../../README.md", false),
    ] {
        let read = links(&format!("See [this\n`page`]({target}).\n"));
        assert_eq!(read.iter().map(|link| link.target.as_str()).collect::<Vec<_>>(), [target]);
        assert_eq!(repository.link_leads_nowhere("docs/a.md", target).is_none(), good, "{target}");
    }
    assert!(links("[a](https://a.example/b.md) `[b](b.md)`\n```\n[c](c.md)\n```\n").is_empty());
}

/// The texts in which citations stand, and the files that can be linked to.
struct Repository {
    /// By the path from the root: of sources the comments alone, line by line.
    prose: BTreeMap<String, String>,
    files: Vec<PathBuf>,
}

/// Where comments and documents of ours are.
const READ: [&str; 10] = ["src", "tests", "benches", "examples", "fuzz", "docs", "fixtures", "schemas", ".ci", ""];

impl Repository {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for folder in READ {
            walk(root, Path::new(folder), !folder.is_empty(), &mut files);
        }
        let mut prose = BTreeMap::new();
        for file in &files {
            let Ok(text) = std::fs::read_to_string(root.join(file)) else { continue };
            let text = match file.extension().and_then(|ending| ending.to_str()) {
                Some("md") => text,
                Some("rs" | "sol" | "mjs" | "js") => comments(&text),
                Some("toml" | "py") | None => comments(&text.replace("\n#", "\n//")),
                Some("json") if file.starts_with("schemas") => text,
                // Of the vectors the one line that says what they are about.
                Some("json") if file.starts_with("fixtures/vectors") => text.lines().take(1).collect(),
                _ => continue,
            };
            prose.insert(file.to_string_lossy().into_owned(), text);
        }
        Self { prose, files }
    }

    /// A page of the specification may cite itself without its name.
    fn own_page<'f>(&self, file: &'f str) -> Option<&'f str> {
        file.strip_prefix("docs/spec/").filter(|name| *name != "README.md")
    }

    fn leads_nowhere(&self, citation: &Citation) -> Option<String> {
        let name = Path::new(&citation.file);
        let page = self.prose.iter().find(|(file, _)| Path::new(file).ends_with(name));
        let Some((_, text)) = page else { return Some("there is no such file".into()) };
        let page = Page::new(text);
        match &citation.place {
            Place::File => None,
            Place::Section(section) => (!page.has_section(section)).then(|| "there is no such heading".into()),
            Place::Item(section, item) => {
                (!page.has_item(section, item)).then(|| format!("§{section} has no rule or row {item}"))
            }
            Place::Row(row) => {
                let section = row.split_once('.').map_or(row.as_str(), |(section, _)| section);
                (!page.has_item(section, row)).then(|| format!("§{section} has no row {row}"))
            }
        }
    }

    fn link_leads_nowhere(&self, from: &str, target: &str) -> Option<String> {
        let (path, heading) = target.split_once('#').map_or((target, None), |(path, heading)| (path, Some(heading)));
        let file = if path.is_empty() { Some(PathBuf::from(from)) } else { joined(from, path) };
        let Some(file) = file.filter(|file| self.files.iter().any(|known| known.starts_with(file))) else {
            return Some("there is no such file".into());
        };
        let heading = heading?;
        let page = self.prose.get(file.to_string_lossy().as_ref()).map(|text| Page::new(text));
        (!page.is_some_and(|page| page.has_anchor(heading))).then(|| "there is no such heading".into())
    }
}

/// A path relative to a file, from the root; `None` for one that leaves the repository.
fn joined(from: &str, path: &str) -> Option<PathBuf> {
    let folder = Path::new(from).parent()?.to_path_buf();
    Path::new(path).components().try_fold(folder, |at, part| match part {
        Component::ParentDir => at.parent().map(Path::to_path_buf),
        Component::Normal(name) => Some(at.join(name)),
        _ => Some(at),
    })
}

fn walk(root: &Path, folder: &Path, below: bool, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    let mut names: Vec<_> = entries.flatten().map(|entry| folder.join(entry.file_name())).collect();
    names.sort();
    for name in names {
        let made_elsewhere = ["target", "node_modules", "corpus", "artifacts"].iter().any(|it| name.ends_with(it));
        match root.join(&name) {
            path if path.is_dir() && below && !made_elsewhere => walk(root, &name, below, files),
            path if path.is_file() => files.push(name),
            _ => {}
        }
    }
}
