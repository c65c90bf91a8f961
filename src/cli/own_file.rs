//! A file that this program keeps for itself (`--state`, `--used`): read, and replaced as a whole, by one run at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::same_file::{FileIdentity, Way, followed};
use super::{interrupt, note, output, secrecy};

/// The file, there or not yet. As long as this lives no other run reads or writes it.
pub(super) struct OwnFile {
    path: PathBuf,
    _lock: File,
}

/// What to do while another run has the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhenTaken {
    /// It is soon through.
    Wait,
    /// It may go on for ever.
    Refuse,
}

impl OwnFile {
    /// Finds out at once whether the file can be read and replaced: later what it is to hold would be lost. It must be none of
    /// `others`. A link is followed, so that the file itself is replaced; what is no plain file never is.
    pub(super) fn open(path: &Path, others: &[&Path], when_taken: WhenTaken) -> Result<Self> {
        ensure!(path.as_os_str() != "-", "it is read and written, so it cannot be -");
        let is_lock = path.extension().is_some_and(|ending| ending == "lock");
        ensure!(!is_lock, "a name that ends in .lock is that of the lock beside another such file");
        let identity = FileIdentity::of_path(path);
        let is_other = others.iter().any(|other| *other == path || identity.is_of_path(other));
        ensure!(!is_other, "it is named as another file, too");
        ensure!(!path.is_dir(), "it is a folder");
        let (path, way) = followed(path)?;
        ensure!(way == Way::Names, output::NOT_PLAIN);
        // Looks at what is there before a lock is laid beside it.
        drop(output::beside(&path)?);
        let lock = locked(&path, when_taken)?;
        ensure!(
            has_one_name(&path)?,
            "the file has another name, too (a hard link), which would keep what stands there now; remove one of the two"
        );
        Ok(Self { path, _lock: lock })
    }

    /// What stands there; nothing if it is not there yet.
    pub(super) fn read(&self, most_bytes: u64) -> Result<Vec<u8>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        ensure!(file.metadata()?.is_file(), output::NOT_PLAIN);
        let mut bytes = Vec::new();
        let read = file.take(most_bytes + 1).read_to_end(&mut bytes)? as u64;
        ensure!(read <= most_bytes, "it has more than {most_bytes} bytes");
        Ok(bytes)
    }

    /// Puts this in the place of what stands there: the one or the other is there, however the program ends.
    pub(super) fn replace(&self, bytes: &[u8]) -> Result<()> {
        let mut to = output::beside(&self.path)?;
        to.write_all(bytes)?;
        to.as_file().sync_all()?;
        interrupt::complete(to, |to| to.persist(&self.path).map(drop).map_err(|error| error.error))?;
        Ok(())
    }
}

/// Whether what is put in its place is there by every name that it has. By symbolic links it is.
#[cfg(unix)]
fn has_one_name(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(std::os::unix::fs::MetadataExt::nlink(&found) <= 1),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Of other systems the standard library does not tell.
#[cfg(not(unix))]
fn has_one_name(_: &Path) -> io::Result<bool> {
    Ok(true)
}

/// A file of its own, which stays: the other one is replaced.
fn locked(path: &Path, when_taken: WhenTaken) -> Result<File> {
    let mut name = path.to_owned().into_os_string();
    name.push(".lock");
    let found = std::fs::symlink_metadata(&name);
    ensure!(
        found.map_or(true, |found| found.is_file()),
        "the lock beside it, of that name and .lock, is not a plain file"
    );
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(name).context("it cannot be locked")?;
    match when_taken {
        WhenTaken::Wait => waited_for(&lock, path).context("it cannot be locked")?,
        WhenTaken::Refuse => ensure_free(&lock)?,
    }
    Ok(lock)
}

/// Locks it, unless another run has.
pub(super) fn ensure_free(lock: &File) -> Result<()> {
    match lock.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => bail!("another run goes on with it; end that one, or name another file"),
        Err(TryLockError::Error(why)) => Err(why).context("it cannot be locked"),
    }
}

/// A short wait is nobody's business.
fn waited_for(lock: &File, path: &Path) -> io::Result<()> {
    let end = Instant::now() + SHORT_WAIT;
    while Instant::now() < end {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(GLANCE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    note(&format!("waiting for another run that has {}", secrecy::path(path)));
    lock.lock()
}

const SHORT_WAIT: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(20);

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_file_behind_a_link_is_replaced_with_its_mode_and_nothing_else_ever_is() {
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let open = |name: &str| OwnFile::open(&path(name), &[], WhenTaken::Refuse);
        std::fs::write(path("file"), "before").unwrap();
        std::fs::set_permissions(path("file"), std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", path("link")).unwrap();
        let opened = open("link").unwrap();
        assert_eq!(opened.read(6).unwrap(), b"before");
        assert!(opened.read(5).is_err());
        opened.replace(b"after").unwrap();
        assert_eq!(std::fs::read(path("file")).unwrap(), b"after");
        assert_eq!(path("file").metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert!(path("link").is_symlink());
        assert!(open("file").is_err(), "another run has it");
        drop(opened);
        // By its other name it would go on as it was.
        std::fs::hard_link(path("file"), path("hard")).unwrap();
        for name in ["file", "hard", "link"] {
            let refused = open(name).err().unwrap_or_else(|| panic!("{name} is taken"));
            assert!(refused.to_string().contains("a hard link"), "{name}: {refused}");
        }
        std::fs::remove_file(path("hard")).unwrap();
        let opened = open("file").unwrap();
        // It turned into something else meanwhile.
        std::fs::remove_file(path("file")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(path("file")).status().unwrap();
        assert!(made.success() && opened.replace(b"more").is_err());
        assert!(path("file").metadata().unwrap().file_type().is_fifo());
        symlink("/dev/null", path("device")).unwrap();
        std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        for name in ["/dev/null", "/dev/zero", "/dev/stdout", "file", "device", "socket", "."] {
            let refused = open(name).err().unwrap_or_else(|| panic!("{name} is taken"));
            assert!(matches!(refused.to_string().as_str(), output::NOT_PLAIN | "it is a folder"), "{name}: {refused}");
        }
        assert!(!Path::new("/dev/null.lock").exists());
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["device", "file", "file.lock", "hard.lock", "link", "socket"]);
    }
}
