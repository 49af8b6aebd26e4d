-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER task_search_insert AFTER INSERT ON task_search BEGIN
  INSERT INTO task_search_fts (rowid, doc) VALUES (new.rowid, new.doc);
END;
-- +goose StatementEnd
