package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// faults lists what a Go file imports or calls and may not. path is relative
// to the module, with slashes.
func faults(path string, src []byte) []string {
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	isTest := strings.HasSuffix(path, "_test.go")
	from := roomOf(path)
	var found []string
	add := func(format string, args ...any) {
		found = append(found, path+": "+fmt.Sprintf(format, args...))
	}
	// A file right under internal/ stands in no room; the walls' own do.
	if inRoom := strings.Count(path, "/") > 1; inRoom && from == "" && strings.HasPrefix(path, "internal/") {
		add("its folder is no room of the house; rooms in walls_test.go lists them")
		return found
	}
	isPure := from != "" && rooms[rank(from)].kind == pure && !isTest
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		if to := roomOf(strings.TrimPrefix(imported, module)); to != "" {
			if why := barred(from, to, isTest); why != "" {
				add("imports %s: %s", to, why)
			}
		} else if isPure && isOutside(imported) {
			add("imports %s: %s is pure", imported, from)
		}
	}
	if isPure {
		for _, name := range clockCalls(file) {
			add("uses time.%s: %s is pure", name, from)
		}
	}
	return found
}

// barred says why one room may not use another; "" when it may. from is empty
// for a file of cmd/.
func barred(from, to string, isTest bool) string {
	if from == to {
		return ""
	}
	if to == "testkit" {
		if isTest || from == "cli" {
			return ""
		}
		return "testkit is for tests and cli"
	}
	if from == "" {
		if to == "cli" {
			return ""
		}
		return "a command uses internal/cli only"
	}
	user, used := rooms[rank(from)], rooms[rank(to)]
	switch {
	case user.alone:
		return from + " stands alone"
	case user.kind == adapter && used.kind == adapter:
		return "adapters do not use one another"
	case user.kind == adapter && used.kind == pure:
		return ""
	case user.kind == pure && used.kind != pure:
		return from + " uses pure rooms only"
	case rank(from) > rank(to):
		return from + " uses only rooms below it"
	}
	return ""
}

// roomOf names the room of a path like internal/pg/replay.go, "" for others.
func roomOf(path string) string {
	inside, ok := strings.CutPrefix(path, "internal/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(inside, "/")
	if rank(name) < 0 {
		return ""
	}
	return name
}

func rank(name string) int {
	for i, room := range rooms {
		if room.name == name {
			return i
		}
	}
	return -1
}

func isOutside(imported string) bool {
	return slices.ContainsFunc(outside, func(p string) bool {
		return imported == p || strings.HasPrefix(imported, p+"/")
	})
}

// clockCalls lists the forbidden functions of package time that a file names.
func clockCalls(file *ast.File) []string {
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := selector.X.(*ast.Ident)
		if ok && pkg.Name == "time" && slices.Contains(clock, selector.Sel.Name) {
			found = append(found, selector.Sel.Name)
		}
		return true
	})
	return found
}
