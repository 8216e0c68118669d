package catalog_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
)

func decode(t *testing.T, doc string) catalog.Snapshot {
	t.Helper()
	s, err := catalog.DecodeSnapshot([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const before = `[
	{"oid": 1, "schema": "s", "name": "a", "kind": "r", "columns": [{"number": 1, "name": "x"}, {"number": 3, "name": "y"}]},
	{"oid": 2, "schema": "s", "name": "b", "kind": "p", "columns": [{"number": 1, "name": "x"}]},
	{"oid": 3, "schema": "s", "name": "b_1", "kind": "r", "partition_of": 2, "columns": [{"number": 1, "name": "x"}]},
	{"oid": 4, "schema": "s", "name": "none", "kind": "r", "columns": null}]`

func TestDiff(t *testing.T) {
	t.Parallel()
	after := decode(t, `[
		{"oid": 1, "schema": "s", "name": "c", "kind": "r", "columns": [{"number": 1, "name": "z"}, {"number": 4, "name": "y"}]},
		{"oid": 4, "schema": "q", "name": "none", "kind": "r", "columns": null},
		{"oid": 9, "schema": "s", "name": "a", "kind": "r", "columns": [{"number": 1, "name": "x"}]}]`)
	type effect struct {
		was   string
		gone  bool
		moved bool
		from  string
		to    string
	}
	var got []effect
	effects := catalog.Diff(decode(t, before), after)
	for _, e := range effects {
		f := effect{was: e.Before.Name, gone: e.After == nil, moved: e.Moved(), to: e.NewColumn}
		if e.Column != nil {
			f.from = e.Column.Name
		}
		got = append(got, f)
	}
	want := []effect{
		{was: "a", moved: true}, {was: "a", from: "x", to: "z"}, {was: "a", from: "y"},
		{was: "b", gone: true}, {was: "b_1", gone: true}, {was: "none", moved: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !effects[3].Covers(effects[4]) || effects[4].Covers(effects[3]) || effects[3].Covers(effects[1]) {
		t.Error("a partition goes with its parent, and nothing else does")
	}
	if same := catalog.Diff(decode(t, before), decode(t, before)); len(same) > 0 {
		t.Errorf("%+v", same)
	}
}

func TestAdded(t *testing.T) {
	t.Parallel()
	after := decode(t, `[
		{"oid": 9, "name": "new", "columns": [{"number": 1, "name": "x"}]},
		{"oid": 4, "name": "none", "columns": [{"number": 1, "name": "x"}]},
		{"oid": 1, "name": "a", "columns": [{"number": 1, "name": "renamed"}, {"number": 4, "name": "y"}]}]`)
	want := []catalog.Object{{Relation: 1, Column: 4}, {Relation: 4, Column: 1}, {Relation: 9}}
	if got := catalog.Added(decode(t, before), after); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{"", "{", `{"oid": -1}`, `[{"oid": "x"}]`} {
		if _, err := catalog.DecodeSnapshot([]byte(doc)); err == nil {
			t.Errorf("snapshot %q", doc)
		}
	}
	for _, doc := range []string{"", "[]", `{"relation": 1}`} {
		if _, err := catalog.DecodeLookup([]byte(doc)); err == nil {
			t.Errorf("lookup %q", doc)
		}
	}
	l, err := catalog.DecodeLookup([]byte(`{"relation": null, "target": null, "inside": null, "from_block": false}`))
	if err != nil || l.Relation != nil || l.Inside != nil {
		t.Errorf("%+v, %v", l, err)
	}
}
