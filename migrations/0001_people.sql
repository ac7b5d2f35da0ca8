-- Who may use the panel: accounts, the one-time setup link, and sign-in sessions.

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    -- Trimmed and in lower case, so that one address is one account.
    email         text NOT NULL CONSTRAINT users_email_key UNIQUE,
    display_name  text NOT NULL,
    -- A PHC string of argon2id.
    password_hash text NOT NULL,
    locale        text NOT NULL CHECK (locale IN ('ja', 'en')),
    role          text NOT NULL CHECK (role IN ('owner')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_login_at timestamptz,
    CHECK (email = lower(btrim(email)) AND email <> '')
);

-- Only SHA-256 hashes of the links: the database alone does not let anyone in.
CREATE TABLE setup_links (
    token_hash  bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    consumed_at timestamptz
);

CREATE TABLE sessions (
    -- SHA-256 of the session id, so that reading this table does not give a usable cookie.
    id_hash      bytea PRIMARY KEY CHECK (octet_length(id_hash) = 32),
    user_id      uuid REFERENCES users (id) ON DELETE CASCADE,
    data         jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);
