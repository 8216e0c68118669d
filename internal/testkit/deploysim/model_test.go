package deploysim

import (
	"maps"
	"testing"
)

// TestModelFollowsARow takes one row through its life: what the model expects
// of the database, and whether an op can still name the row.
func TestModelFollowsARow(t *testing.T) {
	t.Parallel()
	op := func(kind EffectKind, key Arg) Op {
		return single(string(kind), 1, Statement{Args: []Arg{key}, Effect: &Effect{Set: "users", Kind: kind, Key: key}})
	}
	mine := Mine("users")
	const row, shared = "old.1-0-1@example.com", "seed-1@example.com"
	m := newModel("old.1-0", 1, 0)
	for _, step := range []struct {
		op    Op
		doubt bool
		rows  rows
		added rows
	}{
		{op: op(Put, New), rows: rows{row: 1}},
		{op: op(Put, mine), rows: rows{row: 2}},
		{op: op(Add, Seed), rows: rows{row: 2}, added: rows{shared: 1}},
		{op: op(Add, Seed), doubt: true, rows: rows{row: 2}, added: rows{shared: 1}},
		{op: op(Delete, mine), rows: rows{row: gone}, added: rows{shared: 1}},
		{op: op(Put, New), rows: rows{row: gone, "old.1-0-6@example.com": 6}, added: rows{shared: 1}},
		{op: op(Put, mine), doubt: true, rows: rows{row: gone}, added: rows{shared: 1}},
	} {
		b, ok := m.bind(step.op)
		if !ok {
			t.Fatalf("%s: no row to name", step.op.Name)
		}
		if step.doubt {
			m.doubt(step.op, b)
		} else {
			m.acknowledge(step.op, b)
		}
		if got := m.written.Rows["users"]; !maps.Equal(got, step.rows) {
			t.Errorf("%s: rows %v, want %v", step.op.Name, got, step.rows)
		}
		if got := m.written.Added["users"]; !maps.Equal(got, step.added) {
			t.Errorf("%s: added %v, want %v", step.op.Name, got, step.added)
		}
	}
	if m.written.Unsure != 2 {
		t.Errorf("%d unsure writes, want 2", m.written.Unsure)
	}
	if b, ok := m.bind(op(Put, mine)); ok {
		t.Errorf("a row in doubt can still be named: %v", b)
	}
}
