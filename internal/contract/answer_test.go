package contract_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/migguard/migguard/internal/contract"
)

func at(file string, line int) Evidence { return Evidence{File: file, Line: line} }

func model(by string, columns Columns) Use {
	return Use{Origin: Model, By: by, At: at("app/models/"+strings.ToLower(by)+".rb", 1), Reads: columns, Updates: columns, Adds: true, Inserts: columns}
}

// sample is a build with one table of each sort.
func sample() *Contract {
	return New(Source{Scanner: "scan", Whole: true, Files: 9, Models: 3}, []Relation{
		{Name{Name: "users"}, []Use{model("User", Every("notes"))}},
		{Name{Name: "plans"}, []Use{{Origin: Model, By: "Plan", At: at("app/models/plan.rb", 1), Reads: Every()}}},
		{Name{Name: "orders"}, []Use{model("Order", Every()),
			{Origin: SQL, At: at("lib/report.rb", 7), Reads: Named("total")}}},
		{Name{Name: "events"}, []Use{{Origin: SQL, At: at("lib/event.rb", 3), Adds: true, Inserts: Named("kind")}}},
	}, []Gap{
		{Reach: Unclaimed, Why: "libraries were not scanned", At: at("Gemfile.lock", 1)},
		{Reach: Within, Relation: Name{Name: "plans"}, Column: "price", Why: "the word stands in a query", At: at("lib/a.rb", 1)},
	})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	c := sample()
	for _, tt := range []struct {
		change Change
		want   Verdict
		why    string
	}{
		{Change{Kind: DropTable, Relation: Name{Name: "users"}}, Yes, "app/models/user.rb:1 model User reads and writes every column but notes"},
		{Change{Kind: DropTable, Relation: Name{Name: "other"}}, Unknown, "Gemfile.lock:1 libraries were not scanned"},
		{Change{Kind: DropColumn, Relation: Name{Name: "users"}, Column: "notes"}, No, "nothing that was scanned uses notes of users"},
		{Change{Kind: DropColumn, Relation: Name{"public", "users"}, Column: "notes"}, No, "model User"},
		{Change{Kind: DropColumn, Relation: Name{Name: "users"}, Column: "email"}, Yes, "app/models/user.rb:1"},
		{Change{Kind: DropColumn, Relation: Name{Name: "orders"}, Column: "total"}, Yes, "lib/report.rb:7 SQL reads total"},
		{Change{Kind: DropColumn, Relation: Name{Name: "events"}, Column: "kind"}, Yes, "lib/event.rb:3 SQL inserts kind"},
		{Change{Kind: DropColumn, Relation: Name{Name: "events"}, Column: "old"}, Unknown, "libraries"},
		{Change{Kind: RetypeColumn, Relation: Name{Name: "orders"}, Column: "total"}, Unknown, "lib/report.rb:7"},
		{Change{Kind: RetypeColumn, Relation: Name{Name: "users"}, Column: "notes"}, No, "nothing"},
		{Change{Kind: SetNotNull, Relation: Name{Name: "users"}, Column: "notes"}, Yes, "and leaves notes out"},
		{Change{Kind: SetNotNull, Relation: Name{Name: "users"}, Column: "notes", Default: true}, No, "nothing"},
		{Change{Kind: SetNotNull, Relation: Name{Name: "users"}, Column: "email"}, Unknown, "may write NULL"},
		{Change{Kind: SetNotNull, Relation: Name{Name: "plans"}, Column: "name"}, Unknown, "the word stands in a query"},
		{Change{Kind: AddRequired, Relation: Name{Name: "orders"}, Column: "state"}, Yes, "leaves state out"},
		{Change{Kind: AddRequired, Relation: Name{Name: "orders"}, Column: "state", Default: true}, No, "nothing"},
		{Change{Kind: "colour-table", Relation: Name{Name: "users"}}, Unknown, "not known"},
	} {
		got := c.Breaks(tt.change)
		var said []string
		for _, r := range got.Reasons {
			said = append(said, fmt.Sprintf("%s:%d %s", r.At.File, r.At.Line, r.Text))
		}
		if got.Verdict != tt.want || !strings.Contains(strings.Join(said, "\n"), tt.why) {
			t.Errorf("%+v: %s, want %s and %q:\n%s", tt.change, got.Verdict, tt.want, tt.why, strings.Join(said, "\n"))
		}
	}
	if a := c.Writes(Name{Name: "plans"}); a.Verdict != Unknown {
		t.Errorf("plans, which a gap reaches, is written: %s", a.Verdict)
	}
	if a := (&Contract{}).Table(Name{Name: "users"}); a.Verdict != Unknown {
		t.Errorf("a contract that has seen nothing says %s", a.Verdict)
	}
}

// TestSpares: a column that dynamic SQL cannot name is not kept by it, but what
// inserts rows without the column still may.
func TestSpares(t *testing.T) {
	t.Parallel()
	dynamic := New(Source{Scanner: "scan", Whole: true}, nil,
		[]Gap{{Reach: Anything, Why: "dynamic", At: at("lib/x.rb", 1), Spares: []string{"notes"}}})
	c := Merge(sample(), dynamic)
	users := Name{Name: "users"}
	if a := c.Column(users, "notes", AnyWay); a.Verdict != No {
		t.Errorf("spared: %s", a.Verdict)
	}
	if a := c.Breaks(Change{Kind: SetNotNull, Relation: users, Column: "notes", Default: true}); a.Verdict != Unknown {
		t.Errorf("required: %s", a.Verdict)
	}
	other := New(Source{Scanner: "scan", Whole: true}, nil, []Gap{{Reach: Anything, Why: "dynamic", At: at("lib/x.rb", 1)}})
	if a := Merge(c, other).Column(users, "notes", AnyWay); a.Verdict != Unknown {
		t.Errorf("one of two does not spare it: %s", a.Verdict)
	}
}

// TestColumnOfAnything: a gap that is a column's of no known relation stands in
// the way of that column only.
func TestColumnOfAnything(t *testing.T) {
	t.Parallel()
	gap := New(Source{Scanner: "scan", Whole: true}, nil, []Gap{{Reach: Anything, Column: "notes", Why: "a part of SQL", At: at("lib/x.rb", 1)}})
	c := Merge(sample(), gap)
	users := Name{Name: "users"}
	for column, want := range map[string]Verdict{"notes": Unknown, "email": Yes} {
		if a := c.Column(users, column, AnyWay); a.Verdict != want {
			t.Errorf("%s: %s, want %s", column, a.Verdict, want)
		}
	}
	other := Merge(New(Source{Scanner: "scan", Whole: true}, []Relation{{users, []Use{model("User", Named("id"))}}}, nil), gap)
	if a := other.Column(users, "old", AnyWay); a.Verdict != No {
		t.Errorf("another column: %s", a.Verdict)
	}
	if a := other.Breaks(Change{Kind: SetNotNull, Relation: users, Column: "old", Default: true}); a.Verdict != Unknown {
		t.Errorf("required: %s", a.Verdict)
	}
}
