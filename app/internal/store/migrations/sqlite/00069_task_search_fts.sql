-- task_search_fts: the words, in FTS5; they are plain ASCII, so the simplest tokenizer splits them.
-- +goose Up
CREATE VIRTUAL TABLE task_search_fts USING fts5(doc, content='task_search', content_rowid='rowid', tokenize='ascii', detail='none', prefix='4 5 6');
