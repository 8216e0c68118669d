package judge_test

import (
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

// What may be there again when the transaction commits is no finding before.
func TestPending(t *testing.T) {
	t.Parallel()
	view := &catalog.Relation{Schema: "public", Name: "v", Kind: catalog.View}
	gone, again := catalog.Lookup{Relation: view}, catalog.Lookup{Relation: view, Again: view}
	for name, c := range map[string]struct {
		facts   judge.Facts
		allow   []string
		most    judge.Verdict
		verdict judge.Verdict
		pending int
	}{
		"at the statement": {judge.Facts{Lookup: gone}, nil, judge.Maintenance, judge.Allow, 1},
		"gone":             {judge.Facts{Lookup: gone, Ending: true}, nil, judge.Refuse, judge.Refuse, 0},
		"stays":            {judge.Facts{Lookup: gone, Ending: true}, nil, judge.Maintenance, judge.Shim, 0},
		"cannot stay":      {judge.Facts{Lookup: gone, Ending: true, Unmade: "x"}, nil, judge.Shim, judge.Refuse, 0},
		"maintenance":      {judge.Facts{Lookup: gone, Ending: true, Unmade: "x"}, nil, judge.Maintenance, judge.Maintenance, 0},
		"there again":      {judge.Facts{Lookup: again, Ending: true}, nil, judge.Refuse, judge.Allow, 0},
		"exception":        {judge.Facts{Lookup: gone}, []string{"dropped-view:v"}, judge.Refuse, judge.Allow, 0},
		"no code runs":     {judge.Facts{Lookup: gone, Idle: true}, nil, judge.Refuse, judge.Allow, 0},
	} {
		policy, err := judge.ParsePolicy(c.allow)
		if err == nil {
			err = policy.Choose("", "dropped-view", judge.Choice{Most: c.most})
		}
		if err != nil {
			t.Fatal(err)
		}
		d := judge.Decide(ddl.DropView{}, c.facts, policy)
		if d.Verdict != c.verdict || len(d.Pending) != c.pending || len(d.Allowed) != len(c.allow) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
