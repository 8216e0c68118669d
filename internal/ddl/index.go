package ddl

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// An IndexForm is how a CREATE INDEX is to be written anew.
type IndexForm struct {
	On    Name   // the table
	Index string // the index's name, unquoted
	// Concurrently is for a statement in a transaction of its own.
	Concurrently bool
	// Copies are columns that stand in the place of others, by those.
	Copies map[string]string
	// NotUnique lets in what the index that is written anew keeps out.
	NotUnique bool
}

// errNoIndex is for a text that is not one CREATE INDEX.
var errNoIndex = errors.New("not one CREATE INDEX statement")

// WriteIndex writes a CREATE INDEX in another form, without IF NOT EXISTS. The
// error is ErrUnfaithful where the result would not mean the same.
func WriteIndex(sql string, form IndexForm) (string, error) {
	tree, s, err := parseIndex(sql)
	if err != nil {
		return "", err
	}
	s.Concurrent, s.IfNotExists, s.Idxname = form.Concurrently, false, form.Index
	s.Relation.Schemaname, s.Relation.Relname = form.On.Schema, form.On.Name
	s.Unique = s.GetUnique() && !form.NotUnique
	s.NullsNotDistinct = s.GetNullsNotDistinct() && s.GetUnique()
	for _, n := range append(s.GetIndexParams(), s.GetIndexIncludingParams()...) {
		if e := n.GetIndexElem(); form.Copies[e.GetName()] != "" {
			e.Name = form.Copies[e.GetName()]
		}
	}
	putCopies(s.ProtoReflect(), form.Copies)
	return writeBack(tree)
}

// putCopies has expressions name other columns. There is one table in an index, whose
// columns stand without it in what the server prints.
func putCopies(m protoreflect.Message, copies map[string]string) {
	if ref, ok := m.Interface().(*pg.ColumnRef); ok && len(ref.GetFields()) == 1 {
		if name := ref.GetFields()[0].GetString_(); copies[name.GetSval()] != "" {
			name.Sval = copies[name.GetSval()]
		}
	}
	below(m, func(n protoreflect.Message) { putCopies(n, copies) })
}

func parseIndex(sql string) (*pg.ParseResult, *pg.IndexStmt, error) {
	if err := checkText(sql); err != nil {
		return nil, nil, err
	}
	tree, err := pg.Parse(sql)
	if err != nil {
		return nil, nil, syntaxError(sql, 0, err)
	}
	if len(tree.GetStmts()) != 1 || tree.GetStmts()[0].GetStmt().GetIndexStmt() == nil {
		return nil, nil, errNoIndex
	}
	return tree, tree.GetStmts()[0].GetStmt().GetIndexStmt(), nil
}

// maxIdentifier is NAMEDATALEN - 1, in bytes.
const maxIdentifier = 63

// IndexName is the name that the server gives an index without one, if no
// other relation has it; empty where that cannot be told: for expressions, and
// for a column that stands in it twice (ChooseIndexName and makeObjectName,
// src/backend/commands/indexcmds.c).
func IndexName(sql, table string) string {
	_, s, err := parseIndex(sql)
	if err != nil {
		return ""
	}
	var columns []string
	seen := map[string]bool{}
	for _, n := range append(s.GetIndexParams(), s.GetIndexIncludingParams()...) {
		name := n.GetIndexElem().GetName()
		if name == "" || seen[name] {
			return ""
		}
		seen[name] = true
		columns = append(columns, name)
	}
	return joinedName(table, addition(columns), "idx")
}

// ChosenIndexName is the name that the server tries, the first for n = 0 and so
// on, for an index without one on such columns: with label idx, or key for that of a
// UNIQUE constraint, or pkey, and no columns, for that of a primary key
// (ChooseIndexName and ChooseRelationName, src/backend/commands/indexcmds.c).
func ChosenIndexName(table string, columns []string, label string, n int) string {
	if n > 0 {
		label += strconv.Itoa(n)
	}
	return joinedName(table, addition(columns), label)
}

// addition is what columns add to the name of their index
// (ChooseIndexNameAddition, src/backend/commands/indexcmds.c).
func addition(columns []string) string {
	joined := ""
	for _, name := range columns {
		if joined != "" {
			joined += "_"
		}
		if joined += name; len(joined) > maxIdentifier {
			break
		}
	}
	return joined
}

// ConstraintName is the name that the server makes of a table's, a column's and
// a label, no longer than one may be.
func ConstraintName(table, column, label string) string { return joinedName(table, column, label) }

// joinedName joins names so that the result is no longer than an identifier
// may be: the longer one gives way, a byte at a time.
func joinedName(table, columns, label string) string {
	if columns == "" {
		return clipped(table, min(len(table), maxIdentifier-len(label)-len("_"))) + "_" + label
	}
	room := maxIdentifier - len(label) - len("__")
	a, b := len(table), len(columns)
	for a+b > room {
		if a > b {
			a--
		} else {
			b--
		}
	}
	return clipped(table, a) + "_" + clipped(columns, b) + "_" + label
}

// clipped is the start of s, of n bytes at most, that ends with a whole
// character.
func clipped(s string, n int) string {
	for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}
