package scan

import (
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
)

// oneInteger are languages whose drivers give a bigint as the same kind of value as a
// smaller integer. Measured with ruby-pg, psycopg2 and pgx, into variables of a declared
// type; Postgrex and PDO have one kind of integers. What PL/pgSQL or a shell makes of one
// is the same, too. Rust's and Java's drivers tell the two apart.
var oneInteger = []string{"Ruby", "HAML", "Slim", "Liquid", "Python", "Go", "PHP", "Elixir", "SQL", "shell"}

// ofJavaScript are those of files that JavaScript's packages run.
var ofJavaScript = []string{"JavaScript", "TypeScript", "Prisma", "Vue", "Svelte", "Astro", packages}

// integers notes which gaps may hide code that is given another kind of value where an
// integer becomes a bigint: those of JavaScript, where it may speak to a database and is
// given a bigint as a text, and those of other languages. What a file of SQL reads may be
// read by such code. Go's is untyped where pgx gives it values as an int32 or an int64.
func (s *scan) integers(c *contract.Contract, texts, untyped bool) {
	one := func(language string) bool {
		switch {
		case slices.Contains(ofJavaScript, language):
			return !texts
		case language == "SQL":
			return !texts && !untyped
		case language == "Go":
			return !untyped
		case language == "shell":
			return !s.strange
		}
		return slices.Contains(oneInteger, language)
	}
	all := true // for a gap that stands nowhere
	for language := range s.languages {
		all = all && one(language)
	}
	for i, g := range c.Gaps {
		language := s.scripts[g.At.File]
		if language == "" {
			language = languages[strings.ToLower(path.Ext(g.At.File))]
		}
		if path.Base(g.At.File) == packages {
			language = packages
		}
		c.Gaps[i].OneInteger = one(language) || g.At.File == "" && all
	}
	if !texts && !untyped {
		return
	}
	for _, r := range c.Relations {
		for i, u := range r.Uses {
			if path.Ext(u.At.File) == ".sql" {
				r.Uses[i].TextBigint = true
			}
		}
	}
}
