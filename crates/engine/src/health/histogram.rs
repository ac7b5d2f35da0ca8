//! Latencies as counts in buckets that grow by 17 % each: small, mergeable, and good for any percentile.
//!
//! A percentile read from it is within 8 % of the exact one between 100 µs and 60 s. Because merging only adds, a
//! day's histogram is the sum of its hours', and percentiles of any range come from stored buckets.

/// Upper bound of the first bucket, in microseconds. Nothing that crosses a network is faster.
const FIRST_US: f64 = 100.0;
/// Each bucket's upper bound is this many times the one before; half the step is the error: 0.17 ÷ 2.17 = 7.8 %.
const GROWTH: f64 = 1.17;
/// Bytes of a bucket in a stored histogram.
const STORED: usize = 3;
/// Number of buckets. The last one ends above 60 s and takes everything slower.
pub const BUCKETS: usize = 86;

/// The bucket of a latency.
#[must_use]
pub fn bucket(latency_us: u64) -> usize {
    // Precise enough: latencies that f64 cannot hold exactly are far above the last bucket.
    #[expect(clippy::cast_precision_loss, reason = "only the logarithm is used")]
    let ratio = latency_us as f64 / FIRST_US;
    if ratio <= 1.0 {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ratio is above one, so positive"
    )]
    let index = (ratio.ln() / GROWTH.ln()).ceil() as usize;
    index.min(BUCKETS - 1)
}

/// The latency that stands for a bucket, in microseconds: equally far, relatively, from both of its ends.
#[must_use]
pub fn representative_us(bucket: usize) -> u64 {
    let index = i32::try_from(bucket.min(BUCKETS - 1)).unwrap_or(i32::MAX);
    if index == 0 {
        return 100;
    }
    let (low, high) = (FIRST_US * GROWTH.powi(index - 1), FIRST_US * GROWTH.powi(index));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive and below 70 seconds"
    )]
    let middle = (2.0 * low * high / (low + high)).round() as u64;
    middle
}

/// Counts of latencies by bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Without trailing zeros.
    counts: Vec<u32>,
}

impl Histogram {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From stored bytes; buckets that do not exist, which only damage could leave, are left out.
    #[must_use]
    pub fn from_stored(bytes: &[u8]) -> Self {
        let mut histogram = Self::new();
        for place in bytes.chunks_exact(STORED) {
            if let [bucket, low, high] = *place
                && usize::from(bucket) < BUCKETS
            {
                histogram.add(bucket.into(), u16::from_le_bytes([low, high]).into());
            }
        }
        histogram
    }

    /// For storing: three bytes for each bucket that counted something, its number, then the count, low byte first. Most
    /// buckets are empty. A count above 65,535 (two weeks of one look every 20 s) stays there.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let used = (0_u8..).zip(&self.counts).filter(|(_, count)| **count > 0);
        used.flat_map(|(bucket, count)| {
            let [low, high] = u16::try_from(*count).unwrap_or(u16::MAX).to_le_bytes();
            [bucket, low, high]
        })
        .collect()
    }

    /// Counts one latency.
    pub fn record(&mut self, latency_us: u64) {
        self.add(bucket(latency_us), 1);
    }

    fn add(&mut self, bucket: usize, count: u32) {
        if count == 0 {
            return;
        }
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] = self.counts[bucket].saturating_add(count);
    }

    /// Adds everything that another one counted.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// How many latencies were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// The latency, in microseconds, that this share (0 to 1) of the counted ones did not exceed, within 8 %.
    /// `None` when nothing was counted.
    #[must_use]
    pub fn quantile_us(&self, share: f64) -> Option<u64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        let wanted = share.clamp(0.0, 1.0) * total as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between zero and the total"
        )]
        let rank = (wanted.ceil() as u64).max(1);
        let mut seen = 0;
        let index = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        });
        index.map(representative_us)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(latencies: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        latencies.iter().for_each(|latency| histogram.record(*latency));
        histogram
    }

    fn latency() -> impl Strategy<Value = u64> {
        // Log-uniform, so that every bucket is met.
        (2.0_f64..7.778).prop_map(|exponent| 10_f64.powf(exponent) as u64)
    }

    #[test]
    fn the_last_bucket_reaches_a_minute_and_takes_what_is_slower() {
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(bucket(60_000_000), BUCKETS - 1);
        assert!(bucket(50_000_000) < BUCKETS - 1);
        assert_eq!(bucket(0), 0);
    }

    #[test]
    fn nothing_counted_has_no_percentile() {
        assert_eq!(Histogram::new().quantile_us(0.5), None);
        assert_eq!(of(&[]).total(), 0);
    }

    #[test]
    fn only_what_counted_something_is_stored_and_damage_is_left_out() {
        let histogram = Histogram {
            counts: vec![0, 70_000, 0, 258],
        };
        assert_eq!(histogram.to_stored(), [1, 255, 255, 3, 2, 1]);
        let damaged = [1, 2, 0, 200, 1, 0, 5, 0, 0, 7];
        assert_eq!(Histogram::from_stored(&damaged), Histogram { counts: vec![0, 2] });
    }

    proptest! {
        #[test]
        fn a_percentile_is_within_eight_percent_of_the_exact_one(
            mut latencies in prop::collection::vec(latency(), 1..400),
            share in 0.0_f64..=1.0,
        ) {
            let estimate = of(&latencies).quantile_us(share).unwrap() as f64;
            latencies.sort_unstable();
            let rank = ((share * latencies.len() as f64).ceil() as usize).max(1);
            let exact = latencies[rank - 1] as f64;
            // Half a microsecond for rounding the representative.
            prop_assert!((estimate - exact).abs() <= exact * 0.08 + 0.5, "{estimate} for {exact}");
        }

        #[test]
        fn merging_is_counting_together_in_any_order(
            one in prop::collection::vec(latency(), 0..100),
            two in prop::collection::vec(latency(), 0..100),
        ) {
            let together = of(&[one.clone(), two.clone()].concat());
            let (mut there, mut back) = (of(&one), of(&two));
            there.merge(&of(&two));
            back.merge(&of(&one));
            prop_assert_eq!(&there, &together);
            prop_assert_eq!(&back, &together);
        }

        #[test]
        fn storing_and_reading_changes_nothing(latencies in prop::collection::vec(latency(), 0..200)) {
            let histogram = of(&latencies);
            prop_assert_eq!(Histogram::from_stored(&histogram.to_stored()), histogram);
        }

        #[test]
        fn slower_never_falls_into_an_earlier_bucket(one in any::<u64>(), two in any::<u64>()) {
            let (low, high) = (one.min(two), one.max(two));
            prop_assert!(bucket(low) <= bucket(high));
        }
    }
}
