-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER task_search_delete AFTER DELETE ON task_search BEGIN
  INSERT INTO task_search_fts (task_search_fts, rowid, doc) VALUES ('delete', old.rowid, old.doc);
END;
-- +goose StatementEnd
