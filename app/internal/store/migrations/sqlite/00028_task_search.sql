-- task_search: the words of title, description and comments, encoded so that both engines split them alike.
-- +goose Up
CREATE TABLE task_search (
  rowid INTEGER NOT NULL PRIMARY KEY,
  task_id BLOB NOT NULL UNIQUE,
  workspace_id BLOB NOT NULL,
  project_id BLOB NOT NULL,
  doc TEXT NOT NULL,
  FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE
) STRICT;
CREATE VIRTUAL TABLE task_search_fts USING fts5(doc, content='task_search', content_rowid='rowid', tokenize='ascii', detail='none', prefix='4 5 6');
-- +goose StatementBegin
CREATE TRIGGER task_search_insert AFTER INSERT ON task_search BEGIN
  INSERT INTO task_search_fts (rowid, doc) VALUES (new.rowid, new.doc);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER task_search_delete AFTER DELETE ON task_search BEGIN
  INSERT INTO task_search_fts (task_search_fts, rowid, doc) VALUES ('delete', old.rowid, old.doc);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER task_search_update AFTER UPDATE OF doc ON task_search BEGIN
  INSERT INTO task_search_fts (task_search_fts, rowid, doc) VALUES ('delete', old.rowid, old.doc);
  INSERT INTO task_search_fts (rowid, doc) VALUES (new.rowid, new.doc);
END;
-- +goose StatementEnd
