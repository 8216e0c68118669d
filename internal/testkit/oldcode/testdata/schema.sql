-- The tables of the shop, which each application has its own code for. What is
-- there for one sort of use says so.
CREATE TABLE teams (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    motto text -- only written, by SQL
);
CREATE TABLE accounts (
    id bigserial PRIMARY KEY,
    email varchar(200) NOT NULL UNIQUE,
    name text, -- sometimes written as NULL
    score integer NOT NULL DEFAULT 0, -- always given
    level integer NOT NULL DEFAULT 1, -- left to its default
    bio varchar(100), -- always given, and never NULL
    nickname text, -- only read, by SQL
    legacy text, -- not named anywhere, and not ignored
    notes text, -- not named anywhere, and ignored by models that have to
    team_id bigint REFERENCES teams
);
CREATE INDEX accounts_name ON accounts (name);
CREATE TABLE payments (
    id bigserial PRIMARY KEY,
    type text NOT NULL, -- of a model with subclasses
    amount integer NOT NULL, -- 10 times the round
    card text, -- the same in every round
    memo text -- as accounts.notes
);
CREATE TABLE plans (
    id bigserial PRIMARY KEY,
    code text NOT NULL, -- only read, by models
    price integer,
    blurb text
);
INSERT INTO plans (code, price, blurb) VALUES ('basic', 10, 'what most need');
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts,
    total numeric(10,2) NOT NULL,
    state varchar(10) NOT NULL DEFAULT 'new', -- read with all columns, and changed to 'paid'
    remark text,
    placed_at timestamp NOT NULL DEFAULT now()
);
CREATE TABLE tags (
    id bigserial PRIMARY KEY,
    label text NOT NULL
);
CREATE UNIQUE INDEX tags_label ON tags (label); -- never an ON CONFLICT target
CREATE TABLE accounts_tags (
    id bigserial PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts,
    tag_id bigint NOT NULL REFERENCES tags,
    CONSTRAINT accounts_tags_pair UNIQUE (account_id, tag_id)
);
CREATE TABLE counters (
    id bigserial PRIMARY KEY,
    name text NOT NULL,
    n integer NOT NULL
);
CREATE UNIQUE INDEX counters_name ON counters (name); -- an ON CONFLICT target
CREATE TABLE audits ( -- without a model: rows are added and taken away by SQL
    id bigserial PRIMARY KEY,
    what text NOT NULL,
    who text, -- never given
    at timestamp NOT NULL DEFAULT now()
);
CREATE TABLE visits (
    id bigserial PRIMARY KEY,
    page text NOT NULL
);
CREATE VIEW recent_visits AS SELECT id, page FROM visits;
CREATE VIEW old_visits AS SELECT id FROM visits; -- used by nobody
CREATE TABLE scraps ( -- used by nobody
    id bigserial PRIMARY KEY,
    body text
);
CREATE SEQUENCE invoice_numbers;
CREATE SEQUENCE ticket_numbers; -- used by nobody
CREATE FUNCTION slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT replace(lower($1), ' ', '-') $$;
CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper($1) $$; -- used by nobody
