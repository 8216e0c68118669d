package release_test

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// sequences is how many cases run where nobody says, on all servers together.
const sequences = 2000

// TestSequences has random migrations of random schemas meet random code. Either
// migguard refuses one, or no statement of old code fails, the new code works, and
// in the end all is as the migrations alone would have made it.
//
// MIGGUARD_TEST_SEQUENCES says how many, MIGGUARD_TEST_SEED which is the first.
func TestSequences(t *testing.T) {
	t.Parallel()
	first, count := numberIn(t, "MIGGUARD_TEST_SEED", 1), sequences
	if os.Getenv("MIGGUARD_TEST_SEED") != "" {
		count = 1
	}
	count = numberIn(t, "MIGGUARD_TEST_SEQUENCES", count)
	servers := pgtest.Servers(t)
	for _, server := range servers {
		t.Run(fmt.Sprintf("pg%d", server.Major), func(t *testing.T) {
			t.Parallel()
			var tally tally
			t.Cleanup(func() { fmt.Printf("PostgreSQL %d: %s\n", server.Major, &tally) })
			const lanes = 4
			for n := range lanes {
				t.Run(fmt.Sprint("lane", n), func(t *testing.T) {
					t.Parallel()
					c := lane{db: server.NewDB(t), sessions: map[string][]*pgx.Conn{}, tally: &tally}
					c.bare, c.own = server.NewDB(t).Connect(t), c.db.Connect(t)
					t.Cleanup(c.close)
					for i := n; i < max(1, count/len(servers)); i += lanes {
						seed := first + i
						t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { c.run(t, seed) })
					}
				})
			}
		})
	}
}

func numberIn(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// A sequence is one case.
type sequence struct {
	*dice
	*bundle
	lane         lane
	taken        map[*pgx.Conn]bool
	schema       []string
	transactions [][]step
	tables       [][]table // before the first, and after each
	shapes       []string
	old          []*program
	options      options
	widened      map[uint32]bool // oids, and whether
	retyped      map[uint32]bool
	required     map[string]bool // names of columns
	said         []string
}

func (c lane) run(t *testing.T, seed int) {
	one(t, c.own, forget)
	one(t, c.bare, forget)
	s := &sequence{lane: c, taken: map[*pgx.Conn]bool{}, dice: &dice{Rand: rand.New(rand.NewPCG(uint64(seed), 0))},
		widened: map[uint32]bool{}, retyped: map[uint32]bool{}, required: map[string]bool{}}
	defer func() {
		if t.Failed() {
			t.Logf("again: MIGGUARD_TEST_SEED=%d MIGGUARD_TEST_PG=%d go test -run '^TestSequences$' ./internal/release\n%s", seed, c.db.Major, s)
		}
	}()
	s.invent(t)
	one(t, c.own, strings.Join(s.schema, ";"))
	s.bundle = &bundle{db: c.db} // not setup: the lane has sessions of old code
	s.start(t, s.options)
	s.meet(t)
}

// String is the case for people.
func (s *sequence) String() string {
	var b strings.Builder
	for _, sql := range s.schema {
		fmt.Fprintf(&b, "given %s;\n", sql)
	}
	for _, p := range s.old {
		fmt.Fprintf(&b, "code, overlay %q, contract %t, prepares %t\n", p.overlay, p.contract != nil, p.prepares)
		for _, u := range p.tables {
			fmt.Fprintf(&b, "  %s reads %s, writes %s\n", u.named, u.results, list(u.writes))
		}
	}
	for _, steps := range s.transactions {
		for _, step := range steps {
			fmt.Fprintf(&b, "%s;\n", step.sql)
		}
		fmt.Fprintln(&b, "--")
	}
	for _, said := range s.said {
		fmt.Fprintln(&b, said)
	}
	return b.String()
}

// invent makes the case up, and has the bare database show what is possible.
func (s *sequence) invent(t *testing.T) {
	t.Helper()
	ctx, bare := t.Context(), s.lane.bare
	var err error
	note := func() {
		tables, failed := readTables(ctx, bare)
		var shape *string
		if failed == nil {
			failed = bare.QueryRow(ctx, sequenceShape).Scan(&shape)
		}
		if err == nil {
			err = failed
		}
		if shape == nil {
			shape = new(string)
		}
		s.tables, s.shapes = append(s.tables, tables), append(s.shapes, *shape)
	}
	if s.schema, err = s.dice.schema(ctx, bare); err != nil {
		t.Fatal(err)
	}
	note()
	s.programs()
	for left := 1 + s.IntN(6); left > 0 && err == nil; {
		size := min(left, 1+s.IntN(3))
		left -= size
		if size > 1 {
			_, err = bare.Exec(ctx, "begin")
		}
		var done []step
		for range size {
			for range 5 {
				tables, failed := readTables(ctx, bare)
				if failed != nil {
					t.Fatal(failed)
				}
				step := s.step(tables)
				if try(ctx, bare, step.sql) == nil {
					done = append(done, step)
					s.widened[step.table], s.required[step.requires] = true, true
					if step.retypes {
						s.retyped[step.table] = true
					}
					break
				}
			}
		}
		if size > 1 {
			_, err = bare.Exec(ctx, "commit")
		}
		if len(done) > 0 {
			s.transactions = append(s.transactions, done)
			note()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// programs writes the code that runs, and says what is known of it.
func (s *sequence) programs() {
	add := func(name, overlay string, read bool) {
		p := s.program(s.tables[0], overlay, false)
		code := judge.Code{Name: "build " + name, Overlay: overlay, Contract: p.contract}
		if overlay == "" {
			code.Unsteered = "it has not announced itself"
		}
		if !read {
			p.contract, code.Contract = nil, nil
		}
		s.old, s.options.code = append(s.old, p), append(s.options.code, code)
	}
	switch s.IntN(6) {
	case 0:
		add("one", "", true)
	case 1:
		add("one", "mg_one", false)
	case 2:
		if add("one", "", false); s.one(2) {
			s.options.code = nil
		}
	case 3:
		add("one", "mg_one", true)
		add("two", "mg_two", true)
	default:
		add("one", "mg_one", true)
	}
	s.options.large, s.options.waits = s.one(3), s.one(3)
}

// one runs SQL, and returns the last value.
func one(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %s", sql, explain(err))
	}
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

// contracts runs what a later release does first.
func (s *sequence) contracts(t *testing.T, code *program) {
	t.Helper()
	config, err := pg.Parse(s.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	one(t, s.lane.own, "insert into migguard.release (build, outcome, finished_at, migguard) values ('next', 'succeeded', now(), '1')")
	l, err := ledger.Open(t.Context(), config.ConnConfig(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Lock(t.Context(), patience, nil); err != nil {
		t.Fatal(err)
	}
	id, err := l.Begin(t.Context(), ledger.Release{Build: "last", Migguard: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	run := &release.Run{Database: config, Major: s.db.Major, Catalog: s.db.Connect(t), Ledger: l, Build: "last", Contract: code.contract,
		Policy: &judge.Policy{}, LockWait: patience, Out: report.New(&out, false, false), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	run.Runs(judge.Code{Name: "build next", Contract: code.contract})
	if err := run.Prepare(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	s.said = append(s.said, out.String())
}
