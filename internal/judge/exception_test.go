package judge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

var (
	today    = time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	midnight = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
)

// An exception that has expired lets nothing pass and says so; one for a
// statement lets no other pass.
func TestAcknowledged(t *testing.T) {
	t.Parallel()
	const text = "ALTER TABLE orders DROP COLUMN n"
	for name, c := range map[string]struct {
		e     judge.Exception
		state judge.State
	}{
		"without an end":    {judge.Exception{}, judge.Used},
		"until tomorrow":    {judge.Exception{Expires: midnight.AddDate(0, 0, 1)}, judge.Used},
		"until today":       {judge.Exception{Expires: midnight}, judge.Expired},
		"until now":         {judge.Exception{Expires: today}, judge.Expired},
		"until yesterday":   {judge.Exception{Expires: midnight.AddDate(0, 0, -1)}, judge.Expired},
		"this statement":    {judge.Exception{Statement: "alter table Orders\n drop column n; -- as planned"}, judge.Used},
		"another statement": {judge.Exception{Statement: `alter table "Orders" drop column n`}, judge.Unused},
		"more than it":      {judge.Exception{Statement: text + ", drop column m"}, judge.Unused},
	} {
		c.e.Hazard, c.e.Object, c.e.By, c.e.Reason = "MG004", "orders.n", judge.ByFile, "v41 ignores it"
		p := policyOf(t)
		if err := p.Except(c.e, today); err != nil {
			t.Fatal(err)
		}
		d := judge.Decide(ddl.DropColumn{Column: "n"}, judge.Facts{Lookup: relation("public", "orders"), Major: 18, Text: text}, p)
		if got := p.Exceptions()[0]; got.State != c.state || got.Hazard != "dropped-column" {
			t.Errorf("%s: %+v", name, got)
		}
		if c.state == judge.Used {
			if d.Verdict != judge.Allow || len(d.Allowed) != 1 || d.Allowed[0].By.Reason != c.e.Reason || d.Allowed[0].By.By != judge.ByFile {
				t.Errorf("%s: %+v", name, d)
			}
			continue
		}
		if d.Verdict != judge.Refuse || len(d.Allowed) != 0 {
			t.Fatalf("%s: %+v", name, d)
		}
		const says = "exception for that in [[allow]] has expired: it counted until 2026-11-"
		if said := strings.Contains(d.Findings[0].Detail, says); said != (c.state == judge.Expired) {
			t.Errorf("%s: %s", name, d.Findings[0].Detail)
		}
	}
}

// What several let pass is by the first exception; an expired one beside it is no
// matter.
func TestGround(t *testing.T) {
	t.Parallel()
	p := policyOf(t, chosen{"", "truncated-table", most(judge.Allow)})
	for _, e := range []judge.Exception{{Reason: "old", Expires: midnight}, {Reason: "first"}, {Reason: "second"}} {
		e.Hazard, e.Object, e.By = "truncated-table", "orders", judge.ByFile
		if err := p.Except(e, today); err != nil {
			t.Fatal(err)
		}
	}
	for table, by := range map[string]string{"orders": "[[allow]] first", "sales": "[policy] "} {
		d := judge.Decide(ddl.Truncate{}, judge.Facts{Lookup: relation("public", table)}, p)
		if len(d.Allowed) != 1 || d.Allowed[0].By.By+" "+d.Allowed[0].By.Reason != by || strings.Contains(d.Allowed[0].Detail, "expired") {
			t.Errorf("%s: %+v", table, d)
		}
	}
}

func TestExceptRefuses(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]judge.Exception{
		`"dropped-tabel" is no hazard; did you mean dropped-table?`: {Hazard: "dropped-tabel", Object: "t"},
		"names no column":   {Hazard: "dropped-column", Object: "t"},
		"holds no name":     {Hazard: "dropped-table", Object: "a b\"c"},
		"is no SQL: 'drop":  {Hazard: "dropped-table", Object: "t", Statement: "'drop"},
		"is no SQL: -- all": {Hazard: "dropped-table", Object: "t", Statement: "-- all"},
	} {
		if err := policyOf(t).Except(e, today); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", e, err, want)
		}
	}
}
