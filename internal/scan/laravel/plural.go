package laravel

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// snake is Laravel's Str::snake: an underscore before each capital but the first.
func snake(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// tableOf is the table that a model's name stands for, by Str::pluralStudly: only
// the last of its words becomes a plural.
func tableOf(class string) string {
	last := strings.LastIndexFunc(class, func(c rune) bool { return c >= 'A' && c <= 'Z' })
	last = max(last, 0)
	return snake(class[:last] + plural(class[last:]))
}

// pivotOf is the table of a class of pivots.
func pivotOf(class string) string { return snake(inflect(class, singulars())) }

// plural is Laravel's Str::plural.
func plural(word string) string {
	if slices.Contains(uncountable, strings.ToLower(word)) {
		return word
	}
	return inflect(word, plurals())
}

// rules are one direction of Doctrine's inflector.
type rules struct {
	// stays are words that have no other form.
	stays *regexp.Regexp
	// irregular are asked next, then the first pattern that matches.
	irregular map[string]string
	patterns  []*regexp.Regexp
	with      []string
}

var (
	plurals   = sync.OnceValue(func() rules { return newRules(stays+pluralStays, pluralRules, 0) })
	singulars = sync.OnceValue(func() rules { return newRules(stays+singularStays, singularRules, 1) })
)

// newRules compiles rules; from is the side of irregulars that they begin with.
func newRules(stays string, patterns [][2]string, from int) rules {
	r := rules{stays: regexp.MustCompile(`(?i)^(?:` + strings.Join(strings.Fields(stays), "|") + `)$`), irregular: make(map[string]string)}
	for _, pair := range irregulars {
		r.irregular[pair[from]] = pair[1-from]
	}
	for _, rule := range patterns {
		r.patterns = append(r.patterns, regexp.MustCompile("(?i)"+rule[0]))
		r.with = append(r.with, rule[1])
	}
	return r
}

// inflect gives a word's other form, in the case that the word has: Doctrine's
// RulesetInflector and Laravel's Pluralizer::matchCase.
func inflect(word string, by rules) string {
	if word == "" || by.stays.MatchString(word) {
		return word
	}
	other := word
	if irregular, ok := by.irregular[strings.ToLower(word)]; ok {
		other = irregular
	} else {
		for i, pattern := range by.patterns {
			if pattern.MatchString(word) {
				other = pattern.ReplaceAllString(word, by.with[i])
				break
			}
		}
	}
	switch {
	case strings.ToLower(word) == word:
		return strings.ToLower(other)
	case strings.ToUpper(word) == word:
		return strings.ToUpper(other)
	}
	return strings.ToUpper(other[:1]) + other[1:]
}
