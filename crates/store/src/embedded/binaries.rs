//! Finding the PostgreSQL programs of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::EmbeddedError;

/// The oldest major version that Slipway is tested with.
const OLDEST: u32 = 14;

/// A folder with `initdb`, `postgres` and `pg_ctl` of one major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    /// The newest programs, or those of the major version that made an existing cluster.
    pub(super) fn find(bin_dir: Option<&Path>, cluster: Option<(&Path, u32)>) -> Result<Self, EmbeddedError> {
        let found = match bin_dir {
            Some(folder) => installed(&[folder.to_owned()]),
            None => installed(&candidates()),
        };
        let Some((path, needed)) = cluster else {
            return found
                .into_iter()
                .max_by_key(|it| it.major)
                .ok_or(EmbeddedError::NoBinaries);
        };
        if found.is_empty() {
            return Err(EmbeddedError::NoBinaries);
        }
        let majors = found
            .iter()
            .map(|it| it.major.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        found
            .into_iter()
            .find(|it| it.major == needed)
            .ok_or_else(|| EmbeddedError::WrongVersion {
                cluster: path.to_owned(),
                needed,
                found: majors,
            })
    }

    /// The full path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The folders that hold all three programs, with their version, each once.
fn installed(folders: &[PathBuf]) -> Vec<Binaries> {
    let mut found: Vec<Binaries> = Vec::new();
    for folder in folders {
        let complete = ["initdb", "postgres", "pg_ctl"]
            .iter()
            .all(|name| folder.join(name).is_file());
        if !complete || found.iter().any(|it| &it.folder == folder) {
            continue;
        }
        let Ok(answer) = Command::new(folder.join("postgres")).arg("--version").output() else {
            continue;
        };
        match major(&String::from_utf8_lossy(&answer.stdout)) {
            Some(major) if major >= OLDEST => found.push(Binaries {
                folder: folder.clone(),
                major,
            }),
            _ => {}
        }
    }
    found
}

/// The major version in the answer to `postgres --version`, such as `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major(answer: &str) -> Option<u32> {
    let version = answer
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// Where PostgreSQL lives on the systems that Slipway knows. PATH comes first.
fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    // Debian and Ubuntu keep the server programs off PATH, one folder per major version.
    folders.extend(versions("/usr/lib/postgresql", "", "bin"));
    // The PostgreSQL project's packages for Red Hat and Fedora.
    folders.extend(versions("/usr", "pgsql-", "bin"));
    // Alpine.
    folders.extend(versions("/usr/libexec", "postgresql", ""));
    for brew in ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"] {
        folders.extend(versions(&format!("{brew}/opt"), "postgresql", "bin"));
    }
    folders.extend(versions(
        "/Applications/Postgres.app/Contents/Versions",
        "",
        "bin",
    ));
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    folders
}

/// `parent/{prefix…}/inner` for every entry of `parent` that starts with `prefix`.
fn versions(parent: &str, prefix: &str, inner: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(inner))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fake(folder: &Path, version: &str, programs: &[&str]) {
        std::fs::create_dir_all(folder).unwrap();
        for name in programs {
            let path = folder.join(name);
            std::fs::write(
                &path,
                format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n"),
            )
            .unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[test]
    fn the_major_version_is_read_from_every_vendors_answer() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 17.2 (Homebrew)"), Some(17));
        assert_eq!(major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(major("command not found"), None);
    }

    #[test]
    fn incomplete_and_too_old_installations_are_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let (client, old, good) = (
            root.path().join("client"),
            root.path().join("13"),
            root.path().join("16"),
        );
        fake(&client, "16.1", &["postgres"]);
        fake(&old, "13.9", &["initdb", "postgres", "pg_ctl"]);
        fake(&good, "16.4", &["initdb", "postgres", "pg_ctl"]);
        let found = installed(&[client, old, good.clone(), good.clone()]);
        assert_eq!(
            found,
            vec![Binaries {
                folder: good,
                major: 16
            }]
        );
    }

    #[test]
    fn a_machine_without_postgresql_is_told_what_to_install() {
        let empty = tempfile::tempdir().unwrap();
        let error = Binaries::find(Some(empty.path()), None).unwrap_err().to_string();
        assert!(
            error.contains("apt-get install postgresql") && error.contains("DATABASE_URL"),
            "{error}"
        );
    }

    #[test]
    fn a_cluster_of_a_version_that_is_not_installed_names_the_package() {
        let root = tempfile::tempdir().unwrap();
        fake(root.path(), "16.4", &["initdb", "postgres", "pg_ctl"]);
        let error = Binaries::find(Some(root.path()), Some((Path::new("/data/postgres"), 15))).unwrap_err();
        assert!(
            error.to_string().contains("apt-get install postgresql-15"),
            "{error}"
        );
    }
}
