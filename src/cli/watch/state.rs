//! What was seen and told, in a file: a watch that is started again with it goes on where the one before ended. It holds
//! chain data alone, no file's name, key or URL. It is written beside and renamed, so that it is whole however the program
//! ends.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::cli::output::Output;
use crate::cli::same_file::followed;
use crate::cli::{interrupt, secrecy};
use crate::watch::WatchedTitle;

/// The file.
pub(super) struct StateFile {
    path: PathBuf,
    /// As it was last written.
    written: String,
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
        Output::will_take(path, "--state", read, None)?;
        // A link stays one, and what it leads to is replaced.
        let (path, _) = followed(path).with_context(|| format!("--state {}", secrecy::path(path)))?;
        Ok(Self { path, written: String::new() })
    }

    /// These titles with what the file knows of them; those that it does not know begin anew.
    pub(super) fn read(&self, titles: Vec<WatchedTitle>) -> Result<Vec<WatchedTitle>> {
        let place = || format!("--state {}", secrecy::path(&self.path));
        let mut text = Vec::new();
        match File::open(&self.path) {
            Ok(file) => file.take(MOST_BYTES + 1).read_to_end(&mut text).with_context(place)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(titles),
            Err(error) => return Err(error).with_context(place),
        };
        ensure!(text.len() as u64 <= MOST_BYTES, "{}: it is too large for a state file", place());
        if text.is_empty() {
            return Ok(titles);
        }
        let read: Read = serde_json::from_slice(&text)
            .with_context(|| format!("{}: it is no state file of this program; name another one", place()))?;
        ensure!(
            read.schema == SCHEMA,
            "{}: it is of the form {:?}, and this version reads {SCHEMA}",
            place(),
            read.schema
        );
        let other = read.titles.iter().find(|known| titles.iter().all(|title| title.title != known.title));
        if let Some(other) = other {
            let (token, registry, chain) = (other.title.token, other.title.registry, other.title.chain);
            bail!(
                "{}: it is of another watch: token {token} of registry {registry} on chain {chain} is not among the titles; \
                 name the same documents, or another file",
                place()
            );
        }
        let known =
            |title: WatchedTitle| read.titles.iter().find(|known| known.title == title.title).cloned().unwrap_or(title);
        Ok(titles.into_iter().map(known).collect())
    }

    /// Writes what is known now, unless that stands there already.
    pub(super) fn save(&mut self, titles: &[WatchedTitle]) -> Result<()> {
        let text = serde_json::to_string(&Written { schema: SCHEMA, titles })? + "\n";
        if text == self.written {
            return Ok(());
        }
        let saved = || -> Result<()> {
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            let mut to = interrupt::unfinished(|| NamedTempFile::new_in(folder), NamedTempFile::path)?;
            to.write_all(text.as_bytes())?;
            to.as_file().sync_all()?;
            interrupt::complete(|| to.persist(&self.path).map(drop).map_err(|error| error.error))?;
            Ok(())
        };
        saved().with_context(|| format!("cannot write to --state {}", secrecy::path(&self.path)))?;
        self.written = text;
        Ok(())
    }
}

const SCHEMA: &str = "ebl-verifier/watch-state/1";
/// Ten thousand titles take a tenth of it.
const MOST_BYTES: u64 = 256 << 20;
