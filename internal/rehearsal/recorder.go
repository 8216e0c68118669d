package rehearsal

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/relay"
)

// A recorder is a Gate that lets everything pass but what reaches beyond the clone.
type recorder struct {
	mu    sync.Mutex
	texts []string
}

// Inspect implements guard.Gate. Some drivers have a text parsed to ask for its
// parameters, and again to run it.
func (r *recorder) Inspect(sql string, _ guard.Settings) (out []guard.Statement) {
	r.mu.Lock()
	if n := len(r.texts); n == 0 || r.texts[n-1] != sql {
		r.texts = append(r.texts, strings.Clone(sql))
	}
	r.mu.Unlock()
	if len(sql) > relay.MaxParsed || ddl.Plain(sql) {
		return nil
	}
	parsed := ddl.Parse(sql)
	out = relay.Split(sql, parsed)
	some := false
	for i, st := range parsed {
		out[i].Data, out[i].Gated = st.Tag, ofServer(st)
		some = some || out[i].Gated
	}
	if !some {
		return nil
	}
	return out
}

// serverTags are the tags of what is not of one database, or connects to others: the
// clone's server may be the database's own.
var serverTags = regexp.MustCompile(`^(?:CREATE|ALTER|DROP) (?:DATABASE|ROLE|TABLESPACE|SYSTEM|SUBSCRIPTION)$|^(?:GRANT|REVOKE) ROLE$|^(?:DROP|REASSIGN) OWNED$`)

// ofServer tells what would be done beyond the clone.
func ofServer(st ddl.Statement) bool {
	return serverTags.MatchString(st.Tag) || slices.ContainsFunc(st.Changes, func(c ddl.Change) bool {
		switch c := c.(type) {
		case ddl.Grant:
			return ofServerKinds[c.Kind]
		case ddl.Revoke:
			return ofServerKinds[c.Kind]
		case ddl.Comment:
			return ofServerKinds[c.Kind]
		}
		return false
	})
}

// ofServerKinds are kinds of objects that all databases share.
var ofServerKinds = map[ddl.Kind]bool{ddl.KindDatabase: true, ddl.KindRole: true, "tablespace": true, "parameter": true}

// Pass implements guard.Gate.
func (r *recorder) Pass(guard.Statement) func(string, error) { return nil }

// Act implements guard.Gate: such a statement is heard, and answered as if it were done.
func (r *recorder) Act(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
	if c.TxStatus() == 'E' {
		return c.Run(ctx)
	}
	c.Notice("migguard: a rehearsal does not do what reaches beyond its clone", "", "")
	tag, _ := st.Data.(string)
	return tag, nil
}

// Committed implements guard.Gate; nobody waits for a commit.
func (r *recorder) Committed(context.Context) {}
