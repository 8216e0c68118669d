package ddl

import "strings"

// A Veto is what a trigger's function does to the write that fires it.
type Veto byte

const (
	// NoVeto: it has nothing by which PL/pgSQL keeps a row out.
	NoVeto Veto = iota
	// MayVeto: it does so under some condition.
	MayVeto
	// AlwaysVetoes: that is the first thing it does.
	AlwaysVetoes
)

// quietLevels are those of RAISE that end nothing.
var quietLevels = map[string]bool{"debug": true, "log": true, "info": true, "notice": true, "warning": true}

// VetoOf looks at the source of a function in PL/pgSQL for RAISE of an exception, and
// where skips is set for RETURN NULL, by which a trigger BEFORE or INSTEAD OF a row leaves
// the row out. RAISE without more is no veto: the error it raises again there was already.
// What it calls, or runs by EXECUTE, is not looked at.
func VetoOf(source string, skips bool) Veto {
	l := lexer{text: source}
	begun, first, found := false, false, NoVeto
	for kind := l.next(); kind != endOfText; kind = l.next() {
		is := ""
		if kind == word {
			is = strings.ToLower(source[l.start:l.pos])
		}
		if !begun {
			begun = is == "begin"
			first = begun
			continue
		}
		if is == "raise" && l.raises() || is == "return" && skips && l.isNext("null") {
			if first {
				return AlwaysVetoes
			}
			found = MayVeto
		}
		first = false
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
