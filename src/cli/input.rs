//! Files, standard input and links, with the size limit enforced before the bytes are in memory.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::secrecy;
use crate::document::link::{InvalidLink, Link};

/// One argument.
#[derive(Debug)]
pub(super) enum Input<'a> {
    /// A path, or `-` for standard input.
    File(&'a Path),
    /// A link to a document.
    Link(Link),
    /// A web address that is no link.
    NotALink(InvalidLink),
}

impl<'a> Input<'a> {
    /// What was meant. A web address is never taken for a file, and of what may be a link in another spelling only a file
    /// that is there.
    pub(super) fn of(argument: &'a Path, read_link: impl FnOnce(&str) -> Result<Link, InvalidLink>) -> Self {
        let text = argument.to_string_lossy();
        let is_there = || argument.symlink_metadata().is_ok();
        if secrecy::begins_like_a_url(&text) || secrecy::is_link(&text) && !is_there() {
            read_link(&text).map_or_else(Self::NotALink, Self::Link)
        } else {
            Self::File(argument)
        }
    }

    /// As shown to people. A link may hold a key, so only the host it leads to is named.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => secrecy::path(path),
            Self::Link(link) => format!("link to {}", link.address.host()),
            Self::NotALink(_) => "link".into(),
        }
    }
}

/// A file that could not be read, as a sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("this is a folder; name a file in it")]
    Folder,
    /// For the command that takes folders.
    #[error("this is a folder; use --recursive to take the files in it")]
    FolderToTakeApart,
    #[error("{0}")]
    Other(String),
}

/// Reads a whole file, or standard input for `-`. One byte more than the limit is read at most, so that the reader can
/// say that the file is too large.
pub(super) fn read(path: &Path, max_bytes: usize) -> Result<Vec<u8>, InputError> {
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        return match std::io::stdin().lock().take(limit).read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(InputError::Other(format!("cannot read standard input: {error}"))),
        };
    }
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => InputError::Other("there is no such file".into()),
        std::io::ErrorKind::IsADirectory => InputError::Folder,
        _ => InputError::Other(format!("cannot read the file: {error}")),
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(InputError::Folder);
    }
    // Reserving what the file says it has avoids growing a large buffer by copying.
    bytes.reserve_exact(usize::try_from(metadata.len().min(limit)).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The files and links that a file lists, one a line; empty lines are passed over.
pub(super) fn listed(path: &Path) -> Result<Vec<PathBuf>> {
    const MOST_BYTES: usize = 256 << 20;
    let bytes = read(path, MOST_BYTES).map_err(|why| anyhow::anyhow!("--files-from {}: {why}", secrecy::path(path)))?;
    if bytes.len() > MOST_BYTES {
        bail!("--files-from {} is larger than {MOST_BYTES} bytes", secrecy::path(path));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let lines = lines.filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    lines.map(|line| path_of(line).with_context(|| format!("--files-from {}", secrecy::path(path)))).collect()
}

#[cfg(unix)]
fn path_of(line: &[u8]) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(line)))
}

#[cfg(not(unix))]
fn path_of(line: &[u8]) -> Result<PathBuf> {
    Ok(PathBuf::from(std::str::from_utf8(line).context("a line is not text")?))
}

/// What the arguments come to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The files, in the order given; those of a folder sorted by name.
    pub files: Vec<PathBuf>,
    /// How many files of folders have another ending.
    pub passed_over: usize,
    /// How many folders could not be read.
    pub unread: usize,
    /// What lies in folders and is not opened, each in one line.
    pub skipped: Vec<String>,
}

/// The documents that are meant; folders are taken apart with `recursive`.
pub(super) fn files(paths: &[PathBuf], recursive: bool) -> Result<Found> {
    let mut found = Found::default();
    for path in paths {
        if recursive && path.is_dir() { collect(path, 0, &mut found)? } else { found.files.push(path.clone()) }
    }
    if found.files.is_empty() {
        let (last, others) = ENDINGS.split_last().unwrap_or((&"", &[]));
        bail!("no document found: only .{} and .{last} files are taken from folders", others.join(", ."));
    }
    Ok(found)
}

/// Of files in folders, in any case.
pub(super) const ENDINGS: [&str; 5] = ["json", "jsonld", "oa", "opencert", "tt"];

fn collect(folder: &Path, depth: usize, found: &mut Found) -> Result<()> {
    const DEEPEST: usize = 32;
    if depth > DEEPEST {
        bail!("{} lies deeper than {DEEPEST} folders", folder.display());
    }
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>());
    let mut entries = match entries {
        Ok(entries) => entries,
        // One folder within is no reason to leave all others.
        Err(why) if depth > 0 => {
            found.unread += 1;
            found.skipped.push(format!("{} cannot be read: {why}", folder.display()));
            return Ok(());
        }
        Err(why) => return Err(why).with_context(|| format!("cannot read the folder {}", folder.display())),
    };
    entries.sort();
    for path in entries {
        // A link counts as what it leads to. One that leads nowhere has an unreadable document's name, or none.
        let metadata = std::fs::metadata(&path);
        let is_document = path.extension().is_some_and(|end| {
            ENDINGS.iter().any(|known| end.to_str().is_some_and(|end| end.eq_ignore_ascii_case(known)))
        });
        match metadata.map(|metadata| metadata.file_type()) {
            // Links to folders may lead in circles.
            Ok(kind) if kind.is_dir() && path.is_symlink() => {
                found.skipped.push(format!("{} is a link to a folder", path.display()));
            }
            Ok(kind) if kind.is_dir() => collect(&path, depth + 1, found)?,
            // Opening one could wait for ever or do something.
            Ok(kind) if !kind.is_file() => {
                found.skipped.push(format!("{} is {}", path.display(), special(kind)));
            }
            _ if is_document => found.files.push(path),
            _ => found.passed_over += 1,
        }
    }
    Ok(())
}

#[cfg(unix)]
fn special(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match kind {
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => "no file",
    }
}

#[cfg(not(unix))]
fn special(_: std::fs::FileType) -> &'static str {
    "no file"
}
