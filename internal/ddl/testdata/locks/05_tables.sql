-- # Tables
CREATE TABLE x (id int);
CREATE TABLE IF NOT EXISTS users (id int);
CREATE TABLE x (LIKE users INCLUDING ALL);
CREATE TABLE x AS SELECT * FROM users; -- work not foretold reads users: what a query reads is not
SELECT * INTO x FROM users; -- work not foretold reads users: what a query reads is not
CREATE TABLE x (extra int) INHERITS (animals);
CREATE TABLE x OF pair;
DROP TABLE published;
DROP TABLE ruled CASCADE;
DROP TABLE IF EXISTS absent;
DROP TABLE orders CASCADE;
DROP TABLE users CASCADE;
DROP TABLE app.items CASCADE;
DROP TABLE item_uses;
DROP TABLE parts_1;
DROP TABLE parts;
DROP TABLE dogs;
DROP TABLE animals CASCADE;
DROP FOREIGN TABLE remote;
ALTER TABLE users RENAME TO x;
ALTER TABLE parts RENAME TO x;
ALTER VIEW adults RENAME TO x;
ALTER MATERIALIZED VIEW totals RENAME TO x;
ALTER FOREIGN TABLE remote RENAME TO x;
ALTER TABLE users SET SCHEMA app;
ALTER TABLE untyped SET SCHEMA app;
ALTER TABLE parts SET SCHEMA app;
ALTER VIEW adults SET SCHEMA app;
TRUNCATE notes;
TRUNCATE users CASCADE;
TRUNCATE app.items RESTART IDENTITY CASCADE;
TRUNCATE parts;
TRUNCATE ONLY animals;
CLUSTER users USING users_name;
CLUSTER; -- alone: one table after the other, each in a transaction of its own (cluster_multiple_rels)
CLUSTER parts USING parts_b; -- alone: one partition after the other, each in a transaction of its own (cluster_multiple_rels); since 15
VACUUM users; -- behind LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE
VACUUM FULL users; -- behind LOCK TABLE users IN ACCESS SHARE MODE
VACUUM; -- alone: one table after the other, each in a transaction of its own (vacuum)
ALTER TABLE users CLUSTER ON users_name;
ALTER TABLE users SET WITHOUT CLUSTER;
ALTER TABLE ruled SET UNLOGGED;
ALTER TABLE notes SET LOGGED;
ALTER TABLE users SET TABLESPACE locks_fast;
ALTER TABLE users SET TABLESPACE pg_default;
ALTER MATERIALIZED VIEW totals SET TABLESPACE locks_fast;
ALTER TABLE users SET ACCESS METHOD heap; -- since 15
ALTER TABLE users SET ACCESS METHOD locks_heap; -- since 15
ALTER TABLE users SET (fillfactor = 70);
ALTER TABLE users SET (autovacuum_enabled = false);
ALTER TABLE users SET (toast.autovacuum_enabled = false);
ALTER TABLE users SET (user_catalog_table = true);
ALTER TABLE users RESET (fillfactor);
ALTER TABLE users REPLICA IDENTITY FULL;
ALTER TABLE users REPLICA IDENTITY NOTHING;
ALTER TABLE users REPLICA IDENTITY USING INDEX users_email;
ALTER FOREIGN TABLE remote OPTIONS (ADD a 'b');
CREATE TABLE x (id int) WITH (fillfactor = 70);
ALTER TABLE users SET LOGGED;
ALTER TABLE teams SET UNLOGGED; -- fails 42P16
ALTER TABLE parts SET TABLESPACE locks_fast;
TRUNCATE teams; -- fails 0A000
ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE locks_fast; -- not measured: for each table what SET TABLESPACE is for one (AlterTableMoveAll)
UPDATE users SET name = 'x'; -- not measured: as any query: ROW EXCLUSIVE on the table, which stops no other query, and each row is locked until the transaction ends (RowExclusiveLock, transformUpdateStmt)
DELETE FROM users; -- not measured: the same, and with ROW SHARE on the tables whose foreign keys point to it
INSERT INTO users SELECT * FROM users; -- not measured: the same
COPY users FROM STDIN; -- not measured: the same
