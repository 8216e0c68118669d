package ddl

import (
	"slices"
	"strings"
)

// A Veto is what a trigger's function does to the write that fires it.
type Veto byte

const (
	// NoVeto: it has nothing by which PL/pgSQL keeps a row out.
	NoVeto Veto = iota
	// MayVeto: it does so under some condition.
	MayVeto
	// AlwaysVetoes: whatever the row, it comes to that.
	AlwaysVetoes
)

// quietLevels are those of RAISE that end nothing.
var quietLevels = map[string]bool{"debug": true, "log": true, "info": true, "notice": true, "warning": true}

// branches are words of PL/pgSQL after which a statement may not be come to, or its error
// may be caught.
var branches = map[string]bool{"if": true, "case": true, "for": true, "foreach": true, "while": true, "loop": true,
	"exit": true, "continue": true, "return": true, "exception": true, "assert": true}

// VetoOf looks at the source of a function in PL/pgSQL for RAISE of an exception and for ASSERT, and
// for RETURN of one of the words in skips, by which a trigger BEFORE or INSTEAD OF a row leaves
// the row out. RAISE without more is no veto: the error it raises again there was already.
// What it calls, or runs by EXECUTE, is not looked at.
func VetoOf(source string, skips ...string) Veto {
	l := lexer{text: source}
	begun, straight, found := false, true, NoVeto
	for kind := l.next(); kind != endOfText; kind = l.next() {
		is := ""
		if kind == word {
			is = strings.ToLower(source[l.start:l.pos])
		}
		switch {
		case !begun:
			begun = is == "begin"
		case is == "raise" && l.raises(), is == "return" && slices.ContainsFunc(skips, l.isNext):
			found = max(found, MayVeto)
			if straight {
				found = AlwaysVetoes
			}
			l.next() // the EXCEPTION of RAISE catches nothing
			straight = false
		case is == "exception": // which may catch all that was raised
			return min(found, MayVeto)
		default:
			if is == "assert" {
				found = max(found, MayVeto)
			}
			straight = straight && !branches[is]
		}
	}
	return found
}

// raises tells whether what follows RAISE makes it an exception.
func (l *lexer) raises() bool {
	ahead := *l
	switch kind := ahead.next(); kind {
	case word:
		return !quietLevels[strings.ToLower(ahead.text[ahead.start:ahead.pos])]
	case stringConst:
		return true
	}
	return false
}

// isNext tells whether a word follows.
func (l *lexer) isNext(is string) bool {
	ahead := *l
	return ahead.next() == word && strings.EqualFold(ahead.text[ahead.start:ahead.pos], is)
}
