//! Where results go: standard output, a pipe or device as it is, or a file that is whole or untouched. What was judged
//! stays judged when nothing more can be written: see [`Stopped::exit`].

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::NamedTempFile;

use super::args::PageArgs;
use super::exit::Exit;
use super::same_file::{FileIdentity, Way, followed};
use super::{interrupt, note, secrecy};

/// An open place for results.
pub(super) struct Output(To);

enum To {
    /// Only the exit code is wanted.
    Nowhere,
    Stdout,
    /// A pipe, a terminal, a device: it can only be written to as it is.
    Stream {
        to: File,
        name: String,
    },
    /// Written beside the file, and renamed at the end.
    File {
        to: NamedTempFile,
        /// How many bytes of whole results stand there.
        whole: u64,
        target: PathBuf,
    },
}

/// Whether results are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Result,
    /// `--quiet`.
    ExitCode,
}

impl Wanted {
    pub(super) fn of(page: &PageArgs) -> Self {
        if page.quiet { Self::ExitCode } else { Self::Result }
    }
}

impl Output {
    /// Opens what `--output` names, or standard output. One that is among the files that are read is refused before
    /// anything is opened for writing: writing would change what is judged.
    pub(super) fn open(path: Option<&Path>, wanted: Wanted, read: &[&Path]) -> Result<Self> {
        if wanted == Wanted::ExitCode {
            return Ok(Self(To::Nowhere));
        }
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else {
            let standard = stdout().and_then(|file| FileIdentity::of_open_file(&file));
            let is_read = standard.is_some_and(|standard| is_among(&standard, read));
            ensure!(!is_read, "standard output goes to a file that is read, too; write to another one");
            return Ok(Self(To::Stdout));
        };
        open(path, read).map(Self).with_context(|| format!("cannot write to --output {}", secrecy::path(path)))
    }

    /// In the place of the file of this name in a folder. A link that has the name is replaced and not followed: who may write
    /// to the folder does not say what else is written over.
    pub(super) fn in_folder(folder: &Path, name: &str) -> Result<Self> {
        let target = folder.join(name);
        let to = beside(&target).with_context(|| secrecy::path(&target))?;
        Ok(Self(To::File { to, whole: 0, target }))
    }

    /// Opens the file that earlier runs wrote results to, to write further ones behind them.
    pub(super) fn open_behind(path: &Path, read: &[&Path]) -> Result<Self> {
        let opened = || -> Result<To> {
            let is_plain = std::fs::metadata(path).map_or(true, |found| found.is_file());
            let (target, way) = followed(path)?;
            if !is_plain || way == Way::OpenFile {
                return open(path, read);
            }
            ensure!(!is_among(&FileIdentity::of_path(path), read), "it is a file that is read, too; name another one");
            let mut to = OpenOptions::new().read(true).append(true).create(true).open(&target)?;
            end_last_line(&mut to)?;
            Ok(To::Stream { to, name: secrecy::path(path) })
        };
        opened().map(Self).with_context(|| format!("cannot write to --output {}", secrecy::path(path)))
    }

    /// Whether a result can be written there later: a long run should not end with a mistake of its beginning.
    pub(super) fn will_take(path: &Path, flag: &str, read: &[&Path], output: Option<&Path>) -> Result<()> {
        let taken = || -> Result<()> {
            let identity = FileIdentity::of_path(path);
            ensure!(!path.is_dir(), "it is a folder");
            ensure!(!is_among(&identity, read), "it is a file that is read, too; name another one");
            let is_output =
                output.is_some_and(|output| output == path || FileIdentity::of_path(output).is_same(&identity));
            ensure!(!is_output, "the reports go there already; name another one");
            let (target, _) = followed(path)?;
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let is_plain = std::fs::metadata(path).map_or(true, |found| found.is_file());
            if is_plain {
                NamedTempFile::new_in(folder).map(drop)?;
            }
            Ok(())
        };
        taken().with_context(|| format!("cannot write to {flag} {}", secrecy::path(path)))
    }

    /// The name that the file has, or will have, in this folder, however the two are spelt.
    pub(super) fn name_in(&self, folder: &Path) -> Option<String> {
        let To::File { target, .. } = &self.0 else { return None };
        let own = target.parent()?;
        FileIdentity::of_path(own)
            .is_of_path(folder)
            .then(|| target.file_name())?
            .map(|name| name.to_string_lossy().into())
    }

    /// Whether somebody looks at it.
    pub(super) fn is_terminal(&self) -> bool {
        match &self.0 {
            To::Stdout => io::stdout().is_terminal(),
            To::Stream { to, .. } => to.is_terminal(),
            To::Nowhere | To::File { .. } => false,
        }
    }

