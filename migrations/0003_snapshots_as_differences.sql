-- A snapshot that takes the place of another is written as the difference to it: it goes on with the rows of that one.
-- The `snapshot` that its rows in snapshot_conversations carry; NULL: its own key.
ALTER TABLE snapshots ADD COLUMN rows_key INTEGER;
