-- +goose Up
ALTER TABLE members DROP COLUMN notes;

-- +goose Down
ALTER TABLE members ADD COLUMN notes text;
