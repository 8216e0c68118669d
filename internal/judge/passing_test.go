package judge_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// What each session meets once is hidden or said, and refused only by choice.
func TestPassing(t *testing.T) {
	t.Parallel()
	const id, text = "stale-plan", "alter table orders add more int"
	add := ddl.Parse(text)[0].Changes[0]
	code := func(overlay string) []judge.Code {
		return []judge.Code{{Name: "build one", Overlay: overlay, Unsteered: "it is not", Contract: contract.New(contract.Source{Whole: true, Rows: true},
			[]contract.Relation{{Name: contract.Name{Name: "orders"}, Uses: []contract.Use{{Origin: contract.Model, Star: true}}}}, nil)}}
	}
	for name, c := range map[string]struct {
		choices       []chosen
		steered, not  judge.Verdict
		said, allowed bool // where it is not steered
		hidden        bool // where it is
	}{
		"nothing chosen":   {nil, judge.Shim, judge.Allow, true, false, true},
		"the default":      {[]chosen{{"", id, most(judge.Shim)}}, judge.Shim, judge.Allow, true, false, true},
		"shim only":        {[]chosen{{"", id, only(judge.Shim)}}, judge.Shim, judge.Refuse, false, false, true},
		"allow":            {[]chosen{{"", id, most(judge.Allow)}}, judge.Allow, judge.Allow, false, true, false},
		"maintenance":      {[]chosen{{"", id, most(judge.Maintenance)}}, judge.Shim, judge.Maintenance, false, false, true},
		"maintenance only": {[]chosen{{"", id, only(judge.Maintenance)}}, judge.Maintenance, judge.Maintenance, false, false, false},
		"refuse":           {[]chosen{{"orders", id, most(judge.Refuse)}}, judge.Refuse, judge.Refuse, false, false, false},
	} {
		facts := judge.Facts{Lookup: relation("public", "orders"), Major: 18, Text: text, Code: code("mg_one")}
		if d := judge.Decide(add, facts, policyOf(t, c.choices...)); d.Verdict != c.steered || (d.Beside != nil) != c.hidden || d.Said != nil {
			t.Errorf("%s: %+v", name, d)
		}
		facts.Code = code("")
		if d := judge.Decide(add, facts, policyOf(t, c.choices...)); d.Verdict != c.not || d.Beside != nil || (d.Said != nil) != c.said || (d.Allowed != nil) != c.allowed {
			t.Errorf("%s, not steered: %+v", name, d)
		}
	}
}

// Code that never prepares meets no stale plan, whatever queries the database has seen:
// but one of SQL's own PREPARE, which its source does not show, and what other code does.
func TestUnprepared(t *testing.T) {
	t.Parallel()
	const text = "alter table orders add more int"
	add := ddl.Parse(text)[0].Changes[0]
	orders := contract.Name{Name: "orders"}
	build := func(name string, unprepared bool) judge.Code {
		return judge.Code{Name: name, Unsteered: "it is not", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true, Rows: true, Unprepared: unprepared},
			[]contract.Relation{{Name: orders, Uses: []contract.Use{{Origin: contract.Model, By: "Order", Star: true, Reads: contract.Named("note")}}}}, nil)}
	}
	seen := func(prepared bool) *judge.Queries {
		return &judge.Queries{Contract: contract.New(contract.Source{Scanner: "pg_stat_statements"},
			[]contract.Relation{{Name: orders, Uses: []contract.Use{{Origin: contract.Query, Star: true, Prepared: prepared, Recent: contract.Yes}}}}, nil)}
	}
	never, known, unread := build("one", true), build("two", false), judge.Code{Name: "three", Unsteered: "it is not"}
	for name, c := range map[string]struct {
		code []judge.Code
		seen *judge.Queries
		said bool
	}{
		"never":             {[]judge.Code{never}, nil, false},
		"seen":              {[]judge.Code{never}, seen(false), false},
		"two never":         {[]judge.Code{never, build("four", true)}, seen(false), false},
		"another may":       {[]judge.Code{never, known}, nil, true},
		"another is unread": {[]judge.Code{never, unread}, seen(false), true},
		"nothing is known":  {[]judge.Code{known}, nil, true},
		"nothing, and seen": {[]judge.Code{unread}, seen(false), true},
	} {
		facts := judge.Facts{Lookup: relation("public", "orders"), Major: 18, Text: text, Code: c.code, Seen: c.seen}
		if d := judge.Decide(add, facts, policyOf(t)); d.Verdict != judge.Allow || (d.Said != nil) != c.said {
			t.Errorf("%s: %s, said %+v", name, d.Verdict, d.Said)
		}
		// What nobody meets is not refused either.
		if d := judge.Decide(add, facts, policyOf(t, chosen{"", "stale-plan", most(judge.Refuse)})); (d.Verdict == judge.Refuse) != c.said {
			t.Errorf("%s: with refuse: %s", name, d.Verdict)
		}
	}
}

