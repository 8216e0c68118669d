package release

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// runnerPath is what was seen of where the command's sessions look for names. Its
// library, and its settings, are the app's: what they hear of PGOPTIONS, the app's
// processes hear.
type runnerPath struct {
	schema string // that of this build's overlay; "" without a build id

	mu       sync.Mutex
	sessions int
	problem  string // the first
}

// opened notes a session by its startup message.
func (p *runnerPath) opened(startup map[string]string) {
	path, found := pg.PathInOptions(startup["options"])
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions++
	for name, value := range startup {
		if strings.EqualFold(name, "search_path") {
			p.fail("a session asked for search_path %s by itself", value)
		}
	}
	switch {
	case !found:
		p.fail("a session did not bring the options of PGOPTIONS")
	case pg.FirstSchema(path) != p.schema:
		p.fail("a session asked for search_path %s, which does not begin with %s", path, p.schema)
	}
}

// sent notes a text that may choose another path.
func (p *runnerPath) sent(sql string) {
	if !choosesPath(sql) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail("a session sent what sets search_path, or may: %s", firstLine(sql))
}

func (p *runnerPath) fail(format string, args ...any) {
	if p.problem == "" {
		p.problem = clip(fmt.Sprintf(format, args...))
	}
}

// shownText is how much of a text is shown of one that chooses a path, in bytes.
const shownText = 120

func firstLine(sql string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(sql), "\n")
	if len(line) > shownText {
		line = strings.ToValidUTF8(line[:shownText], "") + " …"
	}
	return line
}

// Reading a search path chooses none, and neither does setting something else.
var (
	readsPath = regexp.MustCompile(`(?i)^\s*show\s+search_path[\s;]*$|\bcurrent_setting\s*\(\s*'search_path'`)
	setConfig = regexp.MustCompile(`(?i)\bset_config\s*\(\s*`)
	literal   = regexp.MustCompile(`^'[a-z_.]+'\s*,`)
)

// choosesPath tells the texts that may: what mentions search_path other than to
// read it, and set_config of what is not named there. It takes a function's body,
// a comment and a string for what they are not, which costs an overlay at most.
func choosesPath(sql string) bool {
	if containsFold(sql, "search_path") && containsFold(readsPath.ReplaceAllString(sql, ""), "search_path") {
		return true
	}
	if !containsFold(sql, "set_config") {
		return false
	}
	for _, at := range setConfig.FindAllStringIndex(sql, -1) {
		if !literal.MatchString(sql[at[1]:]) {
			return true
		}
	}
	return false
}

// containsFold tells whether text has word, which has a "_", in any case. It looks
// at the places of "_" only: a text may be long.
func containsFold(text, word string) bool {
	before := strings.IndexByte(word, '_')
	for at := 0; ; at++ {
		n := strings.IndexByte(text[at:], '_')
		if n < 0 {
			return false
		}
		at += n
		begin := at - before
		if begin >= 0 && begin+len(word) <= len(text) && strings.EqualFold(text[begin:begin+len(word)], word) {
			return true
		}
	}
}

// watchPath begins to look at the command's sessions. Migrations that migguard
// runs itself show nothing of the app's library.
func (r *Run) watchPath() *runnerPath {
	if r.Command.Embedded != nil || r.Build == "" {
		return nil
	}
	if r.path == nil {
		r.path = &runnerPath{schema: shim.OverlaySchema(r.Build)}
	}
	return r.path
}

// recordPath keeps what was seen. Without it the build counts as not steered, so
// the run does not fail for it.
func (r *Run) recordPath(ctx context.Context, id int64) {
	if r.path == nil {
		return
	}
	r.path.mu.Lock()
	defer r.path.mu.Unlock()
	if r.path.sessions == 0 {
		return
	}
	err := r.Ledger.RecordRunnerPath(context.WithoutCancel(ctx), id, ledger.RunnerPath{
		Build: r.Build, Schema: r.path.schema, Sessions: r.path.sessions, Problem: r.path.problem})
	if err != nil {
		r.Out.Line("%v; no overlay is made for this build", err)
	}
}
