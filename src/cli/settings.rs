//! Settings before they are put together: from a file, from the environment, and who chose each value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::args::{DnssecMode, ProofChoice, RootsChoice, WebArgs};
use super::secrecy;
use crate::primitives::plain_decimal;
use crate::text::repeatable;
use crate::toml_error;

/// Settings from a TOML file. Unknown keys are errors: a misspelt rule must not be ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Chain id → endpoints.
    #[serde(default)]
    pub rpc: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub dns: Vec<String>,
    pub dnssec: Option<DnssecMode>,
    pub dns_anchor: Option<PathBuf>,
    #[serde(default)]
    pub trust_registry: Vec<String>,
    #[serde(default)]
    pub did_registry: Vec<String>,
    /// Contexts of W3C credentials: `URL=FILE`.
    #[serde(default)]
    pub contexts: Vec<String>,
    pub quorum: Option<u8>,
    pub block: Option<String>,
    pub max_block_age: Option<String>,
    pub proof: Option<ProofChoice>,
    pub trusted_block: Option<String>,
    pub timeout: Option<u64>,
    /// How many fields of a document may be hidden.
    pub max_hidden: Option<u32>,
    pub ca_file: Option<PathBuf>,
    pub tls_roots: Option<RootsChoice>,
    pub proxy: Option<String>,
    #[serde(default)]
    pub resolve: Vec<String>,
    #[serde(default)]
    pub no_default_rpc: bool,
    #[serde(default)]
    pub allow_private: bool,
    /// A policy file.
    pub policy: Option<PathBuf>,
    /// An address book.
    pub names: Option<PathBuf>,
}

/// Where a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Origin {
    /// An argument.
    Flag,
    /// A variable of the environment.
    Variable,
    /// A variable of the environment that other programs know, too.
    Environment,
    /// The settings file.
    File,
    /// The embedded table of public endpoints.
    Embedded,
    /// Nobody set it.
    Default,
}

/// How a message names a setting where it was made.
pub(super) fn place(key: &str, origin: Origin) -> String {
    match origin {
        Origin::Variable => variable(key),
        Origin::File => format!("`{key}` in the settings"),
        Origin::Flag | Origin::Environment | Origin::Embedded | Origin::Default => {
            format!("--{}", key.replace('_', "-"))
        }
    }
}

/// A value and who chose it.
#[derive(Debug, Clone)]
pub(super) struct Chosen<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Chosen<T> {
    pub(super) fn by(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The flag goes before the variable, the variable before the file.
    pub(super) fn of(flag: Option<T>, variable: Option<T>, file: Option<T>, default: T) -> Self {
        let given = [(flag, Origin::Flag), (variable, Origin::Variable), (file, Origin::File)];
        let first = given.into_iter().find_map(|(value, origin)| Some(Self::by(value?, origin)));
        first.unwrap_or_else(|| Self::by(default, Origin::Default))
    }
}

impl Chosen<String> {
    /// How a message names the setting that this value is of.
    pub(super) fn place(&self, key: &str) -> String {
        place(key, self.origin)
    }

