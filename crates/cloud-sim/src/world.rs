//! One AWS account in one region, as data.

use std::collections::VecDeque;

use engine::cloud::{CloudError, Result};
use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::fault::{Call, Fault, FaultPlan};
use crate::{balancing, compute, hosting, identity, logs, network, refusal, registry};

/// Calls that are remembered.
const CALLS_KEPT: usize = 1_000;
/// Moments in which something happens that one [`World::advance`] plays through. A service that crashes in a loop has
/// thousands a day and none of them teaches anything new: what lies beyond is moved to the end of the gap.
const MOMENTS_PER_ADVANCE: u32 = 2_000;

/// The form in which a world is saved. It goes up when a saved world can't be read any more, or would mean something
/// else: a new field with a default is no reason. `tests/laws/saved.rs` holds a world of this form.
pub const FORM: u32 = 1;

/// The practice account.
///
/// What a saved world lacks of its areas is empty, so that areas can grow. A world of another [`FORM`] is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    #[serde(deserialize_with = "known_form")]
    form: u32,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) now: Timestamp,
    minted: u64,
    #[serde(default)]
    pub(crate) identity: identity::State,
    #[serde(default)]
    pub(crate) network: network::State,
    #[serde(default)]
    pub(crate) registry: registry::State,
    #[serde(default)]
    pub(crate) compute: compute::State,
    #[serde(default)]
    pub(crate) balancing: balancing::State,
    #[serde(default)]
    pub(crate) logs: logs::State,
    #[serde(default)]
    pub(crate) hosting: hosting::State,
    #[serde(default)]
    faults: FaultPlan,
    /// For whoever holds the world in memory: not saved with it.
    #[serde(skip)]
    calls: VecDeque<Call>,
    #[serde(skip)]
    dirty: bool,
    /// Nothing was changed since everything due happened. Not saved: what was read is looked at afresh.
    #[serde(skip)]
    settled: bool,
}

/// What becomes of a call.
pub(crate) enum Reply<T> {
    /// AWS's answer.
    Answer(Result<T>),
    /// The caller is dead.
    Crash,
}

impl World {
    pub(crate) fn bare(account_id: &str, region: &str, now: Timestamp) -> Self {
        Self {
            form: FORM,
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            now,
            minted: 0,
            identity: identity::State::default(),
            network: network::State::default(),
            registry: registry::State::default(),
            compute: compute::State::default(),
            balancing: balancing::State::default(),
            logs: logs::State::default(),
            hosting: hosting::State::default(),
            faults: FaultPlan::none(),
            calls: VecDeque::new(),
            dirty: true,
            settled: false,
        }
    }

    /// The time the world has been brought to.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The account's number.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The region's code.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The calls made since the world was made or read, oldest first, the last 1,000 of them. Not saved with it.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// What will go wrong, and how many calls were made since that was set.
    pub fn faults(&self) -> &FaultPlan {
        &self.faults
    }

    /// Makes things go wrong from now on, instead of what was to go wrong before.
    pub fn set_faults(&mut self, faults: FaultPlan) {
        self.faults = faults;
        self.dirty = true;
    }

