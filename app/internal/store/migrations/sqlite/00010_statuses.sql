-- statuses: a project's workflow; category 1 backlog, 2 todo, 3 in_progress, 4 done, 5 cancelled, never changed (tasks repeat it).
-- +goose Up
CREATE TABLE statuses (
  id BLOB NOT NULL PRIMARY KEY,
  project_id BLOB NOT NULL,
  name TEXT NOT NULL,
  name_fold TEXT NOT NULL,
  category INTEGER NOT NULL,
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  FOREIGN KEY (project_id) REFERENCES projects (id)
) STRICT;
CREATE UNIQUE INDEX statuses_name ON statuses (project_id, name_fold);
