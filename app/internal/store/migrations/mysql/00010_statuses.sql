-- statuses: a project's workflow; category 1 backlog, 2 todo, 3 in_progress, 4 done, 5 cancelled, never changed (tasks repeat it).
-- +goose Up
CREATE TABLE statuses (
  id BINARY(16) NOT NULL PRIMARY KEY,
  project_id BINARY(16) NOT NULL,
  name VARCHAR(100) NOT NULL,
  name_fold VARCHAR(200) NOT NULL,
  category TINYINT NOT NULL,
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  UNIQUE KEY statuses_name (project_id, name_fold),
  CONSTRAINT statuses_project FOREIGN KEY (project_id) REFERENCES projects (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
