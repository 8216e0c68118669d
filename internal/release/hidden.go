package release

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// hiddenCode tells which plain statements may run code of the application's that
// changes the schema: those that write rows, by a trigger, a default or a
// constraint; every query, by a view, an operator or a policy; schema statements,
// by an event trigger. Where there is any, what a transaction has changed is
// compared before its commit, whatever its statements say.
// It costs such a statement 0.7 ms where it is alone in its transaction, 0.06 ms in
// another, and the others nothing (measured on a local server).
type hiddenCode struct{ writes, queries, schema bool }

func (h hiddenCode) any() bool { return h.writes || h.queries || h.schema }

// A function is one that the application has written.
type function struct {
	name, source string
	// readable: it is SQL or PL/pgSQL.
	readable bool
	// by tells what calls it.
	by hiddenCode
}

// changesSchema are the words without which SQL and PL/pgSQL drop and rename
// nothing. EXECUTE runs a text of any words.
var changesSchema = map[string]bool{"alter": true, "drop": true, "execute": true}

var sourceWord = regexp.MustCompile(`[a-z_][a-z0-9_]*`)

// hiddenIn tells what statements may run one of the functions that change the
// schema, or that may call one which does: its name is in their source.
func hiddenIn(functions []function) hiddenCode {
	suspects := map[string]bool{}
	for i, f := range functions {
		f.name, f.source = strings.ToLower(f.name), strings.ToLower(f.source)
		functions[i] = f
		if !f.readable || slices.ContainsFunc(sourceWord.FindAllString(f.source, -1), func(w string) bool { return changesSchema[w] }) {
			suspects[f.name] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, f := range functions {
			if suspects[f.name] {
				continue
			}
			for name := range suspects {
				if strings.Contains(f.source, name) {
					suspects[f.name], grown = true, true
					break
				}
			}
		}
	}
	var found hiddenCode
	for _, f := range functions {
		if suspects[f.name] {
			found.writes = found.writes || f.by.writes
			found.schema = found.schema || f.by.schema
			// One with the name of a function that every query may call may be
			// called by one.
			found.queries = found.queries || f.by.queries || ddl.Plain("SELECT "+f.name+"()")
		}
	}
	return found
}

// hidden asks a session that is in no transaction.
func (r *Run) hidden(ctx context.Context) (hiddenCode, error) {
	rows, err := r.Catalog.Query(ctx, pg.HiddenCode)
	if err != nil {
		return hiddenCode{}, err
	}
	functions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f function, err error) {
		return f, row.Scan(&f.name, &f.source, &f.readable, &f.by.writes, &f.by.schema, &f.by.queries)
	})
	return hiddenIn(functions), err
}

// lookForHidden finds out whether the statement has made code that others may run
// unseen.
func (a *act) lookForHidden(ctx context.Context) error {
	if !a.makesCode() {
		return nil
	}
	var functions []function
	read := func(text func(i int) string) {
		functions = append(functions, function{text(0), text(1), text(2) == "t", hiddenCode{writes: text(3) == "t", schema: text(4) == "t", queries: text(5) == "t"}})
	}
	if a.conn.TxStatus() == 'T' {
		rows, err := a.conn.Query(ctx, pg.HiddenCode)
		if err != nil {
			return err
		}
		for _, row := range rows {
			read(func(i int) string { return *row[i] })
		}
	} else {
		rows, err := a.outside.query(ctx, pg.HiddenCode)
		if err != nil {
			return a.unseen(err)
		}
		for _, row := range rows {
			read(func(i int) string { return string(row[i]) })
		}
	}
	found := hiddenIn(functions)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hidden != a.hidden.or(found) {
		a.hidden = a.hidden.or(found)
		clear(a.cache)
	}
	return nil
}

func (h hiddenCode) or(o hiddenCode) hiddenCode {
	return hiddenCode{h.writes || o.writes, h.queries || o.queries, h.schema || o.schema}
}

// makesCode tells the statements after which there may be such code.
func (a *act) makesCode() bool {
	return a.plan.watched && a.runsCode() || slices.ContainsFunc(a.plan.Changes, definesCode)
}

// hides tells whether code may have run in a transaction that no text shows.
func (g *gate) hides() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hidden.any()
}

// rigs tells the plain statements that may run such code. The caller holds mu.
func (g *gate) rigs(st ddl.Statement) bool {
	switch st.Class {
	case ddl.Query:
		return g.hidden.queries || g.hidden.writes && (st.Tag != "SELECT" || strings.HasPrefix(strings.ToLower(st.Text), "with"))
	case ddl.Copy:
		return g.hidden.queries || g.hidden.writes
	}
	return false
}

// rigsPlain is rigs of a text that was not parsed: what does not begin as reading
// may write.
func (g *gate) rigsPlain(sql string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.hidden.writes || g.hidden.queries {
		return g.hidden.queries
	}
	sql = strings.TrimLeft(sql, " \t\r\n(")
	switch first, _, _ := strings.Cut(sql[:min(len(sql), 8)], " "); strings.ToLower(first) {
	case "select", "show", "table", "values":
		return false
	}
	return true
}
