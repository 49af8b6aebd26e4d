-- instance_settings: secrets that all instances on this database share, such as the key that signs cursors.
-- +goose Up
CREATE TABLE instance_settings (
  name VARCHAR(50) NOT NULL PRIMARY KEY,
  value VARBINARY(255) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