    /// A list whose items all count, wherever they stand.
    pub(super) fn all(file: Vec<String>, variable: Vec<String>) -> Vec<Self> {
        let by = |origin| move |value| Self::by(value, origin);
        file.into_iter().map(by(Origin::File)).chain(variable.into_iter().map(by(Origin::Variable))).collect()
    }
}

impl Chosen<Vec<String>> {
    /// Of a list that can be given at several places only one counts.
    pub(super) fn list(flag: &[String], variable: Vec<String>, file: Vec<String>) -> Self {
        let given = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        Self::of(given(flag.to_vec()), given(variable), given(file), Vec::new())
    }
}

impl Chosen<bool> {
    /// What can only be switched on.
    pub(super) fn switch(flag: bool, variable: bool, file: bool) -> Self {
        Self::of(flag.then_some(true), variable.then_some(true), file.then_some(true), false)
    }
}

/// What may be left to its default.
pub(super) fn optional<T>(flag: Option<T>, variable: Option<T>, file: Option<T>) -> Chosen<Option<T>> {
    Chosen::of(flag.map(Some), variable.map(Some), file.map(Some), None)
}

/// The settings that stand in variables: `EBL_QUORUM` for `quorum` and so on, with commas between the items of a list.
/// One that is not known is an error, as in the file; `key` is a variable's name where `--key` takes the key from one.
pub(super) fn variables(key: Option<&str>) -> Result<Settings> {
    refuse_unknown_variables(key)?;
    let mut table = toml::Table::new();
    for &(key, kind) in VARIABLES {
        let name = variable(key);
        let Some(value) = std::env::var_os(&name).filter(|value| !value.is_empty()) else { continue };
        let text = value.into_string().ok().with_context(|| format!("{name} is not text"))?;
        let value = match kind {
            VariableKind::Text => toml::Value::from(text),
            VariableKind::List => text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>().into(),
            VariableKind::Number => {
                plain_decimal::<i64>(&text).with_context(|| format!("{name} takes a number"))?.into()
            }
            VariableKind::Switch => match text.as_str() {
                "1" | "true" => true.into(),
                "0" | "false" => false.into(),
                _ => bail!("{name} takes true or false"),
            },
        };
        let alone = toml::Table::from_iter([(key.to_owned(), value.clone())]);
        // One by one, so that the message can name the variable.
        if let Err(error) = alone.try_into::<Settings>() {
            bail!("{name}: {}", toml_error::cause(error.message()));
        }
        table.insert(key.to_owned(), value);
    }
    table.try_into().ok().context("the variables EBL_… are not right")
}

fn variable(key: &str) -> String {
    format!("EBL_{}", key.to_uppercase())
}

fn refuse_unknown_variables(key: Option<&str>) -> Result<()> {
    let known: Vec<String> = VARIABLES.iter().map(|(key, _)| variable(key)).chain(["EBL_CONFIG".into()]).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        // A command that `ebl watch` runs may be one of ours, too.
        let is_told = name.starts_with("EBL_RPC_") || name.starts_with("EBL_EVENT_");
        let ours = name.starts_with("EBL_") && !is_told;
        if ours && !known.contains(&name.as_ref()) && key != Some(name.as_ref()) {
            // The one that is missed most.
            let nearest = match name.as_ref() {
                "EBL_RPC" => "; did you mean `EBL_RPC_<CHAINID>`?".into(),
                _ => toml_error::nearest(&name, &known),
            };
            bail!("there is no setting for the variable {}{nearest}", repeatable(&name));
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum VariableKind {
    Text,
    List,
    Number,
    Switch,
}

/// `EBL_CONFIG` and `EBL_RPC_…` are read elsewhere.
const VARIABLES: &[(&str, VariableKind)] = &[
    ("dns", VariableKind::List),
    ("dnssec", VariableKind::Text),
    ("dns_anchor", VariableKind::Text),
    ("trust_registry", VariableKind::List),
    ("did_registry", VariableKind::List),
    ("contexts", VariableKind::List),
    ("quorum", VariableKind::Number),
    ("block", VariableKind::Text),
    ("max_block_age", VariableKind::Text),
    ("proof", VariableKind::Text),
    ("trusted_block", VariableKind::Text),
    ("timeout", VariableKind::Number),
    ("max_hidden", VariableKind::Number),
    ("ca_file", VariableKind::Text),
    ("tls_roots", VariableKind::Text),
    ("proxy", VariableKind::Text),
    ("resolve", VariableKind::List),
    ("no_default_rpc", VariableKind::Switch),
    ("allow_private", VariableKind::Switch),
    ("names", VariableKind::Text),
    ("policy", VariableKind::Text),
];

/// The file that is read.
pub(super) fn settings_file(web: &WebArgs) -> Option<Chosen<PathBuf>> {
    let given = web.config.clone().map(|path| {
        let by_variable = std::env::var_os("EBL_CONFIG").is_some_and(|value| value == path);
        Chosen::by(path, if by_variable { Origin::Variable } else { Origin::Flag })
    });
    given.or_else(|| Some(Chosen::by(platform_settings()?, Origin::Default)))
}

/// What the file says; nothing without one.
pub(super) fn settings(path: Option<&Path>) -> Result<Settings> {
    let Some(path) = path else { return Ok(Settings::default()) };
    let name = secrecy::path(path);
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the settings {name}"))?;
    let mut settings: Settings = toml::from_str(&text).map_err(|error| {
        anyhow::anyhow!("the settings {name} are not right: {}", toml_error::in_words(&text, &error))
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for file in [&mut settings.policy, &mut settings.names, &mut settings.ca_file, &mut settings.dns_anchor] {
        *file = file.take().map(|file| folder.join(file));
    }
    for context in &mut settings.contexts {
        if let Some((url, file)) = context.rsplit_once('=') {
            *context = format!("{url}={}", folder.join(file).display());
        }
    }
    Ok(settings)
}

/// `ebl/ebl.toml` in the user's own configuration folder, if there is one.
fn platform_settings() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")))
        .or_else(|| std::env::var_os("APPDATA").map(PathBuf::from))
        .filter(|folder| folder.is_absolute())?;
    Some(folder.join("ebl").join("ebl.toml")).filter(|path| path.is_file())
}
