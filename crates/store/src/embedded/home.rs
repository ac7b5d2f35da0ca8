//! Where the cluster, its socket and its log live.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::account::Account;
use super::error::{EmbeddedError, io};

/// The longest path of a Unix socket that both Linux (107) and macOS (103) accept, in bytes.
const SOCKET_PATH_MAX: usize = 103;
/// The name of the socket file for PostgreSQL's default port.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";
/// Where clusters go when root's data directory cannot be entered by the account that runs PostgreSQL.
const RELOCATED: &str = "/var/lib/slipway";

/// The folders of one cluster.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// The cluster itself (`PGDATA`).
    pub(super) cluster: PathBuf,
    /// The name in the data directory that leads to the cluster, when it lives elsewhere.
    link: Option<PathBuf>,
    /// The server's log.
    pub(super) log: PathBuf,
    /// Whether the cluster has been made.
    pub(super) exists: bool,
}

impl Home {
    /// Finds the cluster of a data directory, or the place for a new one, and the account that runs it.
    pub(super) fn locate(data_dir: &Path) -> Result<(Self, Account), EmbeddedError> {
        let name = data_dir.join("postgres");
        if name.is_symlink() && !name.exists() {
            return Err(EmbeddedError::LostCluster { link: name });
        }
        if name.exists() {
            let cluster = name.canonicalize().map_err(io("read", &name))?;
            let account = Account::choose(&cluster)?;
            let parent = cluster.parent().unwrap_or(data_dir).to_owned();
            admit(account, &parent)?;
            let home = Self {
                log: parent.join("postgres.log"),
                cluster,
                link: None,
                exists: true,
            };
            return Ok((home, account));
        }
        let account = Account::choose(&name)?;
        let home = if admit(account, data_dir)? {
            Self {
                cluster: name,
                link: None,
                log: data_dir.join("postgres.log"),
                exists: false,
            }
        } else {
            let parent = Path::new(RELOCATED).join(Uuid::now_v7().simple().to_string());
            DirBuilder::new()
                .recursive(true)
                .mode(0o711)
                .create(&parent)
                .map_err(io("create", &parent))?;
            Self {
                cluster: parent.join("postgres"),
                link: Some(name),
                log: parent.join("postgres.log"),
                exists: false,
            }
        };
        Ok((home, account))
    }

    /// Moves a finished cluster to its place. Until here a crash leaves nothing that looks like a cluster.
    pub(super) fn publish(&mut self, made: &Path) -> Result<(), EmbeddedError> {
        fs::rename(made, &self.cluster).map_err(io("rename", made))?;
        if let Some(link) = &self.link {
            symlink(&self.cluster, link).map_err(io("create", link))?;
            tracing::info!(
                cluster = %self.cluster.display(),
                "the data directory is closed to the account that runs PostgreSQL: the cluster lives elsewhere"
            );
        }
        self.exists = true;
        Ok(())
    }

    /// The major version that made the cluster.
    pub(super) fn version(&self) -> Result<u32, EmbeddedError> {
        let path = self.cluster.join("PG_VERSION");
        let text = fs::read_to_string(&path).map_err(io("read", &path))?;
        text.trim().parse().map_err(|_| EmbeddedError::Program {
            program: "initdb",
            message: format!("{} does not hold a version", path.display()),
        })
    }

    /// Creates the folder of the Unix socket: next to the cluster, or a short one when that path is too long.
    pub(super) fn socket_folder(&self, account: Account) -> Result<PathBuf, EmbeddedError> {
        let beside = self.cluster.with_file_name("run");
        let folder = if fits(&beside) {
            beside
        } else {
            let hash =
                crate::token::hex(&crate::token::hash(self.cluster.as_os_str().as_encoded_bytes())[..8]);
            let name = format!("slipway-{hash}");
            let folder = std::env::temp_dir().join(&name);
            if fits(&folder) {
                folder
            } else {
                Path::new("/tmp").join(name)
            }
        };
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => account.give(&folder).map_err(io("give away", &folder))?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io("create", &folder)(error)),
        }
        // Temporary folders are shared: what another user prepared there could be a trap.
        let found = fs::symlink_metadata(&folder).map_err(io("read", &folder))?;
        if !found.is_dir() || found.uid() != account.uid() || found.mode() & 0o077 != 0 {
            return Err(EmbeddedError::UnsafeSocketFolder { path: folder });
        }
        Ok(folder)
    }
}

/// Whether the socket's path in this folder is short enough for the kernel.
fn fits(folder: &Path) -> bool {
    folder.join(SOCKET).as_os_str().len() <= SOCKET_PATH_MAX
}

/// Lets the account enter the folder, when only the folder itself was closed to it. Its parents stay as they are.
fn admit(account: Account, folder: &Path) -> Result<bool, EmbeddedError> {
    let Account::Other { gid, .. } = account else {
        return Ok(true);
    };
    if account.can_enter(folder) {
        return Ok(true);
    }
    let Some(parent) = folder.parent() else {
        return Ok(false);
    };
    if !account.can_enter(parent) {
        return Ok(false);
    }
    let mode = fs::metadata(folder).map_err(io("read", folder))?.mode();
    chown(folder, None, Some(gid)).map_err(io("give away", folder))?;
    fs::set_permissions(folder, Permissions::from_mode((mode & 0o7700) | 0o010))
        .map_err(io("change", folder))?;
    Ok(account.can_enter(folder))
}