    /// Writes one whole result, so that a reader has it before the next one is begun.
    pub(super) fn write(&mut self, result: impl AsRef<[u8]>) -> Result<(), Stopped> {
        let result = result.as_ref();
        match &mut self.0 {
            To::Nowhere => Ok(()),
            To::Stdout => to_stdout(result),
            To::Stream { to, name } => to.write_all(result).map_err(|error| Stopped::of(name, error)),
            To::File { to, whole, target } => {
                let written = to.as_file_mut().write_all(result);
                written.map_err(|error| Stopped::of(&secrecy::path(target), error))?;
                *whole += result.len() as u64;
                Ok(())
            }
        }
    }

    /// Puts the file in its place; without this it stays as it was.
    pub(super) fn finish(self) -> Result<(), Stopped> {
        let To::File { to, whole, target } = self.0 else { return Ok(()) };
        let place = target.clone();
        let finished = interrupt::complete(to, move |to| {
            // Some disks are found to be full only now; some file systems have nothing to synchronise.
            match to.as_file().sync_all() {
                Err(error) if error.kind() != io::ErrorKind::InvalidInput => return Err((error, to)),
                _ => {}
            }
            to.persist(&place).map(drop).map_err(|error| (error.error, error.file))
        });
        finished.map_err(|(error, to)| {
            let stopped = Stopped::of(&secrecy::path(&target), error);
            Self(To::File { to, whole, target }).keep();
            stopped
        })
    }

    /// The run ends before its time: the file stays as it was, and the whole results of this run are kept beside it.
    pub(super) fn keep(self) {
        let To::File { to, whole, target } = self.0 else { return };
        if whole == 0 {
            return;
        }
        let kept = interrupt::complete(to, move |to| {
            to.as_file().set_len(whole)?;
            let mut visible = target.into_os_string();
            visible.push(".unfinished");
            // Never in the place of a file that is there.
            match to.persist_noclobber(PathBuf::from(&visible)) {
                Ok(_) => Ok(PathBuf::from(visible)),
                Err(error) => error.file.keep().map(|(_, path)| path).map_err(|error| error.error),
            }
        });
        match kept {
            Ok(path) if !path.exists() => {
                note(&format!("what was judged could not be kept: the folder of {} is gone", secrecy::path(&path)));
            }
            Ok(path) => note(&format!("what was judged stands in {}", secrecy::path(&path))),
            Err(error) => note(&format!("what was judged could not be kept: {error}")),
        }
    }

    /// Writes the only result, whose exit code is `known`.
    pub(super) fn write_only(mut self, result: impl AsRef<[u8]>, known: Exit) -> Exit {
        match self.write(result).and_then(|()| self.finish()) {
            Ok(()) => known,
            Err(stopped) => stopped.exit(known),
        }
    }
}

/// The columns to use of what somebody looks at: `COLUMNS` where it is set, else the terminal's.
pub(super) fn width(is_terminal: bool) -> usize {
    let wanted = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|_| is_terminal);
    wanted.or_else(terminal).unwrap_or(WIDTH_ELSEWHERE).clamp(40, 140)
}

/// As [`width`], of standard output.
pub(super) fn page_width() -> usize {
    width(io::stdout().is_terminal())
}

/// As [`page_width`], for a text to be read, which is no easier to read for being wide.
pub(super) fn reading_width() -> usize {
    page_width().min(110)
}

const WIDTH_ELSEWHERE: usize = 120;

/// Prints a result whose exit code is `known`.
pub(super) fn print(text: &str, known: Exit) -> Exit {
    Output(To::Stdout).write_only(text, known)
}

/// What becomes of the exit code `known` of a result that somebody else printed.
pub(super) fn printed(written: io::Result<()>, known: Exit) -> Exit {
    let flushed = written.and_then(|()| io::stdout().flush());
    flushed.map_or_else(|error| Stopped::of("standard output", error).exit(known), |()| known)
}

/// Prints a part of what a command has to say.
pub(super) fn to_stdout(result: impl AsRef<[u8]>) -> Result<(), Stopped> {
    let mut out = io::stdout().lock();
    let written = out.write_all(result.as_ref()).and_then(|()| out.flush());
    written.map_err(|error| Stopped::of("standard output", error))
}

/// Why nothing more is written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// Whoever read reads no more, as in `ebl … | head`: no error, and no reason to call anything judged.
    #[error("nobody reads the result any more")]
    ReaderGone,
    /// A full disk and the like.
    #[error("the result could not be written to {to}: {error}")]
    Failed {
        /// The place.
        to: String,
        /// What the system says.
        error: io::Error,
    },
}

impl Stopped {
    /// The exit code of a run that knows `known` already, which a failure to write never makes better.
    pub(super) fn exit(&self, known: Exit) -> Exit {
        match self {
            Self::ReaderGone => known,
            Self::Failed { .. } => {
                note(&self.to_string());
                known.worse(Exit::NotWritten)
            }
        }
    }

