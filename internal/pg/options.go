package pg

import (
	"strings"

	"github.com/migguard/migguard/internal/shim"
)

const pathName = "search_path"

// PathInOptions is the search path that the options of a startup message, or
// PGOPTIONS, set: "-c search_path=…", the last one. False when they set none.
func PathInOptions(options string) (path string, found bool) {
	for _, part := range splitOptions(options) {
		if part.name == pathName {
			path, found = part.value, true
		}
	}
	return path, found
}

// WithPath are the options with a search path that wins over the others in them.
// One that migguard has set before is taken out.
func WithPath(options, path string) string {
	options = WithoutOverlay(options)
	if options != "" {
		options += " "
	}
	return options + "-c " + escapeOption(pathName+"="+path)
}

// WithoutOverlay are the options without a search path that WithPath has set:
// what the app itself asks for.
func WithoutOverlay(options string) string {
	var left []string
	removed := false
	for _, part := range splitOptions(options) {
		if part.name == pathName && LeadsToOverlay(part.value) {
			removed = true
			continue
		}
		left = append(left, part.raw...)
	}
	if !removed {
		return strings.TrimSpace(options)
	}
	for i := range left {
		left[i] = escapeOption(left[i])
	}
	return strings.Join(left, " ")
}

// LeadsToOverlay tells whether a search path begins with an overlay's schema.
func LeadsToOverlay(path string) bool { return shim.IsOverlaySchema(FirstSchema(path)) }

// FirstSchema is the first element of a search path, if that is written without
// quotes, as overlays' schemas are.
func FirstSchema(path string) string {
	first, _, _ := strings.Cut(path, ",")
	return strings.TrimSpace(first)
}

// An option is one of a command line's, with the words it is made of. name and
// value are those of a setting, "-c name=value" or "--name=value".
type option struct {
	raw         []string
	name, value string
}

// splitOptions takes options apart as a starting backend does: words end at white
// space, and a backslash takes the character behind it for what it is
// (pg_split_opts, src/backend/utils/init/postinit.c). In a setting's name "-" is
// "_" (ParseLongOption), and case does not matter.
func splitOptions(s string) []option {
	words := optionWords(s)
	var options []option
	for i := 0; i < len(words); i++ {
		o := option{raw: words[i : i+1]}
		setting, is := strings.CutPrefix(words[i], "--")
		if !is {
			if setting, is = strings.CutPrefix(words[i], "-c"); is && setting == "" && i+1 < len(words) {
				o.raw, setting = words[i:i+2], words[i+1]
				i++
			}
		}
		if name, value, ok := strings.Cut(setting, "="); is && ok {
			o.name, o.value = strings.ToLower(strings.ReplaceAll(name, "-", "_")), value
		}
		options = append(options, o)
	}
	return options
}

func optionWords(s string) (words []string) {
	var word strings.Builder
	inside, escaped := false, false
	for i := range len(s) {
		c := s[i]
		switch {
		case isOptionSpace(c) && !escaped:
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
			continue
		case c == '\\' && !escaped:
			inside, escaped = true, true
			continue
		}
		inside, escaped = true, false
		word.WriteByte(c)
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}

// escapeOption writes a word so that optionWords reads it whole.
func escapeOption(word string) string {
	var b strings.Builder
	for i := range len(word) {
		if isOptionSpace(word[i]) || word[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(word[i])
	}
	return b.String()
}

// isOptionSpace is isspace in the C locale.
func isOptionSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
