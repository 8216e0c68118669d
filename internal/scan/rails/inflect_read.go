package rails

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A problem is a line that was not understood.
type problem struct {
	line int
	why  string
}

// read adds the rules of a file such as config/initializers/inflections.rb. What
// it does not understand would make names of tables wrong, so it is a problem.
func (f *inflector) read(src []byte) []problem {
	root, _, err := syntax.Parse(syntax.Ruby, src)
	if err != nil {
		return []problem{{1, err.Error()}}
	}
	var problems []problem
	root.Walk(func(n *syntax.Node) bool {
		method := n.Child("method").Text(src)
		if n.Kind != "call" || n.Child("receiver").Child("method") != nil || !inflectionMethods[method] {
			return true
		}
		if !f.add(method, n.Child("arguments"), src) {
			problems = append(problems, problem{n.Line, fmt.Sprintf("inflection %q is not understood: tables' names may differ", n.Text(src))})
		}
		return true
	})
	return problems
}

var inflectionMethods = map[string]bool{"plural": true, "singular": true, "irregular": true, "uncountable": true, "acronym": true}

func (f *inflector) add(method string, arguments *syntax.Node, src []byte) bool {
	if arguments == nil {
		return false
	}
	switch method {
	case "plural", "singular":
		if len(arguments.Children) != 2 {
			return false
		}
		rule, ok := ruleOf(arguments.Children[0], src)
		replacement, isText := plainText(arguments.Children[1], src)
		if !ok || !isText {
			return false
		}
		replacement = backReference().ReplaceAllString(replacement, "$${$1}")
		if method == "plural" {
			f.plural(rule, replacement)
		} else {
			f.singular(rule, replacement)
		}
		return true
	}
	var words []string
	for _, argument := range arguments.Children {
		list, ok := stringsOf(argument, src, nil)
		if !ok {
			return false
		}
		words = append(words, list...)
	}
	switch method {
	case "irregular":
		if len(words) != 2 {
			return false
		}
		f.irregular(words[0], words[1])
	case "uncountable":
		f.uncountable(words...)
	case "acronym":
		for _, word := range words {
			f.acronym(word)
		}
	}
	return true
}

var backReference = found.Expression(`\\(\d)`)

// ruleOf reads a regular expression, or a text that stands for itself.
func ruleOf(n *syntax.Node, src []byte) (*regexp.Regexp, bool) {
	if text, ok := plainText(n, src); ok {
		return regexp.MustCompile(regexp.QuoteMeta(text)), true
	}
	text := n.Text(src)
	end := strings.LastIndexByte(text, '/')
	if n.Kind != "regex" || end < 1 || text[0] != '/' {
		return nil, false
	}
	flags, pattern := text[end+1:], text[1:end]
	if strings.Trim(flags, "i") != "" {
		return nil, false
	}
	if flags != "" {
		pattern = "(?i)" + pattern
	}
	pattern = strings.ReplaceAll(pattern, `\Z`, `\z`)
	rule, err := regexp.Compile(pattern)
	return rule, err == nil
}
