-- The tables of the small applications in this folder: one for each ORM, which does
-- what such a library does and little else. They call id, score and name by these
-- names, and leave notes to the database.
CREATE TABLE teams (
    id bigserial PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE accounts (
    id bigserial PRIMARY KEY,
    email varchar(200) NOT NULL UNIQUE,
    name text, -- written as NULL first
    score integer NOT NULL DEFAULT 0, -- left to its default, then changed
    team_id bigint REFERENCES teams
);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts,
    total integer NOT NULL
);
