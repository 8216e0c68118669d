package ddl

import (
	"bytes"
	"errors"
	"iter"
	"strings"
	"unicode/utf8"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Parse splits a text into its statements and reads each. Empty statements are
// left out. If the grammar refuses the text, each of its statements is tried
// alone, so that one which cannot be read hides no other. Where not even the
// boundaries can be told the whole text is one Unparsed statement: a quote that
// does not end, bytes that are no UTF-8, a NUL, more than 16 MB, nesting deeper
// than the grammar survives.
//
// The statements are in the order of the text, their spans do not overlap, and
// nothing is outside the spans but space, comments and semicolons.
func Parse(sql string) []Statement {
	var statements []Statement
	for p := range parts(sql) {
		if p.err != nil {
			statements = append(statements, Statement{Text: sql[p.span.Start:p.span.End], Span: p.span, Class: Unparsed, Err: p.err})
		} else {
			statements = append(statements, p.read(sql))
		}
	}
	return statements
}

// A part is one statement of a text, as the grammar reads it. Of one that it refuses
// there is an error and no node.
type part struct {
	span    Span
	plain   string // another text, whose node it is (grammar18); empty: there is none
	version int32
	node    *pg.Node
	calls   bool // see grammar
	err     *SyntaxError
}

// parts are the statements of a text, as Parse splits it.
func parts(sql string) iter.Seq[part] {
	return func(yield func(part) bool) {
		if err := checkText(sql); err != nil {
			whole(sql, err, yield)
			return
		}
		tree, calls, err := grammar(sql)
		if err == nil {
			fromTree(sql, tree, calls, yield)
			return
		}
		spans, splitErr := split(sql)
		if splitErr != nil {
			whole(sql, syntaxError(sql, 0, splitErr), yield)
			return
		}
		for _, span := range spans {
			if !yield(parseOne(sql, span)) {
				return
			}
		}
	}
}

// callTag is how a call begins in an encoded tree: as field 72, func_call, of a
// Node (pg_query.proto), tag 72<<3|2.
var callTag = protowire.AppendTag(nil, 72, protowire.BytesType)

// grammar is pg.Parse. calls is false if there is certainly no FuncCall in the
// tree but CALL's own; the same bytes can be part of something else.
func grammar(sql string) (tree *pg.ParseResult, calls bool, err error) {
	encoded, err := parser.ParseToProtobuf(sql)
	if err != nil {
		return nil, false, err
	}
	tree = &pg.ParseResult{}
	return tree, bytes.Contains(encoded, callTag), proto.Unmarshal(encoded, tree)
}

func fromTree(sql string, tree *pg.ParseResult, calls bool, yield func(part) bool) {
	for _, raw := range tree.GetStmts() {
		start := int(raw.GetStmtLocation())
		// The length is 0 for a last statement without a semicolon.
		end := len(sql)
		if raw.GetStmtLen() > 0 {
			end = start + int(raw.GetStmtLen())
		}
		span := trim(sql, Span{start, end})
		if !yield(part{span: span, version: tree.GetVersion(), node: raw.GetStmt(), calls: calls}) {
			return
		}
	}
}

// parseOne reads a single statement of a text that does not parse as a whole.
func parseOne(sql string, span Span) part {
	tree, calls, err := grammar(sql[span.Start:span.End])
	if err == nil && len(tree.GetStmts()) != 1 {
		err = errors.New("statement boundaries are unclear")
	}
	if err == nil {
		return part{span: span, version: tree.GetVersion(), node: tree.GetStmts()[0].GetStmt(), calls: calls}
	}
	if tree, plain, calls, ok := grammar18(sql[span.Start:span.End]); ok {
		return part{span: span, plain: plain, version: tree.GetVersion(), node: tree.GetStmts()[0].GetStmt(), calls: calls}
	}
	return part{span: span, err: syntaxError(sql, span.Start, err)}
}

// read makes a Statement of a part of the text.
func (p part) read(sql string) Statement {
	if p.plain == "" {
		return read(sql, p.span, p.version, p.node, p.calls)
	}
	s := read(p.plain, Span{0, len(p.plain)}, p.version, p.node, p.calls)
	s.Text, s.Span = sql[p.span.Start:p.span.End], p.span
	return s
}

// read makes a Statement of a tree, which may have calls in it.
func read(sql string, span Span, version int32, n *pg.Node, calls bool) Statement {
	s := Statement{Text: sql[span.Start:span.End], Span: span}
	k := classify(n)
	s.Class, s.Tag = k.class, k.tag
	if calls || n.GetCallStmt() != nil {
		s.Functions = calledFunctions(s.Text, n)
	}
	if t := n.GetTransactionStmt(); t != nil {
		s.setTransaction(t)
		return s
	}
	b := &builder{text: s.Text, version: version}
	if explain := n.GetExplainStmt(); explain == nil {
		b.collect(n)
	} else if s.Class == Schema {
		b.collect(explain.GetQuery())
	}
	if s.Class == Schema && len(b.changes) == 0 {
		b.add(OtherSchema{Tag: s.Tag})
	}
	s.Changes, s.Locks, s.Alone = b.changes, b.locks(), b.alone
	return s
}

// checkText refuses what must not reach the grammar. A NUL would end the text
// for it, and hide what follows; PostgreSQL refuses both, too.
func checkText(sql string) *SyntaxError {
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return &SyntaxError{Message: "text contains a NUL byte", Position: i}
	}
	if !utf8.ValidString(sql) {
		return &SyntaxError{Message: "text is not valid UTF-8", Position: invalidAt(sql)}
	}
	if len(sql) > maxText {
		return &SyntaxError{Message: "text is too long to be read", Position: maxText}
	}
	if tooDeep(sql) {
		return &SyntaxError{Message: "text is too deeply nested to be read"}
	}
	return nil
}

func invalidAt(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(s)
}

// whole gives a text as one statement that cannot be read, if it is not empty.
func whole(sql string, err *SyntaxError, yield func(part) bool) {
	if start := skipSpace(sql, 0, len(sql)); start < len(sql) {
		yield(part{span: Span{start, len(sql)}, err: err})
	}
}

// syntaxError places the grammar's error, which counts characters from 1 in the
// text it was given, at a byte offset of the whole.
func syntaxError(sql string, base int, err error) *SyntaxError {
	e := &SyntaxError{Message: err.Error(), Position: base}
	var refusal *parser.Error
	if !errors.As(err, &refusal) {
		return e
	}
	for i := 1; i < refusal.Cursorpos && e.Position < len(sql); i++ {
		_, size := utf8.DecodeRuneInString(sql[e.Position:])
		e.Position += size
	}
	return e
}
