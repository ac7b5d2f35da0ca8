//! A practice account in memory, for tests, benches and rehearsals.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::clock::Clock;
use engine::cloud::Cloud;
use tokio::sync::Notify;

use crate::cell::{CellError, SimCloud, Work, WorldCell};
use crate::world::World;

/// The cloud of `world` under `clock`, and the cell that holds it.
pub fn account(world: World, clock: Arc<dyn Clock>) -> (Cloud, Arc<MemoryCell>) {
    let cell = Arc::new(MemoryCell {
        world: Mutex::new(world),
        clock,
        crash: Notify::new(),
    });
    (SimCloud::cloud(cell.clone()), cell)
}

/// A world in memory.
pub struct MemoryCell {
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
    crash: Notify,
}

impl MemoryCell {
    /// Looks at, or changes, the world as it is now.
    pub fn look<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        let now = self.clock.now();
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(now);
        work(&mut world)
    }

    /// Completes when a call met a crash fault. The call itself never returns: drop whatever made it.
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }
}

#[async_trait]
impl WorldCell for MemoryCell {
    async fn exec(&self, work: Work) -> Result<(), CellError> {
        let now = self.clock.now();
        self.look(|world| work(world, now));
        Ok(())
    }

    async fn die(&self) {
        self.crash.notify_one();
        std::future::pending().await
    }
}
