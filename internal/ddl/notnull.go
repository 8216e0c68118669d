package ddl

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// ADD [CONSTRAINT name] NOT NULL column [NOT VALID] [NO INHERIT] of ALTER TABLE came with
// PostgreSQL 18, and the grammar is 17's. It is read as SET NOT NULL, with what that
// does not say put into the command's definition, which SET NOT NULL has not.

// A span18 is one such action in a text.
type span18 struct {
	Span
	column string // as written
	def    *pg.Constraint
	at     int // its place among the actions
}

// grammar18 is grammar for one ALTER TABLE that the grammar refuses for such actions. The
// tree is another text's, which is returned.
func grammar18(text string) (tree *pg.ParseResult, plain string, calls, ok bool) {
	spans := notNulls(text)
	if spans == nil {
		return nil, "", false, false
	}
	var b strings.Builder
	end := 0
	for _, s := range spans {
		b.WriteString(text[end:s.Start] + "ALTER COLUMN " + s.column + " SET NOT NULL")
		end = s.End
	}
	plain = b.String() + text[end:]
	tree, calls, err := grammar(plain)
	if err != nil || len(tree.GetStmts()) != 1 {
		return nil, "", false, false
	}
	cmds := tree.GetStmts()[0].GetStmt().GetAlterTableStmt().GetCmds()
	for _, s := range spans {
		if s.at >= len(cmds) || cmds[s.at].GetAlterTableCmd().GetSubtype() != pg.AlterTableType_AT_SetNotNull {
			return nil, "", false, false
		}
		cmds[s.at].GetAlterTableCmd().Def = &pg.Node{Node: &pg.Node_Constraint{Constraint: s.def}}
	}
	return tree, plain, calls, true
}

// notNulls finds such actions.
func notNulls(text string) (found []span18) {
	l, depth, at := lexer{text: text}, 0, 0
	for kind := l.next(); kind != endOfText; kind = l.next() {
		switch token := l.text[l.start:l.pos]; {
		case kind == symbol && (token == "(" || token == "["):
			depth++
		case kind == symbol && (token == ")" || token == "]"):
			depth--
		case kind == symbol && token == "," && depth == 0:
			at++
		case kind == word && depth == 0 && strings.EqualFold(token, "add"):
			if s, ok := notNullAt(l); ok {
				s.at = at
				found = append(found, s)
				l.pos = s.End
			}
		}
	}
	return found
}

// notNullAt reads the rest of an action behind its ADD.
func notNullAt(l lexer) (s span18, ok bool) {
	s.Start, s.def = l.start, &pg.Constraint{Contype: pg.ConstrType_CONSTR_NOTNULL, InitiallyValid: true}
	if l.words("constraint") {
		if kind := l.next(); kind != word && kind != quotedIdent {
			return s, false
		}
		s.def.Conname = unquoted(l.text[l.start:l.pos])
	}
	if !l.words("not", "null") {
		return s, false
	}
	if kind := l.next(); kind != word && kind != quotedIdent {
		return s, false
	}
	s.column = l.text[l.start:l.pos]
	for {
		s.End = l.pos
		switch {
		case l.words("not", "valid"):
			s.def.SkipValidation, s.def.InitiallyValid = true, false
		case l.words("no", "inherit"):
			s.def.IsNoInherit = true
		default:
			kind := l.next()
			return s, kind == endOfText || kind == symbol && slices.Contains([]string{",", ";"}, l.text[l.start:l.pos])
		}
	}
}

// words moves behind words, if it is they that follow.
func (l *lexer) words(words ...string) bool {
	ahead := *l
	for _, w := range words {
		if ahead.next() != word || !strings.EqualFold(ahead.text[ahead.start:ahead.pos], w) {
			return false
		}
	}
	*l = ahead
	return true
}

// unquoted is the name that an identifier means.
func unquoted(identifier string) string {
	if inner, quoted := strings.CutPrefix(identifier, `"`); quoted {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return strings.Map(func(r rune) rune { // as downcase_identifier does in UTF-8
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, identifier)
}

// Write is the change as SQL, of a table by that name, or ONLY of it.
func (c SetNotNull) Write(on string) string {
	if !c.Constraint {
		return "ALTER TABLE " + on + " ALTER COLUMN " + Quote(c.Column) + " SET NOT NULL"
	}
	sql := "ALTER TABLE " + on + " ADD "
	if c.Name != "" {
		sql += "CONSTRAINT " + Quote(c.Name) + " "
	}
	sql += "NOT NULL " + Quote(c.Column)
	if c.NotValid {
		sql += " NOT VALID"
	}
	if c.NoInherit {
		sql += " NO INHERIT"
	}
	return sql
}

func (c SetNotNull) writeOf(table *pg.RangeVar) string {
	on := rangeName(table).String()
	if !table.GetInh() {
		on = "ONLY " + on
	}
	return c.Write(on)
}

// takeNotNullApart is TakeApart of a text that the grammar refuses, of one action.
func takeNotNullApart(sql string, changes []Change, refused error) (*Alter, error) {
	tree, _, _, ok := grammar18(sql)
	if !ok {
		return nil, refused
	}
	stmt := tree.GetStmts()[0].GetStmt().GetAlterTableStmt()
	if len(stmt.GetCmds()) != 1 || len(changes) != 1 {
		return nil, ErrUnfaithful
	}
	c, ok := changes[0].(SetNotNull)
	if !ok {
		return nil, ErrUnfaithful
	}
	return &Alter{stmt: stmt, version: tree.GetVersion(), actions: []action{{cmd: stmt.GetCmds()[0].GetAlterTableCmd()}}, notNull: &c}, nil
}
