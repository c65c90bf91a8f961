//! Files, standard input and links, with the size limit enforced before the bytes are in memory.

use std::fs::{File, Metadata};
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::secrecy;
use crate::document::link::{InvalidLink, Link};
use crate::text::MOST_LISTED;

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
    /// What was read of it is perhaps neither the old file nor the new one.
    #[error("the file changed while it was read; try again when nobody writes to it")]
    Changed,
    /// Opening one could wait for ever or do something: what is meant so is named on the command line.
    #[error("this is {0}, not a plain file; of such only those that are named on the command line are opened")]
    NotPlain(&'static str),
    #[error("{0}")]
    Other(String),
}

/// Standard input has one reader.
pub(super) fn ensure_read_once<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Result<()> {
    let from_input = paths.into_iter().filter(|path| path.as_os_str() == "-").count();
    ensure!(from_input < 2, "standard input can be read once: `-` is given twice");
    Ok(())
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
    (&file).take(limit).read_to_end(&mut bytes).map_err(failed)?;
    match file.metadata() {
        Ok(after) if has_changed(&metadata, &after) => Err(InputError::Changed),
        _ => Ok(bytes),
    }
}

/// Whether somebody wrote to a file in the meantime. A system's own files have no length, and a new time at each look.
fn has_changed(before: &Metadata, after: &Metadata) -> bool {
    let is_later = || before.len() > 0 && before.modified().ok() != after.modified().ok();
    before.is_file() && (before.len() != after.len() || is_later())
}

/// The files and links that a file lists, one a line. Lines of blanks alone are passed over; any other blank belongs to the
/// name, and a carriage return before the end of the line does not.
pub(super) fn listed(path: &Path) -> Result<Vec<PathBuf>> {
    const MOST_BYTES: u64 = 1 << 30;
    let place = || format!("--files-from {}", secrecy::path(path));
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::NotFound => anyhow::anyhow!("{}: there is no such file", place()),
        _ => anyhow::anyhow!("{} cannot be read: {why}", place()),
    };
    let from: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(File::open(path).map_err(failed)?),
    };
    let mut from = BufReader::new(from.take(MOST_BYTES + 1));
    let (mut found, mut line, mut bytes) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        bytes += from.read_until(b'\n', &mut line).map_err(failed)? as u64;
        if line.is_empty() {
            return Ok(found);
        }
        if bytes > MOST_BYTES {
            bail!("{} is larger than {MOST_BYTES} bytes; take it in parts", place());
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = if found.is_empty() { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
        if !text.iter().all(u8::is_ascii_whitespace) {
            found.push(path_of(text).with_context(place)?);
        }
    }
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
    /// What lies in folders and is not opened, each in one line; of very much the first.
    pub skipped: Vec<String>,
    pub skipped_more: usize,
    /// Pipes and devices that are named on the command line: no other is opened.
    pub streams: Vec<PathBuf>,
}

impl Found {
    fn skip(&mut self, what: String) {
        match self.skipped.len() < MOST_LISTED {
            true => self.skipped.push(what),
            false => self.skipped_more += 1,
        }
    }
}

/// The documents that are meant; folders are taken apart with `recursive`.
pub(super) fn files(named: &[PathBuf], listed: Vec<PathBuf>, recursive: bool) -> Result<Found> {
    let streams = named.iter().filter(|path| stream(path).is_some()).cloned().collect();
    let mut found = Found { streams, ..Found::default() };
    if let Some(missing) = named.iter().find(|path| recursive && is_missing_folder(path)) {
        bail!("there is no folder or file {}", secrecy::path(missing));
    }
    for path in named.iter().cloned().chain(listed) {
        if recursive && path.is_dir() { collect(&path, 0, &mut found)? } else { found.files.push(path) }
    }
    if found.files.is_empty() {
        let (last, others) = ENDINGS.split_last().unwrap_or((&"", &[]));
        bail!("no document found: only .{} and .{last} files are taken from folders", others.join(", ."));
    }
    Ok(found)
}

/// What a path leads to that is neither a file nor a folder.
pub(super) fn stream(path: &Path) -> Option<&'static str> {
    let kind = path.metadata().ok()?.file_type();
    (!kind.is_file() && !kind.is_dir()).then(|| special(kind))
}

/// One that is mistyped or not mounted must not pass for an archive of one document. What ends as documents do is one that
/// is missing, and says so in its own report.
fn is_missing_folder(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let is_elsewhere = text == "-" || secrecy::begins_like_a_url(&text) || secrecy::is_link(&text);
    !is_elsewhere && !ends_as_documents_do(path) && matches!(path.try_exists(), Ok(false))
}

fn ends_as_documents_do(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known)))
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
            found.skip(format!("{} cannot be read: {why}", folder.display()));
            return Ok(());
        }
        Err(why) => return Err(why).with_context(|| format!("cannot read the folder {}", folder.display())),
    };
    entries.sort();
    for path in entries {
        // A link counts as what it leads to. One that leads nowhere has an unreadable document's name, or none.
        let metadata = std::fs::metadata(&path);
        match metadata.map(|metadata| metadata.file_type()) {
            // Links to folders may lead in circles.
            Ok(kind) if kind.is_dir() && path.is_symlink() => {
                found.skip(format!("{} is a link to a folder", path.display()));
            }
            Ok(kind) if kind.is_dir() => collect(&path, depth + 1, found)?,
            // Opening one could wait for ever or do something.
            Ok(kind) if !kind.is_file() => {
                found.skip(format!("{} is {}", path.display(), special(kind)));
            }
            _ if ends_as_documents_do(&path) => found.files.push(path),
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
