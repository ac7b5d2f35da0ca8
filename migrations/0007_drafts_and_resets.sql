-- A draft that became a run stays, so that every link to it leads to the run.

ALTER TABLE drafts ADD COLUMN run_id uuid REFERENCES runs (id) ON DELETE CASCADE;
CREATE INDEX drafts_run_id_idx ON drafts (run_id);

-- A link for somebody who lost the password. Without a person it is the one for the first account.
ALTER TABLE setup_links ADD COLUMN user_id uuid REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX setup_links_user_id_idx ON setup_links (user_id);
