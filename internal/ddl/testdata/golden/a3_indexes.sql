-- A3.1, A3.7 create
CREATE INDEX ON users (email);
CREATE UNIQUE INDEX users_email ON app.users USING btree (lower(email) DESC NULLS LAST, name) INCLUDE (id, created_at) NULLS NOT DISTINCT WITH (fillfactor = 70) WHERE deleted_at IS NULL;
CREATE INDEX IF NOT EXISTS part_idx ON ONLY parted (a);
-- A3.2 to A3.6 concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Idx" ON users USING gin (tags gin_trgm_ops);
DROP INDEX CONCURRENTLY IF EXISTS app."Idx";
REINDEX INDEX CONCURRENTLY users_email;
REINDEX (CONCURRENTLY, VERBOSE) TABLE users;
REINDEX (CONCURRENTLY false) TABLE users;
-- A3.8, A3.9 drop
DROP INDEX users_email, app.other CASCADE;
-- A3.10 reindex
REINDEX INDEX users_email;
REINDEX TABLE app.users;
REINDEX SCHEMA app;
REINDEX DATABASE main;
REINDEX SYSTEM main;
-- A3.11 rename
ALTER INDEX IF EXISTS users_email RENAME TO users_mail;
ALTER TABLE users_email RENAME TO users_mail;
-- A3.12, A3.13
CREATE INDEX h ON users USING hash (email);
CREATE INDEX wide ON users (a, b, c, (a + b));
-- A3.16 attach
ALTER INDEX parted_idx ATTACH PARTITION part_idx;
-- the rest of ALTER INDEX
ALTER INDEX users_email SET (fillfactor = 80);
ALTER INDEX g SET (fastupdate = off);
ALTER INDEX users_email RESET (fillfactor);
ALTER INDEX users_email SET TABLESPACE fast;
ALTER INDEX ALL IN TABLESPACE slow SET TABLESPACE fast;
ALTER INDEX users_email DEPENDS ON EXTENSION pg_trgm;
