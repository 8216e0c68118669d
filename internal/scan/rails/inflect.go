package rails

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// inflector makes tables' names of classes' names by ActiveSupport's rules. Each
// application has its own, as it may add rules.
type inflector struct {
	plurals, singulars []inflection // the last one that was added is tried first
	uncountables       []uncountable
	acronyms           []string
}

type inflection struct {
	rule        *regexp.Regexp
	replacement string
}

type uncountable struct {
	word string
	rule *regexp.Regexp
}

// newInflector has ActiveSupport's own rules, and nothing else.
func newInflector() *inflector {
	f := &inflector{}
	for _, r := range pluralRules {
		f.plural(regexp.MustCompile(r[0]), r[1])
	}
	for _, r := range singularRules {
		f.singular(regexp.MustCompile(r[0]), r[1])
	}
	for _, r := range irregulars {
		f.irregular(r[0], r[1])
	}
	f.uncountable(uncountables...)
	return f
}

func (f *inflector) plural(rule *regexp.Regexp, replacement string) {
	f.plurals = append(f.plurals, inflection{rule, replacement})
}

func (f *inflector) singular(rule *regexp.Regexp, replacement string) {
	f.singulars = append(f.singulars, inflection{rule, replacement})
}

func (f *inflector) irregular(singular, plural string) {
	if singular == "" || plural == "" {
		return
	}
	f.uncountables = slices.DeleteFunc(f.uncountables, func(u uncountable) bool { return u.word == singular || u.word == plural })
	s, p := singular[:1], plural[:1]
	srest, prest := singular[1:], plural[1:]
	add := func(to *[]inflection, first, rest, replacement string) {
		*to = append(*to, inflection{regexp.MustCompile(first + "(?i:" + regexp.QuoteMeta(rest) + ")$"), replacement})
	}
	if strings.EqualFold(s, p) {
		either := func(c string) string { return "((?i:" + regexp.QuoteMeta(c) + "))" }
		add(&f.plurals, either(s), srest, "${1}"+prest)
		add(&f.plurals, either(p), prest, "${1}"+prest)
		add(&f.singulars, either(s), srest, "${1}"+srest)
		add(&f.singulars, either(p), prest, "${1}"+srest)
		return
	}
	for _, as := range []func(string) string{strings.ToUpper, strings.ToLower} {
		add(&f.plurals, regexp.QuoteMeta(as(s)), srest, as(p)+prest)
		add(&f.plurals, regexp.QuoteMeta(as(p)), prest, as(p)+prest)
		add(&f.singulars, regexp.QuoteMeta(as(s)), srest, as(s)+srest)
		add(&f.singulars, regexp.QuoteMeta(as(p)), prest, as(s)+srest)
	}
}

func (f *inflector) uncountable(words ...string) {
	for _, word := range words {
		f.uncountables = append(f.uncountables, uncountable{word, regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(word) + `\z`)})
	}
}

func (f *inflector) acronym(word string) { f.acronyms = append(f.acronyms, word) }

func (f *inflector) pluralize(word string) string   { return f.apply(f.plurals, word) }
func (f *inflector) singularize(word string) string { return f.apply(f.singulars, word) }

func (f *inflector) apply(rules []inflection, word string) string {
	if word == "" || slices.ContainsFunc(f.uncountables, func(u uncountable) bool { return u.rule.MatchString(word) }) {
		return word
	}
	for _, r := range slices.Backward(rules) {
		if m := r.rule.FindStringSubmatchIndex(word); m != nil {
			replaced := r.rule.ExpandString(nil, r.replacement, word, m)
			return word[:m[0]] + string(replaced) + word[m[1]:]
		}
	}
	return word
}

// underscore makes "admin/user_account" of "Admin::UserAccount".
func (f *inflector) underscore(name string) string {
	s := strings.ReplaceAll(name, "::", "/")
	s = f.lowerAcronyms(s)
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		b.WriteByte(c)
		if i+1 >= len(s) || !isUpper(s[i+1]) {
			continue
		}
		if isUpper(c) && i+2 < len(s) && isLower(s[i+2]) || isLower(c) || isDigit(c) {
			b.WriteByte('_')
		}
	}
	return strings.ToLower(strings.ReplaceAll(b.String(), "-", "_"))
}

// lowerAcronyms is the replacement of
// (?:(?<=([A-Za-z\d]))|\b)(ACRONYMS)(?=\b|[^a-z]), which Go's regular
// expressions cannot say.
func (f *inflector) lowerAcronyms(s string) string {
	if len(f.acronyms) == 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		acronym := ""
		// A word begins here, or a letter or digit stands before: only
		// between two underscores or other marks there is neither.
		if i == 0 || isAlnum(s[i-1]) || isWord(s[i-1]) != isWord(s[i]) {
			for _, a := range f.acronyms {
				end := i + len(a)
				if strings.HasPrefix(s[i:], a) && (end == len(s) || !isLower(s[end])) {
					acronym = a
					break
				}
			}
		}
		if acronym == "" {
			b.WriteByte(s[i])
			i++
			continue
		}
		if i > 0 && isAlnum(s[i-1]) {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(acronym))
		i += len(acronym)
	}
	return b.String()
}

// camelize makes a class's name of an association's, as "Admin::UserAccount".
func (f *inflector) camelize(term string) string {
	parts := strings.FieldsFunc(term, func(r rune) bool { return r == '_' })
	for i, part := range parts {
		for _, a := range f.acronyms {
			if strings.EqualFold(a, part) {
				parts[i] = a
				part = ""
			}
		}
		if part != "" {
			parts[i] = string(unicode.ToUpper(rune(part[0]))) + part[1:]
		}
	}
	return strings.Join(parts, "")
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlnum(c byte) bool { return isUpper(c) || isLower(c) || isDigit(c) }
func isWord(c byte) bool  { return isAlnum(c) || c == '_' }
