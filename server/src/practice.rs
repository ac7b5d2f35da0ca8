//! Practice accounts in the database: one row per account, changed under its lock, with a clock that every process
//! computes from the same row.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloud_sim::{CellError, ImageProfile, Scenario, Work, World, WorldCell};
use engine::clock::Clock;
use engine::plan::action::Action;
use engine::plan::{Change, Plan};
use engine::spec::StackSpec;
use jiff::{SignedDuration, Timestamp};
use store::practice_accounts::{self, Keep, PracticeAccount, PracticeClock};
use store::{Database, connections};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Seconds of account time after which a played push arrives: a small image over a good line.
const PUSH_AFTER_S: u32 = 20;

/// Why a practice account can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    /// A scenario that this build does not have.
    #[error("there is no practice scenario {0:?}")]
    UnknownScenario(String),
    /// It was saved in a form that this build does not know. A reset starts it anew.
    #[error(
        "this practice account was saved by another version of Slipway and can't be read; \
         `slipway connections reset NAME` starts it anew"
    )]
    Unreadable {
        /// Whose account it is.
        connection_id: Uuid,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The account's own storage.
    #[error(transparent)]
    Cell(#[from] CellError),
}

/// How account time follows wall time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pace {
    wall_epoch: Timestamp,
    sim_epoch: Timestamp,
    speed: f64,
}

impl Pace {
    fn of(clock: PracticeClock) -> Self {
        Self {
            wall_epoch: clock.wall_epoch,
            sim_epoch: clock.sim_epoch,
            speed: clock.speed,
        }
    }

