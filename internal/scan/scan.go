package scan

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/ecto"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/golang"
	"github.com/migguard/migguard/internal/scan/javascript"
	"github.com/migguard/migguard/internal/scan/laravel"
	"github.com/migguard/migguard/internal/scan/rails"
	"github.com/migguard/migguard/internal/scan/sqltext"
)

// Limits of one scan. What is beyond them becomes a gap.
const (
	// maxFile is the longest file read, in bytes. Nobody writes longer ones.
	maxFile = 4 << 20
	// maxFiles is the most files looked at.
	maxFiles = 200_000
)

// Dir scans a folder. It fails only if that is no folder; a file that cannot be
// read, and a context that ends, become gaps.
func Dir(ctx context.Context, dir string) (*contract.Contract, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("scanning: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("scanning %s: not a folder", dir)
	}
	s := &scan{root: dir, languages: make(map[string]contract.Evidence), scripts: make(map[string]string)}
	w := &walker{root: dir, visited: make(map[string]bool), blind: s.blind}
	w.folder(ctx, "")
	s.readAll(ctx, w.files)
	rails.Resolve(&s.ruby, &s.found)
	s.resolvePython()
	untyped := golang.Resolve(s.golang, &s.found)
	texts := javascript.Resolve(s.javascript, &s.found)
	laravel.Resolve(&s.php, &s.found)
	ecto.Resolve(s.elixir, &s.found)
	for _, language := range slices.Sorted(keys(s.languages)) {
		s.libraries(language)
	}
	// A folder without any code shows nothing.
	whole := s.files > 0
	drivers, unprepared := s.resolveDrivers()
	source := contract.Source{Scanner: "scan", Whole: whole, Files: s.files, Bytes: s.bytes, Paths: true, Rows: true, Unprepared: unprepared}
	c := s.found.Contract(source)
	s.integers(c, texts, untyped)
	return c.WithPaths(s.chosen).WithDrivers(drivers), nil
}

// scan is one scan at work.
type scan struct {
	root  string
	found found.Findings

	mu     sync.Mutex
	ruby   rails.Files
	python pythonFiles
	golang []*golang.File
	// javascript are files of TypeScript, Prisma and packages, too.
	javascript []*javascript.File
	php        laravel.Files
	elixir     []*ecto.File
	// languages are those seen, with the first file of each.
	languages map[string]contract.Evidence
	files     int
	bytes     int64
	chosen    []contract.PathPlace // of search paths
	drivers   []contract.Driver
	packaged  bool // there is a package.json
	strange   bool // a script is of a language that is not known
	// scripts are files whose name does not tell their language, with that.
	scripts map[string]string
}

// blind notes a gap at what was not read at all, so that no word in it is known.
func (s *scan) blind(path, why string) {
	s.choosesPath(contract.PathPlace{Why: why, At: contract.Evidence{File: path}})
	if languageOf(path) == settings {
		return
	}
	s.drives(contract.Driver{Prepares: contract.Unknown, Why: why, At: contract.Evidence{File: path}})
	s.found.Blind(contract.Gap{Reach: contract.Anything, Why: why, At: contract.Evidence{File: path}})
}

// readAll reads the files on all processors, the largest first: one of 4 MB takes a
// second, and with it at the end the others would wait.
func (s *scan) readAll(ctx context.Context, files []source) {
	slices.SortFunc(files, func(a, b source) int { return cmp.Or(cmp.Compare(b.size, a.size), strings.Compare(a.path, b.path)) })
	queue := make(chan source)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for file := range queue {
				s.read(file)
			}
		})
	}
	for _, file := range files {
		if ctx.Err() != nil {
			s.blind(file.path, "the scan was ended before this file and those that are smaller were read: "+context.Cause(ctx).Error())
			break
		}
		queue <- file
	}
	close(queue)
	workers.Wait()
}

func (s *scan) read(file source) {
	if file.size > maxFile {
		s.blind(file.path, fmt.Sprintf("file of %d MB was not read: the longest read is %d MB", file.size>>20, maxFile>>20))
		return
	}
	src, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(file.path)))
	if err != nil {
		s.blind(file.path, "file was not read: "+err.Error())
		return
	}
	if isBinary(src) {
		s.blind(file.path, "file is named like code and holds none")
		return
	}
	s.paths(file, src)
	if file.language == settings {
		return
	}
	s.prepares(file, src)
	s.found.Source(src)
	if file.language != packages {
		s.count(file, len(src))
	}
	switch file.language {
	case "Ruby":
		f := rails.Read(file.path, src)
		f.Note(&s.found)
		s.mu.Lock()
		s.ruby.Add(f)
		s.mu.Unlock()
	case "Python":
		s.readPython(file.path, src)
	case "Go":
		f := golang.Read(file.path, src)
		s.mu.Lock()
		s.golang = append(s.golang, f)
		s.mu.Unlock()
		s.found.Words(found.SnakeWordsOf(string(src))...)
	case "JavaScript", "TypeScript", "Prisma", "Vue", "Svelte", "Astro", packages:
		f := javascript.Read(file.path, src)
		f.Note(&s.found)
		s.mu.Lock()
		s.javascript = append(s.javascript, f)
		s.packaged = s.packaged || file.language == packages
		s.mu.Unlock()
	case "PHP":
		f := laravel.Read(file.path, src)
		f.Note(&s.found)
		s.mu.Lock()
		s.php.Add(f)
		s.mu.Unlock()
	case "Elixir":
		f := ecto.Read(file.path, src)
		f.Note(&s.found)
		s.mu.Lock()
		s.elixir = append(s.elixir, f)
		s.mu.Unlock()
	case "SQL":
		if !isMigration(src) {
			sqltext.File(&s.found, file.path, string(src))
		}
	default:
		s.found.Words(found.SnakeWordsOf(string(src))...)
	}
}

func (s *scan) count(file source, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files++
	s.bytes += int64(size)
	if languageOf(file.path) != file.language {
		s.scripts[file.path] = file.language
	}
	if first, ok := s.languages[file.language]; !ok || file.path < first.File {
		s.languages[file.language] = contract.Evidence{File: file.path}
	}
}

// libraries notes what is never scanned: a language's libraries, which have
// tables of their own, and languages that there is no scanner for.
func (s *scan) libraries(language string) {
	at := s.languages[language]
	switch language {
	case "SQL", "Prisma", "Vue", "Svelte", "Astro":
	case "Go":
		if s.linked() {
			return
		}
		fallthrough
	case "Ruby", "Python", "JavaScript", "TypeScript", "PHP", "Elixir":
		s.found.Gap(contract.Gap{Reach: contract.Unclaimed, Why: language + " libraries were not scanned: they may have tables of their own", At: at})
	default:
		s.found.MayUpsert() // by libraries that have other words for it
		s.found.Gap(contract.Gap{Reach: contract.Anything, Why: language + " is not understood: its files were read for words only", At: at})
	}
}

// linked tells whether what Go's programs are made of is known.
func (s *scan) linked() bool {
	if _, err := os.Lstat(filepath.Join(s.root, "go.work")); !os.IsNotExist(err) {
		return false
	}
	mod, err := s.rootFile("go.mod")
	return (err == nil || os.IsNotExist(err)) && golang.Linked(s.golang, string(mod))
}
