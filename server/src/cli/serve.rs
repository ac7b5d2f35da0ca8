//! `slipway serve`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::future::join_all;
use serde_json::json;
use store::embedded::Guardian;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::failure::{Exit, Failure};
use super::storage::Storage;
use super::{Context, output};
use crate::config::{ServeArgs, WebConfig, reached_at};
use crate::panel::Panel;
use crate::{health, housekeeping, runs, web};

/// From the wish to end to the end of requests, runs and looks, all at once. Closing the database comes on top, and all of
/// it has to stay below what containers and the workshop grant: 30 s and 10 s.
const GRACE: Duration = Duration::from_secs(6);
/// How often the private database is looked after.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// Serve the panel.
#[derive(Debug, Args)]
pub(super) struct ServeCommand {
    #[command(flatten)]
    args: ServeArgs,
}

pub(super) async fn run(context: &Context, command: ServeCommand) -> Result<Exit, Failure> {
    let mut config = command.args.resolve()?;
    // Heard from the start: a Ctrl-C while the database starts ends it cleanly, too.
    let asked_to_end = ask_to_end()?;
    let listener = TcpListener::bind(config.addr)
        .await
        .map_err(|error| cannot_listen(config.addr, &error))?;
    if command.args.base_url.is_none()
        && let Ok(addr) = listener.local_addr()
    {
        // Port 0 has become a real one.
        config.base_url = reached_at(addr);
    }
    let storage = Storage::open(&context.storage).await?;
    let served = serve(context, &config, listener, &storage, &asked_to_end).await;
    let closed = storage.close().await;
    served?;
    closed?;
    Ok(Exit::Done)
}

async fn serve(
    context: &Context,
    config: &WebConfig,
    listener: TcpListener,
    storage: &Storage,
    asked_to_end: &CancellationToken,
) -> Result<(), Failure> {
    let panel = storage
        .panel(&context.storage, &config.base_url, &config.time_zone)
        .await?;
    let router =
        web::router(Arc::clone(&panel), config).map_err(|error| Failure::other("SLIPWAY_BASE_URL", error))?;
    announce(context, config, &panel).await?;
    let worker = runs::worker::spawn(Arc::clone(&panel));
    let keeper = housekeeping::spawn(Arc::clone(&panel));
    let watcher = health::scheduler::spawn(Arc::clone(&panel));
    let mut tasks = vec![worker, keeper, watcher];
    tasks.extend(
        storage
            .guardian()
            .map(|guardian| look_after(guardian, panel.stopping.clone())),
    );
    let ending = {
        let (asked_to_end, stopping) = (asked_to_end.clone(), panel.stopping.clone());
        async move {
            asked_to_end.cancelled().await;
            tracing::info!("ending");
            stopping.cancel();
        }
    };
    let serving = axum::serve(
        listener,
        router.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(ending);
    let mut deadline = pin!(async {
        panel.stopping.cancelled().await;
        tokio::time::sleep(GRACE).await;
    });
    let served = tokio::select! {
        served = serving.into_future() => served.map_err(|error| Failure::other("the web server failed", error)),
        // Requests that do not end by themselves are cut off.
        () = &mut deadline => Ok(()),
    };
    panel.stopping.cancel();
    tokio::select! {
        _ = join_all(tasks) => {}
        () = &mut deadline => {
            tracing::warn!("not everything ended in time; what was under way is taken up at the next start");
        }
    }
    served
}

fn cannot_listen(addr: SocketAddr, error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::AddrInUse {
        Failure::Other(format!(
            "{addr} is in use: end what listens there, or choose another address with --addr or SLIPWAY_ADDR"
        ))
    } else {
        Failure::other(&format!("{addr} can't be listened on"), error)
    }
}

/// Starts the private database again when it has died (killed for want of memory, or a full disk).
fn look_after(guardian: Guardian, stopping: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(LOOK_AFTER);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match guardian.ensure_running().await {
                Ok(false) => {}
                Ok(true) => tracing::warn!("the private database had died and was started again"),
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the private database does not start"
                ),
            }
        }
    })
}

fn ask_to_end() -> Result<CancellationToken, Failure> {
    let asked = CancellationToken::new();
    let mut terminate =
        signal(SignalKind::terminate()).map_err(|error| Failure::other("signals can't be heard", error))?;
    let mut interrupt =
        signal(SignalKind::interrupt()).map_err(|error| Failure::other("signals can't be heard", error))?;
    let mut hangup =
        signal(SignalKind::hangup()).map_err(|error| Failure::other("signals can't be heard", error))?;
    let token = asked.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
        token.cancel();
    });
    Ok(asked)
}

/// Says where the panel is, and how to set it up while nobody did.
async fn announce(context: &Context, config: &WebConfig, panel: &Panel) -> Result<(), Failure> {
    let token = store::setup::issue(&panel.db).await?;
    let link = token.map(|token| format!("{}{}", config.base_url, app::routes::setup(token.expose())));
    if let (Some(link), Some(file)) = (&link, &config.setup_link_file) {
        write_private(file, link)
            .map_err(|error| Failure::other(&format!("{} can't be written", file.display()), error))?;
    }
    if context.json {
        output::json(
            &json!({ "version": env!("CARGO_PKG_VERSION"), "panel": config.base_url, "setup": link }),
        );
        return Ok(());
    }
    output::line(&format!("Slipway {}", env!("CARGO_PKG_VERSION")));
    output::line(&format!("Panel:   {}", config.base_url));
    if let Some(link) = link {
        output::line(&format!("Set up:  {link}"));
        output::line("         (once, within 24 hours)");
    }
    Ok(())
}

/// Only the owner of the file may read the link: it makes an account.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    // An existing file keeps its mode when it is opened.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")
}
