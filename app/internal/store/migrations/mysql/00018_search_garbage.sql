-- search_garbage: deleted tasks whose rows in search_terms are still to be removed.
-- +goose Up
CREATE TABLE search_garbage (
  task_id BINARY(16) NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
