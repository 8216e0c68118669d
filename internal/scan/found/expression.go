package found

import (
	"regexp"
	"sync"
)

// Expression is a regular expression that is compiled when it is first asked for: a
// release, and each dyno that boots, starts the same program and scans nothing. It
// panics, then, if it is none.
func Expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
