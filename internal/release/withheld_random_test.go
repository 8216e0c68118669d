package release_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// heldCases is how many cases run where nobody says, on all servers together;
// MIGGUARD_TEST_SEQUENCES and MIGGUARD_TEST_SEED are as for TestSequences.
const heldCases = 16

// heldSteps are statements about constraints, with a column and a number for %[1]s and
// %[2]d. What one needs that is not there fails on the bare server, and is left out.
var heldSteps = []string{
	"alter table facts add constraint k%[2]d check (%[1]s <> %[2]d)",
	"alter table facts add constraint k%[2]d check (facts.%[1]s < 100) not valid",
	"alter table facts validate constraint k%[2]d",
	"alter table facts add constraint u%[2]d unique (%[1]s)",
	"alter table facts add unique (%[1]s, id)",
	"create unique index i%[2]d on facts ((%[1]s + 1)) where %[1]s > 0",
	"create unique index on facts (%[1]s)",
	"alter table facts add constraint f%[2]d foreign key (%[1]s) references things",
	"alter table facts add foreign key (%[1]s) references things (n)",
	"alter table facts alter %[1]s set not null",
	"alter table facts alter %[1]s drop not null",
	"alter table facts rename constraint k%[2]d to r%[2]d",
	"alter index i%[2]d rename to j%[2]d",
	"alter table facts drop constraint k%[2]d",
	"alter table facts drop constraint if exists u%[2]d",
	"drop index i%[2]d",
	"comment on constraint k%[2]d on facts is 'says %[1]s'",
	"alter table facts add x%[2]d int check (x%[2]d > 0)",
	"create table copy%[2]d (like facts including all)",
}

// nameless are those of heldSteps whose name the server chooses.
var nameless = regexp.MustCompile(`index on|add (unique|foreign)`)

// heldRenames are past the guard: its own refusals are not what this is about.
var heldRenames = []string{"alter table facts rename %[1]s to z%[2]d", "alter table things rename n to m%[2]d /* %[1]s */", "alter table things rename to stuff%[2]d /* %[1]s */"}

// TestHeldAtRandom has random migrations ask for constraints while old code writes what
// it likes: none of that fails, and when the next build has run, all is as the bare server
// has it; at once where no row is in the way, and else when such rows are gone.
func TestHeldAtRandom(t *testing.T) {
	t.Parallel()
	first, count := numberIn(t, "MIGGUARD_TEST_SEED", 1), numberIn(t, "MIGGUARD_TEST_SEQUENCES", heldCases)
	servers := pgtest.Servers(t)
	for i := range count {
		for _, server := range spread(servers, i, count) {
			t.Run(fmt.Sprintf("pg%d/seed%d", server.Major, first+i), func(t *testing.T) {
				t.Parallel()
				heldAtRandom(t, server.NewDB(t), first+i)
			})
		}
	}
}

func heldAtRandom(t *testing.T, db *pgtest.DB, seed int) {
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	const given = "create table things (id int primary key, n int unique); insert into things select n, n from generate_series(1, 9) n; create table facts (id int primary key, a int, b int, c int); insert into facts values (1, 1, 2, 3), (2, 2, 3, 4)"
	large, columns := random.IntN(2) == 0, []string{"a", "b", "c"}
	server := db.Server.NewDB(t)
	server.Exec(t, given)
	bare := server.Connect(t)
	b := setup(t, db, options{large: large, waits: true}, given)
	on := func(sql string) error {
		_, err := bare.PgConn().Exec(t.Context(), sql).ReadAll()
		return err
	}
	var log []string
	written := 0
	for range 8 {
		at := random.IntN(len(columns))
		number := random.IntN(3)
		sql, past := fmt.Sprintf(heldSteps[random.IntN(len(heldSteps))], columns[at], number), false
		if random.IntN(6) == 0 {
			sql, past = fmt.Sprintf(heldRenames[random.IntN(len(heldRenames))], columns[at], len(log)+10), true
		}
		sql, _, _ = strings.Cut(sql, "%!") // an argument that it has no place for
		if slices.Contains(log, sql+"; commit") && nameless.MatchString(sql) {
			continue // by its text it is the one that waits already, sent again
		}
		if err := on("begin; " + sql); err == nil {
			end := "commit"
			var server *pgconn.PgError
			if past {
				b.olds(t, sql)
			} else if _, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll(); errors.As(err, &server) && (strings.HasPrefix(server.Code, "23") || server.Code == "MG057") {
				end = "rollback" // rows are in the way, or it waits for what waits
			} else if err != nil {
				t.Fatalf("%s: %s\n%s", sql, explain(err), strings.Join(log, "\n"))
			}
			log = append(log, sql+"; "+end)
			if err := on(end); err != nil {
				t.Fatal(err)
			}
			if past && strings.Contains(sql, "facts") {
				columns[at] = sql[strings.LastIndex(sql, " ")+1:]
			}
		} else if err := on("rollback"); err != nil {
			t.Fatal(err)
		}
		if random.IntN(2) == 0 { // old code, by the names that there are
			written++
			value := func() string { return []string{"null", "0", "1", "7", "500"}[random.IntN(5)] }
			log = append(log, fmt.Sprintf("old %d", written))
			b.olds(t, fmt.Sprintf("insert into facts (id, %s) values (%d, %s, %s, %s)", strings.Join(columns, ", "), 10+written, value(), value(), value()))
		}
	}
	b.end(t, ledger.Succeeded)
	policy := sized(large)
	for _, build := range []string{"three", "four"} {
		ended, out := doWith(t, db, nil, build, policy, "select 1")
		if ended.Exit != 0 {
			t.Fatalf("exit %d\n%s\n%s", ended.Exit, out, strings.Join(log, "\n"))
		}
		if len(ended.Report.Shims) == 0 {
			break
		}
		if build == "four" || written == 0 || !strings.Contains(out, "violate it") && !strings.Contains(out, "more than once") {
			t.Fatalf("waits: %+v\n%s\n%s", ended.Report.Shims, out, strings.Join(log, "\n"))
		}
		b.olds(t, "delete from facts where id > 9")
	}
	want := server.Value(t, heldShape)
	if got := db.Value(t, heldShape); got != want {
		t.Errorf("%s\nwant %s\n%s", got, want, strings.Join(log, "\n"))
	}
}

// heldShape is enforcedShape without the names of NOT NULL, and with comments.
var heldShape = "select string_agg(one, '; ' order by one) || (select coalesce(string_agg(conname || obj_description(oid, 'pg_constraint'), ' ' order by conname), '') from pg_constraint where connamespace = 'public'::regnamespace) from regexp_split_to_table((" + enforcedShape + "), '; ') one where one !~ ' NOT NULL '"
