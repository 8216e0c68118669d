package contract_test

import (
	"bytes"
	"strings"
	"testing"

	. "github.com/migguard/migguard/internal/contract"
)

// asksFor is a build that has looked for ON CONFLICT, and whose SQL asks for some.
func asksFor(arbiters ...Arbiter) *Contract {
	return New(Source{Scanner: "scan", Whole: true, Upserts: true}, []Relation{{Name{Name: "users"},
		[]Use{{Origin: SQL, At: at("lib/a.rb", 3), Adds: true, Inserts: Named("id"), Arbiters: arbiters}}}}, nil)
}

func TestArbiters(t *testing.T) {
	t.Parallel()
	lost := map[string]Arbiter{
		"key":     {Name: "users_pkey", Primary: true, Columns: []string{"id"}},
		"two":     {Name: "users_a_b_key", Columns: []string{"b", "a"}},
		"partial": {Name: "users_a", Columns: []string{"a"}, Partial: true},
		"lower":   {Name: "users_lower", Expressions: true},
		"exclude": {Name: "users_excl"},
	}
	for text, tt := range map[string]struct {
		asks Arbiter
		// drops and renames are what is needed, or may be with a question mark.
		drops, renames string
	}{
		"columns":          {Arbiter{Columns: []string{"a", "b"}}, "two", ""},
		"fewer":            {Arbiter{Columns: []string{"a"}}, "", ""},
		"with a predicate": {Arbiter{Columns: []string{"a"}, Partial: true}, "partial", ""},
		"predicate, whole": {Arbiter{Columns: []string{"id"}, Partial: true}, "key", ""},
		"expression":       {Arbiter{Expressions: true}, "lower", ""},
		"primary":          {Arbiter{Primary: true}, "key", ""},
		"by name":          {Arbiter{Name: "users_excl"}, "exclude", "exclude"},
		"by some name":     {Arbiter{Name: AnyName}, "exclude key lower partial two", "exclude key lower partial two"},
		"any":              {Arbiter{Any: true}, "exclude? key? lower? partial? two?", "exclude? key? lower? partial? two?"},
	} {
		c := asksFor(tt.asks)
		for kind, want := range map[ChangeKind]string{DropArbiter: tt.drops, RenameArbiter: tt.renames} {
			for name, a := range lost {
				wants := No
				switch {
				case strings.Contains(want, name+"?"):
					wants = Unknown
				case strings.Contains(want, name):
					wants = Yes
				}
				got := c.Breaks(Change{Kind: kind, Relation: Name{"public", "users"}, Arbiter: a})
				if got.Verdict != wants || wants == Yes && !strings.Contains(got.Reasons[0].Text, "ON CONFLICT of ") {
					t.Errorf("%s: %s %s: %s, want %s %v", text, kind, name, got.Verdict, wants, got.Reasons)
				}
			}
		}
	}
}

// TestArbiterNotKnown: what may hide an ON CONFLICT is no "no".
func TestArbiterNotKnown(t *testing.T) {
	t.Parallel()
	lost := Change{Kind: DropArbiter, Relation: Name{Name: "users"}, Arbiter: Arbiter{Name: "users_a", Columns: []string{"a"}}}
	with := func(c *Contract, gaps ...Gap) *Contract {
		return Merge(c, New(Source{Scanner: "scan", Whole: true, Upserts: true}, nil, gaps))
	}
	for name, tt := range map[string]struct {
		c    *Contract
		want Verdict
	}{
		"nothing":         {asksFor(), No},
		"not looked for":  {New(Source{Scanner: "scan", Whole: true}, nil, nil), Unknown},
		"not scanned":     {&Contract{}, Unknown},
		"gap":             {with(asksFor(), Gap{Reach: Anything, Why: "dynamic"}), Unknown},
		"gap, no words":   {with(asksFor(), Gap{Reach: Anything, Why: "dynamic", NoUpsert: true}), No},
		"one of two":      {with(with(asksFor(), Gap{Reach: Anything, Why: "dynamic", NoUpsert: true}), Gap{Reach: Anything, Why: "dynamic"}), Unknown},
		"gap of a column": {with(asksFor(), Gap{Reach: Anything, Column: "a", Why: "a part of SQL"}), No},
		"libraries":       {with(asksFor(), Gap{Reach: Unclaimed, Why: "libraries"}), Unknown},
		"somewhere":       {asksFor().WithUpserts([]Upsert{{Arbiter: Arbiter{Columns: []string{"a"}}, Why: "upserts"}}), Unknown},
		"somewhere else":  {asksFor().WithUpserts([]Upsert{{Arbiter: Arbiter{Columns: []string{"b"}}, Why: "upserts"}}), No},
		"somewhere, name": {asksFor().WithUpserts([]Upsert{{Arbiter: Arbiter{Name: "users_a"}, Why: "upserts"}}), Yes},
		"some name":       {asksFor().WithUpserts([]Upsert{{Arbiter: Arbiter{Name: AnyName}, Why: "upserts"}}), Unknown},
		"somewhere, any":  {asksFor().WithUpserts([]Upsert{{Arbiter: Arbiter{Any: true}, Why: "upserts"}}), Unknown},
	} {
		if got := tt.c.Breaks(lost); got.Verdict != tt.want {
			t.Errorf("%s: %s, want %s: %v", name, got.Verdict, tt.want, got.Reasons)
		}
	}
}

// TestArbitersOfOldReaders: a migguard that knows no arbiters leaves them out, and then
// it is not known whether there are any.
func TestArbitersOfOldReaders(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	if err := asksFor().Write(&text); err != nil {
		t.Fatal(err)
	}
	old, err := Read(strings.NewReader(strings.ReplaceAll(text.String(), `,"upserts":true`, "")))
	if err != nil {
		t.Fatal(err)
	}
	lost := Change{Kind: DropArbiter, Relation: Name{Name: "users"}, Arbiter: Arbiter{Columns: []string{"a"}}}
	if got := Merge(old, asksFor()).Breaks(lost); got.Verdict != Unknown || !strings.Contains(got.Reasons[0].Text, "earlier version") {
		t.Errorf("%s: %v", got.Verdict, got.Reasons)
	}
}
