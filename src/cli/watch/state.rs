//! What was seen and told, in a file: a watch that is started again with it goes on where the one before ended. It holds
//! chain data alone, no file's name, key or URL. It is written beside and renamed, so that it is whole however the program
//! ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::cli::own_file::{OwnFile, WhenTaken};
use crate::cli::secrecy;
use crate::watch::{TitleNamed, WatchedTitle};

/// The file, which no other watch has.
pub(super) struct StateFile {
    file: OwnFile,
    /// As it is called in messages.
    name: String,
    /// As it was last written.
    written: Vec<u8>,
}

#[derive(Serialize)]
struct Written<'w> {
    schema: &'static str,
    titles: &'w [WatchedTitle],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    schema: String,
    titles: Vec<WatchedTitle>,
}

impl StateFile {
    /// One that can be written to and is none of the files that are read.
    pub(super) fn at(path: &Path, read: &[&Path]) -> Result<Self> {
        let name = format!("--state {}", secrecy::path(path));
        let file = OwnFile::open(path, read, WhenTaken::Refuse).with_context(|| format!("cannot use {name}"))?;
        Ok(Self { file, name, written: Vec::new() })
    }

    /// These titles with what the file knows of them; those that it does not know begin anew.
    pub(super) fn read(&self, titles: Vec<WatchedTitle>) -> Result<Vec<WatchedTitle>> {
        let place = &self.name;
        let text = self.file.read(MOST_BYTES).with_context(|| format!("cannot use {place}"))?;
        if text.is_empty() {
            return Ok(titles);
        }
        let read: Read = serde_json::from_slice(&text)
            .with_context(|| format!("{place}: it is no state file of this program; name another one"))?;
        ensure!(read.schema == SCHEMA, "{place}: it is of the form {:?}, and this version reads {SCHEMA}", read.schema);
        let watched: BTreeSet<TitleNamed> = titles.iter().map(|title| title.title).collect();
        let other = read.titles.iter().find(|known| !watched.contains(&known.title));
        if let Some(other) = other {
            let (token, registry, chain) = (other.title.token, other.title.registry, other.title.chain);
            bail!(
                "{place}: it is of another watch: token {token} of registry {registry} on chain {chain} is not among the titles; \
                 name the same documents, or another file"
            );
        }
        let mut known: BTreeMap<TitleNamed, WatchedTitle> =
            read.titles.into_iter().map(|known| (known.title, known)).collect();
        Ok(titles.into_iter().map(|title| known.remove(&title.title).unwrap_or(title)).collect())
    }

    /// Writes what is known now, unless that stands there already.
    pub(super) fn save(&mut self, titles: &[WatchedTitle]) -> Result<()> {
        let mut text = serde_json::to_vec(&Written { schema: SCHEMA, titles })?;
        text.push(b'\n');
        if text != self.written {
            self.file.replace(&text).with_context(|| format!("cannot write to {}", self.name))?;
            self.written = text;
        }
        Ok(())
    }
}

const SCHEMA: &str = "ebl-verifier/watch-state/1";
/// Ten thousand titles take a tenth of it.
const MOST_BYTES: u64 = 256 << 20;
