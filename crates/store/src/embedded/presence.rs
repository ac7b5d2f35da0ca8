//! Who uses the cluster, told by file locks: the kernel releases them when a process dies, so nothing can be stale.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::{EmbeddedError, io};

/// Held while the server is being started or stopped: one process at a time decides.
#[derive(Debug)]
pub(super) struct Gate {
    _file: File,
}

impl Gate {
    /// Waits until no other process is starting or stopping the server.
    pub(super) fn enter(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = data_dir.join("postgres.lock");
        let file = open(&path)?;
        file.lock().map_err(io("lock", &path))?;
        Ok(Self { _file: file })
    }
}

/// Held for as long as a process uses the server: shared by all of them.
#[derive(Debug)]
pub(super) struct Presence {
    file: File,
}

impl Presence {
    /// Joins the users. Call it inside the [`Gate`].
    pub(super) fn join(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = data_dir.join("postgres.users");
        let file = open(&path)?;
        file.lock_shared().map_err(io("lock", &path))?;
        Ok(Self { file })
    }

    /// Leaves, and says whether this was the last user. Call it inside the [`Gate`].
    pub(super) fn leave(self) -> bool {
        if self.file.unlock().is_err() {
            return false;
        }
        match self.file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        }
    }
}

fn open(path: &Path) -> Result<File, EmbeddedError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io("open", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_user_to_leave_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let first = Presence::join(folder.path()).unwrap();
        let second = Presence::join(folder.path()).unwrap();
        assert!(!first.leave());
        assert!(second.leave());
    }
}
