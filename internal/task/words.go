package task

import (
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
)

// Words are how a task is spoken of.
type Words struct {
	What string // "index a_n_idx"
	// Do and Done are verbs: it is to "build", and "built".
	Do, Done string
	// Meanwhile is what others could do: "while others could write".
	Meanwhile string
}

// Describe says what a task is about.
func Describe(t ledger.Task) Words {
	said := spoken[t.Kind]
	if column := proxied(t); column != "" {
		said.What = spoken[ledger.SetNotNull].What + " " + ddl.Quote(column)
	} else {
		said.What += " " + ddl.Quote(t.Object)
	}
	return said
}

// spoken are the words of each kind, without the object.
var spoken = map[string]Words{
	ledger.CreateIndex:          {"index", "build", "built", "while others could write"},
	ledger.IndexPartitioned:     {"index", "make", "made", "of its partitions' indexes"},
	ledger.ConstrainPartitioned: {"constraint", "make", "made", "of its partitions' constraints"},
	ledger.ValidateConstraint:   {"constraint", "validate", "valid", "while others could read and write"},
	ledger.SetNotNull:           {"NOT NULL of column", "set", "set", "without reading the table"},
	ledger.UseIndex:             {"constraint", "add", "added", "with the index that was built for it"},
	ledger.BackfillColumn:       {"values of column", "fill in", "filled in", "in batches, while others could read and write"},
	ledger.AddConstraint:        {"constraint", "add", "added", "without reading the table"},
	ledger.AddIdentity:          {"identity of column", "add", "added", "without reading the table"},
	ledger.ReindexIndex:         {"index", "rebuild", "rebuilt", "while others could read and write"},
	ledger.ReindexTable:         {"the indexes of", "rebuild", "rebuilt", "while others could read and write"},
	ledger.CopyColumn:           {"copy", "fill in", "filled in", "in batches, while others could read and write"},
}

// What a task finds when there is nothing left to do.
const (
	noTable      = "its table is gone"
	noConstraint = "the constraint is gone"
	noColumn     = "the column is gone"
)
