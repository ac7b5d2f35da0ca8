-- Is it up? Raw looks for a week in daily partitions, roll-ups for charts, changes of state for the uptime.

CREATE TABLE monitors (
    -- A number, not a UUID: it is in every row of the tables below.
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stack_id   uuid NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('http', 'targets', 'tasks')),
    settings   jsonb NOT NULL,
    interval_s integer NOT NULL CHECK (interval_s BETWEEN 1 AND 86400),
    paused     boolean NOT NULL DEFAULT false,
    -- The next look is due. Moved on by whole intervals, so that looks do not drift.
    next_at    timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz
);
CREATE INDEX monitors_stack_id_idx ON monitors (stack_id);
CREATE UNIQUE INDEX monitors_kind_key ON monitors (stack_id, kind) WHERE removed_at IS NULL;
CREATE INDEX monitors_due_idx ON monitors (next_at) WHERE removed_at IS NULL AND NOT paused;

-- The only table that a dashboard reads for the present.
CREATE TABLE monitor_now (
    monitor_id      bigint PRIMARY KEY REFERENCES monitors (id) ON DELETE CASCADE,
    state           text NOT NULL CHECK (state IN ('unknown', 'up', 'degraded', 'down')),
    since           timestamptz NOT NULL,
    -- The last look, and the last one that saw something.
    looked_at       timestamptz,
    last_at         timestamptz,
    last_latency_us integer,
    fail_streak     integer NOT NULL DEFAULT 0,
    ok_streak       integer NOT NULL DEFAULT 0,
    good_streak     integer NOT NULL DEFAULT 0,
    slow_streak     integer NOT NULL DEFAULT 0,
    failing_since   timestamptz,
    -- What the last look saw: counts of targets and tasks, the last error.
    facts           jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE probe_result (
    monitor_id  bigint NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    -- 0 good, 1 slow, 2 bad, 3 blind.
    look        smallint NOT NULL CHECK (look BETWEEN 0 AND 3),
    http_status smallint,
    latency_us  integer,
    dns_us      integer,
    connect_us  integer,
    tls_us      integer,
    ttfb_us     integer,
    body_us     integer,
    error_class text,
    PRIMARY KEY (monitor_id, at)
) PARTITION BY RANGE (at);
-- Rows arrive in order of time: a few bytes per block range find "the last ten minutes of everyone".
CREATE INDEX probe_result_at_idx ON probe_result USING brin (at) WITH (pages_per_range = 16);

-- Days are UTC days whatever the session's time zone is.
CREATE FUNCTION probe_result_create_day(day date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('probe_result'));
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS %I PARTITION OF probe_result FOR VALUES FROM (%L) TO (%L)',
        'probe_result_' || to_char(day, 'YYYYMMDD'),
        day::timestamp AT TIME ZONE 'UTC',
        (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$$;

CREATE FUNCTION probe_result_drop_before(day date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    partition text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('probe_result'));
    FOR partition IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'probe_result'::regclass AND relname < 'probe_result_' || to_char(day, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

CREATE TABLE rollup_1m (
    monitor_id bigint NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
    bucket     timestamptz NOT NULL,
    up         integer NOT NULL,
    degraded   integer NOT NULL,
    down       integer NOT NULL,
    unknown    integer NOT NULL,
    -- Looks with a latency, their sum, extremes and distribution (engine::health::histogram).
    n          integer NOT NULL,
    sum_us     bigint NOT NULL,
    min_us     integer,
    max_us     integer,
    hist       smallint[] NOT NULL,
    PRIMARY KEY (monitor_id, bucket)
);
CREATE INDEX rollup_1m_bucket_idx ON rollup_1m USING brin (bucket) WITH (pages_per_range = 16);

CREATE TABLE rollup_1h (
    monitor_id bigint NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
    bucket     timestamptz NOT NULL,
    up         integer NOT NULL,
    degraded   integer NOT NULL,
    down       integer NOT NULL,
    unknown    integer NOT NULL,
    n          integer NOT NULL,
    sum_us     bigint NOT NULL,
    min_us     integer,
    max_us     integer,
    hist       smallint[] NOT NULL,
    PRIMARY KEY (monitor_id, bucket)
);
CREATE INDEX rollup_1h_bucket_idx ON rollup_1h USING brin (bucket) WITH (pages_per_range = 16);

-- Until when each roll-up is complete.
CREATE TABLE rollup_progress (
    tier       text PRIMARY KEY CHECK (tier IN ('1m', '1h')),
    done_until timestamptz NOT NULL
);

-- Append-only. The uptime is the time between these, not a count of looks.
CREATE TABLE state_change (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    monitor_id bigint NOT NULL REFERENCES monitors (id) ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    from_state text NOT NULL,
    to_state   text NOT NULL,
    facts      jsonb NOT NULL DEFAULT '{}',
    CHECK (from_state <> to_state)
);
CREATE INDEX state_change_monitor_id_idx ON state_change (monitor_id, at, id);
