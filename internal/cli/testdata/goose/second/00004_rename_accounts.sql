-- +goose Up
ALTER TABLE accounts RENAME TO members;

-- +goose Down
ALTER TABLE members RENAME TO accounts;
