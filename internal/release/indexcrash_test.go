package release_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// indexCrashes is how many runs are killed, unless MIGGUARD_TEST_KILLS says it.
const indexCrashes = 12

// small leaves no table with a row small.
var small catalog.Size

// indexing are a runner's migrations, one not in a transaction, each with its
// note in a table; # is the number of the tables.
var indexing = [][]string{
	{"alter table a# alter w type bigint", "insert into version# values (1)"},
	{"begin; create index i# on a# (n); create unique index j# on a# (id) where id > 0; insert into version# values (2); commit"},
	{"create index on a# (d)", "insert into version# values (3)"},
	{"begin; alter table a# add constraint c# check (id > -9), alter n set not null; insert into version# values (4); commit"},
	{"begin; alter table a# add token uuid not null default gen_random_uuid() unique, add f float default random(); insert into version# values (5); commit"},
	{"begin; create index k# on p# (id); insert into version# values (6); commit"},
	{"create index on p# (n)", "insert into version# values (7)"},
	{"begin; alter table a# add seq int generated always as identity; insert into version# values (8); commit"},
	{"begin; alter table p# add unique (id); insert into version# values (9); commit"},
}

// pendingIndexes are the statements of the migrations not noted yet.
func pendingIndexes(ctx context.Context, conn *pgx.Conn) (steps []string, err error) {
	var version int
	err = conn.QueryRow(ctx, "select coalesce(max(n), 0) from version"+os.Getenv(victimTables)).Scan(&version)
	for i, m := range indexing {
		if i >= version {
			steps = append(steps, m...)
		}
	}
	return steps, errors.Join(err, conn.Close(ctx))
}

// Killed at any instant, a run leaves its tasks to the next one: it ends with all
// indexes and constraints, valid, and with nothing owed.
func TestIndexKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	old := db.Connect(t)
	var whole time.Duration
	crashes, kills := indexCrashes, 0
	if asked, err := strconv.Atoi(os.Getenv("MIGGUARD_TEST_KILLS")); err == nil {
		crashes = asked
	}
	for i := 0; kills < crashes && i < 3*crashes; i++ {
		numbered := func(sql string) string { return strings.ReplaceAll(sql, "#", strconv.Itoa(i)) }
		db.Exec(t, numbered("create table version# (n int primary key); create table a# (id int, n text, d date, w int not null default 3 check (w > 0)); create index on a# (w); insert into a# select g, g, current_date, g from generate_series(1, 5000) g; "+
			"create table p# (id int, n text) partition by hash (id); create table p#_1 partition of p# for values with (modulus 2, remainder 0); "+
			"create table p#_2 partition of p# for values with (modulus 2, remainder 1); insert into p# select id, n from a#"))
		cmd := start(t, db, i, victimIndexes+"=1")
		kill := patience // the first one is left alone
		if i > 0 {
			kill = rand.N(whole)
		}
		_, took := useUntilEnd(t, old, cmd, kill, numbered("insert into a# (id, n) values (-1, ''); delete from a# where id < 0"))
		if i == 0 {
			whole = took
		} else if cmd.ProcessState.ExitCode() < 0 {
			kills++
		}
		if err := start(t, db, i, victimIndexes+"=1").Wait(); err != nil {
			t.Fatalf("crash %d: %v", i, err)
		}
		const want = "a#_d_idx true, a#_token_key true, a#_w_idx true, i# true, j# true; a#_w_check true, c# true; n w token seq; 0 0 bigint; a t; 9 k# p#_id_key p#_n_idx"
		got := db.Value(t, numbered(`select concat_ws('; ',
			(select string_agg(indexrelid::regclass || ' ' || indisvalid, ', ' order by indexrelid::regclass::text) from pg_index where indrelid = 'a#'::regclass),
			(select string_agg(conname || ' ' || convalidated, ', ' order by conname) from pg_constraint where conrelid = 'a#'::regclass and contype = 'c'),
			(select string_agg(attname, ' ' order by attnum) from pg_attribute where attrelid = 'a#'::regclass and attnum > 0 and attnotnull),
			(select concat_ws(' ', count(*) filter (where f is null), count(*) filter (where w <> id), (select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'a#'::regclass and attname = 'w')) from a#),
			(select concat(attidentity, ' ', (select count(distinct seq) = count(*) from a#)) from pg_attribute where attrelid = 'a#'::regclass and attname = 'seq'),
			(select count(*) || ' ' || string_agg(relname, ' ' order by relname) filter (where relkind = 'I') from pg_partition_tree('p#') join pg_index on indrelid = relid join pg_class c on c.oid = indexrelid where indisvalid and (relkind = 'I') <> relispartition))`))
		if got != numbered(want) || db.Value(t, leftovers) != "0 0" {
			t.Errorf("crash %d: %s; %s", i, got, db.Value(t, leftovers))
		}
	}
	t.Logf("%d kills, a run took %v", kills, whole)
	if kills == 0 {
		t.Error("nobody was killed")
	}
}
