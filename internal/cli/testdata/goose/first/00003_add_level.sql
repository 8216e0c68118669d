-- +goose Up
ALTER TABLE accounts ADD COLUMN level integer;

-- +goose Down
ALTER TABLE accounts DROP COLUMN level;
