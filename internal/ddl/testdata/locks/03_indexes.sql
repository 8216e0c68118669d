-- # Indexes
CREATE INDEX x ON users (score);
CREATE UNIQUE INDEX x ON users (score);
CREATE INDEX IF NOT EXISTS users_name ON users (name);
CREATE INDEX x ON users USING hash (score);
CREATE INDEX x ON parts (c);
CREATE INDEX x ON ONLY parts (c);
CREATE INDEX x ON totals (sum);
DROP INDEX users_name;
DROP INDEX IF EXISTS absent;
DROP INDEX users_name, orders_note;
DROP INDEX parts_b;
REINDEX INDEX users_name;
REINDEX TABLE users;
ALTER INDEX users_name RENAME TO x;
ALTER TABLE users_name RENAME TO x;
ALTER INDEX users_name SET (fillfactor = 80);
ALTER INDEX users_name RESET (fillfactor);
ALTER INDEX users_name SET TABLESPACE locks_fast;
ALTER INDEX parts_b RENAME TO x;
ALTER INDEX days_b ATTACH PARTITION days_1_b;
CREATE INDEX CONCURRENTLY x ON users (score); -- behind LOCK TABLE users IN ROW EXCLUSIVE MODE
CREATE UNIQUE INDEX CONCURRENTLY y ON users (score); -- behind LOCK TABLE users IN ROW EXCLUSIVE MODE
DROP INDEX CONCURRENTLY users_name; -- behind LOCK TABLE users IN ROW EXCLUSIVE MODE
REINDEX INDEX CONCURRENTLY users_age; -- behind LOCK TABLE users IN ROW EXCLUSIVE MODE
REINDEX TABLE CONCURRENTLY teams; -- behind LOCK TABLE teams IN ROW EXCLUSIVE MODE
REINDEX INDEX parts_b; -- alone: one partition after the other, each in a transaction of its own (ReindexPartitions)
REINDEX TABLE parts; -- alone: one partition after the other, each in a transaction of its own (ReindexPartitions)
REINDEX SCHEMA app; -- alone: one table after the other, each in a transaction of its own (ReindexMultipleTables)
REINDEX SCHEMA CONCURRENTLY app; -- alone: one table after the other, each in transactions of its own (ReindexMultipleTables)
REINDEX DATABASE main; -- not measured: one table after the other, each in a transaction of its own (ReindexMultipleTables)
REINDEX SYSTEM main; -- not measured: the same for the system catalogs (ReindexMultipleTables)
CREATE INDEX CONCURRENTLY IF NOT EXISTS teams_pkey ON teams (id); -- alone: it is there (DefineIndex); work foretold reads teams: whether there is one is not asked of CONCURRENTLY
CREATE UNIQUE INDEX x ON users (score) NULLS NOT DISTINCT; -- since 15
CREATE INDEX CONCURRENTLY x ON teams (name); -- fails 25001
CREATE INDEX CONCURRENTLY x ON parts (c); -- fails 0A000; alone: it is refused
DROP INDEX CONCURRENTLY parts_b; -- fails 0A000; alone: it is refused
