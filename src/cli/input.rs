//! Files, standard input and links, with the size limit enforced before the bytes are in memory.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::document::link::{InvalidLink, Link};

/// One argument.
#[derive(Debug)]
pub enum Input<'a> {
    /// A path, or `-` for standard input.
    File(&'a Path),
    /// A link to a document.
    Link(Link),
    /// A web address that is no link.
    NotALink(InvalidLink),
}

impl<'a> Input<'a> {
    /// What was meant. A web address is never taken for a file, whatever its scheme.
    pub fn of(argument: &'a Path, read_link: impl FnOnce(&str) -> Result<Link, InvalidLink>) -> Self {
        match argument.to_str().filter(|text| starts_like_a_url(text)) {
            Some(text) => read_link(text).map_or_else(Self::NotALink, Self::Link),
            None => Self::File(argument),
        }
    }

    /// As shown to people. A link may hold a key, so only the host it leads to is named.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Link(link) => format!("link to {}", link.address.host()),
            Self::NotALink(_) => "link".into(),
        }
    }
}

fn starts_like_a_url(text: &str) -> bool {
    ["https://", "http://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// A file that could not be read, as a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InputError(pub String);

/// Reads a whole file, or standard input for `-`. One byte more than the limit is read at most, so that the reader can
/// say that the file is too large.
pub fn read(path: &Path, max_bytes: usize) -> Result<Vec<u8>, InputError> {
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        return match std::io::stdin().lock().take(limit).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(InputError(format!("cannot read standard input: {error}"))),
        };
    }
    let failed = |error: std::io::Error| {
        InputError(match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".into(),
            std::io::ErrorKind::IsADirectory => "this is a folder; use --recursive to take the files in it".into(),
            _ => format!("cannot read the file: {error}"),
        })
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    // Reserving what the file says it has avoids growing a large buffer by copying.
    bytes.reserve_exact(usize::try_from(metadata.len().min(limit)).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The files to verify, in the order given; folders are taken apart with `recursive`, sorted by name.
pub fn files(paths: &[PathBuf], recursive: bool) -> Result<Vec<PathBuf>> {
    if !recursive {
        return Ok(paths.to_vec());
    }
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { collect(path, 0, &mut files)? } else { files.push(path.clone()) }
    }
    if files.is_empty() {
        bail!("no document found: only .json, .tt, .oa and .jsonld files are taken from folders");
    }
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    const DEEPEST: usize = 32;
    if depth > DEEPEST {
        bail!("{} lies deeper than {DEEPEST} folders", folder.display());
    }
    let mut entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    entries.sort();
    for path in entries {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|end| ["json", "tt", "oa", "jsonld"].iter().any(|known| end == *known)) {
            files.push(path);
        }
    }
    Ok(())
}
