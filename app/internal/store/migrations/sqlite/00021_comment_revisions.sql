-- comment_revisions: what a comment said before each edit.
-- +goose Up
CREATE TABLE comment_revisions (
  comment_id BLOB NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  edited_by BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (comment_id, version),
  FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
