//! One listener per process for everything that happens in runs, and many who wait for a word about theirs.

use futures::StreamExt;
use store::Database;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use store::runs::Signal;

/// Words that a slow reader may be behind before it is told to look for itself.
const BEHIND: usize = 1024;

/// A channel without a listener yet.
#[must_use]
pub fn channel() -> Sender<Signal> {
    broadcast::channel(BEHIND).0
}

/// Passes the database's words on until it is told to stop.
///
/// # Errors
/// When listening can't begin.
pub async fn listen(
    db: &Database,
    words: Sender<Signal>,
    stopping: CancellationToken,
) -> Result<(), store::Error> {
    let signals = store::runs::watch(db).await?;
    tokio::spawn(async move {
        let mut signals = std::pin::pin!(signals);
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                signal = signals.next() => match signal {
                    // Nobody listens right now: fine.
                    Some(signal) => drop(words.send(signal)),
                    None => break,
                },
            }
        }
    });
    Ok(())
}

/// Waits until something may have happened in this run. `false`: nobody will ever tell again.
pub async fn word_about(words: &mut Receiver<Signal>, run: Uuid) -> bool {
    loop {
        match words.recv().await {
            Ok(Signal::Event { run_id, .. }) if run_id != run => {}
            Ok(Signal::Event { .. } | Signal::Missed) | Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_word_about_another_run_wakes_nobody_and_a_lost_one_wakes_everybody() {
        let words = channel();
        let mut receiver = words.subscribe();
        let (mine, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        words
            .send(Signal::Event {
                run_id: other,
                event_id: 1,
            })
            .unwrap();
        words
            .send(Signal::Event {
                run_id: mine,
                event_id: 2,
            })
            .unwrap();
        assert!(word_about(&mut receiver, mine).await);
        words.send(Signal::Missed).unwrap();
        assert!(word_about(&mut receiver, mine).await);
        drop(words);
        assert!(!word_about(&mut receiver, mine).await);
    }
}
