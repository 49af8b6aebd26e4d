-- search_terms: the words of tasks and of what hangs on them, folded; source is 0 for a task's own text. Deleted tasks' rows are
-- removed later, hence no foreign key.
-- +goose Up
CREATE TABLE search_terms (
  task_id BINARY(16) NOT NULL,
  term VARBINARY(64) NOT NULL,
  source BIGINT NOT NULL,
  space BIGINT NOT NULL,
  PRIMARY KEY (task_id, term, source),
  KEY search_terms_find (space, term, task_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
