-- search_terms: the words of tasks and of what hangs on them, folded; source is 0 for a task's own text. Deleted tasks' rows are
-- removed later, hence no foreign key.
-- +goose Up
CREATE TABLE search_terms (
  task_id BLOB NOT NULL,
  term BLOB NOT NULL,
  source INTEGER NOT NULL,
  space INTEGER NOT NULL,
  PRIMARY KEY (task_id, term, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_terms_find ON search_terms (space, term, task_id);
