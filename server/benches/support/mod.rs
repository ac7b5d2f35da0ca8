//! What the benches of the panel share.

mod account;
pub(crate) mod chart;
pub(crate) mod history;
pub(crate) mod seed;

use std::path::Path;
use std::process::Command;

use tokio::signal::unix::{SignalKind, signal};

/// Tells PostgreSQL what is in its tables, as its own housekeeping does within minutes. `data` is the panel's data
/// directory.
pub(crate) fn analyse(data: &Path) {
    let done = Command::new("psql")
        .arg("-h")
        .arg(sockets(data))
        .args(["-U", "slipway", "-d", "slipway", "-qc", "VACUUM ANALYZE"])
        .status()
        .expect("psql is on the search path");
    assert!(done.success(), "psql failed");
}

/// The folder of the private database's socket: the fifth line of its own file says it.
pub(crate) fn sockets(data: &Path) -> String {
    let file = data.join("postgres").join("postmaster.pid");
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().nth(4).unwrap().to_owned()
}

/// Works until it is done or interrupted; everything that was started is stopped either way.
pub(crate) fn work(all: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // As the panel has it: deeply nested pages are rendered on these.
        .thread_stack_size(8 * 1024 * 1024)
        .build()
        .unwrap();
    let done = runtime.block_on(async {
        let mut ended = signal(SignalKind::terminate()).unwrap();
        tokio::select! {
            () = Box::pin(all) => true,
            _ = tokio::signal::ctrl_c() => false,
            _ = ended.recv() => false,
        }
    });
    assert!(done, "interrupted");
}
