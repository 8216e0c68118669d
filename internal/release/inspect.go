package release

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/relay"
)

// inspectCache bounds the remembered verdicts on texts, and cachedText the
// length of a text worth remembering, in bytes: a runner's bookkeeping repeats
// a few short ones.
const (
	inspectCache = 1024
	cachedText   = 2 << 10
)

// A plan is what Inspect found out about a statement, for Act.
type plan struct {
	ddl.Statement
	// watched: the statement can have effects its text does not show, so
	// the catalogs are compared before and after it.
	watched bool
	// steady: it stands in a text after which names mean what they meant.
	steady bool
	// rigged: code may run that its text does not show, and that changes the
	// schema; so what its transaction has changed is compared before the commit.
	rigged bool
	// unjudged is why the statement must not reach the server at all, and
	// instead what to send.
	unjudged, instead string
	said              said
}

// Inspect implements guard.Gate.
func (g *gate) Inspect(sql string, set guard.Settings) []guard.Statement {
	if set.Database != g.database {
		return nil
	}
	if g.path != nil {
		g.path.sent(sql)
	}
	if set.BackslashEscapes && strings.Contains(sql, `\`) {
		return whole(sql, plan{
			unjudged: "standard_conforming_strings is off and the text has a backslash, so that it may split into other statements than it seems to",
			instead:  "SET standard_conforming_strings = on before it."})
	}
	if asciiTrails[set.ClientEncoding] && !ascii(sql) {
		return whole(sql, foreignText(set))
	}
	g.mu.Lock()
	unfilled := g.touchesUnfilled(sql)
	g.mu.Unlock()
	if ddl.Plain(sql) && !unfilled {
		if g.rigsPlain(sql) {
			return whole(sql, plan{Statement: ddl.Statement{Text: sql, Class: ddl.Query}, rigged: true})
		}
		if !g.mayWriteMany(sql, set) {
			return nil
		}
	}
	if len(sql) > relay.MaxParsed {
		return whole(sql, plan{
			unjudged: "it is longer than the 4 MB migguard can parse, and is no plain query",
			instead:  "Send it in smaller statements, or the rows in it by COPY."})
	}
	// What is not valid UTF-8 in a session of that encoding, the server
	// refuses before it parses.
	if set.ClientEncoding != "UTF8" && !ascii(sql) {
		return whole(sql, foreignText(set))
	}
	st := g.parsed(sql, set.Prepared)
	if !set.Endings && !slices.ContainsFunc(st, isGated) {
		return nil
	}
	return st
}

func isGated(st guard.Statement) bool { return st.Gated }

// asciiTrails are the client encodings in which a byte that looks like ASCII,
// a quote even, may be the end of another character (manual, "Supported
// Character Sets"; these are the ones no database can have).
var asciiTrails = map[string]bool{
	"BIG5": true, "GB18030": true, "GBK": true, "JOHAB": true,
	"SHIFT_JIS_2004": true, "SJIS": true, "UHC": true,
}

func foreignText(set guard.Settings) plan {
	return plan{unjudged: "client_encoding is " + set.ClientEncoding + " and the text is not plain ASCII",
		instead: "SET client_encoding = 'UTF8' before it, and send it in that."}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func whole(sql string, p plan) []guard.Statement {
	return []guard.Statement{{SQL: sql, Gated: true, Data: p}}
}

// An inspected text is what is remembered of one.
type inspected struct {
	statements []guard.Statement // nil when they matter to nobody
	steady     bool              // names mean after it what they meant before
}

// parsed are the statements of a text that can be parsed, from the cache if it
// was, and nil when they matter to nobody. What is to be prepared may run again
// and again, without being looked at.
func (g *gate) parsed(sql string, prepared bool) []guard.Statement {
	g.mu.Lock()
	text, ok := g.cache[sql]
	g.mu.Unlock()
	var parsed []ddl.Statement
	if !ok {
		parsed = ddl.Parse(sql)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !ok {
		text.steady = ddl.Plain(sql) || steady(parsed)
		text.statements = g.plans(sql, parsed, text.steady)
		if len(sql) <= cachedText {
			if len(g.cache) >= inspectCache {
				clear(g.cache)
			}
			g.cache[sql] = text
		}
	}
	if !text.steady {
		clear(g.made)
		g.blurred = g.blurred || prepared
	}
	return text.statements
}

// plans is nil when no statement is gated, or ends transactions. The caller
// holds mu.
func (g *gate) plans(sql string, parsed []ddl.Statement, steady bool) []guard.Statement {
	matters := false
	said := saidIn(sql, parsed)
	out := relay.Split(sql, parsed)
	for i, st := range parsed {
		p := plan{Statement: st, watched: g.hidesEffects(st), steady: steady, rigged: g.rigs(st), said: said[i]}
		out[i].Data = p
		out[i].Gated = p.watched || p.rigged || st.Class == ddl.Schema || g.touchesUnfilled(st.Text) || g.isToWeigh(st)
		matters = matters || out[i].Gated || out[i].Block.Ends()
		g.note(st)
	}
	if !matters {
		return nil
	}
	return out
}

// hidesEffects tells what can change more than its text says.
func (g *gate) hidesEffects(st ddl.Statement) bool {
	switch {
	case st.Class == ddl.Opaque || st.Class == ddl.Unparsed:
		return true
	case st.Alone: // in no transaction, so there is no taking it back
		return false
	}
	return g.callsUnknown(st) || slices.ContainsFunc(st.Changes, reaches)
}

// callsUnknown tells what calls a function that may do anything.
func (g *gate) callsUnknown(st ddl.Statement) bool {
	return slices.ContainsFunc(st.Functions, func(f ddl.Name) bool { return !g.harmless[f.Name] })
}

// reaches tells the changes that go beyond the objects they name: CASCADE to
// columns and tables, a parent to its children, an extension to its members and
// whatever its script does.
func reaches(change ddl.Change) bool {
	switch c := change.(type) {
	case ddl.DropTable, ddl.DropColumn, ddl.RenameColumn, ddl.DropSchema,
		ddl.DropType, ddl.DropObject, ddl.DropFunction, ddl.DropSequence, ddl.DropOwned, ddl.ReassignOwned, ddl.CreateExtension, ddl.AlterExtension, ddl.MoveObject,
		ddl.RenameFunction, ddl.RenameType, ddl.RenameSchema:
		return true
	case ddl.DropView:
		return c.Cascade
	case ddl.OtherSchema:
		// The one kind of these that makes connections of its own, for
		// which it must be in no transaction.
		return !strings.HasSuffix(c.Tag, " SUBSCRIPTION")
	}
	return false
}

// note remembers that a name is that of an application's function from the
// moment it is defined, and forgets what was decided about texts that may call
// it.
func (g *gate) note(st ddl.Statement) {
	for _, change := range st.Changes {
		var name string
		switch c := change.(type) {
		case ddl.LockTable:
			g.byHand[c.Relation.Name] = true
		case ddl.CreateFunction:
			name = c.Function.Name
		case ddl.RenameFunction:
			name = c.To
		}
		if g.harmless[name] {
			delete(g.harmless, name)
			clear(g.cache)
		}
	}
}
