-- +goose Up
CREATE UNIQUE INDEX relations_pair ON relations (from_task, to_task, kind);
