package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A constant default of a unique column has rows collide that leave it out; before
// they were NULL, and alike.
func TestDefaultOfKey(t *testing.T) {
	t.Parallel()
	const unique = "create unique index once on users (rank)"
	for name, c := range map[string]struct {
		sql  []string
		code string // empty: it passes
		want string
	}{
		"after its index":      {[]string{"alter table users add rank int", unique, "alter table users alter rank set default 5"}, "MG033", ""},
		"cast":                 {[]string{"alter table users add rank text, add unique (rank, name)", "alter table users alter rank set default 'a'::varchar"}, "MG033", ""},
		"in one transaction":   {[]string{"begin", "alter table users add rank int unique", "alter table users alter rank set default 5"}, "MG033", ""},
		"before its index":     {[]string{"alter table users add rank int", "alter table users alter rank set default 5", "update users set rank = id", unique}, "", "allow allow shim"},
		"with its index":       {[]string{"alter table users add rank int", "alter table users alter rank set default 5, add unique (rank)"}, "", "allow shim"},
		"with a check":         {[]string{"alter table users add rank int", "alter table users alter rank set default 5, add check (rank > 6)"}, "", "allow shim"},
		"with its own values":  {[]string{"create sequence ranks", "alter table users add rank int", unique, "alter table users alter rank set default nextval('ranks')"}, "", "allow allow allow allow"},
		"none":                 {[]string{"alter table users add rank int", unique, "alter table users alter rank set default null"}, "", "allow allow allow"},
		"of another column":    {[]string{"alter table users add rank int, add other int", unique, "alter table users alter other set default 5"}, "", "allow allow allow"},
		"of an expression":     {[]string{"alter table users alter name set default 'z'"}, "MG033", ""},
		"of one that was":      {[]string{"alter table users alter notes set default 'x'"}, "MG033", ""},
		"of one that is sent":  {[]string{"alter table users alter id set default 7"}, "", "allow"},
		"in place of a number": {[]string{"alter table users alter n set default 7"}, "MG033", ""},
		"of a new table":       {[]string{"create table pets (id int, n int unique)", "alter table pets alter n set default 7"}, "", "allow allow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true}, keepUsers, "alter table users add n serial unique, add unique (notes); create unique index on users (lower(name))")
				if last := len(c.sql) - 1; c.code != "" {
					b.run(t, c.sql[:last]...)
					if e := b.fails(t, c.code, c.sql[last]); !strings.Contains(e.Message, "same value in unique index") {
						t.Error(explain(e))
					}
					b.run(t, "rollback")
				} else {
					b.run(t, c.sql...)
					if verdicts, _ := b.Recorded(); strings.Join(verdicts, " ") != c.want {
						t.Errorf("%v, want %s", verdicts, c.want)
					}
				}
				b.olds(t, "insert into users (id) values (2); insert into users (id) values (3)")
			})
		})
	}
}

// No code that leaves the column out, no danger.
func TestDefaultOfSentKey(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		reader := contract.New(contract.Source{Scanner: "scan", Whole: true, Models: 1}, []contract.Relation{{Name: contract.Name{Name: "users"},
			Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "a.rb", Line: 1}, Reads: contract.Every()}}}}, nil)
		b := setup(t, db, options{waits: true, code: []judge.Code{{Name: "old", Contract: reader}}}, keepUsers, "alter table users add unique (notes)")
		b.run(t, "alter table users alter notes set default 'x'")
	})
}

// Nor has one whose index is built when the transaction has committed a constant default
// before that.
func TestDefaultOfOwedKey(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{waits: true, large: true}, keepUsers)
		b.run(t, "begin", "alter table users add rank int, add other int", "create unique index once on users (rank)", "create index on users (other)", "alter table users alter other set default 5")
		b.fails(t, "MG055", "alter table users alter rank set default 5")
	})
}
