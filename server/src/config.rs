//! Settings: command-line options with an environment variable each. A setting that nobody knows, or that makes no
//! sense, is refused with a sentence instead of being ignored.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use engine::spec::spelling::nearest;

/// Why the settings can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A `SLIPWAY_…` variable of the environment that no setting has.
    #[error("{name} is not a setting of Slipway{}", hint(nearest.as_deref()))]
    Unknown {
        /// The variable.
        name: String,
        /// The known one nearest by spelling.
        nearest: Option<String>,
    },
    /// Neither a data directory nor a home directory is known.
    #[error("no data directory: set SLIPWAY_DATA_DIR, or HOME, or DATABASE_URL")]
    NoDataDir,
    /// Not an address of a PostgreSQL database.
    #[error("DATABASE_URL must start with postgres:// or postgresql://")]
    DatabaseUrl,
    /// Not an address to listen on.
    #[error("LEPTOS_SITE_ADDR must be IP:PORT, for example 127.0.0.1:3000")]
    SiteAddr,
    /// Not the address of a panel.
    #[error(
        "SLIPWAY_BASE_URL must be http:// or https:// with a host and no path, for example https://slipway.example.com"
    )]
    BaseUrl,
    /// Cookies that only HTTPS carries, on a panel that is reached without.
    #[error(
        "SLIPWAY_SECURE_COOKIES=true needs an https:// SLIPWAY_BASE_URL: browsers would drop the sign-in"
    )]
    SecureWithoutHttps,
}

fn hint(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!(" (did you mean {name}?)"))
        .unwrap_or_default()
}

/// What Slipway reads by itself.
const KNOWN: [&str; 11] = [
    "SLIPWAY_ADDR",
    "SLIPWAY_BASE_URL",
    "SLIPWAY_DATA_DIR",
    "SLIPWAY_LOG",
    "SLIPWAY_LOG_FORMAT",
    "SLIPWAY_PRACTICE_SPEED",
    "SLIPWAY_SECURE_COOKIES",
    "SLIPWAY_SETUP_LINK_FILE",
    "SLIPWAY_SITE_ROOT",
    "SLIPWAY_TIME_ZONE",
    "SLIPWAY_TRUST_PROXY",
];

/// Variables of the test and build commands. A panel they start inherits them.
const WORKSHOP: [&str; 4] = ["SLIPWAY_TEST_", "SLIPWAY_E2E_", "SLIPWAY_BIN", "SLIPWAY_CHROMIUM"];

/// Refuses misspelt variables. `SLIPWAY_TEST_…` belongs to the tests.
///
/// # Errors
/// [`ConfigError::Unknown`].
pub fn refuse_unknown(names: impl Iterator<Item = String>) -> Result<(), ConfigError> {
    for name in names {
        let of_the_workshop = WORKSHOP.iter().any(|start| name.starts_with(start));
        if name.starts_with("SLIPWAY_") && !of_the_workshop && !KNOWN.contains(&name.as_str()) {
            let lower = KNOWN.map(str::to_ascii_lowercase);
            let nearest = nearest(&name, lower.iter().map(String::as_str)).map(str::to_ascii_uppercase);
            return Err(ConfigError::Unknown { name, nearest });
        }
    }
    Ok(())
}

/// The address of a database, as it was given. It may hold a password: no `Debug`, no `Serialize`, and it is judged by
/// [`StorageArgs::database`] only, because whoever refuses an argument while the command line is read prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Where things are kept, and how fast practice accounts live. For every command.
#[derive(Debug, Clone, Args)]
pub struct StorageArgs {
    /// Folder of the private database, when DATABASE_URL is not set
    #[arg(long, env = "SLIPWAY_DATA_DIR", value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// PostgreSQL to use instead of the private one
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub database_url: Option<DatabaseUrl>,
    /// How much faster than the wall a new practice account's clock runs
    #[arg(
        long,
        env = "SLIPWAY_PRACTICE_SPEED",
        value_name = "FACTOR",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=10_000),
        global = true
    )]
    pub practice_speed: u32,
}

impl StorageArgs {
    /// The database to use instead of the private one. An empty address is none.
    ///
    /// # Errors
    /// [`ConfigError::DatabaseUrl`], which does not repeat what was given.
    pub fn database(&self) -> Result<Option<&DatabaseUrl>, ConfigError> {
        let Some(url) = self.database_url.as_ref().filter(|url| !url.0.trim().is_empty()) else {
            return Ok(None);
        };
        let known = ["postgres://", "postgresql://"];
        if known.iter().any(|scheme| url.0.starts_with(scheme)) {
            Ok(Some(url))
        } else {
            Err(ConfigError::DatabaseUrl)
        }
    }