    fn of(to: &str, error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::Failed { to: to.to_owned(), error }
        }
    }
}

fn open(path: &Path, read: &[&Path]) -> Result<To> {
    let (target, way) = followed(path)?;
    let found = match std::fs::metadata(path) {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let is_plain = found.as_ref().is_none_or(|found| found.is_file());
    if found.as_ref().is_some_and(|found| found.is_dir()) {
        bail!("it is a folder");
    }
    if is_plain || is_pipe(found.as_ref()) {
        ensure!(!is_among(&FileIdentity::of_path(path), read), "it is a file that is read, too; name another one");
    }
    if is_plain && way == Way::Names {
        return Ok(To::File { to: beside(&target)?, whole: 0, target });
    }
    // The open file itself goes on where it is; a second one of that name would begin somewhere else.
    let wanted = FileIdentity::of_path(path);
    let to = match [stdout(), stderr()].into_iter().flatten().find(|open| wanted.is_open_as(open)) {
        Some(open) => open,
        None => OpenOptions::new().append(true).open(path)?,
    };
    Ok(To::Stream { to, name: secrecy::path(path) })
}

/// An unfinished file beside a plain one that it is to replace, or that is not there yet; a signal removes it until
/// [`interrupt::complete`].
pub(super) fn beside(target: &Path) -> Result<NamedTempFile> {
    let found = match target.symlink_metadata() {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    // A link is replaced, and not what it leads to: who wants that has followed it.
    let replaced = found.filter(|found| !found.is_symlink());
    if let Some(replaced) = &replaced {
        ensure!(replaced.is_file(), NOT_PLAIN);
        // What must not be written to must not be replaced either.
        OpenOptions::new().append(true).open(target)?;
    }
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else { bail!("it names no file") };
    let made = unfinished_in(folder, &format!(".{}.", name.to_string_lossy()))
        .with_context(|| format!("it is written beside first, and no file can be made in {}", secrecy::path(folder)))?;
    if let Some(replaced) = replaced {
        made.as_file().set_permissions(replaced.permissions())?;
    }
    Ok(made)
}

/// An unfinished file, with the mode of any new file of the user's; a signal removes it until [`interrupt::complete`].
pub(super) fn unfinished_in(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(".unfinished");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    interrupt::unfinished(|| builder.tempfile_in(folder))
}

/// Devices, pipes and sockets are written to as they are, where that makes sense, and never replaced.
pub(super) const NOT_PLAIN: &str = "it is not a plain file";

/// Makes the next result begin a line. The beginning of a report that no run finished is taken away.
fn end_last_line(file: &mut File) -> io::Result<()> {
    const STEP: u64 = 64 << 10;
    let length = file.metadata()?.len();
    let mut tail: Vec<u8> = Vec::new();
    let mut start = length;
    while start > 0 && tail.len() < LONGEST_LINE && !tail.contains(&b'\n') {
        let from = start.saturating_sub(STEP);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&*file).take(start - from).read_to_end(&mut bytes)?;
        bytes.append(&mut tail);
        (tail, start) = (bytes, from);
    }
    let last_line = tail.iter().rposition(|byte| *byte == b'\n').map_or(&tail[..], |at| &tail[at + 1..]);
    if last_line.is_empty() {
        return Ok(());
    }
    let is_report = last_line.starts_with(REPORT) || REPORT.starts_with(last_line);
    if is_report { file.set_len(length - last_line.len() as u64) } else { file.write_all(b"\n") }
}

/// As much of a line without an end is looked at.
const LONGEST_LINE: usize = 16 << 20;
/// How each line of JSON of ours begins.
const REPORT: &[u8] = br#"{"schema":"ebl-verifier/"#;

fn is_among(output: &FileIdentity, read: &[&Path]) -> bool {
    read.iter().any(|path| {
        if path.as_os_str() == "-" {
            stdin().and_then(|file| FileIdentity::of_open_file(&file)).is_some_and(|input| input.is_same(output))
        } else {
            output.is_of_path(path)
        }
    })
}

#[cfg(unix)]
fn is_pipe(found: Option<&std::fs::Metadata>) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    found.is_some_and(|found| found.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: Option<&std::fs::Metadata>) -> bool {
    false
}

/// A further handle of the same open file, as the three below.
#[cfg(unix)]
fn handle_of(stream: impl std::os::fd::AsFd) -> Option<File> {
    stream.as_fd().try_clone_to_owned().ok().map(File::from)
}

#[cfg(windows)]
fn handle_of(stream: impl std::os::windows::io::AsHandle) -> Option<File> {
    stream.as_handle().try_clone_to_owned().ok().map(File::from)
}

fn stdin() -> Option<File> {
    handle_of(io::stdin())
}

fn stdout() -> Option<File> {
    handle_of(io::stdout())
}

pub(super) fn stderr() -> Option<File> {
    handle_of(io::stderr())
}
