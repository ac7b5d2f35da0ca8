-- The ledger: runs, their steps, and what happened, in order.

CREATE TABLE runs (
    id                  uuid PRIMARY KEY,
    stack_id            uuid NOT NULL REFERENCES stacks (id) ON DELETE CASCADE,
    -- From 1 within the stack.
    number              integer NOT NULL,
    purpose             text NOT NULL CHECK (purpose IN ('apply', 'prepare', 'destroy')),
    state               text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'waiting', 'cancelled')),
    plan                jsonb NOT NULL,
    options             jsonb NOT NULL,
    -- Why the run as a whole failed, when no step says it.
    error               jsonb,
    created_by          uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    started_at          timestamptz,
    finished_at         timestamptz,
    cancel_requested_at timestamptz,
    -- The process that executes the run, and until when it may without renewing.
    lease_owner         text,
    lease_until         timestamptz,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CONSTRAINT runs_number_key UNIQUE (stack_id, number)
);
-- One at a time per stack.
CREATE UNIQUE INDEX runs_unfinished_key ON runs (stack_id) WHERE state IN ('queued', 'running');
CREATE INDEX runs_created_by_idx ON runs (created_by);
CREATE INDEX runs_created_at_idx ON runs (created_at DESC);

CREATE TABLE run_steps (
    run_id      uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step_id     text NOT NULL,
    state       text NOT NULL,
    outcome     text,
    -- Account time: a practice account's clock runs faster than the wall's.
    started_at  timestamptz,
    finished_at timestamptz,
    -- The whole record: outputs, what it waits for, diagnosis, AWS's last refusal, attempts.
    record      jsonb NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, step_id)
);

CREATE SEQUENCE run_event_ids AS bigint;
CREATE TABLE run_events (
    -- Given by the trigger below.
    id      bigint PRIMARY KEY,
    run_id  uuid NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind    text NOT NULL,
    payload jsonb NOT NULL
);
CREATE INDEX run_events_run_id_idx ON run_events (run_id, id);

-- A browser asks for "everything after event n". Were ids given before the lock, a transaction with a lower id
-- could commit after a reader saw a higher one, and its event would be skipped.
CREATE FUNCTION run_events_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM runs WHERE id = NEW.run_id FOR NO KEY UPDATE;
    NEW.id := nextval('run_event_ids');
    RETURN NEW;
END
$$;
CREATE TRIGGER run_events_number BEFORE INSERT ON run_events
    FOR EACH ROW EXECUTE FUNCTION run_events_number();

CREATE FUNCTION run_events_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('run_events', NEW.run_id || ':' || NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER run_events_notify AFTER INSERT ON run_events
    FOR EACH ROW EXECUTE FUNCTION run_events_notify();
