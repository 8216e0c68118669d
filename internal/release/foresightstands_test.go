package release_test

import (
	"io"
	"testing"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A plan says of a table that shims stand for what the run says.
func TestPlanKnowsShims(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		code := ofModel("one")
		code.Unsteered = "web.1 has not announced itself"
		b := setup(t, db, options{code: []judge.Code{code}}, plainOrders, "create table t (id int primary key, n text)")
		b.run(t, "alter table orders rename to purchases", "alter table t rename n to h")
		config, err := pg.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		run := &release.Run{Database: config, Major: db.Major, Catalog: db.Connect(t), Ledger: b.ledger, ByHand: true, Policy: &judge.Policy{}, Out: report.New(io.Discard, false, false)}
		run.Runs(code)
		for sql, want := range map[string]string{"alter table purchases rename late to later": "refuse", "alter table purchases add i int generated always as identity": "refuse", "alter table t alter h set default 'x'": "refuse",
			"alter table t drop column n": "refuse", "alter table t rename h to n": report.Unknown, "create trigger a after update of h on t for each row execute function f()": report.Unknown,
			"drop trigger zzz_migguard_sync_2 on t": report.Unknown, "alter table purchases alter late set default 5": "allow", "alter table t add m int": "allow"} {
			p, err := run.Foresee(t.Context(), []string{sql})
			if err != nil {
				t.Fatal(err)
			}
			if s := p.Migrations[0].Statements[0]; s.Verdict != want {
				t.Errorf("%s: %s %s %s", sql, s.Verdict, s.Error, s.Detail)
			} else if _, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll(); (err != nil) != (want == "refuse") && want != report.Unknown {
				t.Errorf("%s: the run says %s", sql, explain(err))
			}
		}
		b.end(t, ledger.Succeeded)
	})
}
