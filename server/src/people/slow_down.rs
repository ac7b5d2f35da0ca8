//! Slowing guesses down without locking anybody out.
//!
//! Two measures, both in memory: an address that keeps failing is asked to wait before its next try is looked at; an
//! account that keeps failing, from wherever, gets its answers later. Nobody can lock somebody else's account.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures an address has free.
const FREE_PER_ADDRESS: u32 = 5;
/// Failures an account has free.
const FREE_PER_ACCOUNT: u32 = 3;
/// Longest wait asked of an address.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Longest delay of an answer.
const LONGEST_DELAY: Duration = Duration::from_secs(4);
/// Failures older than this are forgotten.
const MEMORY: Duration = Duration::from_secs(15 * 60);
/// Entries kept of each kind; the oldest go first.
const ENTRIES: usize = 10_000;

/// What to do with a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Look at it after this delay.
    Proceed(Duration),
    /// Ask again after this long.
    Wait(Duration),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

/// Failed sign-ins of the last minutes.
#[derive(Debug, Default)]
pub struct SlowDown {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    addresses: HashMap<IpAddr, Failures>,
    accounts: HashMap<String, Failures>,
}

impl SlowDown {
    /// What to do with a try from this address for this account.
    pub fn verdict(&self, address: IpAddr, account: &str) -> Verdict {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(failures) = recent(inner.addresses.get(&network(address)), now) {
            let wait = growing(
                failures.count,
                FREE_PER_ADDRESS,
                Duration::from_secs(1),
                LONGEST_WAIT,
            );
            let left = wait.saturating_sub(now.duration_since(failures.last));
            if !left.is_zero() {
                return Verdict::Wait(left);
            }
        }
        let delay = recent(inner.accounts.get(&key(account)), now).map_or(Duration::ZERO, |failures| {
            growing(
                failures.count,
                FREE_PER_ACCOUNT,
                Duration::from_millis(250),
                LONGEST_DELAY,
            )
        });
        Verdict::Proceed(delay)
    }

    /// A try failed.
    pub fn failed(&self, address: IpAddr, account: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        count(&mut inner.addresses, network(address), now);
        count(&mut inner.accounts, key(account), now);
    }

    /// Somebody signed in: the address is trusted again. The account's count stays until it is forgotten, because a
    /// guesser elsewhere may still be at it.
    pub fn succeeded(&self, address: IpAddr) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.addresses.remove(&network(address));
    }
}

/// Households and offices have an IPv6 /64 each: counting single addresses would count nothing.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()),
    }
}

fn key(account: &str) -> String {
    account.trim().to_lowercase().chars().take(254).collect()
}

fn recent(failures: Option<&Failures>, now: Instant) -> Option<Failures> {
    failures
        .filter(|failures| now.duration_since(failures.last) < MEMORY)
        .copied()
}

/// Nothing for the free ones, then `unit`, doubling, up to `most`.
fn growing(count: u32, free: u32, unit: Duration, most: Duration) -> Duration {
    match count.checked_sub(free) {
        None | Some(0) => Duration::ZERO,
        Some(over) => unit.saturating_mul(1 << (over - 1).min(16)).min(most),
    }
}

fn count<K: std::hash::Hash + Eq + Clone>(entries: &mut HashMap<K, Failures>, key: K, now: Instant) {
    if entries.len() >= ENTRIES && !entries.contains_key(&key) {
        entries.retain(|_, failures| now.duration_since(failures.last) < MEMORY);
        if entries.len() >= ENTRIES
            && let Some(oldest) = entries
                .iter()
                .min_by_key(|(_, failures)| failures.last)
                .map(|(key, _)| key.clone())
        {
            entries.remove(&oldest);
        }
    }
    let entry = entries.entry(key).or_insert(Failures { count: 0, last: now });
    if now.duration_since(entry.last) >= MEMORY {
        entry.count = 0;
    }
    entry.count = entry.count.saturating_add(1);
    entry.last = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn fail(slow: &SlowDown, times: u32, address: IpAddr, account: &str) {
        for _ in 0..times {
            slow.failed(address, account);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_mistakes_cost_nothing() {
        let slow = SlowDown::default();
        fail(&slow, FREE_PER_ACCOUNT, HERE, "a@example.com");
        assert_eq!(
            slow.verdict(HERE, "a@example.com"),
            Verdict::Proceed(Duration::ZERO)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_waits_longer_with_every_failure_and_is_heard_again() {
        let slow = SlowDown::default();
        fail(&slow, FREE_PER_ADDRESS + 1, HERE, "a@example.com");
        assert_eq!(
            slow.verdict(HERE, "b@example.com"),
            Verdict::Wait(Duration::from_secs(1))
        );
        fail(&slow, 2, HERE, "a@example.com");
        assert_eq!(
            slow.verdict(HERE, "b@example.com"),
            Verdict::Wait(Duration::from_secs(4))
        );
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(
            slow.verdict(HERE, "b@example.com"),
            Verdict::Proceed(Duration::ZERO)
        );
        fail(&slow, 40, HERE, "a@example.com");
        assert_eq!(slow.verdict(HERE, "b@example.com"), Verdict::Wait(LONGEST_WAIT));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_locked_out_by_somebody_else() {
        let slow = SlowDown::default();
        fail(&slow, 1_000, HERE, "Victim@example.com ");
        assert_eq!(
            slow.verdict(THERE, "victim@example.com"),
            Verdict::Proceed(LONGEST_DELAY)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn signing_in_and_time_make_it_forget() {
        let slow = SlowDown::default();
        fail(&slow, 30, HERE, "a@example.com");
        slow.succeeded(HERE);
        assert_eq!(
            slow.verdict(HERE, "b@example.com"),
            Verdict::Proceed(Duration::ZERO)
        );
        tokio::time::advance(MEMORY).await;
        assert_eq!(
            slow.verdict(HERE, "a@example.com"),
            Verdict::Proceed(Duration::ZERO)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn one_ipv6_network_counts_as_one() {
        let slow = SlowDown::default();
        for host in 0..=FREE_PER_ADDRESS {
            slow.failed(format!("2001:db8::{host:x}").parse().unwrap(), "a@example.com");
        }
        let other_host = "2001:db8::ffff:1".parse().unwrap();
        assert!(matches!(
            slow.verdict(other_host, "b@example.com"),
            Verdict::Wait(_)
        ));
        let other_network = "2001:db8:0:1::1".parse().unwrap();
        assert!(matches!(
            slow.verdict(other_network, "b@example.com"),
            Verdict::Proceed(_)
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let slow = SlowDown::default();
        for number in 0..(ENTRIES + 50) {
            slow.failed(HERE, &format!("{number}@example.com"));
        }
        assert!(slow.inner.lock().unwrap().accounts.len() <= ENTRIES);
    }
}
