package deploysim

import (
	"fmt"
	"strings"
)

// Workload is what the dynos of one build do, over and over, on each of their
// connections.
type Workload struct {
	Ops []Op `json:"ops"`
}

// Op is a unit of work of the application, such as one web request: one
// statement, or one explicit transaction of several.
type Op struct {
	Name string `json:"name"`
	// Weight is how often the op is picked relative to the others; at least 1.
	Weight int `json:"weight"`
	// Tx wraps the statements in BEGIN and COMMIT. Without it the op has one
	// statement.
	Tx         bool        `json:"tx,omitempty"`
	Statements []Statement `json:"statements"`
}

// Statement is one SQL statement of an [Op].
type Statement struct {
	SQL  string `json:"sql"`
	Args []Arg  `json:"args,omitempty"`
	// Rows is how many rows the statement must return or change. Any other
	// number is a failure, even though PostgreSQL reports success; 0 accepts
	// any number.
	Rows int64 `json:"rows,omitempty"`
	// Effect is what the statement leaves behind, nil for a read.
	Effect *Effect `json:"effect,omitempty"`
}

// Arg names the value of one parameter. Within one [Op] an argument has the
// same value in every statement.
type Arg string

const (
	// New is a key no connection has used before, in the form of an e-mail
	// address that names dyno, connection and a serial number.
	New Arg = "new"
	// Seed is the key of a row of the scenario's seed, shared by all dynos. It
	// has the form seed-N@example.com, N from 1 to Scenario.Seeds.
	Seed Arg = "seed"
	// Counter is an integer this connection has not used before, 1 or greater.
	Counter Arg = "counter"

	minePrefix = "mine:"
)

// Mine is the key of a row of set that this connection has written and not
// deleted. An op that needs one is passed over while there is none.
func Mine(set string) Arg { return Arg(minePrefix + set) }

// Effect is the change a statement makes to one row of a set. A set is the
// simulator's name for the rows of a table, the same before and after the
// migration; Scenario.Verify says how to read it.
type Effect struct {
	Set  string     `json:"set"`
	Kind EffectKind `json:"kind"`
	// Key is the argument that holds the row's key: New, Seed or Mine.
	Key Arg `json:"key"`
}

// EffectKind says how a row changes.
type EffectKind string

const (
	// Put inserts or updates the row; its value becomes the op's Counter.
	Put EffectKind = "put"
	// Delete removes the row.
	Delete EffectKind = "delete"
	// Add adds 1 to the value of a shared row, which starts at 0.
	Add EffectKind = "add"
)

// validate reports the first fault of the workload, given the sets that can be
// verified.
func (w Workload) validate(sets map[string]string) error {
	if len(w.Ops) == 0 {
		return fmt.Errorf("no ops")
	}
	for _, op := range w.Ops {
		if err := op.validate(sets); err != nil {
			return fmt.Errorf("op %q: %w", op.Name, err)
		}
	}
	return nil
}

func (op Op) validate(sets map[string]string) error {
	switch {
	case op.Weight < 1:
		return fmt.Errorf("weight %d", op.Weight)
	case len(op.Statements) == 0:
		return fmt.Errorf("no statements")
	case !op.Tx && len(op.Statements) > 1:
		return fmt.Errorf("%d statements outside a transaction", len(op.Statements))
	}
	for _, st := range op.Statements {
		for _, arg := range st.Args {
			if err := arg.validate(sets); err != nil {
				return err
			}
		}
		if st.Effect == nil {
			continue
		}
		if err := st.Effect.validate(sets); err != nil {
			return err
		}
		if st.Rows != 1 {
			return fmt.Errorf("an effect changes one row, not %d", st.Rows)
		}
	}
	return nil
}

func (a Arg) validate(sets map[string]string) error {
	if set, ok := strings.CutPrefix(string(a), minePrefix); ok {
		if _, ok := sets[set]; !ok {
			return fmt.Errorf("set %q cannot be verified", set)
		}
		return nil
	}
	if a != New && a != Seed && a != Counter {
		return fmt.Errorf("unknown argument %q", string(a))
	}
	return nil
}

func (e Effect) validate(sets map[string]string) error {
	if _, ok := sets[e.Set]; !ok {
		return fmt.Errorf("set %q cannot be verified", e.Set)
	}
	switch e.Kind {
	case Put:
		if e.Key == New || e.Key == Mine(e.Set) {
			return nil
		}
	case Delete:
		if e.Key == Mine(e.Set) {
			return nil
		}
	case Add:
		if e.Key == Seed {
			return nil
		}
	}
	return fmt.Errorf("effect %q on key %q", e.Kind, e.Key)
}
