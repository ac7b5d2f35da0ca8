-- AWS accounts and practice accounts.

CREATE TABLE connections (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CONSTRAINT connections_name_key UNIQUE CHECK (name <> ''),
    kind           text NOT NULL CHECK (kind IN ('practice', 'aws')),
    -- By kind: the scenario, or the region, the endpoint and the way to credentials. Never a secret.
    settings       jsonb NOT NULL,
    created_by     uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    last_test      jsonb,
    last_tested_at timestamptz,
    CHECK ((last_test IS NULL) = (last_tested_at IS NULL))
);
CREATE INDEX connections_created_by_idx ON connections (created_by);

-- The state of a practice account. Its simulated time is sim_epoch + (now - wall_epoch) * speed, so that every
-- process sees the same clock.
CREATE TABLE practice_accounts (
    connection_id uuid PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
    scenario      text NOT NULL,
    world         jsonb NOT NULL,
    wall_epoch    timestamptz NOT NULL,
    sim_epoch     timestamptz NOT NULL,
    speed         double precision NOT NULL CHECK (speed > 0),
    version       bigint NOT NULL DEFAULT 1,
    updated_at    timestamptz NOT NULL DEFAULT now()
);
