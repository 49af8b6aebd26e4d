-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER task_search_update AFTER UPDATE OF doc ON task_search BEGIN
  INSERT INTO task_search_fts (task_search_fts, rowid, doc) VALUES ('delete', old.rowid, old.doc);
  INSERT INTO task_search_fts (rowid, doc) VALUES (new.rowid, new.doc);
END;
-- +goose StatementEnd
