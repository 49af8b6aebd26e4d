-- +goose Up
CREATE INDEX activity_project ON activity (project_id, id);
