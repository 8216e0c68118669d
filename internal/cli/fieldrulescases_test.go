package cli_test

// Queries that fieldRules ask more than once.
const (
	viewStands = "SELECT relkind = 'v' FROM pg_class WHERE oid = 'accounts'::regclass"
	noAccounts = "SELECT to_regclass('accounts') IS NULL AND NOT EXISTS (SELECT FROM migguard.shim WHERE dropped_at IS NULL)"
)

// fieldRules are those in which old code meets a migration; what waits for a lock is
// in fieldruleslocks_test.go, and what needs steered builds, another application or
// several releases (T7, H2, H3, D3, D7, X1) in fieldrulessteps_test.go.
//
// Verdicts that are more cautious than the texts want: T7 and H3 without steering; a
// default that waits for a read-only model (H1), since contracts are not asked
// about defaults; D6. What passes and breaks all the same: T1, where passes is set. That a copy is complete before the old column goes (X1) nobody checks: it only
// stays as long as builds run that need it.
var fieldRules = []fieldRule{
	{name: "T1 add column", app: "rails", sql: []string{"ALTER TABLE accounts ADD COLUMN country text"}, does: "allow"},
	{name: "T1 add column to rows read by star", app: "rails", sql: []string{"ALTER TABLE orders ADD COLUMN country text"},
		alone: "cached plan must not change result type", does: "allow", passes: "cached plan must not change result type"},
	{name: "T2 add table", app: "rails", sql: []string{"CREATE TABLE letters (id bigserial PRIMARY KEY, account_id bigint REFERENCES accounts)"}, does: "allow"},
	{name: "T3 add index", app: "rails", sql: []string{"CREATE INDEX by_score ON accounts (score)"}, does: "allow"},
	{name: "T3 add index to a large table", app: "rails", sql: []string{"CREATE INDEX by_score ON accounts (score)"}, large: true, does: "rewrite",
		then: "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_score'::regclass"},
	{name: "T4 drop column", app: "rails", sql: []string{"ALTER TABLE accounts DROP COLUMN score"},
		alone: "UndefinedColumn", does: "shim: drop-column", then: columnThere("accounts", "score"), gone: columnGone("accounts", "score")},
	{name: "T4 drop column that code no longer uses", app: "rails", sql: []string{"ALTER TABLE accounts DROP COLUMN notes"}, does: "allow", then: columnGone("accounts", "notes")},
	{name: "T5 drop table", app: "django", sql: []string{"DROP TABLE plans"}, alone: "does not exist", does: "shim: drop-table",
		then: "SELECT to_regclass('plans') IS NOT NULL", gone: "SELECT to_regclass('plans') IS NULL"},
	{name: "T6 rename table", app: "django", sql: []string{"ALTER TABLE accounts RENAME TO members"}, alone: "does not exist", does: "shim: table-view",
		then: viewStands, gone: noAccounts},
	{name: "T6 rename table of a model that looks for its key", app: "rails", sql: []string{"ALTER TABLE accounts RENAME TO members"}, alone: "UndefinedTable", does: "shim: table-parent",
		then: "SELECT relkind = 'p' FROM pg_class WHERE oid = 'accounts'::regclass", gone: noAccounts},
	{name: "T6 rename table and back", app: "django", sql: []string{"ALTER TABLE accounts RENAME TO members", "ALTER TABLE members RENAME TO accounts"},
		does: "shim: table-view", then: "SELECT relkind = 'r' FROM pg_class WHERE oid = 'accounts'::regclass"},
	{name: "T7 rename column", app: "rails", sql: []string{"ALTER TABLE accounts RENAME score TO points"}, alone: "UndefinedColumn", does: "shim: sync",
		then: columnThere("accounts", "score")},

	{name: "V1 select update and delete through the view", sql: []string{"ALTER TABLE accounts RENAME TO members"}, alone: "does not exist", does: "shim: table-view",
		sent: []string{"UPDATE accounts SET score = 9 WHERE email = 'user-1'", "DELETE FROM accounts WHERE email = 'user-2'"},
		then: "SELECT array_agg(email || score) = '{user-19}' FROM members"},
	{name: "V2 insert with defaults through the view", sql: []string{"ALTER TABLE accounts RENAME TO members"}, alone: "does not exist", does: "shim: table-view",
		sent: []string{"INSERT INTO accounts (email) VALUES ('x')"}, then: "SELECT id > 0 AND level = 1 AND score = 0 FROM members WHERE email = 'x'"},
	{name: "V3 on conflict twice through the view", sql: []string{"ALTER TABLE accounts RENAME TO members"}, alone: "does not exist", does: "shim: table-view",
		sent: []string{upsertX, upsertX}, then: "SELECT count(*) = 1 AND max(score) = 1 FROM members WHERE email = 'x'"},
	{name: "V4 star is fixed", sql: []string{"ALTER TABLE accounts RENAME TO members", "ALTER TABLE members ADD COLUMN country text"}, alone: "does not exist", does: "shim: table-view",
		then: "SELECT count(*) = 0 FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attname = 'country'", gone: noAccounts},
	{name: "V5 a view would join", app: "rails", sql: []string{"BEGIN", "CREATE TABLE profiles AS SELECT id, bio FROM accounts", "ALTER TABLE accounts DROP COLUMN bio", "COMMIT"},
		alone: "UndefinedColumn", does: "shim: drop-column", then: columnThere("accounts", "bio")},
	{name: "V6 types differ", app: "rails", sql: []string{"BEGIN", "ALTER TABLE audits RENAME TO logs", "ALTER TABLE logs ALTER what TYPE integer USING 0", "COMMIT"},
		alone: "UndefinedTable", does: "refuse: retyped-column"},
	{name: "V6 names differ", app: "rails", sql: []string{"BEGIN", "ALTER TABLE accounts RENAME TO members", "ALTER TABLE members RENAME score TO points", "COMMIT"},
		alone: "UndefinedTable", does: "refuse: renamed-column"},
	{name: "V7 a change of shape that shows", sql: []string{"BEGIN", "ALTER TABLE accounts RENAME TO members", "ALTER TABLE members ADD COLUMN ip text NOT NULL DEFAULT ''", "ALTER TABLE members ALTER ip DROP DEFAULT", "COMMIT"},
		alone: "does not exist", does: "shim: table-view: drop-default"},
	{name: "V8 no view is for long", sql: []string{"ALTER TABLE accounts RENAME TO members"}, alone: "does not exist", does: "shim: table-view", then: viewStands, gone: noAccounts},

	{name: "H1 read-only model", app: "rails", sql: []string{"ALTER TABLE plans ALTER price SET NOT NULL"}, does: "allow"},
	{name: "H1 read-only model gets a column to be filled", app: "rails", sql: []string{"BEGIN", "ALTER TABLE plans ADD COLUMN tax int NOT NULL DEFAULT 0", "ALTER TABLE plans ALTER tax DROP DEFAULT", "COMMIT"}, does: "shim: drop-default"},
	{name: "H2 remove column that is ignored in the base class", app: "rails", sql: []string{"ALTER TABLE payments DROP COLUMN memo"}, does: "allow", then: columnGone("payments", "memo")},
	{name: "H2 remove column that nobody mentions", app: "rails", sql: []string{"ALTER TABLE accounts DROP COLUMN legacy"}, alone: "UndefinedColumn", does: "shim: drop-column", then: columnThere("accounts", "legacy")},
	{name: "H3 rename column", app: "django", sql: []string{"ALTER TABLE accounts RENAME score TO points"}, alone: "does not exist", does: "shim: sync", then: columnThere("accounts", "score")},
	{name: "H3 add and copy and drop", app: "django", sql: []string{"ALTER TABLE accounts ADD COLUMN points integer", "UPDATE accounts SET points = score", "ALTER TABLE accounts DROP COLUMN score"},
		alone: "does not exist", does: "shim: drop-column", then: columnThere("accounts", "score")},
	{name: "H4 not null that writers fill", app: "rails", sql: []string{"ALTER TABLE accounts ALTER bio SET NOT NULL"}, does: "shim: set-not-null"},
	{name: "H4 not null that SQL leaves out", app: "rails", sql: []string{"ALTER TABLE audits ALTER who SET NOT NULL"}, alone: "NotNullViolation", does: "shim: set-not-null"},
	{name: "H4 not null where NULL is written", app: "rails", sql: []string{"UPDATE accounts SET name = '' WHERE name IS NULL", "ALTER TABLE accounts ALTER name SET NOT NULL"},
		alone: "NotNullViolation", does: "shim: set-not-null"},
	{name: "H5 index of a read-only model", app: "rails", sql: []string{"CREATE INDEX ON plans (code)"}, large: true, does: "rewrite"},
	{name: "H5 index concurrently", app: "rails", sql: []string{"CREATE INDEX CONCURRENTLY ON accounts (score)"}, large: true, does: "allow"},
	{name: "H6 add column that may be NULL", app: "django", sql: []string{"ALTER TABLE accounts ADD COLUMN country text"}, does: "allow"},
	{name: "H6 add column that has to be filled", app: "django", sql: []string{"ALTER TABLE audits ADD COLUMN ip text NOT NULL"}, alone: "null value", does: "shim: set-not-null"},
	{name: "H6 add column with default", app: "django", sql: []string{"ALTER TABLE accounts ADD COLUMN country text NOT NULL DEFAULT 'x'"}, does: "allow"},
	{name: "H7 create table", app: "node", sql: []string{"CREATE TABLE letters (id bigserial PRIMARY KEY)"}, does: "allow"},
	{name: "H8 remove table", app: "node", sql: []string{"DROP TABLE audits"}, alone: "does not exist", does: "shim: drop-table", gone: "SELECT to_regclass('audits') IS NULL"},
	{name: "H8 remove table that nobody uses", app: "node", sql: []string{"DROP TABLE scraps"}, does: "shim: drop-table", gone: "SELECT to_regclass('scraps') IS NULL"},
	{name: "H9 remove index", app: "rails", sql: []string{"DROP INDEX accounts_name"}, does: "allow"},
	{name: "H9 remove index concurrently", app: "rails", sql: []string{"DROP INDEX CONCURRENTLY accounts_name"}, does: "allow"},
	{name: "H9 remove index of on conflict", app: "rails", sql: []string{"DROP INDEX counters_name"}, alone: "ON CONFLICT", does: "refuse: lost-arbiter"},

	{name: "D1 not null column in a small table", app: "rails", sql: []string{"ALTER TABLE accounts ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()"}, does: "allow"},
	{name: "D1 not null column in a large table", app: "rails", sql: []string{"ALTER TABLE accounts ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()"}, large: true, does: "rewrite",
		then: "SELECT count(*) = count(token) AND (SELECT attnotnull FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attname = 'token') FROM accounts"},
	{name: "D1 not null column in three steps", app: "rails", sql: []string{"ALTER TABLE accounts ADD COLUMN tier int", "ALTER TABLE accounts ALTER tier SET DEFAULT 1", "UPDATE accounts SET tier = 1", "ALTER TABLE accounts ALTER tier SET NOT NULL"}, large: true, does: "rewrite"},
	{name: "D2 remove column that is NOT NULL", app: "node", sql: []string{"ALTER TABLE orders DROP COLUMN total"}, alone: "does not exist", does: "shim: drop-column",
		sent: []string{"INSERT INTO orders (account_id) SELECT min(id) FROM accounts"}, then: columnThere("orders", "total"), gone: columnGone("orders", "total")},
	{name: "D2 remove column after its index", app: "django", sql: []string{"DROP INDEX CONCURRENTLY accounts_name", "ALTER TABLE accounts DROP COLUMN name"}, alone: "does not exist", does: "shim: drop-column"},
	{name: "D4 string to text", app: "django", sql: []string{"ALTER TABLE accounts ALTER email TYPE text"}, does: "allow"},
	{name: "D4 text to string", app: "django", sql: []string{"ALTER TABLE audits ALTER what TYPE varchar(3)"}, alone: "value too long", does: "refuse: retyped-column"},
	{name: "D5 not null in a large table", app: "rails", sql: []string{"ALTER TABLE accounts ALTER bio SET NOT NULL"}, large: true, does: "shim: set-not-null",
		then: "SELECT NOT attnotnull FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attname = 'bio'"},
	{name: "D6 a table copied by hand", app: "django", sql: []string{"BEGIN", "CREATE TABLE copy (id bigserial PRIMARY KEY, page text NOT NULL)", "INSERT INTO copy SELECT * FROM visits",
		"ALTER TABLE visits RENAME TO visits_old", "ALTER TABLE copy RENAME TO visits", "COMMIT"}, alone: "duplicate key", does: "refuse"},
	{name: "D6 a sequence that is set back", app: "django", sql: []string{"ALTER SEQUENCE visits_id_seq RESTART"}, alone: "duplicate key", does: "refuse: reused-keys"},

	{name: "X1 contract before the copy is complete", app: "django", sql: []string{"ALTER TABLE orders ADD COLUMN status text", "ALTER TABLE orders DROP COLUMN state"},
		alone: "does not exist", does: "shim: drop-column", then: "SELECT bool_and(state = 'paid') FROM orders"},
}

// upsertX is an INSERT that takes the conflict's path the second time.
const upsertX = "INSERT INTO accounts (email) VALUES ('x') ON CONFLICT (email) DO UPDATE SET score = accounts.score + 1"

func columnThere(table, column string) string {
	return "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '" + table + "'::regclass AND attname = '" + column + "')"
}

func columnGone(table, column string) string {
	return "SELECT NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = '" + table + "'::regclass AND attname = '" + column + "')"
}
