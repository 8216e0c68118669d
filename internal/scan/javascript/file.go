package javascript

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	path  string
	words []string
	// bindings are the names a file gives to what it imports, in their order.
	bindings []binding
	// modules are those it imports from which may leave its package, databases
	// those that are called like what speaks to one.
	modules   []string
	databases map[string]contract.Evidence
	texts     []sqltext.Literal
	// kept are those of queries with a name.
	kept map[string]bool
	// fragments are texts that are SQL though they may not look so.
	fragments []sqltext.Literal
	dynamic   []dynamic
	builders  []built
	chains    []chain
	upserts   []contract.Upsert
	// conflicts are the calls that insert ON CONFLICT by a library's rules, and others
	// the names that parameters and other variables have, too.
	conflicts []conflict
	others    map[string]int
	// keyed are the signs of keys that associations of Sequelize add.
	keyed associations
	// blind is why the file was not understood, partial why its words only are
	// known.
	blind, partial string
	// speaks says that the file names what leads to a database.
	speaks bool

	consts map[string]*syntax.Node // variables that are set once, where they are declared
	names  map[*syntax.Node]string // and their names
	// calls may make tables or models, classes may be models.
	calls   []*syntax.Node
	classes []*class
	// settings are words of settingWords that stand in the file.
	settings []string
	src      []byte
	pkg      *Package
	prisma   *schema
}

// dynamic is a place that takes SQL or names from a variable. only is the package
// without which the call means something else.
type dynamic struct {
	at   contract.Evidence
	only string
}

// maxLine is the length from which the average line is a machine's, in bytes.
const maxLine = 400

// speaking are signs of a database in a file that shows no other.
var speaking = found.Expression(`(?i)DATABASE_URL|postgres|\bpsql\b|\bpg\b`)

// signs are words of which one is in each match of speaking, those of ormSigns, and
// what libraries call an upsert.
var signs = sync.OnceValue(func() *found.Sought {
	return found.NewSought("", []string{"database_url", "postgres", "psql", "pg"}, []string{"sequelize", "typeorm", "drizzle", "datatypes"},
		[]string{"upsert", "onconflict", "orupdate", "updateonduplicate"})
})

// Read reads one file of JavaScript, TypeScript or Prisma, or a package.json.
func Read(at string, src []byte) *File {
	f := &File{path: at}
	extension := strings.ToLower(path.Ext(at))
	switch {
	case extension == ".json":
		f.pkg = readPackage(at, src)
		return f
	case extension == ".prisma":
		f.prisma = readSchema(at, string(src))
		f.words = found.WordsOf(string(src))
		return f
	}
	if isMigration(at, src) {
		return f
	}
	f.words = found.SnakeWordsOf(string(src))
	signed := signs().In(src)
	f.speaks = signed&1 != 0 && speaking().Match(src)
	for _, word := range settingWords {
		if slices.Contains(f.words, word) {
			f.settings = append(f.settings, word)
		}
	}
	if extension == ".vue" || extension == ".svelte" || extension == ".astro" {
		f.partial = "components are read for words only"
		return f
	}
	if len(src) > 20_000 && len(src)/(1+bytes.Count(src, []byte("\n"))) > maxLine {
		f.partial = "was made by a program, and is read for words only"
		return f
	}
	f.src = withoutTypes(src)
	root, broken, err := parse(extension, f.src)
	if err != nil {
		f.blind = err.Error()
		return f
	}
	if broken && understands(src) {
		f.blind = "not all of the file could be parsed"
	}
	f.consts, f.names, f.kept = make(map[string]*syntax.Node), make(map[*syntax.Node]string), make(map[string]bool)
	r := &reader{File: f, imports: make(map[string]imported), modules: make(map[string]bool), functions: make(map[string]bool), chained: make(map[*syntax.Node]bool), exported: make(map[*syntax.Node][]*syntax.Node),
		upserting: signed&4 != 0}
	if r.upserting {
		r.called, r.updating, f.others = make(map[*syntax.Node]bool), make(map[*syntax.Node]bool), make(map[string]int)
	}
	r.declare(root)
	r.walk(root, nil)
	f.bind(r.imports)
	for name, n := range f.consts {
		f.names[bare(n)] = name
	}
	if signed&2 == 0 || !ormSigns().Match(src) {
		f.calls, f.classes = nil, nil
		if f.conflicts == nil {
			f.consts, f.names, f.others, f.src = nil, nil, nil, nil // the tree may go
		}
	}
	return f
}

// ormSigns are what files of models name: their trees are kept until all files are
// read, 25 bytes for each of theirs.
var ormSigns = found.Expression(`(?i)sequelize|typeorm|drizzle|DataTypes`)

// steps are how a migration says what it does and how it is taken back.
var steps = found.Expression(`(?s)exports\.up\b|export\s+(?:async\s+)?(?:function|const|let)\s+up\b|\bMigrationInterface\b|\bup\s*[(:].*\bdown\s*[(:]|\bup,.*\bdown\b`)

// isMigration tells a migration by its folder and by what it holds. Migrations are
// run by a release, and by no code that runs.
func isMigration(at string, src []byte) bool {
	folder := "/" + path.Dir(at) + "/"
	return (strings.Contains(folder, "/migrations/") || strings.Contains(folder, "/migration/")) && steps().Match(src)
}

// settingWords are what changes the names of all tables or columns of an ORM, the keys
// of Sequelize's models, or how node-postgres reads types.
var settingWords = []string{"casing", "namingStrategy", "entityPrefix", "underscored", "freezeTableName", "setTypeParser", "getTypeParser", "parseInt8",
	"belongsToMany", "BelongsToMany", "removeAttribute"}

// parse reads with the grammar of the file's extension. JavaScript with types in
// it (Flow, or TypeScript's) is tried as that.
func parse(extension string, src []byte) (root *syntax.Node, broken bool, err error) {
	languages := []syntax.Language{syntax.JavaScript, syntax.TSX}
	switch extension {
	case ".ts", ".mts", ".cts":
		languages = []syntax.Language{syntax.TypeScript}
	case ".tsx":
		languages = []syntax.Language{syntax.TSX}
	}
	for i, language := range languages {
		again, bad, failed := syntax.Parse(language, src)
		if i == 0 || failed == nil && !bad {
			root, broken, err = again, bad, failed
		}
		if err == nil && !broken {
			break
		}
	}
	return root, broken, err
}

func (f *File) text(n *syntax.Node) string { return n.Text(f.src) }

func (f *File) at(n *syntax.Node) contract.Evidence {
	return found.At(f.path, n.Line, n.FirstLine(f.src))
}

// literal is the text of a string without holes, also of one that a constant of
// the file holds.
func (f *File) literal(n *syntax.Node) (string, bool) {
	n = bare(n)
	if n.Is("identifier") {
		n = f.consts[f.text(n)]
	}
	t, ok := textOf(n, f.src)
	return t, ok && !strings.Contains(t, sqltext.Hole)
}
