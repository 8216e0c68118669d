package pg

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// relations is how many a large application has.
const relations = 10_000

// A lookup of one name costs the same in a large database, with many objects
// on record as created.
func TestLookupInLargeDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for i := range 10 {
		db.Exec(t, fmt.Sprintf(`do $$ begin for i in %d..%d loop
			execute format('create table t%%s (a int, b int, c int, d int)', i); end loop; end $$`, i*relations/10, (i+1)*relations/10-1))
	}
	db.Exec(t, "create table created (relation oid, attnum int2, primary key (relation, attnum))",
		"insert into created select oid, 0 from pg_class",
		"create table standing (view oid primary key, relation oid, transaction xid8)", "analyze")
	conn := db.Connect(t)
	for name, c := range map[string]struct {
		sql  string
		most time.Duration
	}{
		"a table":      {Lookup(Names{Relation: "'t5000'", Target: "'t6000'"}, "created", "standing"), 100 * time.Millisecond},
		"its size":     {Lookup(Names{Relation: "'t5000'", Size: true, Target: "'t6000'"}, "created", "standing"), 100 * time.Millisecond},
		"a column":     {Lookup(Names{Relation: "'t5000'", Size: true, Column: "'a'", Type: "'int'", Sequence: true}, "created", "standing"), 100 * time.Millisecond},
		"by a view":    {Lookup(Names{Relation: "'t5000'", Writable: true, Arbiters: true, Query: true}, "created", "standing"), 100 * time.Millisecond},
		"references":   {Lookup(Names{Relation: "'t5000'", Size: true, Referencing: true}, "created", "standing"), 100 * time.Millisecond},
		"a partition":  {Lookup(Names{Relation: "'t5000'", Size: true, Parent: "'t6000'"}, "created", "standing"), 100 * time.Millisecond},
		"a schema":     {Lookup(Names{Schema: "'public'"}, "created", "standing"), 2 * time.Second},
		"the database": {Snapshot, 10 * time.Second},
	} {
		took := fastest(t, conn, c.sql)
		t.Logf("%s: %v", name, took) // 1 ms, 33 ms and 365 ms here
		if took > c.most {
			t.Errorf("looking at %s took %v, want at most %v", name, took, c.most)
		}
	}
}

// fastest is the best of a few, because machines are busy with other things.
func fastest(t *testing.T, conn *pgx.Conn, sql string) time.Duration {
	t.Helper()
	var took []time.Duration
	for range 20 {
		began := time.Now()
		if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	return slices.Min(took)
}

// everything there is to ask for.
var everything = Names{Relation: "'public.created'", Target: "'x'", Schema: "'public'", Size: true,
	Column: "'attnum'", Type: "'pg_catalog.int4'", Sequence: true, Referencing: true}

// No object a search_path can put in the way is used.
func TestLookupOnHostilePath(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		conn := db.Connect(t)
		for _, sql := range []string{
			"create schema trap", "create table created (relation oid, attnum int2)", "create table standing (view oid, relation oid, transaction xid8)",
			"create table trap.pg_class (oid oid)", "create table trap.pg_attribute (oid oid)",
			"create function trap.to_regclass(text) returns regclass language sql as 'select null::regclass'",
			"create function trap.json_agg(json) returns json language sql as 'select null::json'",
			"create function trap.encode(bytea, text) returns text language sql as $$ select 'trap' $$",
			"set search_path = trap, public, pg_catalog",
		} {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		for _, sql := range []string{Lookup(everything, "public.created", "public.standing"), Snapshot} {
			var hexed string
			if err := conn.QueryRow(t.Context(), sql).Scan(&hexed); err != nil || hexed == "trap" || len(hexed) < 100 {
				t.Errorf("%q, %v", hexed, err)
			}
		}
	})
}
