package cli_test

// A changed is a migration, and what it does to code in a few words.
type changed struct {
	name string
	sql  []string
	apps string // those it is tried on, by their names; empty: all
	// passes says why migguard lets it pass though it breaks code, as
	// docs/hazards.md has it under "Not yet".
	passes string
	// hidden are those that an overlay keeps it away from when they are steered. Of a
	// table with a model of ActiveRecord's it shows no primary key.
	hidden string
	// silent: evidence is asked, before the commit or of what is only said, and if it
	// lets the migration pass the report does not say so.
	silent bool
}

// Why breaks pass that are not judged.
const (
	cachedPlan = "it fails once in each session, which is [no reason to refuse](hazards.md#stale-plan) unless migguard.toml says so"
)

// changes are of the tables of internal/testkit/oldcode/testdata/schema.sql, which
// says who uses what.
var changes = []changed{
	{name: "a column that models read and write goes", sql: []string{"ALTER TABLE accounts DROP COLUMN score"}},
	{name: "a column that only SQL reads goes", sql: []string{"ALTER TABLE accounts DROP COLUMN nickname"}},
	{name: "a column that only SQL writes goes", sql: []string{"ALTER TABLE teams DROP COLUMN motto"}, apps: "rails django go"},
	{name: "a column that is ignored goes", sql: []string{"ALTER TABLE accounts DROP COLUMN notes"}},
	{name: "a subclass's ignored column goes", sql: []string{"ALTER TABLE payments DROP COLUMN memo"}, apps: "rails sqlalchemy"},
	{name: "a column that nobody names goes", sql: []string{"ALTER TABLE accounts DROP COLUMN legacy"}},
	{name: "a column of a table that is only read goes", sql: []string{"ALTER TABLE plans DROP COLUMN blurb"}, apps: "rails sqlalchemy node"},
	{name: "a column of rows read by * goes", sql: []string{"ALTER TABLE orders DROP COLUMN placed_at"}, apps: "rails node go"},
	{name: "a used column goes in a DO block", sql: []string{"DO $$ BEGIN ALTER TABLE accounts DROP COLUMN name; END $$"}, apps: "rails go"},
	{name: "an ignored column goes in a DO block", sql: []string{"DO $$ BEGIN ALTER TABLE accounts DROP COLUMN notes; END $$"}, apps: "rails django"},

	{name: "a used column is renamed", sql: []string{"ALTER TABLE accounts RENAME score TO points"}},
	{name: "an ignored column is renamed", sql: []string{"ALTER TABLE accounts RENAME notes TO remarks"}, apps: "rails django"},
	{name: "a used table is renamed", sql: []string{"ALTER TABLE accounts RENAME TO members"}},
	{name: "a join table is renamed", sql: []string{"ALTER TABLE accounts_tags RENAME TO labelled"}, apps: "rails django sqlalchemy go"},
	{name: "a table that nobody uses is renamed", sql: []string{"ALTER TABLE scraps RENAME TO bits"}, apps: "rails django"},

	{name: "a used table goes", sql: []string{"DROP TABLE plans"}, apps: "rails django node"},
	{name: "a join table goes", sql: []string{"DROP TABLE accounts_tags"}, apps: "rails sqlalchemy go"},
	{name: "a table without a model goes", sql: []string{"DROP TABLE audits"}, apps: "rails django node go"},
	{name: "a table that nobody uses goes", sql: []string{"DROP TABLE scraps"}},
	{name: "a used view goes", sql: []string{"DROP VIEW recent_visits"}, apps: "rails django go"},
	{name: "a view that nobody uses goes", sql: []string{"DROP VIEW old_visits"}, apps: "rails django node"},
	{name: "a used sequence goes", sql: []string{"DROP SEQUENCE invoice_numbers"}, apps: "rails go"},
	{name: "a used function goes", sql: []string{"DROP FUNCTION slug(text)"}, apps: "rails django"},

	{name: "a type gets too narrow", sql: []string{"ALTER TABLE audits ALTER what TYPE varchar(3)"}, apps: "rails django node go"},
	{name: "a number becomes text", sql: []string{"ALTER TABLE accounts ALTER score TYPE text"}, apps: "rails django go"},
	{name: "a type gets wider", sql: []string{"ALTER TABLE accounts ALTER bio TYPE text"}, passes: cachedPlan, silent: true},
	{name: "an integer gets wider", sql: []string{"ALTER TABLE accounts ALTER level TYPE bigint"}, silent: true},
	{name: "an ignored column gets another type", sql: []string{"ALTER TABLE accounts ALTER notes TYPE integer USING 0"}, apps: "rails django sqlalchemy"},

	{name: "a new column has to be given", sql: []string{"ALTER TABLE audits ADD COLUMN ip text NOT NULL"}},
	{name: "a new column has to be given, in a table nobody uses", sql: []string{"ALTER TABLE scraps ADD COLUMN ip text NOT NULL"}, apps: "rails django go"},
	{name: "a new column may be NULL", sql: []string{"ALTER TABLE accounts ADD COLUMN country text"}, apps: "rails django sqlalchemy node"},
	{name: "a new column has a default", sql: []string{"ALTER TABLE payments ADD COLUMN country text NOT NULL DEFAULT 'x'"}, apps: "rails django go"},
	{name: "a new column in rows read by *", sql: []string{"ALTER TABLE orders ADD COLUMN country text"}, apps: "rails django node go", passes: cachedPlan, hidden: "node go"},
	{name: "a column that is written as NULL may not be", sql: []string{"UPDATE accounts SET name = '' WHERE name IS NULL", "ALTER TABLE accounts ALTER name SET NOT NULL"}},
	{name: "an ignored column may not be NULL", sql: []string{"UPDATE accounts SET notes = ''", "ALTER TABLE accounts ALTER notes SET NOT NULL"}, apps: "rails django"},
	{name: "a column that SQL leaves out may not be NULL", sql: []string{"ALTER TABLE audits ALTER who SET NOT NULL"}, apps: "rails django sqlalchemy"},
	{name: "a column that is never NULL may not be", sql: []string{"ALTER TABLE accounts ALTER bio SET NOT NULL"}},
	{name: "a default goes that code counts on", sql: []string{"ALTER TABLE accounts ALTER level DROP DEFAULT"}},
	{name: "a default goes of what code gives", sql: []string{"ALTER TABLE accounts ALTER score DROP DEFAULT"}},

	{name: "an ON CONFLICT target goes", sql: []string{"DROP INDEX counters_name"}, apps: "rails django go"},
	{name: "a unique index that is no ON CONFLICT target goes", sql: []string{"DROP INDEX tags_label"}, apps: "rails django node go", silent: true},
	{name: "an index goes", sql: []string{"DROP INDEX accounts_name"}, apps: "rails go"},
	{name: "a constraint that ON CONFLICT names gets another name", sql: []string{"ALTER TABLE accounts_tags RENAME CONSTRAINT accounts_tags_pair TO pair"}, apps: "rails go"},
	{name: "an index is made", sql: []string{"CREATE INDEX ON accounts (score)"}, apps: "rails django"},
	{name: "what is written is no longer unique", sql: []string{"CREATE UNIQUE INDEX payments_card ON payments (card)"}, apps: "rails django node"},
	{name: "what is written is unique anyway", sql: []string{"CREATE UNIQUE INDEX payments_amount ON payments (amount)"}, apps: "rails go"},
	{name: "a CHECK rejects what is written", sql: []string{"ALTER TABLE payments ADD CONSTRAINT small CHECK (amount <= 10)"}, apps: "rails django go"},
	{name: "a CHECK takes what is written", sql: []string{"ALTER TABLE payments ADD CONSTRAINT paid CHECK (amount > 0)"}, apps: "rails django sqlalchemy"},
	{name: "a new table", sql: []string{"CREATE TABLE letters (id bigserial PRIMARY KEY)"}, apps: "rails node"},
}