    fn at(self, wall: Timestamp) -> Timestamp {
        let passed = wall.duration_since(self.wall_epoch).as_secs_f64() * self.speed;
        let passed = SignedDuration::try_from_secs_f64(passed).unwrap_or(SignedDuration::ZERO);
        self.sim_epoch.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// One practice account: its world and its clock.
pub struct Practice {
    db: Database,
    connection_id: Uuid,
    pace: Pace,
    /// Calls with another epoch's account are refused.
    epoch: i64,
    /// As this process saw it last. One call of this process at a time asks for the row: the others wait here, and hold
    /// no connection of the pool.
    seen: Mutex<Option<PracticeAccount<World>>>,
}

impl Practice {
    /// Opens the account of a connection, and makes it when it was never used.
    ///
    /// # Errors
    /// [`PracticeError`].
    pub async fn open(
        db: &Database,
        connection_id: Uuid,
        scenario: &str,
        speed: u32,
    ) -> Result<Arc<Self>, PracticeError> {
        if let Err(store::Error::NotFound { .. }) = practice_accounts::clock(db, connection_id).await {
            // Another process may be quicker: its account counts.
            practice_accounts::put_new(db, &morning(connection_id, scenario, speed)?).await?;
        }
        let account = match practice_accounts::read::<World>(db, connection_id).await {
            Ok(account) => account,
            Err(store::Error::Unreadable { source, .. }) => {
                tracing::warn!(%connection_id, error = %source, "a practice account can't be read");
                return Err(PracticeError::Unreadable { connection_id });
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Arc::new(Self {
            db: db.clone(),
            connection_id,
            pace: Pace::of(account.clock()),
            epoch: account.epoch,
            seen: Mutex::default(),
        }))
    }

    /// Whether the account is still the one that was opened, and no reset came in between.
    ///
    /// # Errors
    /// [`PracticeError::Store`].
    pub async fn is_current(&self) -> Result<bool, PracticeError> {
        match practice_accounts::clock(&self.db, self.connection_id).await {
            Ok(clock) => Ok(clock.epoch == self.epoch),
            Err(store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// How much faster than the wall the account's clock runs, rounded.
    pub fn speed(&self) -> u32 {
        // Set from a u32; clamped for the sake of the cast.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the range just before"
        )]
        let speed = self.pace.speed.clamp(1.0, f64::from(u32::MAX)) as u32;
        speed
    }

    /// Looks at, or changes, the world as it is now.
    ///
    /// # Errors
    /// [`CellError`].
    pub async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut World, Timestamp) -> T + Send + 'static,
    ) -> Result<T, CellError> {
        let (give, take) = tokio::sync::oneshot::channel();
        self.exec(Box::new(move |world, now| {
            // The receiver lives until the end of this function.
            let _unwanted = give.send(work(world, now));
        }))
        .await?;
        take.await
            .map_err(|_| CellError::Unavailable("the work was not done".to_owned()))
    }
}

/// Puts the account of a connection back to its scenario's morning, and forgets the stacks in it. Whoever is in the
/// account finishes the call under way; every later one of theirs is refused.
///
/// # Errors
/// [`PracticeError`].
pub async fn reset(
    db: &Database,
    connection_id: Uuid,
    scenario: &str,
    speed: u32,
) -> Result<(), PracticeError> {
    practice_accounts::reset(db, &morning(connection_id, scenario, speed)?).await?;
    Ok(())
}

/// The practice connections that every panel has from the start. An account that can't be read stays as it is: its
/// page and its commands say so.
///
/// # Errors
/// [`PracticeError`].
pub async fn ensure_defaults(db: &Database, speed: u32) -> Result<(), PracticeError> {
    for scenario in [Scenario::Runbook, Scenario::Fresh] {
        let name = scenario.name();
        let settings = connections::Settings::Practice {
            scenario: name.to_owned(),
        };
        let connection = connections::ensure(db, &format!("practice:{name}"), &settings).await?;
        if matches!(connection.settings, connections::Settings::Practice { .. }) {
            match Practice::open(db, connection.id, name, speed).await {
                Ok(_) | Err(PracticeError::Unreadable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// The image that a played push brings: the runbook's backend, listening where this spec expects it.
#[must_use]
pub fn image_for(spec: &StackSpec) -> ImageProfile {
    let mut image = ImageProfile::fastapi();
    let port = spec.container.port;
    image.command = image
        .command
        .iter()
        .map(|word| {
            if word == "8080" {
                port.to_string()
            } else {
                word.clone()
            }
        })
        .collect();
    image.port = port;
    image.exposed_ports = vec![port];
    image.architectures = vec![spec.container.architecture];
    if let Some(healthy) = image.paths.get("/health").cloned() {
        image.paths.insert(spec.health.path.clone(), healthy);
    }
    image
}

impl Practice {
    /// Plays a developer who pushes the spec's image as soon as its repository is there, when a plan waits for that.
    ///
    /// # Errors
    /// [`CellError`].
    pub async fn play_push(&self, plan: &Plan) -> Result<(), CellError> {
        for step in &plan.steps {
            if let Action::ImagePushed {
                repository,
                reference,
                ..
            } = &step.action
                && step.change == Change::Wait
            {
                let (repository, tag, image) = (repository.clone(), reference.clone(), image_for(&plan.spec));
                self.look(move |world, _| world.expect_push(&repository, &tag, image, PUSH_AFTER_S))
                    .await?;
            }
        }
        Ok(())
    }
}

/// A new account: its scenario's morning begins now.
fn morning(connection_id: Uuid, scenario: &str, speed: u32) -> Result<PracticeAccount<World>, PracticeError> {
    let known: Scenario = scenario
        .parse()
        .map_err(|_| PracticeError::UnknownScenario(scenario.to_owned()))?;
    let now = Timestamp::now();
    Ok(PracticeAccount {
        connection_id,
        scenario: scenario.to_owned(),
        world: World::scenario(known, now),
        wall_epoch: now,
        sim_epoch: now,
        speed: f64::from(speed.max(1)),
        version: 0,
        epoch: 0,
    })
}

#[async_trait]
impl WorldCell for Practice {
    async fn exec(&self, work: Work) -> Result<(), CellError> {
        let mut seen = self.seen.lock().await;
        let epoch = self.epoch;
        let done = practice_accounts::with_world(
            &self.db,
            self.connection_id,
            seen.take(),
            move |account: &mut PracticeAccount<World>| {
                if account.epoch != epoch {
                    return Keep::AsItWas(Err(CellError::Reset));
                }
                let now = Pace::of(account.clock()).at(Timestamp::now());
                account.world.advance(now);
                work(&mut account.world, now);
                if account.world.take_dirty() {
                    Keep::Saved(Ok(()))
                } else {
                    Keep::AsItWas(Ok(()))
                }
            },
        )
        .await;
        match done {
            Ok((account, answer)) => {
                *seen = Some(account);
                answer
            }
            Err(store::Error::NotFound { .. }) => Err(CellError::Reset),
            Err(store::Error::Unreadable { source, .. }) => Err(CellError::Unreadable(source.to_string())),
            Err(error) => Err(CellError::Unavailable(error.to_string())),
        }
    }
}

#[async_trait]
impl Clock for Practice {
    fn now(&self) -> Timestamp {
        self.pace.at(Timestamp::now())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration.div_f64(self.pace.speed)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_time_runs_speed_times_as_fast_as_the_walls() {
        let wall: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let sim: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        let pace = Pace {
            wall_epoch: wall,
            sim_epoch: sim,
            speed: 20.0,
        };
        assert_eq!(pace.at(wall), sim);
        let later = wall + SignedDuration::from_millis(1_500);
        assert_eq!(pace.at(later), sim + SignedDuration::from_secs(30));
    }
}
