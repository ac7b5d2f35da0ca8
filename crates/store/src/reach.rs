//! The first connection to a server: whether there is a way to it, and if not, why. What is said names host, port, user
//! and database, never the password.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use crate::{Error, Result};

/// Why no connection can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// The text is no address of a database.
    #[error(
        "the address of the database can't be read: it has to be postgres://USER:PASSWORD@HOST:PORT/DATABASE, and \
         characters of the password that mean something in an address have to be percent-encoded"
    )]
    Address,
    /// Nobody listens.
    #[error("nothing listens on {at}: start PostgreSQL there, or correct host and port")]
    Refused {
        /// Host and port, or the socket.
        at: String,
    },
    /// The name resolves to nothing.
    #[error("the host {host} is not known: correct the name, or the resolver of this machine")]
    UnknownHost {
        /// The name.
        host: String,
    },
    /// No answer, neither yes nor no.
    #[error("{at} gave no answer in {waited_s} s: a firewall may be in the way")]
    Silent {
        /// Host and port, or the socket.
        at: String,
        /// How long, seconds.
        waited_s: u64,
    },
    /// The server does not let this user in.
    #[error("PostgreSQL on {at} does not let the user {user} in: {message}")]
    NotLetIn {
        /// Host and port, or the socket.
        at: String,
        /// The user.
        user: String,
        /// The server's own words.
        message: String,
    },
    /// The server has no such database.
    #[error(
        "PostgreSQL on {at} has no database {database}: create it with `createdb {database}`, or correct the name"
    )]
    NoDatabase {
        /// Host and port, or the socket.
        at: String,
        /// The database.
        database: String,
    },
}

impl Unreachable {
    /// Whether trying the same again later may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Silent { .. })
    }
}

/// Connects and says goodbye.
///
/// # Errors
/// [`Error::Unreachable`] for everything that has a sentence of its own.
pub(crate) async fn once(options: &PgConnectOptions, patience: Duration) -> Result<()> {
    let at = place(options);
    let attempt = async {
        if options.get_socket().is_none() {
            let target = (options.get_host(), options.get_port());
            if tokio::net::lookup_host(target).await.is_err() {
                let host = options.get_host().to_owned();
                return Err(Error::Unreachable(Unreachable::UnknownHost { host }));
            }
        }
        let connection: PgConnection = options
            .connect()
            .await
            .map_err(|error| why(error, options, &at))?;
        // Whether the goodbye is heard does not matter.
        let _gone = connection.close().await;
        Ok(())
    };
    tokio::time::timeout(patience, attempt).await.unwrap_or_else(|_| {
        let (at, waited_s) = (at.clone(), patience.as_secs());
        Err(Unreachable::Silent { at, waited_s }.into())
    })
}

/// Host and port, or the folder of the socket.
fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None if options.get_host().contains(':') => {
            format!("[{}]:{}", options.get_host(), options.get_port())
        }
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

fn why(error: sqlx::Error, options: &PgConnectOptions, at: &str) -> Error {
    let at = at.to_owned();
    match &error {
        sqlx::Error::Io(cause)
            if matches!(cause.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) =>
        {
            Unreachable::Refused { at }.into()
        }
        sqlx::Error::Database(answer) => match answer.code().as_deref() {
            Some("3D000") => Unreachable::NoDatabase {
                at,
                database: options
                    .get_database()
                    .unwrap_or(options.get_username())
                    .to_owned(),
            }
            .into(),
            // Class 28: invalid authorisation, the wrong password among them.
            Some(code) if code.starts_with("28") => Unreachable::NotLetIn {
                at,
                user: options.get_username().to_owned(),
                message: answer.message().to_owned(),
            }
            .into(),
            _ => error.into(),
        },
        _ => error.into(),
    }
}
