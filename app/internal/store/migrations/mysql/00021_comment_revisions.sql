-- comment_revisions: what a comment said before each edit.
-- +goose Up
CREATE TABLE comment_revisions (
  comment_id BINARY(16) NOT NULL,
  version BIGINT NOT NULL,
  body MEDIUMTEXT NOT NULL,
  edited_by BINARY(16) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (comment_id, version),
  CONSTRAINT comment_revisions_comment FOREIGN KEY (comment_id) REFERENCES comments (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
