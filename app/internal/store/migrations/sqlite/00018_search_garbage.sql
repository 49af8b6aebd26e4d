-- search_garbage: deleted tasks whose rows in search_terms are still to be removed.
-- +goose Up
CREATE TABLE search_garbage (
  task_id BLOB NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT;
