//! The account's clock over tokio's: faster than the wall's in the panel, turned by hand in tests (`start_paused`).

use std::time::Duration;

use async_trait::async_trait;
use engine::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock that starts at `epoch` when it is made and runs `speed` times as fast as tokio's.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    epoch: Timestamp,
    start: Instant,
    speed: f64,
}

impl TokioClock {
    /// A clock. A speed that is not a positive number counts as 1.
    pub fn new(epoch: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self {
            epoch,
            start: Instant::now(),
            speed,
        }
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let passed =
            SignedDuration::try_from(self.start.elapsed().mul_f64(self.speed)).unwrap_or(SignedDuration::MAX);
        self.epoch.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration.div_f64(self.speed)).await;
    }
}