    /// The data directory: given, or the XDG one.
    ///
    /// # Errors
    /// [`ConfigError::NoDataDir`].
    pub fn data_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(dir) = &self.data_dir {
            return Ok(dir.clone());
        }
        data_home(
            std::env::var_os("XDG_DATA_HOME").map(PathBuf::from),
            std::env::home_dir(),
        )
    }
}

/// The XDG base directory rule: an absolute `XDG_DATA_HOME`, else `~/.local/share`.
fn data_home(xdg: Option<PathBuf>, home: Option<PathBuf>) -> Result<PathBuf, ConfigError> {
    xdg.filter(|path| path.is_absolute())
        .or_else(|| {
            home.filter(|home| !home.as_os_str().is_empty())
                .map(|home| home.join(".local/share"))
        })
        .map(|base| base.join("slipway"))
        .ok_or(ConfigError::NoDataDir)
}

/// The web server.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, env = "SLIPWAY_ADDR", value_name = "IP:PORT")]
    pub addr: Option<SocketAddr>,
    /// Address under which people reach the panel [default: http://ADDR]
    #[arg(long, env = "SLIPWAY_BASE_URL", value_name = "URL")]
    pub base_url: Option<String>,
    /// Cookies for HTTPS only [default: true when the base URL is https]
    #[arg(long, env = "SLIPWAY_SECURE_COOKIES", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub secure_cookies: Option<bool>,
    /// Write the one-time setup link to this file too (mode 0600)
    #[arg(long, env = "SLIPWAY_SETUP_LINK_FILE", value_name = "FILE")]
    pub setup_link_file: Option<PathBuf>,
    /// Folder with the panel's styles and scripts [default: `site` beside the program, else target/site]
    #[arg(long, env = "SLIPWAY_SITE_ROOT", value_name = "DIR")]
    pub site_root: Option<PathBuf>,
    /// IANA name of the time zone in which the panel shows times [default: the system's]
    #[arg(long, env = "SLIPWAY_TIME_ZONE", value_name = "ZONE", value_parser = time_zone)]
    pub time_zone: Option<String>,
    /// Believe the last address of X-Forwarded-For: only behind a proxy of your own that sets it
    #[arg(long, env = "SLIPWAY_TRUST_PROXY", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", default_value_t = false)]
    pub trust_proxy: bool,
}

fn time_zone(name: &str) -> Result<String, String> {
    jiff::tz::TimeZone::get(name)
        .map(|_| name.to_owned())
        .map_err(|_| "not a time zone of this machine, for example Asia/Tokyo".to_owned())
}

/// Settings of the web server, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConfig {
    /// Where to listen.
    pub addr: SocketAddr,
    /// Scheme and authority under which people reach the panel; no slash at the end.
    pub base_url: String,
    /// Cookies for HTTPS only, and HSTS.
    pub secure: bool,
    /// Where the setup link is written, too.
    pub setup_link_file: Option<PathBuf>,
    /// Folder with `pkg/`, `favicon.svg`, `robots.txt`.
    pub site_root: PathBuf,
    /// IANA name.
    pub time_zone: String,
    /// Whether `X-Forwarded-For` is believed.
    pub trust_proxy: bool,
}

impl ServeArgs {
    /// Checks the settings and fills in what was not given.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn resolve(&self) -> Result<WebConfig, ConfigError> {
        let addr = listen_addr(self.addr)?;
        let base_url = match &self.base_url {
            Some(url) => origin(url).ok_or(ConfigError::BaseUrl)?,
            None => reached_at(addr),
        };
        let https = base_url.starts_with("https://");
        let secure = self.secure_cookies.unwrap_or(https);
        if secure && !https {
            return Err(ConfigError::SecureWithoutHttps);
        }
        let site_root = self
            .site_root
            .clone()
            .or_else(|| of_leptos("LEPTOS_SITE_ROOT").map(PathBuf::from))
            .unwrap_or_else(|| default_site_root(std::env::current_exe().ok().as_deref()));
        let time_zone = self.time_zone.clone().unwrap_or_else(|| {
            jiff::tz::TimeZone::system()
                .iana_name()
                .map_or_else(|| "UTC".to_owned(), str::to_owned)
        });
        Ok(WebConfig {
            addr,
            base_url,
            secure,
            setup_link_file: self.setup_link_file.clone(),
            site_root,
            time_zone,
            trust_proxy: self.trust_proxy,
        })
    }
}

