-- +goose Up
CREATE UNIQUE INDEX labels_name ON labels (project_id, name_fold);
