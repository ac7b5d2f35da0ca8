//! The looking itself: who is due, the looks, and what is kept of them.
//!
//! Times are deadlines in the database ([`health::claim_due`]), so that looks do not drift, several processes share
//! them, and a process that was away does not look twice.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use engine::health::state::Rules;
use futures::future::join_all;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use store::connections::{Connection, Settings};
use store::health::results;
use store::health::rollups::{self, Retention};
use store::health::{self, Kind, Monitor, Observation};
use store::{connections, stacks};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use super::monitors::{HttpTarget, TargetsTarget, TasksTarget};
use super::sight::{Facts, Sight, Trouble, observations};
use super::{collector, prober};
use crate::clouds::OpenCloud;
use crate::panel::Panel;

/// Looks at once in one process.
const AT_ONCE: u32 = 16;
/// How often the due ones are asked for, and how often what was seen is kept.
const TICK: Duration = Duration::from_secs(1);
/// A look that takes longer is stuck on our own side: every request has a limit below this.
const STUCK: Duration = Duration::from_secs(20);
/// How long looks that are under way may take when the process ends.
const LAST_LOOKS: Duration = Duration::from_secs(3);
/// Observations that wait for a database that does not take them; the oldest are lost beyond this.
const WAITING: usize = 10_000;
/// How often closed minutes are summed up.
const SUM_UP: Duration = Duration::from_secs(15);
/// How often old things are dropped, and room for the next days is made.
const TIDY: Duration = Duration::from_secs(60 * 60);
/// Days for which there is room ahead.
const DAYS_AHEAD: u8 = 2;

/// Begins to watch. The task ends after [`Panel::stopping`] is cancelled, when everything seen is kept.
pub fn spawn(panel: Arc<Panel>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let (give, take) = mpsc::unbounded_channel();
        tokio::join!(look_out(&panel, give), keep(&panel, take), sum_up(&panel));
    })
}

/// Takes what is due, as many as there are places, and looks.
async fn look_out(panel: &Arc<Panel>, seen: mpsc::UnboundedSender<Vec<Observation>>) {
    let places = Arc::new(Semaphore::new(AT_ONCE as usize));
    let mut looks = JoinSet::new();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while !panel.stopping.is_cancelled() {
        while looks.try_join_next().is_some() {}
        let free = u32::try_from(places.available_permits()).unwrap_or(AT_ONCE);
        let due = claim(panel, free).await;
        let more = u32::try_from(due.len()).unwrap_or(u32::MAX) >= free;
        for monitors in by_stack(due) {
            let Some(place) = take_places(&places, monitors.len()) else {
                continue;
            };
            let (panel, seen) = (Arc::clone(panel), seen.clone());
            looks.spawn(async move {
                let _place = place;
                // The receiver outlives every sender.
                let _kept = seen.send(look_at(&panel, &monitors).await);
            });
        }
        tokio::select! {
            () = panel.stopping.cancelled() => break,
            // Others may be due already: go on as soon as there is a place.
            _ = looks.join_next(), if more && !looks.is_empty() => {}
            _ = ticks.tick(), if !more || looks.is_empty() => {}
        }
    }
    let rest = async { while looks.join_next().await.is_some() {} };
    if timeout(LAST_LOOKS, rest).await.is_err() {
        tracing::debug!("looks were cut off by the end");
    }
}

async fn claim(panel: &Panel, free: u32) -> Vec<Monitor> {
    if free == 0 {
        return Vec::new();
    }
    health::claim_due(&panel.db, free).await.unwrap_or_else(|error| {
        tracing::warn!(
            error = &error as &dyn StdError,
            "nobody could say whose look is due"
        );
        Vec::new()
    })
}

/// Never more are claimed than there are places, and only one loop takes them.
fn take_places(places: &Arc<Semaphore>, count: usize) -> Option<OwnedSemaphorePermit> {
    Arc::clone(places)
        .try_acquire_many_owned(u32::try_from(count).ok()?)
        .ok()
}

fn by_stack(due: Vec<Monitor>) -> Vec<Vec<Monitor>> {
    let mut stacks = BTreeMap::<Uuid, Vec<Monitor>>::new();
    for monitor in due {
        stacks.entry(monitor.stack_id).or_default().push(monitor);
    }
    stacks.into_values().collect()
}

/// Looks at monitors of one stack, all at once. Nothing is seen of a stack that was forgotten meanwhile.
pub async fn look_at(panel: &Panel, monitors: &[Monitor]) -> Vec<Observation> {
    let Some(first) = monitors.first() else {
        return Vec::new();
    };
    let account = match timeout(STUCK, Account::of(panel, first.stack_id)).await {
        Ok(Ok(account)) => Ok(account),
        Ok(Err(NoAccount::Forgotten)) => return Vec::new(),
        Ok(Err(NoAccount::Shut(words))) => Err(words),
        Err(_) => Err(format!("the account was not open after {} s", STUCK.as_secs())),
    };
    let account = &account;
    let looks = monitors.iter().map(|monitor| async move {
        let at = Timestamp::now();
        let sight = match account {
            Ok(account) => timeout(STUCK, account.see(monitor)).await.unwrap_or_else(|_| {
                Sight::blind(
                    Trouble::OwnSide,
                    format!("no look was done in {} s", STUCK.as_secs()),
                )
            }),
            Err(words) => Sight::blind(Trouble::OwnSide, words),
        };
        observations(monitor, &Rules::default(), &sight, at)
    });
    join_all(looks).await.into_iter().flatten().collect()
}

