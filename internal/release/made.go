package release

import (
	"slices"

	"github.com/migguard/migguard/internal/ddl"
)

// What a run has made itself nobody waits for, and no index of it blocks
// anybody: that need not be asked of the catalogs. It is known by the names the
// command has used, and so only as long as a name means the same: until a
// statement that may change that, an error, or a second session.

// hasMade tells whether a name is certainly that of a relation which the run has
// made.
func (g *gate) hasMade(relation ddl.Name) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.made[relation.String()] && !g.blurred && g.own.count() == 1
}

// mark remembers what a statement has made, once it has.
func (a *act) mark() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, table := range a.renamedIn {
		a.shimmed[table] = true
	}
	for _, name := range a.creates {
		a.made[name.String()] = a.plan.steady
	}
	for _, change := range a.plan.Changes {
		if c, ok := change.(ddl.CreateFunction); ok && !c.Replace {
			a.functions[c.Function.Name] = true
		}
	}
}

// forget ends the trust in names.
func (g *gate) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.made)
	clear(g.functions)
}

// steady tells a text after which every name means what it meant before.
func steady(parsed []ddl.Statement) bool {
	return !slices.ContainsFunc(parsed, func(st ddl.Statement) bool {
		switch st.Class {
		case ddl.Transaction:
			return st.Transaction != ddl.Begin && st.Transaction != ddl.Savepoint && st.Transaction != ddl.Release
		case ddl.Schema:
			return slices.ContainsFunc(st.Changes, func(change ddl.Change) bool { return !isSteady(change) })
		}
		return true
	})
}

func isSteady(change ddl.Change) bool {
	switch change.(type) {
	case ddl.CreateTable, ddl.AddColumn, ddl.AddConstraint, ddl.CreateIndex, ddl.SetDefault, ddl.DropDefault,
		ddl.SetNotNull, ddl.DropNotNull, ddl.CreateSequence, ddl.CreateTrigger, ddl.Comment:
		return true
	}
	return false
}
