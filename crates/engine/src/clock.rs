//! Time and chance, given from outside: the engine reads neither by itself.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// A clock that can be waited on. A practice account's clock runs faster than the wall's; a test's is turned by hand.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, in this clock's time.
    fn now(&self) -> Timestamp;
    /// Wait this long in this clock's time.
    async fn sleep(&self, duration: Duration);
}

/// A source of chance for jitter.
pub trait Chance: Send + Sync {
    /// A number in `0.0..1.0`.
    fn unit(&self) -> f64;
}
