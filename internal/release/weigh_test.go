package release_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// crowded is a table of 1,000 rows, and one that its tests count as small.
const crowded = `create table a (id int primary key, n text, kind int); insert into a select g, 'n', g % 2 from generate_series(1, 1000) g;
	create table few (id int, n text); insert into few select g from generate_series(1, 9) g;
	create table p (id int, n text) partition by range (id); create table p_1 partition of p for values from (0) to (500); create table p_2 partition of p default;
	insert into p select g, 'n' from generate_series(1, 1000) g; analyze`

// oneHundred is a policy of what is small.
func oneHundred(p *judge.Policy) error {
	p.Small = &catalog.Size{Rows: new(100.0)}
	return nil
}

// What locks many rows is said, with how many, and runs.
func TestLockedRows(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for sql, want := range map[string]string{
			"update a set n = ''":                                    "1000 rows",
			"with x as (select 1) update a set n = ''":               "1000 rows",
			"delete from a where kind = 1":                           "500 rows",
			"update a set n = x.n from few x where a.id > 500":       "rows",
			"update p set n = ''":                                    "1000 rows",
			"begin; lock few; update a set n = ''; commit":           "; the transaction keeps others",
			"update a set n = '' where id = 7":                       "",
			"update few set n = ''":                                  "",
			"select * from a for update":                             "",
			"insert into few select id from a":                       "",
			"create table c as select * from a; update c set n = ''": "",
		} {
			b := setup(t, db.Server.NewDB(t), options{policy: oneHundred}, crowded)
			b.run(t, sql)
			var said []string
			for _, s := range b.Statements() {
				if strings.HasPrefix(s.Text, "create") || s.Text == "lock few" {
					continue
				}
				if s.Verdict != "allow" || len(s.Hazards) != 1 || s.Hazards[0].ID != "locked-rows" || !s.Hazards[0].Said {
					t.Errorf("%s: %+v", sql, s)
				}
				said = append(said, s.Notes...)
			}
			if got := strings.Join(said, "; "); (got != "") != (want != "") || !strings.Contains(got, want) {
				t.Errorf("%s: %q", sql, got)
			}
		}
	})
}

// Once is enough for a table; what is refused is refused each time; and a loop over
// rows is asked about once.
func TestLockedRowsAgain(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{policy: oneHundred}, crowded)
		b.run(t, "update a set n = 'x'", "update a set n = 'y'")
		if got := b.Statements(); len(got) != 2 || len(got[0].Notes) != 1 || got[1].Notes != nil {
			t.Errorf("%+v", got)
		}
		for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeSimpleProtocol, pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec} {
			for id := range 20 {
				if tag, err := b.client.Exec(t.Context(), "update a set n = $1 where id = $2", mode, "z", id+1); err != nil || tag.RowsAffected() != 1 {
					t.Fatal(tag, err)
				}
			}
		}
		if got := len(b.Statements()); got != 2 {
			t.Errorf("%d statements on record", got)
		}
		rows, err := b.client.Query(t.Context(), "update a set n = $1 where id < $2 returning id", "w", 900)
		if err != nil {
			t.Fatal(err)
		}
		if ids, err := pgx.CollectRows(rows, pgx.RowTo[int]); err != nil || len(ids) != 899 {
			t.Error(len(ids), err)
		}
		if got := len(b.Statements()); got != 3 {
			t.Errorf("%d statements on record", got)
		}
		b.fails(t, "42703", "update a set absent = 1")
		b.fails(t, "42P01", "delete from absent")
		b.run(t, "begin")
		b.fails(t, "42703", "update a set absent = 1")
		b.run(t, "rollback")
	})
}

// Policy may refuse it, and an exception lets it pass.
func TestLockedRowsAreRefused(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		refused := func(p *judge.Policy) error {
			_ = oneHundred(p)
			return p.Choose("", "locked-rows", judge.Choice{Most: judge.Refuse})
		}
		b := setup(t, db, options{policy: refused, allow: []string{"locked-rows:p"}}, crowded)
		for range 2 {
			if err := b.fails(t, "MG024", "update a set n = ''"); !strings.Contains(err.Message, "1000 rows") || !strings.Contains(err.Hint, "--allow locked-rows:a") {
				t.Error(explain(err))
			}
		}
		b.run(t, "update a set n = '' where id = 1", "update p set n = ''", "/* migguard:allow locked-rows reason: nobody writes to it */ update a set n = 'c'")
		if got := db.Value(t, "select count(*) filter (where n = 'c') || ' ' || (select count(*) from p where n = '') from a"); got != "1000 1000" {
			t.Error(got)
		}
	})
}
