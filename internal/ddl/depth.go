package ddl

import "strings"

// Limits on what is given to the grammar. Its C code, and the deparser's, walk
// the tree by recursion without a stack check: "SELECT 1+1+..." with 100,000
// operators is a segmentation fault that no Go code can catch. Measured on a
// stack of 2 MB, which is what threads get where the stack limit is
// "unlimited": deparsing faults at 2,000 chained operators and between 240 and
// 480 nested queries; so an opening parenthesis weighs four operators. Stacks
// of 8 MB, the usual limit, bear four times as much.
const (
	maxDepth    = 1000
	nestingStep = 4
	// maxText bounds memory, which is about seven times the text.
	maxText = 16 << 20
)

// tooDeep tells whether a statement in the text may be deeper than maxDepth. It
// overestimates: what is counted is every operator character and every key word
// that can make a tree deeper, in each open parenthesis, since the last comma,
// AND or OR in it. Joins and set operations count from the beginning of their
// query.
func tooDeep(sql string) bool {
	// No byte adds more than an opening parenthesis.
	if len(sql) <= maxDepth/nestingStep {
		return false
	}
	m := depthMeter{levels: []depthLevel{{}}}
	l := lexer{text: sql}
	afterDot := false
	for kind := l.next(); kind != endOfText; kind = l.next() {
		// Behind a dot even AND is a column's name.
		if kind != word || !afterDot {
			m.take(stepOf(kind, l.text[l.start:l.pos]))
		}
		if m.depth > maxDepth {
			return true
		}
		afterDot = kind == symbol && l.text[l.start] == '.'
	}
	return false
}

// depthLevel counts inside one open parenthesis, bracket or CASE.
type depthLevel struct {
	operators, joins int
	// between counts the ANDs that belong to a BETWEEN.
	between int
}

type depthMeter struct {
	levels []depthLevel
	depth  int
}

func (m *depthMeter) take(s depthStep) {
	top := &m.levels[len(m.levels)-1]
	switch s {
	case stepBetween:
		top.between++
		top.operators++
		m.depth++
	case stepOperator:
		top.operators++
		m.depth++
	case stepJoin:
		top.joins++
		m.depth++
	case stepOpen:
		m.levels = append(m.levels, depthLevel{})
		m.depth += nestingStep
	case stepClose:
		if len(m.levels) > 1 {
			m.depth -= nestingStep + top.operators + top.joins
			m.levels = m.levels[:len(m.levels)-1]
		}
	case stepAnd:
		if top.between > 0 {
			top.between--
			break
		}
		m.reset(top)
	case stepReset:
		m.reset(top)
	case stepEnd:
		m.depth -= top.operators + top.joins
		*top = depthLevel{}
	}
}

func (m *depthMeter) reset(top *depthLevel) {
	m.depth -= top.operators
	top.operators, top.between = 0, 0
}

type depthStep byte

const (
	stepNone depthStep = iota
	stepOperator
	stepBetween
	stepJoin
	stepOpen
	stepClose
	stepAnd
	stepReset
	stepEnd
)

var wordSteps = map[string]depthStep{
	"case": stepOpen, "end": stepClose,
	"and": stepAnd, "or": stepReset,
	"when": stepReset, "then": stepReset, "else": stepReset,
	"union": stepJoin, "except": stepJoin, "intersect": stepJoin, "join": stepJoin,
	"between": stepBetween, "not": stepOperator, "is": stepOperator,
	"isnull": stepOperator, "notnull": stepOperator, "like": stepOperator,
	"ilike": stepOperator, "similar": stepOperator, "in": stepOperator,
	"collate": stepOperator, "at": stepOperator, "overlaps": stepOperator,
	"escape": stepOperator, "operator": stepOperator,
}

func stepOf(kind tokenKind, text string) depthStep {
	switch kind {
	case word:
		var buf [maxKeyword]byte
		return wordSteps[string(lower(&buf, text))]
	case symbol:
		switch text[0] {
		case '(', '[':
			return stepOpen
		case ')', ']':
			return stepClose
		case ',':
			return stepReset
		case ';':
			return stepEnd
		}
		if strings.IndexByte("+-*/<>=~!@#%^&|`?:", text[0]) >= 0 {
			return stepOperator
		}
	}
	return stepNone
}
