// Package profile holds the parts of the buildpack's profile script, for who plays
// dynos on machines without the buildpack.
package profile

import (
	_ "embed"
	"strings"
)

//go:embed path.sh
var path string

//go:embed boot.sh
var boot string

//go:embed announce.sh
var announce string

//go:embed settle.sh
var settle string

// Path is the part that puts migguard into the PATH.
func Path() string { return path }

// Script is what bin/compile writes to .profile.d/migguard.sh. All but its first
// part are programs for the other generation; as scripts they need no first line.
func Script() string {
	whole := path
	for _, part := range []string{boot, announce, settle} {
		_, rest, _ := strings.Cut(part, "\n")
		whole += rest
	}
	return whole
}
