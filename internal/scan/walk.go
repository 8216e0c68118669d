package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// source is a file that is to be read. path is relative to the folder that is
// scanned, with slashes.
type source struct {
	path     string
	language string
	size     int64
}

// languages are the files that count as code, by the end of their names.
var languages = map[string]string{
	".rb": "Ruby", ".rake": "Ruby", ".ru": "Ruby", ".erb": "Ruby", ".jbuilder": "Ruby", ".builder": "Ruby", ".rabl": "Ruby", ".rsb": "Ruby",
	".py": "Python", ".sql": "SQL",
	".haml": "HAML", ".slim": "Slim", ".liquid": "Liquid",
	".js": "JavaScript", ".cjs": "JavaScript", ".mjs": "JavaScript", ".jsx": "JavaScript",
	".ts": "TypeScript", ".cts": "TypeScript", ".mts": "TypeScript", ".tsx": "TypeScript", ".prisma": "Prisma", ".vue": "Vue", ".svelte": "Svelte", ".astro": "Astro",
	".go": "Go", ".php": "PHP", ".ex": "Elixir", ".exs": "Elixir", ".eex": "Elixir", ".heex": "Elixir", ".leex": "Elixir",
	".java": "Java", ".kt": "Kotlin", ".scala": "Scala", ".clj": "Clojure", ".groovy": "Groovy",
	".cs": "C#", ".rs": "Rust", ".pl": "Perl", ".pm": "Perl", ".sh": "shell", ".bash": "shell",
}

// packages is no language: it tells what JavaScript's code can load.
const packages = "package.json"

// walker lists the files of a tree. Symbolic links are followed, each folder
// once, so that a link to a folder around it ends.
type walker struct {
	root    string
	visited map[string]bool
	files   []source
	full    bool
	blind   func(path, why string)
}

func (w *walker) folder(ctx context.Context, at string) {
	if w.full {
		return
	}
	if ctx.Err() != nil {
		w.full = true
		w.blind(at, "the scan was ended before this folder was read: "+context.Cause(ctx).Error())
		return
	}
	dir := filepath.Join(w.root, filepath.FromSlash(at))
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		w.blind(at, "folder was not read: "+err.Error())
		return
	}
	if w.visited[real] {
		return
	}
	w.visited[real] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		w.blind(at, "folder was not read: "+err.Error())
		return
	}
	names := make(map[string]bool, len(entries))
	for _, entry := range entries {
		names[entry.Name()] = true
	}
	if at != "" && !holdsCode(at, names) {
		return
	}
	for _, entry := range entries {
		w.entry(ctx, path.Join(at, entry.Name()), names)
	}
}

func (w *walker) entry(ctx context.Context, at string, beside map[string]bool) {
	language := languageOf(at)
	real := filepath.Join(w.root, filepath.FromSlash(at))
	info, err := os.Stat(real) // follows links
	if err == nil && language == "" && path.Ext(at) == "" && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
		language = interpreter(real)
	}
	switch {
	case err != nil:
		// A link to nowhere is no code that could run; one that cannot be
		// looked at may be.
		if language != "" || !errors.Is(err, fs.ErrNotExist) {
			w.blind(at, "file was not read: "+err.Error())
		}
	case info.IsDir():
		if !skipped(at, beside) {
			w.folder(ctx, at)
		}
	case language == "" || !info.Mode().IsRegular() || isDump(at) || !ofModel(at) || path.Base(at) == "env.py" && isAlembic(beside):
	case len(w.files) >= maxFiles:
		if !w.full {
			w.full = true
			w.blind(at, fmt.Sprintf("more than %d files: this one and those behind it were not read", maxFiles))
		}
	default:
		w.files = append(w.files, source{at, language, info.Size()})
	}
}

// interpreter tells the language of a script by its first line, "" for programs
// of other kinds.
func interpreter(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return "script" // read for words, and then a gap
	}
	defer f.Close()
	line := make([]byte, 128)
	n, _ := io.ReadFull(f, line)
	first, _, _ := strings.Cut(string(line[:n]), "\n")
	if !strings.HasPrefix(first, "#!") {
		return ""
	}
	for _, known := range []struct{ word, language string }{{"ruby", "Ruby"}, {"rails", "Ruby"}, {"python", "Python"}, {"node", "JavaScript"}} {
		if strings.Contains(first, known.word) {
			return known.language
		}
	}
	return "shell"
}

func languageOf(at string) string {
	switch path.Base(at) {
	case "Rakefile":
		return "Ruby"
	case "package.json":
		return packages
	}
	if language := languages[strings.ToLower(path.Ext(at))]; language != "" || !isSettings(at) {
		return language
	}
	return settings
}

// isBinary tells a file that is no text by a NUL in its beginning, as git does.
func isBinary(src []byte) bool {
	return bytes.IndexByte(src[:min(len(src), 8000)], 0) >= 0
}

func keys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }
