-- +goose Up
CREATE UNIQUE INDEX statuses_name ON statuses (project_id, name_fold);
