package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// switchable are statements that are rewritten or shimmed, each with the hazard
// it is done for.
var switchable = map[string]struct{ id, code, sql string }{
	"index":      {"blocking-index", "MG005", "create index on a (n)"},
	"constraint": {"blocking-constraint", "MG006", "alter table a add constraint short check (length(n) < 100)"},
	"unique":     {"blocking-constraint", "MG006", "alter table a add constraint once unique (id, n)"},
	"backfill":   {"blocking-alter", "MG007", "alter table a add column at timestamptz default clock_timestamp()"},
	"refresh":    {"blocking-refresh", "MG008", "refresh materialized view u"},
	"rename":     {"renamed-table", "MG001", "alter table a rename to b"},
}

// What is switched off is refused, or is for maintenance mode, where there is
// some; nothing of it is done.
func TestSwitchedOffIsRefused(t *testing.T) {
	t.Parallel()
	eachCase(t, switchable, func(t *testing.T, db *pgtest.DB, c struct{ id, code, sql string }) {
		for _, choice := range []judge.Choice{{Most: judge.Refuse}, {Only: []judge.Verdict{judge.Maintenance}}} {
			for _, table := range []string{"", "a", "u"} {
				if strings.Contains(c.sql, " a ") == (table == "u") && table != "" {
					continue
				}
				b := setup(t, db.Server.NewDB(t), options{large: true, policy: func(p *judge.Policy) error {
					return p.Choose(table, c.id, choice)
				}}, digests)
				e := b.fails(t, c.code, c.sql)
				if want := "the policy says " + c.id + " = " + choice.String(); !strings.Contains(e.Detail, want) {
					t.Errorf("%s: detail %q, want %q", c.sql, e.Detail, want)
				}
				if got, refused := b.Recorded(); refused != 1 {
					t.Errorf("%s: %v", c.sql, got)
				}
				if got := b.db.Value(t, "select count(*) from migguard.task"); got != "0" {
					t.Errorf("%s: %s tasks", c.sql, got)
				}
			}
		}
		b := setup(t, db.Server.NewDB(t), options{large: true, policy: func(p *judge.Policy) error {
			return p.Choose("few", c.id, judge.Choice{Most: judge.Refuse})
		}}, digests)
		b.run(t, c.sql)
	})
}

// A table's own policy stands above that of all.
func TestTablePolicy(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		b := setup(t, db, options{large: true, policy: func(p *judge.Policy) error {
			if err := p.Choose("", "blocking-index", judge.Choice{Most: judge.Refuse}); err != nil {
				return err
			}
			if err := p.Choose("public.a", "blocking-index", judge.Choice{Most: judge.Allow}); err != nil {
				return err
			}
			return p.Choose("s.a", "blocking-index", judge.Choice{Most: judge.Rewrite})
		}}, "create schema s; create table a (n int); create table c (n int); create table s.a (n int); insert into a values (1); insert into c values (1); insert into s.a values (1)")
		b.run(t, "create index on a (n)", "create index on s.a (n)")
		b.fails(t, "MG005", "create index on c (n)")
		if got, _ := b.Recorded(); strings.Join(got, " ") != "allow rewrite refuse" {
			t.Error(got)
		}
	})
}
