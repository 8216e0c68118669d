package report

// unjudged ends docs/hazards.md: what a migration may hold that is no hazard here,
// by the reason why.
const unjudged = `
## What is not judged

**Not yet.** These can break or block running code, and pass:

* A view or composite type that gets columns, and what a DO block or function adds to a
  table, under prepared SELECT * and RETURNING *; code that a new column makes fail though it
  prepares nothing, where it is not Go that reads the rows in the function that asks for them.
* Integer to bigint, where code of Go looks at the type of what it reads as any, as pgx's Values gives it.
* A foreign key of a new table or column: old code that deletes rows of the other table
  meets rows that only new code makes. UNIQUE of a new column with a default. Constraints
  and unique indexes that a trigger or a default adds, or that a DO block gives a partition alone.
  A unique index that waits, and that
  INSERT ... ON CONFLICT of new code counts on, where its contract does not show that.
* What a trigger changes of what running code writes, and what one rejects in another language than
  PL/pgSQL, or by what its function calls. CREATE OR REPLACE FUNCTION: with another body, default or STRICT a
  function that running code calls, or that a trigger has, does something else; whether that is worse no
  text shows, and to mend a function is daily business. ENABLE, DISABLE and DROP TRIGGER: around the filling of a table
  people turn one off and on again, and what running code counts on of it no contract shows. A
  constraint that becomes DEFERRABLE; REPLICA IDENTITY.
* What a DO block or a function does of roles, but that they log in, of policies, privileges, domains,
  enums and sequences, what it truncates, and a primary key or unique constraint that it drops, where no query shows what needs that.
* ALTER SYSTEM; DROP ROLE, REVOKE CONNECT and other rights on databases; ALTER ROLE ... NOINHERIT, NOBYPASSRLS and
  the like. ALTER DEFAULT PRIVILEGES is about what will be made, which old code does not know.
* ALTER SEQUENCE ... MAXVALUE, CYCLE and OWNED BY, and setval, which migrations send to mend what
  rows have brought.
* ATTACH PARTITION of a table into which running code writes rows of its own, which the partition's bounds
  reject. Where no query that the database has seen, or that stands in the source, shows it: a table that
  is new, or moves, into a schema which running code looks into before that of another one of its name. A function that is new beside one of its name, which
  makes a call of running code ambiguous.
* A new enum value, and NULL after DROP NOT NULL, that running code reads and does not
  know.
* Where no query that the database has seen, or that stands in the source, shows it: a json
  column, which has no equality for DISTINCT and UNION.
* Where no contract and no query shows it: ON CONFLICT ON CONSTRAINT after RENAME CONSTRAINT
  or ALTER INDEX ... RENAME, and what only a table takes (that, TRUNCATE, COPY of the name,
  ctid, TABLESAMPLE) when the table was renamed and a view stands in its place.
* ALTER SEQUENCE ... AS a smaller type; INHERIT; OWNER
  TO of schemas, functions and types, and REASSIGN OWNED.
* What a view becomes: CREATE OR REPLACE VIEW that can no longer be written (DISTINCT, say), CHECK OPTION and
  security_invoker that it gets, a rule of one that took writes, and rights that its owner loses.
* A default that can be worked out only to NULL, or that a CHECK rejects, and the default that a domain loses;
  ALTER SEQUENCE ... INCREMENT below zero; ALTER FUNCTION ... SET and SECURITY; settings of a role or database
  with which nobody can log in, but those that MG040 names; REVOKE ON ALL SEQUENCES or FUNCTIONS of a schema without tables; an attribute
  that a composite type gets with CASCADE, under prepared SELECT * of a table of it; what an event trigger does to row security.
* Dropped operators, casts, collations, aggregates' support functions and text search
  configurations, but for what CASCADE and the functions behind them show, and a query that the
  database has seen, or that stands in the source ([replay](evidence.md#replay)).
* WITH ... (UPDATE ...) SELECT of many rows, and those that functions, DO blocks, triggers and
  CASCADE change. INSERT ... SELECT and COPY of many rows: nobody waits for rows that are
  new, but for the locks that the transaction holds, and standbys fall behind.
* EXCLUDE on a large table, PRIMARY KEY of a large table with partitions from PostgreSQL 18
  on, and a new column with a volatile default of a table that others inherit from have no
  rewrite, and are refused.

**Taken care of without a verdict.** A strong lock on what others use is asked for with a
short lock_timeout, again and again; statement_timeout and idle timeouts of the role do
not stop a migration half way; an index whose build was interrupted does not count as
being there, is dropped and built anew; a deadlock is tried again. What a trigger, a default,
a view, an operator or an event trigger renames or drops unseen is judged before the commit
of its transaction, as if a statement had said so.

**Done by the server.** It says so itself, and nothing is changed: CONCURRENTLY inside a
transaction, SET NOT NULL and constraints that rows break, the type of a column that a
view uses, an enum value used in the transaction that adds it before PostgreSQL 17, an
identity on a column that may be NULL, a foreign key between types that do not compare.

**Quick, and nobody notices.** Tables, views, functions, schemas and types that are new;
ADD COLUMN that may be NULL or has a constant default; SET DEFAULT to a value; SET
STATISTICS, STORAGE and COMPRESSION, storage parameters; ANALYZE, CREATE STATISTICS,
COMMENT; GRANT; DROP CHECK; CREATE EXTENSION; ATTACH of an index.

**As the migration says.** LOCK TABLE asks for its lock by name, and is waited for as long as the migration's
lock_timeout says.
BEGIN, COMMIT and SAVEPOINT of its own, a lock_timeout or statement_timeout that it sets,
one transaction or several, IF NOT EXISTS: they are carried out as written.

**A matter of taste.** Which types to use, names, IF NOT EXISTS, how many columns an index
or a table has, whether an index is needed or is there twice, lengths of text, hash
indexes, one ALTER TABLE or several.

**Not seen from the database.** Migrations out of order, edited after they ran, without a
way back, or that load the application's models; how a team plans background work.
`
