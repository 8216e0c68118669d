package golang

import (
	"path"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/scan/found"
)

// standard are the first parts of the paths of Go's own packages; "plugin" and "C", which
// load what no source tells, are none of them.
var standard = []string{"archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug", "embed", "encoding", "errors",
	"expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "reflect", "regexp", "runtime",
	"slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "weak"}

// tableless are libraries that send no SQL but what they are given, nor does what they
// import: drivers, and what programs for the web are made of.
var tableless = []string{"github.com/jackc/pgx/v5", "github.com/jackc/pgx/v4", "github.com/jackc/pgconn", "github.com/jackc/pgtype", "github.com/jackc/pgerrcode", "github.com/lib/pq", "github.com/jmoiron/sqlx",
	"github.com/google/uuid", "github.com/shopspring/decimal", "github.com/pkg/errors", "github.com/joho/godotenv", "github.com/gorilla/mux", "github.com/gorilla/websocket",
	"github.com/go-chi/chi", "github.com/julienschmidt/httprouter", "github.com/sirupsen/logrus", "github.com/rs/zerolog", "go.uber.org/zap",
	"golang.org/x/crypto", "golang.org/x/net", "golang.org/x/sync", "golang.org/x/text", "golang.org/x/time", "golang.org/x/sys"}

var (
	moduleLine = found.Expression(`(?m)^module[ \t]+"?([^\s"]+)"?[ \t]*(?://.*)?$`)
	// another is what puts a library in another's place, or has Heroku's buildpack build
	// programs that are not in the tree.
	another = found.Expression(`\breplace\b|\+heroku[ \t]+install(?:[ \t]+\./\S*)*[ \t]+[^.\s]|\+heroku[ \t]+install.*\.\.(?:/|\s|$)`)
)

// Linked tells whether all that the tree's programs are made of is known: its own
// packages, Go's, and libraries without tables. mod is the go.mod at its top, empty if
// there is none.
func Linked(files []*File, mod string) bool {
	if another().MatchString(mod) {
		return false
	}
	module := ""
	if m := moduleLine().FindStringSubmatch(mod); m != nil {
		module = m[1]
	}
	folders := make(map[string]bool)
	for _, f := range files {
		if f.skipped && !f.test || f.err != nil {
			return false
		}
		folders[f.folder()] = folders[f.folder()] || !f.test
	}
	known := func(imported string) bool {
		if inside, ok := strings.CutPrefix(imported, module+"/"); module != "" && (ok || imported == module) {
			return folders[path.Clean(inside)] || imported == module && folders["."]
		}
		first, _, _ := strings.Cut(imported, "/")
		return slices.Contains(standard, first) || slices.ContainsFunc(tableless, func(library string) bool {
			return imported == library || strings.HasPrefix(imported, library+"/")
		})
	}
	for _, f := range files {
		if !f.test && slices.ContainsFunc(f.linked, func(imported string) bool { return !known(imported) }) {
			return false
		}
	}
	return len(files) > 0
}
