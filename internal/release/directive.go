package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/judge"
)

// codeDirective is the SQLSTATE of a statement with a directive that says nothing
// migguard could do.
const codeDirective = "MG056"

// said are the directives that belong to one statement; wrong is why one of them
// is none.
type said struct {
	directives []judge.Directive
	wrong      error
}

// saidIn are those of a text, by the statement's place. A statement that is not
// gated has no use for them.
func saidIn(sql string, parsed []ddl.Statement) map[int]said {
	// A cheap look first: hardly any text has one.
	if !strings.Contains(strings.ToLower(sql), judge.Mark) {
		return nil
	}
	all := map[int]said{}
	for _, remark := range ddl.Remarks(sql, parsed) {
		d, ok, err := judge.ParseDirective(remark.Text)
		if !ok {
			continue
		}
		s := all[remark.Statement]
		switch {
		case remark.Behind:
			err = errors.New("it stands behind the semicolon; write it in front of its statement")
		case err == nil:
			s.directives = append(s.directives, d)
		}
		if err != nil && s.wrong == nil {
			s.wrong = fmt.Errorf("%s: %w", strings.Join(strings.Fields(remark.Text), " "), err)
		}
		all[remark.Statement] = s
	}
	return all
}

// misdirected refuses a statement with a directive that is none: what it was to
// allow, or that it was to allow anything, is not known.
func (a *act) misdirected() error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeDirective, Message: "a comment of this statement is meant for migguard and is wrong: " + a.plan.said.wrong.Error(),
		Detail: "Nothing of the statement was executed.", Hint: "Mend the comment, or take it out. \"migguard hazards\" lists the hazards there are."}
}

// unsaid notes the directives that nothing needed.
func (a *act) unsaid() {
	if a.idle {
		return
	}
	for _, d := range a.plan.said.directives {
		e := d.Exception()
		if !slices.ContainsFunc(a.allowed, func(f judge.Allowance) bool { return f.By == e }) {
			a.notes = append(a.notes, fmt.Sprintf("%sallow %s in a comment of this statement matched nothing and can go (%s)", judge.Mark, e, e.Reason))
		}
	}
}
