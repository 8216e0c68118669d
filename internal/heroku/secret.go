package heroku

import (
	"errors"
	"strings"
	"unicode"
)

// A secret is the token, where texts of others are made fit to print.
type secret string

const (
	masked = "[token]"
	// longest bounds, in bytes, what of a server's text comes into an error.
	longest = 400
)

// mask takes the token out of a text: a server or a proxy may echo the header.
func (s secret) mask(text string) string {
	if s == "" {
		return text
	}
	return strings.ReplaceAll(text, string(s), masked)
}

// clean makes a server's text fit for one line of an error or a log. It masks
// before it shortens, lest half a token stays.
func (s secret) clean(text string) string {
	text = strings.Join(strings.FieldsFunc(s.mask(text), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// cleanError keeps what errors.Is finds in err, and cleans what it says.
func (s secret) cleanError(err error) error {
	if err == nil {
		return nil
	}
	text := s.clean(err.Error())
	if text == err.Error() {
		return err
	}
	return &cleanedError{text: text, err: err}
}

// A cleanedError has no Unwrap: that would hand out the text it replaces.
type cleanedError struct {
	text string
	err  error
}

func (e *cleanedError) Error() string { return e.text }

func (e *cleanedError) Is(target error) bool { return errors.Is(e.err, target) }