/// A variable that `cargo leptos` and containers built for it set.
fn of_leptos(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where the panel listens: given, or as Leptos was told, or on this machine only.
///
/// # Errors
/// [`ConfigError::SiteAddr`].
pub fn listen_addr(given: Option<SocketAddr>) -> Result<SocketAddr, ConfigError> {
    match (given, of_leptos("LEPTOS_SITE_ADDR")) {
        (Some(addr), _) => Ok(addr),
        (None, Some(text)) => text.parse().map_err(|_| ConfigError::SiteAddr),
        (None, None) => Ok(SocketAddr::from(([127, 0, 0, 1], 3000))),
    }
}

/// Where a browser on this machine finds a panel that listens there: "every address" is none that can be called.
#[must_use]
pub fn reached_at(addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        format!("http://localhost:{}", addr.port())
    } else {
        format!("http://{addr}")
    }
}

/// `site` beside the program (as installed), else where the workshop builds it.
fn default_site_root(program: Option<&Path>) -> PathBuf {
    let beside = program.and_then(Path::parent).map(|folder| folder.join("site"));
    beside
        .filter(|site| site.join("pkg").is_dir())
        .unwrap_or_else(|| PathBuf::from("target/site"))
}

/// `scheme://authority` of an address that is nothing but that.
fn origin(url: &str) -> Option<String> {
    let url = url.trim().trim_end_matches('/');
    let authority = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let plain = !authority.is_empty()
        && authority
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    plain.then(|| url.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> Option<String> {
        refuse_unknown(std::iter::once(name.to_owned()))
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn a_misspelt_variable_is_refused_with_the_right_one() {
        let message = refused("SLIPWAY_DATADIR").unwrap();
        assert!(
            message.contains("SLIPWAY_DATADIR") && message.contains("SLIPWAY_DATA_DIR"),
            "{message}"
        );
        assert!(refused("SLIPWAY_FROBNICATE").unwrap().contains("not a setting"));
        assert_eq!(refused("SLIPWAY_LOG"), None);
        assert_eq!(refused("SLIPWAY_TEST_DATABASE_URL"), None);
        assert_eq!(refused("SLIPWAY_E2E_PORT"), None);
        assert_eq!(refused("HOME"), None);
    }

    #[test]
    fn the_data_directory_follows_the_xdg_rule() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(
            data_home(path("/x"), path("/home/a")).unwrap(),
            PathBuf::from("/x/slipway")
        );
        assert_eq!(
            data_home(path("relative"), path("/home/a")).unwrap(),
            PathBuf::from("/home/a/.local/share/slipway")
        );
        assert_eq!(data_home(None, None), Err(ConfigError::NoDataDir));
    }

    #[test]
    fn a_base_url_is_an_origin_and_nothing_else() {
        assert_eq!(
            origin("https://Panel.example.com/"),
            Some("https://panel.example.com".to_owned())
        );
        assert_eq!(origin("http://[::1]:3000"), Some("http://[::1]:3000".to_owned()));
        for bad in [
            "panel.example.com",
            "ftp://x",
            "https://",
            "https://a/b",
            "https://a b",
            "https://u@h",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    fn storage(url: &str) -> StorageArgs {
        StorageArgs {
            data_dir: None,
            database_url: Some(DatabaseUrl::from(url.to_owned())),
            practice_speed: 20,
        }
    }

    #[test]
    fn the_address_of_the_database_is_never_printed() {
        let args = storage("postgres://u:hunter2@db/slipway");
        assert!(!format!("{args:?}").contains("hunter2"));
        assert!(args.database().unwrap().is_some());
        let refused = storage("mysql://u:hunter2@db").database().unwrap_err();
        assert_eq!(refused, ConfigError::DatabaseUrl);
        assert!(!refused.to_string().contains("hunter2"));
    }

    #[test]
    fn an_empty_address_of_a_database_is_none() {
        assert_eq!(storage(" ").database(), Ok(None));
    }

    #[test]
    fn a_panel_that_listens_everywhere_is_reached_by_a_name_that_can_be_called() {
        assert_eq!(reached_at(([0, 0, 0, 0], 3000).into()), "http://localhost:3000");
        assert_eq!(reached_at(([127, 0, 0, 1], 3100).into()), "http://127.0.0.1:3100");
        assert_eq!(reached_at("[::]:80".parse().unwrap()), "http://localhost:80");
    }
}