    /// Whether something worth saving has changed since this was asked last.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    pub(crate) fn touch(&mut self) {
        self.dirty = true;
        self.settled = false;
    }

    /// Brings the world to `now`: everything AWS would have done since the last time happens, in order. A time in the
    /// past changes nothing. A gap of any length costs a bounded amount of work.
    pub fn advance(&mut self, now: Timestamp) {
        if !self.settled {
            self.settle();
        }
        let mut moments = 0;
        while let Some(next) = self.next_moment().filter(|next| *next <= now) {
            moments += 1;
            if moments > MOMENTS_PER_ADVANCE {
                let gap = now.duration_since(next);
                self.compute.postpone(gap);
                self.balancing.postpone(gap);
                self.now = now;
                self.settle();
                break;
            }
            self.now = self.now.max(next);
            self.settle();
            self.dirty = true;
        }
        self.now = self.now.max(now);
        self.forget();
    }

    /// Lets everything that is due happen, until nothing more follows from it.
    pub(crate) fn settle(&mut self) {
        // Each round handles consequences of the one before; a chain longer than this would be a loop in the model.
        for _ in 0..64 {
            let moved = self.settle_network()
                | self.settle_registry()
                | self.settle_hosting()
                | self.settle_balancing()
                | self.settle_compute();
            if !moved {
                break;
            }
        }
        self.settled = true;
    }

    /// When something will happen next by itself.
    fn next_moment(&self) -> Option<Timestamp> {
        [
            self.network.next_moment(),
            self.registry.next_moment(),
            self.hosting.next_moment(),
            self.balancing.next_moment(self.now),
            self.compute.next_moment(self),
        ]
        .into_iter()
        .flatten()
        .min()
        // What is due was handled by `settle`; anything left over is handled a moment later rather than never.
        .map(|next| next.max(crate::timing::after(self.now, u32::from(next <= self.now))))
    }

    /// One API call: counted, recorded, met by a fault if one is due, and answered.
    pub(crate) fn call<T>(
        &mut self,
        actions: &[&'static str],
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Reply<T> {
        for action in actions {
            if self.calls.len() == CALLS_KEPT {
                self.calls.pop_front();
            }
            self.calls.push_back(Call {
                at: self.now,
                action: (*action).to_owned(),
            });
        }
        let operation = actions.first().copied().unwrap_or_default();
        let fault = self.faults.meet(actions);
        let reads = actions.iter().all(|action| is_read(action));
        self.dirty |= fault.is_some() || !reads;
        let caller = self.caller_arn();
        let answer = match fault {
            Some((_, Fault::CrashBefore)) => return Reply::Crash,
            Some((_, Fault::Throttle)) => Err(refusal::throttled()),
            Some((_, Fault::Unavailable)) => Err(no_answer()),
            Some((action, Fault::Denied)) => Err(refusal::denied(action, &caller)),
            Some((_, Fault::AnswerLost | Fault::CrashAfter)) | None => work(self),
        };
        if !reads {
            self.settle();
        }
        let answer = match fault {
            Some((_, Fault::CrashAfter)) => return Reply::Crash,
            Some((_, Fault::AnswerLost)) => Err(no_answer()),
            _ => answer,
        };
        Reply::Answer(answer.map_err(|error| {
            let request = self.uuid();
            refusal::signed(error, operation, request)
        }))
    }

    pub(crate) fn caller_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/practice", self.account_id)
    }

    /// `digits` hexadecimal digits that this world has not given out before.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::new();
        while text.len() < digits {
            self.minted += 1;
            text.push_str(&format!("{:016x}", scramble(self.minted)));
        }
        text.truncate(digits);
        text
    }

    /// An EC2-like id: the prefix, `-0`, and 16 hexadecimal digits.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{}", self.hex(16))
    }

    pub(crate) fn uuid(&mut self) -> String {
        let hex = self.hex(32);
        format!(
            "{}-{}-4{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32]
        )
    }

    pub(crate) fn digits(&mut self, count: usize) -> String {
        self.minted += 1;
        let mut text =
            (scramble(self.minted) % 9_000_000_000_000_000_000 + 1_000_000_000_000_000_000).to_string();
        text.truncate(count);
        text
    }

    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account_id)
    }
}

/// A fixed, well mixed function of a number (splitmix64): the world's only source of variety.
pub(crate) fn scramble(number: u64) -> u64 {
    let mut mixed = number
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(0x51_1950_57A7_1072);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn known_form<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<u32, D::Error> {
    match u32::deserialize(from)? {
        FORM => Ok(FORM),
        other => Err(D::Error::custom(format!(
            "a world of form {other}; this program reads form {FORM}"
        ))),
    }
}

fn no_answer() -> CloudError {
    refusal::unavailable(
        "RequestTimeout",
        "the connection was closed before an answer came",
        true,
    )
}

fn is_read(action: &str) -> bool {
    let call = action.split_once(':').map_or(action, |(_, call)| call);
    ["Describe", "List", "Get", "BatchGet", "Simulate", "Filter"]
        .iter()
        .any(|verb| call.starts_with(verb))
}
