-- Counts how often a practice account was put back to its morning. A handle that was opened before is refused, so that
-- a run under way can't go on in the account that came after.
ALTER TABLE practice_accounts ADD COLUMN epoch bigint NOT NULL DEFAULT 1;
