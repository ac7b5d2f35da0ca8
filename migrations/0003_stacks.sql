-- What people are setting up, and what is set up.

CREATE TABLE stacks (
    id            uuid PRIMARY KEY,
    name          text NOT NULL CHECK (name <> ''),
    environment   text NOT NULL,
    connection_id uuid NOT NULL CONSTRAINT stacks_connection_id_fkey REFERENCES connections (id),
    -- The spec as it was applied last.
    spec          jsonb NOT NULL,
    -- What the last run answered, such as the address.
    outputs       jsonb NOT NULL DEFAULT '{}',
    created_by    uuid REFERENCES users (id) ON DELETE SET NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    removed_at    timestamptz
);
-- A name is free again once its stack is removed.
CREATE UNIQUE INDEX stacks_name_key ON stacks (connection_id, name) WHERE removed_at IS NULL;
CREATE INDEX stacks_connection_id_idx ON stacks (connection_id);
CREATE INDEX stacks_created_by_idx ON stacks (created_by);

-- The wizard's pages as typed, right or wrong.
CREATE TABLE drafts (
    id            uuid PRIMARY KEY,
    owner         uuid REFERENCES users (id) ON DELETE SET NULL,
    connection_id uuid REFERENCES connections (id) ON DELETE SET NULL,
    -- The stack that the draft changes, when it is not a new one.
    stack_id      uuid REFERENCES stacks (id) ON DELETE CASCADE,
    field_values  jsonb NOT NULL,
    step          text NOT NULL,
    version       bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    updated_by    uuid REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX drafts_owner_idx ON drafts (owner);
CREATE INDEX drafts_connection_id_idx ON drafts (connection_id);
CREATE INDEX drafts_stack_id_idx ON drafts (stack_id);
CREATE INDEX drafts_updated_by_idx ON drafts (updated_by);