/// The account of a stack, open.
struct Account {
    open: OpenCloud,
    /// Answers as long as our own way to AWS works.
    reference: Option<String>,
}

/// Why there is none.
enum NoAccount {
    /// The stack or its connection is not there any more.
    Forgotten,
    /// It can't be opened, for this reason.
    Shut(String),
}

impl From<store::Error> for NoAccount {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound { .. } => Self::Forgotten,
            other => Self::Shut(other.to_string()),
        }
    }
}

impl Account {
    async fn of(panel: &Panel, stack_id: Uuid) -> Result<Self, NoAccount> {
        let stack = stacks::get(&panel.db, stack_id).await?;
        let connection = connections::get(&panel.db, stack.connection_id).await?;
        let opened = Box::pin(panel.clouds.open(&connection)).await;
        let open = opened.map_err(|error| NoAccount::Shut(error.to_string()))?;
        Ok(Self {
            reference: reference(&connection, &open.cloud.region),
            open,
        })
    }

    async fn see(&self, monitor: &Monitor) -> Sight {
        let cloud = &self.open.cloud;
        match monitor.kind {
            Kind::Http => match settings::<HttpTarget>(monitor) {
                Ok(target) => prober::look(cloud.edge.as_ref(), &target, self.reference.as_deref()).await,
                Err(blind) => blind,
            },
            Kind::Targets => match settings::<TargetsTarget>(monitor) {
                Ok(target) => collector::targets(cloud, &target).await,
                Err(blind) => blind,
            },
            Kind::Tasks => match settings::<TasksTarget>(monitor) {
                Ok(target) => collector::tasks(cloud, &target, Facts::of(monitor).running.as_ref()).await,
                Err(blind) => blind,
            },
        }
    }
}

/// Whether we are cut off ourselves, AWS's own entrance in the region tells. A practice account has no such thing, and
/// an account behind another endpoint need not have a way to it.
fn reference(connection: &Connection, region: &str) -> Option<String> {
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    match &connection.settings {
        Settings::Aws { endpoint: None, .. } => Some(format!("https://sts.{region}.{domain}/")),
        Settings::Aws {
            endpoint: Some(_), ..
        }
        | Settings::Practice { .. } => None,
    }
}

/// What a monitor asks; blind when another version wrote it in a form that this one does not know.
fn settings<T: DeserializeOwned>(monitor: &Monitor) -> Result<T, Sight> {
    T::deserialize(&monitor.settings).map_err(|error| {
        Sight::blind(
            Trouble::OwnSide,
            format!("the monitor's settings can't be read: {error}"),
        )
    })
}

/// Keeps what was seen, once a second, and again what could not be kept.
async fn keep(panel: &Panel, mut seen: mpsc::UnboundedReceiver<Vec<Observation>>) {
    let mut waiting = VecDeque::new();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = panel.stopping.cancelled() => {}
        }
        let over = panel.stopping.is_cancelled();
        if over {
            // The last looks end soon, or are cut off: then the senders are gone.
            while let Some(more) = seen.recv().await {
                waiting.extend(more);
            }
        }
        while let Ok(more) = seen.try_recv() {
            waiting.extend(more);
        }
        let lost = waiting.len().saturating_sub(WAITING);
        if lost > 0 {
            waiting.drain(..lost);
            tracing::warn!(lost, "looks were lost: the database did not take them");
        }
        match results::save(&panel.db, waiting.make_contiguous()).await {
            Ok(()) => waiting.clear(),
            Err(error) => tracing::warn!(
                error = &error as &dyn StdError,
                looks = waiting.len(),
                "looks were not kept yet"
            ),
        }
        if over {
            return;
        }
    }
}

/// Sums up what is closed, makes room for the days ahead, drops what is too old. One process at a time does the sums.
async fn sum_up(panel: &Panel) {
    let mut ticks = interval(SUM_UP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tidy_at = Instant::now();
    loop {
        tokio::select! {
            () = panel.stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // By the database's clock: a process whose own is wrong must not drop or sum up what is not old.
        let now = match panel.db.now().await {
            Ok(now) => now,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn StdError,
                    "the database does not say what time it is"
                );
                continue;
            }
        };
        if Instant::now() >= tidy_at {
            tidy_at = Instant::now() + TIDY;
            let tidied = async {
                results::ensure_days(&panel.db, now, DAYS_AHEAD).await?;
                rollups::expire(&panel.db, now, Retention::default()).await
            };
            if let Err(error) = tidied.await {
                tracing::warn!(
                    error = &error as &dyn StdError,
                    "the record of looks was not tidied"
                );
            }
        }
        match rollups::roll_up(&panel.db, now).await {
            Ok(Some(done)) => tracing::trace!(minutes = done.minutes, hours = done.hours, "summed up"),
            Ok(None) => {}
            Err(error) => tracing::warn!(error = &error as &dyn StdError, "looks were not summed up"),
        }
    }
}
