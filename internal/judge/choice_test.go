package judge_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
)

func only(verdicts ...judge.Verdict) judge.Choice { return judge.Choice{Only: verdicts} }

func most(v judge.Verdict) judge.Choice { return judge.Choice{Most: v} }

// chosen is a policy of one choice, or of several in order: on a table each, or "".
type chosen struct {
	table, id string
	judge.Choice
}

func policyOf(t *testing.T, all ...chosen) *judge.Policy {
	t.Helper()
	p, err := judge.ParsePolicy(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if err := p.Choose(c.table, c.id, c.Choice); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// A rewrite or shim that is switched off falls to what is more intrusive, never
// to nothing.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	const index, text = "blocking-index", "create index i on orders (n)"
	create := ddl.Parse(text)[0].Changes[0]
	for name, c := range map[string]struct {
		choices []chosen
		want    judge.Verdict
		says    string
	}{
		"nothing chosen":         {nil, judge.Rewrite, ""},
		"the default":            {[]chosen{{"", index, most(judge.Rewrite)}}, judge.Rewrite, ""},
		"by its SQLSTATE":        {[]chosen{{"", "MG005", most(judge.Refuse)}}, judge.Refuse, `the policy says blocking-index = "refuse"`},
		"allowed":                {[]chosen{{"", index, most(judge.Allow)}}, judge.Allow, ""},
		"off":                    {[]chosen{{"", index, most(judge.Refuse)}}, judge.Refuse, `the policy says blocking-index = "refuse"`},
		"maintenance at most":    {[]chosen{{"", index, most(judge.Maintenance)}}, judge.Rewrite, ""},
		"maintenance only":       {[]chosen{{"", index, only(judge.Maintenance)}}, judge.Maintenance, `the policy says blocking-index = ["maintenance"]`},
		"both":                   {[]chosen{{"", index, only(judge.Rewrite, judge.Maintenance)}}, judge.Rewrite, ""},
		"another table":          {[]chosen{{"orders_old", index, most(judge.Refuse)}}, judge.Rewrite, ""},
		"another hazard":         {[]chosen{{"", "blocking-alter", most(judge.Refuse)}}, judge.Rewrite, ""},
		"this table":             {[]chosen{{"Orders", index, most(judge.Refuse)}}, judge.Refuse, `blocking-index = "refuse" for public.orders`},
		"this table, its schema": {[]chosen{{"public.orders", index, most(judge.Allow)}}, judge.Allow, ""},
		"another schema":         {[]chosen{{"sales.orders", index, most(judge.Refuse)}}, judge.Rewrite, ""},
		"quoted":                 {[]chosen{{`"Orders"`, index, most(judge.Refuse)}}, judge.Rewrite, ""},
		"a table over all":       {[]chosen{{"orders", index, most(judge.Rewrite)}, {"", index, most(judge.Refuse)}}, judge.Rewrite, ""},
		"all, but for another":   {[]chosen{{"", index, most(judge.Allow)}, {"orders", index, most(judge.Refuse)}}, judge.Refuse, `"refuse" for public.orders`},
	} {
		large := relation("public", "orders")
		large.Relation.Size = &catalog.Size{Bytes: 1 << 40}
		d := judge.Decide(create, judge.Facts{Lookup: large, Major: 18, Text: text}, policyOf(t, c.choices...))
		if d.Verdict != c.want || (d.Index != nil) != (c.want == judge.Rewrite) {
			t.Errorf("%s: %+v", name, d)
		}
		if said := d.Obstacle != nil && strings.HasSuffix(d.Obstacle.Reason, c.says); said != (c.says != "") {
			t.Errorf("%s: %+v", name, d.Obstacle)
		}
	}
}

func TestShimSwitchedOff(t *testing.T) {
	t.Parallel()
	const id = "renamed-table"
	for want, c := range map[judge.Verdict]judge.Choice{
		judge.Shim: most(judge.Shim), judge.Maintenance: only(judge.Maintenance), judge.Refuse: most(judge.Refuse),
	} {
		d := judge.Decide(ddl.RenameTable{To: "sales"}, judge.Facts{Lookup: relation("public", "orders"), Major: 18}, policyOf(t, chosen{"", id, c}))
		if d.Verdict != want || (d.View != nil) != (want == judge.Shim) {
			t.Errorf("%s: %+v", c, d)
		}
	}
}

// Each hazard has the choices that mean something for it, and no other.
func TestChoices(t *testing.T) {
	t.Parallel()
	for _, h := range hazard.All {
		may := map[judge.Verdict]bool{}
		for _, v := range judge.Choices(h) {
			may[v] = true
		}
		for _, v := range []judge.Verdict{judge.Allow, judge.Rewrite, judge.Shim, judge.Maintenance, judge.Refuse} {
			p, _ := judge.ParsePolicy(nil)
			err := p.Choose("", h.ID, most(v))
			if (err == nil) != may[v] {
				t.Errorf("%s = %s: %v", h.ID, v, err)
			}
			if v != judge.Allow && v != judge.Refuse {
				if err := p.Choose("users", h.ID, only(v)); (err == nil) != may[v] {
					t.Errorf("%s = [%s]: %v", h.ID, v, err)
				}
			}
		}
		if may[judge.Allow] && h.Kind == hazard.BreaksCode && !h.Tolerable && !h.Passing {
			t.Errorf("%s breaks code, and may be allowed everywhere", h.ID)
		}
	}
}

func TestChooseRefuses(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]chosen{
		`"dropped-tables" is no hazard; did you mean dropped-table?`:                                 {"", "dropped-tables", most(judge.Refuse)},
		`"everything" is no hazard; there are blocking-alter, `:                                      {"", "everything", most(judge.Refuse)},
		`there is no maintenance for this hazard; choose one of ["allow", "refuse"]`:                 {"", "truncated-table", most(judge.Maintenance)},
		`dropped-type = "shim": there is no shim for this hazard; choose one of ["maintenance"`:      {"", "dropped-type", most(judge.Shim)},
		`there is no allow for this hazard; choose one of ["shim", "maintenance", "refuse"]`:         {"t", "dropped-column", most(judge.Allow)},
		`renamed-column = "maintainance": "maintainance" is no verdict; did you mean "maintenance"?`: {"", "renamed-column", most("maintainance")},
		`"rewrit" is no verdict; choose one of ["shim", "maintenance", "refuse"]`:                    {"", "renamed-column", most("rewrit")},
		`an empty list; for none of ["rewrite", "maintenance"] write "refuse"`:                       {"", "blocking-index", judge.Choice{Only: []judge.Verdict{}}},
		`"allow" and "refuse" are no part of a list`:                                                 {"", "blocking-index", only(judge.Rewrite, judge.Refuse)},
		`choose one of ["rewrite", "maintenance"]`:                                                   {"", "blocking-index", only(judge.Shim)},
		`is not of the form TABLE or SCHEMA.TABLE`:                                                   {"a.b.c", "blocking-index", most(judge.Refuse)},
		`"a..b" is not of the form`:                                                                  {"a..b", "blocking-index", most(judge.Refuse)},
	} {
		p, _ := judge.ParsePolicy(nil)
		if err := p.Choose(c.table, c.id, c.Choice); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	p := policyOf(t, chosen{"", "blocking-index", most(judge.Refuse)})
	if err := p.Choose("", "MG005", most(judge.Allow)); err == nil || !strings.Contains(err.Error(), "MG005 is chosen twice") {
		t.Errorf("by another name: %v", err)
	}
}
