package release_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A tally counts how cases ended.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (t *tally) add(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]int{}
	}
	t.counts[what]++
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var said []string
	for _, what := range []string{"sequences", "refused", "shimmed", "deferred", "withheld", "passed", "statements", "prepared anew", "not filled", "with NULLs"} {
		said = append(said, fmt.Sprintf("%d %s", t.counts[what], what))
	}
	return strings.Join(said, ", ")
}

// A lane is where one case after the other runs. To connect costs more than most
// of a case, so they share sessions.
type lane struct {
	db        *pgtest.DB
	own, bare *pgx.Conn
	sessions  map[string][]*pgx.Conn // of old code, by overlay
	tally     *tally
}

func (c lane) close() {
	for _, conns := range c.sessions {
		for _, conn := range conns {
			_ = conn.Close(context.Background())
		}
	}
}

// forget is SQL that leaves nothing of a case, but the ledger's tables.
const forget = `set client_min_messages = warning; do $$
	declare name text;
	begin
		for name in select quote_ident(nspname) from pg_namespace where nspname = 'public' or nspname like 'mg\_%' loop
			execute 'drop schema ' || name || ' cascade';
		end loop;
		create schema public;
		set local session_replication_role = replica;
		for name in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'migguard' and tablename <> 'schema_version' loop
			execute 'delete from ' || name;
		end loop;
	end $$`

// session is one of a program's, that has prepared what it does.
func (s *sequence) session(t *testing.T, p *program) worker {
	t.Helper()
	w := worker{program: p}
	for _, conn := range s.lane.sessions[p.overlay] {
		if !s.taken[conn] && w.conn == nil {
			w.conn = conn
			one(t, conn, "discard all")
		}
	}
	if w.conn == nil {
		w.conn = s.fresh(t, p.overlay)
		s.lane.sessions[p.overlay] = append(s.lane.sessions[p.overlay], w.conn)
	}
	s.taken[w.conn] = true
	if failed := w.prepare(t.Context()); failed != nil {
		t.Fatalf("prepare: %v", failed)
	}
	return w
}

// fresh is a session that outlives the case.
func (s *sequence) fresh(t *testing.T, overlay string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(s.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	if overlay != "" {
		config.RuntimeParams["options"] = `-c search_path=` + overlay + `,"$user",public`
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
