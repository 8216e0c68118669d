package judge_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// relation has the columns n, "O k" and "a.b".
func relation(schema, name string) catalog.Lookup {
	return catalog.Lookup{Relation: &catalog.Relation{OID: 1, Schema: schema, Name: name, Kind: catalog.Table,
		Columns: []catalog.Column{{Number: 1, Name: "n"}, {Number: 2, Name: "O k"}, {Number: 3, Name: "a.b"}}}}
}

func TestExceptionsCover(t *testing.T) {
	t.Parallel()
	drop := func(column string) ddl.Change { return ddl.DropColumn{Column: column} }
	for _, c := range []struct {
		allow        string
		schema, name string
		change       ddl.Change
		covered      bool
	}{
		{"dropped-table:orders", "public", "orders", ddl.DropTable{}, true},
		{"dropped-table:Orders", "public", "orders", ddl.DropTable{}, true},
		{"dropped-table:public.orders", "public", "orders", ddl.DropTable{}, true},
		{"dropped-table:orders", "sales", "orders", ddl.DropTable{}, false},
		{"dropped-table:sales.orders", "sales", "orders", ddl.DropTable{}, true},
		{"dropped-table:sales.orders", "public", "sales.orders", ddl.DropTable{}, false},
		{`dropped-table:"sales.orders"`, "public", "sales.orders", ddl.DropTable{}, true},
		{`dropped-table:"Sales"."My ""x"""`, "Sales", `My "x"`, ddl.DropTable{}, true},
		{`dropped-table:"Orders"`, "public", "orders", ddl.DropTable{}, false},
		{"renamed-table:orders", "public", "orders", ddl.DropTable{}, false},
		{"renamed-table:orders", "public", "orders", ddl.RenameTable{To: "x"}, true},
		{"renamed-table:orders", "public", "orders", ddl.SetSchema{Schema: "x"}, true},
		{"dropped-column:orders.n", "public", "orders", drop("n"), true},
		{"dropped-column:public.orders.n", "public", "orders", drop("n"), true},
		{"dropped-column:sales.orders.n", "public", "orders", drop("n"), false},
		{`dropped-column:orders."O k"`, "public", "orders", drop("O k"), true},
		{`dropped-column:orders."a.b"`, "public", "orders", drop("a.b"), true},
		{"dropped-column:orders.n", "public", "orders", drop("O k"), false},
		{"dropped-column:orders.n", "public", "orders", ddl.RenameColumn{Column: "n", To: "m"}, false},
		{"renamed-column:orders.n", "public", "orders", ddl.RenameColumn{Column: "n", To: "m"}, true},
	} {
		p, err := judge.ParsePolicy([]string{c.allow})
		if err != nil {
			t.Errorf("%s: %v", c.allow, err)
			continue
		}
		d := judge.Decide(c.change, judge.Facts{Lookup: relation(c.schema, c.name), Major: 18}, p)
		if covered := len(d.Allowed) == 1 && d.Verdict == judge.Allow; covered != c.covered {
			t.Errorf("%s for %s %s.%s: covered %t", c.allow, c.change.ChangeType(), c.schema, c.name, covered)
		}
		if used := p.Exceptions()[0].State == judge.Used; used != c.covered {
			t.Errorf("%s: used %t", c.allow, used)
		}
	}
}

