-- task_search: the words of title, description and comments, encoded so that both engines split them alike.
-- +goose Up
CREATE TABLE task_search (
  task_id BINARY(16) NOT NULL PRIMARY KEY,
  workspace_id BINARY(16) NOT NULL,
  project_id BINARY(16) NOT NULL,
  doc MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  FULLTEXT KEY task_search_doc (doc),
  CONSTRAINT task_search_task FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
