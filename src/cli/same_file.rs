//! Whether two arguments are one and the same file, however they are spelt and linked.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// What makes a file the same file.
#[derive(Debug)]
pub(super) struct FileIdentity {
    /// Device and number on it, of a file that is there and where the system has such.
    inode: Option<(u64, u64)>,
    /// Without links, as far as it is there.
    path: Option<PathBuf>,
}

impl FileIdentity {
    /// Of what a path leads to. A file that is not there yet would be made at the end of its links.
    pub(super) fn of_path(path: &Path) -> Self {
        let inode = std::fs::metadata(path).ok().and_then(|found| inode(&found));
        Self { inode, path: followed(path).ok().map(|(target, _)| target) }
    }

    /// Of an open file; `None` for what can be read and written at the same time without harm, as a terminal or a socket.
    pub(super) fn of_open_file(file: &File) -> Option<Self> {
        let found = file.metadata().ok().filter(Metadata::is_file)?;
        Some(Self { inode: inode(&found), path: None })
    }

    /// Whether this is the file that is open here, of whatever kind.
    pub(super) fn is_open_as(&self, file: &File) -> bool {
        self.inode.is_some() && self.inode == file.metadata().ok().and_then(|found| inode(&found))
    }

    /// Whether the path leads to this file. A file that is there is known by its number, which costs one look at each of
    /// very many paths.
    pub(super) fn is_of_path(&self, path: &Path) -> bool {
        match (self.inode, std::fs::metadata(path).ok().and_then(|found| inode(&found))) {
            (Some(this), Some(that)) => this == that,
            // One that is there, and one that is not.
            (None, Some(_)) | (Some(_), None) => false,
            (None, None) => Self::of_path(path).is_same(self),
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.inode.is_some() && self.inode == other.inode) || (self.path.is_some() && self.path == other.path)
    }
}

/// How a path leads to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By names alone.
    Names,
    /// By a file that this process has open: `/dev/stdout` and the like.
    OpenFile,
}

/// The path behind all links, also where there is nothing yet.
pub(super) fn followed(path: &Path) -> io::Result<(PathBuf, Way)> {
    // As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    let mut way = Way::Names;
    for _ in 0..=MOST_LINKS {
        if path
            .parent()
            .is_some_and(|folder| folder.ends_with("fd") && (folder.starts_with("/proc") || folder.starts_with("/dev")))
        {
            way = Way::OpenFile;
        }
        let folder = match path.parent() {
            Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Some(folder) => folder,
            None => return Ok((path, way)),
        };
        let Some(name) = path.file_name() else { return Ok((path.canonicalize()?, way)) };
        let reached = folder.canonicalize();
        let plain = reached
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", super::secrecy::path(folder))))?
            .join(name);
        match std::fs::read_link(&plain) {
            Ok(target) => path = folder.join(target),
            Err(_) => return Ok((plain, way)),
        }
    }
    Err(io::Error::other("it leads in a circle"))
}

#[cfg(unix)]
fn inode(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_every_spelling_and_link_and_no_other_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("bill.json"), "{}").unwrap();
        std::fs::write(path("other.json"), "{}").unwrap();
        std::fs::create_dir(path("sub")).unwrap();
        std::fs::hard_link(path("bill.json"), path("hard.json")).unwrap();
        std::os::unix::fs::symlink("bill.json", path("soft.json")).unwrap();
        std::os::unix::fs::symlink("../soft.json", path("sub/twice.json")).unwrap();
        std::os::unix::fs::symlink("not-yet.json", path("dangling.json")).unwrap();
        let same =
            |one: &str, other: &str| FileIdentity::of_path(&path(one)).is_same(&FileIdentity::of_path(&path(other)));
        for name in ["bill.json", "hard.json", "soft.json", "sub/twice.json", "sub/../bill.json", "./bill.json"] {
            assert!(same("bill.json", name), "{name}");
            assert!(!same("other.json", name), "{name}");
        }
        assert!(same("dangling.json", "not-yet.json") && same("sub/../not-yet.json", "not-yet.json"));
        assert!(!same("not-yet.json", "nor-this.json"));
        let open = FileIdentity::of_open_file(&File::open(path("hard.json")).unwrap()).unwrap();
        assert!(open.is_same(&FileIdentity::of_path(&path("soft.json"))));
        assert!(FileIdentity::of_open_file(&File::open("/dev/null").unwrap()).is_none());
        std::os::unix::fs::symlink("b", path("a")).unwrap();
        std::os::unix::fs::symlink("a", path("b")).unwrap();
        assert!(followed(&path("a")).is_err());
    }
}
