-- +goose Up
CREATE INDEX relations_to ON relations (to_task, kind);
