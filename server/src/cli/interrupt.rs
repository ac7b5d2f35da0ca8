//! Ctrl-C, a polite kill and a terminal that closes: heard from the beginning of a command to its end.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::failure::Failure;

/// How often somebody asked this command to end.
pub(super) struct Interrupts {
    count: watch::Receiver<u32>,
    claimed: AtomicBool,
}

impl Interrupts {
    /// Begins to listen: from here on, a signal does not end the process by itself.
    pub(super) fn listen() -> Result<Self, Failure> {
        let deaf = |error| Failure::other("signals can't be heard", error);
        let mut interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(deaf)?;
        let mut hangup = signal(SignalKind::hangup()).map_err(deaf)?;
        let (tell, count) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                tell.send_modify(|count| *count += 1);
            }
        });
        Ok(Self {
            count,
            claimed: AtomicBool::new(false),
        })
    }

    /// Waits until it was asked so often.
    pub(super) async fn asked(&self, times: u32) {
        let mut count = self.count.clone();
        // The sender lives as long as the runtime.
        if count.wait_for(|count| *count >= times).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until it was asked to end while nobody takes care of that.
    pub(super) async fn uncared_for(&self) {
        let mut count = self.count.clone();
        loop {
            if *count.borrow_and_update() > 0 && !self.claimed.load(Ordering::Acquire) {
                return;
            }
            if count.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// From here on somebody takes care: a run has to be asked to stop, or let go of.
    pub(super) fn take_care(&self) {
        self.claimed.store(true, Ordering::Release);
    }
}
