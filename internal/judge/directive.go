package judge

import (
	"errors"
	"fmt"
	"strings"

	"github.com/migguard/migguard/internal/hazard"
)

// ByComment is where a Directive is written.
const ByComment = "comment"

// Mark begins a comment that is a Directive, or is meant to be one.
const Mark = "migguard:"

const directiveForm = "write migguard:allow HAZARD reason: WHY, or HAZARD:TABLE, HAZARD:TABLE.COLUMN"

// A Directive is an exception in a comment, for the one statement that it belongs
// to.
type Directive struct{ exception *exception }

// Exception is what it says. Without an object it is for all that the statement
// concerns.
func (d Directive) Exception() Exception { return d.exception.Exception }

// ParseDirective reads a comment, delimiters included. False for one that does not
// begin with Mark: what a library appends (sqlcommenter, marginalia) may hold
// anything. The error says what is wrong with one that does.
func ParseDirective(comment string) (d Directive, ok bool, err error) {
	text, line := strings.CutPrefix(comment, "--")
	if !line {
		text = strings.TrimSuffix(strings.TrimPrefix(comment, "/*"), "*/")
	}
	text = strings.TrimSpace(text)
	if len(text) < len(Mark) || !strings.EqualFold(text[:len(Mark)], Mark) {
		return d, false, nil
	}
	text = text[len(Mark):]
	words := strings.Fields(text)
	if len(words) == 0 || !strings.HasPrefix(text, words[0]) && words[0] != "allow" { // a note to people
		return d, false, nil
	}
	e, err := directive(strings.Join(words, " "))
	return Directive{e}, true, err
}

func directive(text string) (*exception, error) {
	word, rest, _ := strings.Cut(text, " ")
	if word != "allow" {
		if hazard.Nearest(word, []string{"allow"}) != "" {
			return nil, fmt.Errorf("%s%s is no directive; did you mean %[1]sallow?", Mark, word)
		}
		return nil, fmt.Errorf("%s%s is no directive; there is %[1]sallow", Mark, word)
	}
	what, reason, ok := strings.Cut(" "+rest, " reason:")
	what, reason = strings.TrimSpace(what), strings.TrimSpace(reason)
	switch {
	case what == "":
		return nil, errors.New("it names no hazard; " + directiveForm)
	case !ok || reason == "":
		return nil, errors.New("it gives no reason; " + directiveForm)
	case strings.Contains(strings.ToLower(reason), Mark):
		return nil, errors.New("there is another in its reason; write one in a comment")
	}
	id, object, named := strings.Cut(what, ":")
	e := Exception{Hazard: id, Object: object, By: ByComment, Reason: reason}
	if named {
		return parseException(e)
	}
	h, err := hazard.Named(id)
	if err != nil {
		return nil, err
	}
	e.Hazard = h.ID
	return &exception{Exception: e, any: true}, nil
}
