// Package replay has the server analyse the queries of running code before a transaction
// changes the schema, and once more when it is about to commit: those that the database
// has seen, and those that stand in the source. It executes none of them, leaves nothing
// behind, and does not say what becomes of a transaction that breaks one.
package replay

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/seen"
)

// How long queries may be asked about where nobody says.
const (
	// budget bounds the analysis before a commit: strong locks are held.
	budget = 200 * time.Millisecond
	// ahead bounds that before the transaction's first gated statement.
	ahead = 2 * time.Second
)

// A Replay is what queries of running code do. Its fields but those under mu do not
// change while it is in use, which sessions may do at the same time.
type Replay struct {
	// Budget bounds what Again asks, and Ahead what Know does.
	Budget, Ahead time.Duration

	queries []*Query // those that may refuse first, then the most called
	paths   []string // each search_path that sessions of running code have

	mu    sync.Mutex // held while it is looked at
	known bool       // how the queries fare now
}

// New is the replay of what the database has seen, and of what stands in the source of
// code that runs. path is the search_path that the application's sessions have by
// themselves.
func New(code []judge.Code, path string, sent []seen.Query) *Replay {
	var all []*Query
	for _, s := range sent {
		if q := queryOf(s); q != nil {
			all = append(all, q)
		}
	}
	all = append(all, sourceQueries(code, path)...)
	slices.SortStableFunc(all, func(a, b *Query) int {
		if a.refuses() != b.refuses() {
			if a.refuses() {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.use.Calls, a.use.Calls)
	})
	p := &Replay{Budget: budget, Ahead: ahead, queries: all, paths: pathsOf(code, path)}
	for _, q := range p.queries {
		q.before = make([]fate, len(p.paths))
	}
	return p
}

// pathsOf are the search paths by which code sees the schema. Temporary tables are
// the session's own, so they come last.
func pathsOf(code []judge.Code, path string) (paths []string) {
	for _, c := range code {
		if its := pathOf(c, path); !slices.Contains(paths, its) {
			paths = append(paths, its)
		}
	}
	return paths
}

// pathOf is by which path one build's sessions see it.
func pathOf(c judge.Code, path string) string {
	its := "pg_temp"
	if path != "" {
		its = path + ", " + its
	}
	if c.Overlay != "" {
		its = c.Overlay + ", " + its
	}
	return its
}

// ofPath says whose sessions find something by a path.
func ofPath(path string) string {
	if first := pg.FirstSchema(path); pg.LeadsToOverlay(path) {
		return " in a session that looks into " + first + " first"
	}
	return ""
}

// Any tells whether there is a query to be asked about.
func (p *Replay) Any() bool { return len(p.queries) > 0 }

// Stale says that something may have changed what queries do.
func (p *Replay) Stale() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = false
}