// The exception that a refusal offers is one that covers it.
func TestHintedExceptionCovers(t *testing.T) {
	t.Parallel()
	for _, change := range []ddl.Change{ddl.DropTable{}, ddl.SetSchema{Schema: "x"}, ddl.DropColumn{Column: "O k"}, ddl.RenameColumn{Column: "a.b", To: "c"}} {
		for _, name := range []string{"orders", `My "x"`} {
			for _, schema := range []string{"public", "Sales"} {
				facts := judge.Facts{Lookup: relation(schema, name), Major: 18}
				hint := judge.Decide(change, facts, nil).Findings[0].Hint
				_, allow, ok := strings.Cut(hint, "--allow ")
				if !ok {
					t.Fatal(hint)
				}
				p, err := judge.ParsePolicy([]string{strings.Trim(allow, "'")})
				if err != nil {
					t.Fatalf("%s: %v", hint, err)
				}
				if d := judge.Decide(change, facts, p); d.Verdict != judge.Allow {
					t.Errorf("%s does not cover %s of %s.%s", allow, change.ChangeType(), schema, name)
				}
			}
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"orders":                       "is not of the form",
		"dropped-table:":               "is not of the form",
		"dropped-index:i":              `"dropped-index" is no hazard; there are blocking-alter, `,
		"dropped-column:orders":        "names no column",
		"dropped-table:a.b.c":          "more names",
		"dropped-column:a.b.c.d":       "more names",
		"dropped-table:a..b":           "holds no name",
		`dropped-table:"a`:             "holds no name",
		`dropped-table:"a"b`:           "holds no name",
		`dropped-table:a"b"`:           "holds no name",
		`dropped-table:""`:             "holds no name",
		"dropped-column:.orders.notes": "holds no name",
	} {
		if _, err := judge.ParsePolicy([]string{text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestExceptionsAreListed(t *testing.T) {
	t.Parallel()
	p, err := judge.ParsePolicy([]string{"dropped-table:A", "dropped-table:b", "dropped-table:public.a"})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 { // sessions
		all.Go(func() {
			judge.Decide(ddl.DropTable{}, judge.Facts{Lookup: relation("public", "a")}, p)
		})
	}
	all.Wait()
	var got []string
	for _, e := range p.Exceptions() {
		got = append(got, fmt.Sprint(e.By, " ", e.Exception, " ", e.State))
	}
	if want := []string{"--allow dropped-table:A used", "--allow dropped-table:b unused", "--allow dropped-table:public.a used"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (*judge.Policy)(nil).Exceptions(); got != nil {
		t.Error(got)
	}
}

// TestIntrusion: the least intrusive verdict wins, and maintenance only where
// the policy has chosen it.
func TestIntrusion(t *testing.T) {
	t.Parallel()
	table := relation("public", "orders")
	rename, drop := ddl.RenameTable{To: "sales"}, ddl.DropTable{}
	for _, c := range []struct {
		name   string
		choose map[string]judge.Verdict
		change ddl.Change
		idle   bool
		want   judge.Verdict
	}{
		{"nothing chosen", nil, drop, false, judge.Refuse},
		{"chosen", map[string]judge.Verdict{"dropped-table": judge.Maintenance}, drop, false, judge.Maintenance},
		{"chosen back", map[string]judge.Verdict{"dropped-table": judge.Refuse}, drop, false, judge.Refuse},
		{"another hazard chosen", map[string]judge.Verdict{"renamed-table": judge.Maintenance}, drop, false, judge.Refuse},
		{"a shim is less", map[string]judge.Verdict{"renamed-table": judge.Maintenance}, rename, false, judge.Shim},
		{"no code runs", nil, drop, true, judge.Allow},
		{"no code runs, no shim is needed", nil, rename, true, judge.Allow},
	} {
		p, err := judge.ParsePolicy(nil)
		if err != nil {
			t.Fatal(err)
		}
		for id, most := range c.choose {
			if err := p.Choose("", id, judge.Choice{Most: most}); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		d := judge.Decide(c.change, judge.Facts{Lookup: table, Major: 18, Idle: c.idle}, p)
		if d.Verdict != c.want {
			t.Errorf("%s: %s, want %s", c.name, d.Verdict, c.want)
		}
		if d = judge.Decide(drop, judge.Facts{Lookup: table, Major: 18}, nil); d.Verdict != judge.Refuse {
			t.Errorf("without a policy: %s", d.Verdict)
		}
	}
}
