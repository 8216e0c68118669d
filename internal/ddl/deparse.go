package ddl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ErrUnfaithful is Deparse's answer where the deparser writes something else
// than it was given; "ALTER TABLE a DETACH PARTITION b FINALIZE" becomes a
// partition "bfinalize" in libpg_query 17-6.2.5.
var ErrUnfaithful = errors.New("statement cannot be written back faithfully")

// Deparse parses a text and writes it back from the tree: comments and layout
// are gone, names are quoted where needed. It accepts several statements. What
// it returns has been read again and gives the same tree; if it does not, the
// error is ErrUnfaithful. A text the grammar refuses gives a *SyntaxError.
func Deparse(sql string) (string, error) {
	tree, err := parseTree(sql)
	if err != nil {
		return "", err
	}
	return writeBack(tree)
}

func parseTree(sql string) (*pg.ParseResult, error) {
	if err := checkText(sql); err != nil {
		return nil, err
	}
	tree, err := pg.Parse(sql)
	if err != nil {
		return nil, syntaxError(sql, 0, err)
	}
	return tree, nil
}

// writeBack writes a tree, and reads it again.
func writeBack(tree *pg.ParseResult) (string, error) {
	if slices.ContainsFunc(tree.GetStmts(), breaksDeparser) {
		return "", ErrUnfaithful
	}
	text, err := pg.Deparse(tree)
	if err != nil {
		return "", fmt.Errorf("deparse: %w", err)
	}
	again, err := pg.Parse(text)
	if err != nil {
		return "", ErrUnfaithful
	}
	clearLocations(tree.ProtoReflect())
	clearLocations(again.ProtoReflect())
	if !proto.Equal(tree, again) {
		return "", ErrUnfaithful
	}
	return text, nil
}

// breaksDeparser tells statements whose empty string libpg_query 17-6.2.5
// receives as a null pointer and reads, a segmentation fault. Found by fuzzing.
func breaksDeparser(raw *pg.RawStmt) bool {
	switch s := raw.GetStmt().GetNode().(type) {
	case *pg.Node_AlterEnumStmt:
		return s.AlterEnumStmt.GetNewVal() == ""
	case *pg.Node_LoadStmt:
		return s.LoadStmt.GetFilename() == ""
	case *pg.Node_AlterSubscriptionStmt:
		return s.AlterSubscriptionStmt.GetConninfo() == ""
	case *pg.Node_TransactionStmt:
		switch transactionKinds[s.TransactionStmt.GetKind()].kind {
		case PrepareTransaction, CommitPrepared, RollbackPrepared:
			return s.TransactionStmt.GetGid() == ""
		}
	}
	return false
}

// clearLocations removes what depends on layout from a tree.
func clearLocations(m protoreflect.Message) {
	eachMessage(m, func(m protoreflect.Message) {
		m.Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			if name := string(fd.Name()); strings.HasSuffix(name, "location") || name == "stmt_len" {
				m.Clear(fd)
			}
			return true
		})
	})
}

// eachMessage visits a tree from the top.
func eachMessage(m protoreflect.Message, visit func(protoreflect.Message)) {
	visit(m)
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				eachMessage(v.List().Get(i).Message(), visit)
			}
		default:
			eachMessage(v.Message(), visit)
		}
		return true
	})
}

// expression writes an expression as SQL, to be read and compared rather than
// run: the deparser is not held to its word here. Should that not succeed the whole
// statement's text stands for it, so that a default or condition which exists
// is never taken for none.
func (b *builder) expression(n *pg.Node) string {
	if n == nil {
		return ""
	}
	const head = "SELECT "
	text, err := b.deparse(n)
	if err != nil || !strings.HasPrefix(text, head) {
		return b.text
	}
	return text[len(head):]
}

// typeText writes a type as SQL, with modifiers and array bounds.
func (b *builder) typeText(t *pg.TypeName) string {
	if t == nil {
		return ""
	}
	if name, ok := plainType(t); ok {
		return name
	}
	const head = "SELECT NULL::"
	null := &pg.Node{Node: &pg.Node_AConst{AConst: &pg.A_Const{Isnull: true}}}
	text, err := b.deparse(&pg.Node{Node: &pg.Node_TypeCast{
		TypeCast: &pg.TypeCast{Arg: null, TypeName: t}}})
	if err != nil || !strings.HasPrefix(text, head) {
		return typeNameOf(t).String()
	}
	return text[len(head):]
}

// plainTypes are the SQL names of built-in types that the grammar turns into
// catalog names.
var plainTypes = map[string]string{
	"int2": "smallint", "int4": "int", "int8": "bigint", "bool": "boolean",
	"float4": "real", "float8": "double precision", "numeric": "numeric",
	"varchar": "varchar", "json": "json",
}

// plainType spares the round trip through the deparser for the most common
// types: names without modifiers, bounds, %TYPE or SETOF.
func plainType(t *pg.TypeName) (string, bool) {
	if len(t.GetTypmods()) > 0 || len(t.GetArrayBounds()) > 0 || t.GetPctType() || t.GetSetof() {
		return "", false
	}
	n := typeNameOf(t)
	if n.Schema == "pg_catalog" {
		name, ok := plainTypes[n.Name]
		return name, ok
	}
	return n.String(), true
}

// deparse writes an expression as a query, the only form the deparser takes.
func (b *builder) deparse(n *pg.Node) (string, error) {
	target := &pg.Node{Node: &pg.Node_ResTarget{ResTarget: &pg.ResTarget{Val: n}}}
	query := &pg.SelectStmt{
		TargetList:  []*pg.Node{target},
		LimitOption: pg.LimitOption_LIMIT_OPTION_DEFAULT,
		Op:          pg.SetOperation_SETOP_NONE,
	}
	return pg.Deparse(&pg.ParseResult{Version: b.version, Stmts: []*pg.RawStmt{{
		Stmt: &pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: query}},
	}}})
}
