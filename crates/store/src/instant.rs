//! Times at the database's edge: the driver speaks `time`, everything else in Slipway speaks `jiff`.

use jiff::Timestamp;
use sqlx::{ColumnIndex, Row, postgres::PgRow};
use time::OffsetDateTime;

/// A timestamp as the driver wants it. PostgreSQL keeps microseconds; what is finer is cut.
pub(crate) fn to_sql(at: Timestamp) -> OffsetDateTime {
    // Every `Timestamp` (years −9999 to 9999) is inside the range of `OffsetDateTime`.
    OffsetDateTime::from_unix_timestamp_nanos(at.as_nanosecond()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A timestamp of the driver as the rest of Slipway wants it.
pub(crate) fn from_sql(at: OffsetDateTime) -> Timestamp {
    Timestamp::from_nanosecond(at.unix_timestamp_nanos()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Reads a `timestamptz NOT NULL` column.
pub(crate) fn get<I: ColumnIndex<PgRow>>(row: &PgRow, column: I) -> sqlx::Result<Timestamp> {
    row.try_get::<OffsetDateTime, _>(column).map(from_sql)
}

/// Reads a `timestamptz` column that may be null.
pub(crate) fn get_optional<I: ColumnIndex<PgRow>>(row: &PgRow, column: I) -> sqlx::Result<Option<Timestamp>> {
    Ok(row.try_get::<Option<OffsetDateTime>, _>(column)?.map(from_sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_way_to_the_database_and_back() {
        for text in [
            "2026-11-23T22:05:00.123456Z",
            "1969-12-31T23:59:59.999999Z",
            "9999-12-30T22:00:00Z",
        ] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(from_sql(to_sql(at)), at);
        }
    }
}