// What the program has prepared itself fails for good, so that it is hidden, or refused
// unless policy says otherwise.
func TestLasting(t *testing.T) {
	t.Parallel()
	orders := contract.Name{Name: "orders"}
	build := func(overlay string, use contract.Use) judge.Code {
		use.Origin, use.At = contract.SQL, contract.Evidence{File: "orders.js", Line: 3}
		return judge.Code{Name: "build one", Overlay: overlay, Unsteered: "it is not",
			Contract: contract.New(contract.Source{Whole: true, Rows: true}, []contract.Relation{{Name: orders, Uses: []contract.Use{use}}}, nil)}
	}
	star, kept := contract.Use{Star: true}, contract.Use{Star: true, Kept: true}
	prepare := &judge.Queries{Contract: contract.New(contract.Source{Scanner: "pg_stat_statements"},
		[]contract.Relation{{Name: orders, Uses: []contract.Use{{Origin: contract.Query, Star: true, Prepared: true, Recent: contract.Yes}}}}, nil)}
	never := judge.Code{Name: "build two", Unsteered: "it is not", Contract: contract.New(contract.Source{Whole: true, Rows: true, Unprepared: true}, nil, nil)}
	for name, c := range map[string]struct {
		code    judge.Code
		seen    *judge.Queries
		choices []chosen
		want    judge.Verdict
	}{
		"kept":                     {build("", kept), nil, nil, judge.Refuse},
		"strict":                   {build("", contract.Use{Star: true, Strict: true}), nil, nil, judge.Refuse},
		"strict, nothing prepared": {judge.Code{Name: "build one", Unsteered: "it is not", Contract: contract.New(contract.Source{Whole: true, Rows: true, Unprepared: true}, []contract.Relation{{Name: orders, Uses: []contract.Use{{Star: true, Strict: true}}}}, nil)}, nil, nil, judge.Refuse},
		"not known":                {build("", star), nil, nil, judge.Allow},
		"other columns":            {build("", contract.Use{Kept: true, Reads: contract.Named("id")}), nil, nil, judge.Allow},
		"steered":                  {build("mg_one", kept), nil, nil, judge.Shim},
		"allowed":                  {build("", kept), nil, []chosen{{"", "stale-plan", most(judge.Allow)}}, judge.Allow},
		"maintenance":              {build("", kept), nil, []chosen{{"", "stale-plan", most(judge.Maintenance)}}, judge.Maintenance},
		"refused, not known":       {build("", star), nil, []chosen{{"", "stale-plan", most(judge.Refuse)}}, judge.Refuse},
		"PREPARE was seen":         {never, prepare, nil, judge.Refuse},
	} {
		facts := judge.Facts{Lookup: relation("public", "orders"), Major: 18, Code: []judge.Code{c.code}, Seen: c.seen}
		d := judge.Decide(ddl.Parse("alter table orders add more int")[0].Changes[0], facts, policyOf(t, c.choices...))
		if d.Verdict != c.want {
			t.Errorf("%s: %+v", name, d)
		}
		if name == "kept" && (len(d.Findings) != 1 || !strings.Contains(d.Findings[0].Message, "has prepared itself") || !strings.Contains(d.Findings[0].Detail, "orders.js:3")) {
			t.Errorf("%s: %+v", name, d.Findings)
		}
	}
	// A type that gets wider no view hides.
	facts := judge.Facts{Lookup: relation("public", "orders"), Major: 18, Code: []judge.Code{build("mg_one", contract.Use{Kept: true, Reads: contract.Named("note")})}}
	facts.Lookup.Relation.Columns = append(facts.Lookup.Relation.Columns, catalog.Column{Name: "note", Number: 9, Type: "character varying(20)"})
	if d := judge.Decide(ddl.Parse("alter table orders alter note type text")[0].Changes[0], facts, policyOf(t)); d.Verdict != judge.Refuse {
		t.Errorf("a type: %+v", d)
	}
}
