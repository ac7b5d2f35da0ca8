//! PostgreSQL: its programs, and a throw-away server for the tests.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::packages::{self, Package};
use crate::command;
use crate::keeper::{self, Kept, Stop};

const POSTGRES: Package = Package {
    title: "PostgreSQL 14 or newer (the server)",
    apt: &["postgresql"],
    dnf: &["postgresql-server"],
    brew: &["postgresql@17"],
};

/// Folders in which package managers put the programs that they leave off the path.
const FAMILIES: &[&str] = &[
    "/usr/lib/postgresql",
    "/opt/homebrew/opt",
    "/usr/local/opt",
    "/home/linuxbrew/.linuxbrew/opt",
    "/usr",
];

/// The oldest major version that Slipway works with. The server's own search asks for the same.
const OLDEST: u32 = 14;

const START_LIMIT: Duration = Duration::from_secs(60);

/// The folder with `initdb` and `postgres`; installs PostgreSQL when there is none.
pub(crate) fn programs() -> Result<PathBuf> {
    if let Some(folder) = find() {
        return new_enough(folder);
    }
    no_cluster_of_the_system();
    packages::install(&POSTGRES)?;
    let folder =
        find().with_context(|| format!("initdb is nowhere to be found: install {}", POSTGRES.title))?;
    new_enough(folder)
}

fn new_enough(folder: PathBuf) -> Result<PathBuf> {
    let said = command::quiet(Command::new(folder.join("postgres")).arg("--version"))?;
    match major(&said) {
        Some(major) if major < OLDEST => bail!(
            "{} is PostgreSQL {major}, which is too old: install {}",
            folder.display(),
            POSTGRES.title
        ),
        _ => Ok(folder),
    }
}

/// The major version in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major(said: &str) -> Option<u32> {
    let number = said
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Debian's package starts a server of its own, which nobody here wants. A file that it asks first says no. Where this is
/// refused, that server is only superfluous.
fn no_cluster_of_the_system() {
    let settings = Path::new("/etc/postgresql-common");
    let file = settings.join("createcluster.conf");
    if command::found(&["apt-get"]).is_none() || !packages::is_root() || file.exists() {
        return;
    }
    let written =
        fs::create_dir_all(settings).and_then(|()| fs::write(&file, "create_main_cluster = false\n"));
    if let Err(error) = written {
        println!("{} can't be written: {error}", file.display());
    }
}

fn find() -> Option<PathBuf> {
    let on_path = command::found(&["initdb"])
        .and_then(|link| link.canonicalize().ok())
        .and_then(|file| file.parent().map(Path::to_owned))
        .filter(|folder| folder.join("postgres").is_file());
    on_path.or_else(|| {
        let mut versions: Vec<(u32, PathBuf)> = FAMILIES
            .iter()
            .filter_map(|family| fs::read_dir(family).ok())
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter_map(|folder| {
                let name = folder.file_name()?.to_str()?;
                let digits = name
                    .trim_start_matches("postgresql@")
                    .trim_start_matches("pgsql-");
                let bin = folder.join("bin");
                let complete = bin.join("initdb").is_file() && bin.join("postgres").is_file();
                complete.then_some((digits.parse().unwrap_or(0), bin))
            })
            .collect();
        versions.sort();
        versions.pop().map(|(_, bin)| bin)
    })
}

/// A private PostgreSQL that goes away, with everything in it, with this value or with the workshop.
pub(crate) struct Throwaway {
    /// For an administrator that may create databases.
    pub(crate) url: String,
    _server: Kept,
}

/// Starts a server that listens on a Unix socket in a folder of its own and nowhere else.
pub(crate) fn throwaway() -> Result<Throwaway> {
    let programs = programs()?;
    // A short path: a socket's may not be longer than some hundred bytes. And one that every user can reach.
    let home = PathBuf::from("/tmp").join(format!("slipway-test-{}", std::process::id()));
    fs::create_dir_all(&home).with_context(|| format!("making {}", home.display()))?;
    fs::set_permissions(&home, fs::Permissions::from_mode(0o700))?;
    let owner = if packages::is_root() {
        Some(unprivileged()?)
    } else {
        None
    };
    if let Some((user, group)) = owner {
        chown(&home, Some(user), Some(group))?;
    }
    let data = home.join("data");
    let mut initdb = Command::new(programs.join("initdb"));
    initdb
        .args([
            "--username=slipway",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
        ])
        .arg(&data)
        .current_dir("/tmp");
    become_owner(&mut initdb, owner);
    if let Err(error) = command::quiet(&mut initdb) {
        fs::remove_dir_all(&home).ok();
        return Err(error).context("the test database could not be made");
    }

    let mut postgres = keeper::command(Stop::Interrupt, Some(&home), &programs.join("postgres"));
    postgres
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(&home)
        .current_dir("/tmp");
    for setting in [
        "listen_addresses=",
        // A crash loses nothing that anyone wants: durability would only cost time.
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=200",
        "shared_buffers=64MB",
    ] {
        postgres.args(["-c", setting]);
    }
    become_owner(&mut postgres, owner);
    let log = home.join("log");
    let server = keeper::start(&mut postgres, &log)?;
    let began = Instant::now();
    // PostgreSQL writes how far it is into the eighth line of this file.
    while !fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|text| text.lines().nth(7).is_some_and(|state| state.trim() == "ready"))
    {
        if began.elapsed() > START_LIMIT {
            bail!(
                "the test database did not start:\n{}",
                fs::read_to_string(&log).unwrap_or_default()
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Throwaway {
        url: format!("postgres://slipway@localhost/postgres?host={}", home.display()),
        _server: server,
    })
}

/// PostgreSQL refuses to run as root.
fn unprivileged() -> Result<(u32, u32)> {
    for name in ["postgres", "nobody"] {
        let id = |what: &str| -> Option<u32> {
            command::quiet(Command::new("id").args([what, name]))
                .ok()?
                .trim()
                .parse()
                .ok()
        };
        if let (Some(user), Some(group)) = (id("-u"), id("-g")) {
            return Ok((user, group));
        }
    }
    bail!("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as")
}

fn become_owner(command: &mut Command, owner: Option<(u32, u32)>) {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_what_the_program_says() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 17beta1"), Some(17));
        assert_eq!(major("postgres"), None);
    }
}
