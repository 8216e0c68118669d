package release_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A crowd are the sessions of all builds that run, and the rows that the server
// has told them are there. A row is with one session at a time, of either build.
type crowd struct {
	db      *pgtest.DB
	ctx     context.Context
	mu      sync.Mutex
	changed *sync.Cond
	rows    map[string]map[string]map[string]string // by set and key: values by field
	free    map[string][]string                     // keys, by set
	working []*session
	over    bool // the migration
	serial  int64
	unlike  []string // what a session read, and nobody wrote
}

func newCrowd(t testing.TB, db *pgtest.DB) *crowd {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	c := &crowd{db: db, ctx: ctx, rows: map[string]map[string]map[string]string{}, free: map[string][]string{}}
	c.changed = sync.NewCond(&c.mu)
	t.Cleanup(func() {
		c.rest(c.working...)
		for _, s := range c.working {
			_ = s.conn.Close(ctx)
		}
		cancel()
	})
	return c
}

// boots has a build's dynos start: a session for each kind of work.
func (c *crowd) boots(t testing.TB, of code) (started []*session) {
	t.Helper()
	for kind := range kindsOfWork {
		s := &session{crowd: c, code: of, kind: kind, conn: c.connect(t, of), failed: map[string]int{}}
		started = append(started, s)
	}
	c.mu.Lock()
	c.working = append(c.working, started...)
	c.mu.Unlock()
	c.resume(started...)
	return started
}

func (c *crowd) connect(t testing.TB, of code) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(c.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	if !of.unsteered {
		config.RuntimeParams["options"] = `-c search_path=` + of.overlay() + `,"$user",public`
	}
	config.RuntimeParams["application_name"] = "build " + of.build
	conn, err := pgx.ConnectConfig(c.ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// resume has sessions work.
func (c *crowd) resume(sessions ...*session) {
	for _, s := range sessions {
		s.ended, s.stop = make(chan struct{}), false
		go s.run()
	}
}

// rest has sessions end what they do, and no more.
func (c *crowd) rest(sessions ...*session) {
	c.mu.Lock()
	for _, s := range sessions {
		s.stop = true
	}
	c.mu.Unlock()
	for _, s := range sessions {
		<-s.ended
	}
}

// ends has sessions end for good.
func (c *crowd) ends(sessions ...*session) {
	c.rest(sessions...)
	for _, s := range sessions {
		_ = s.conn.Close(c.ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working = slices.DeleteFunc(c.working, func(s *session) bool { return slices.Contains(sessions, s) })
}

// rounds is how often a session does its work to show that it can.
const rounds = 12

// goesOn returns when all sessions have done their work some times more.
func (c *crowd) goesOn(t testing.TB) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	target := map[*session]int{}
	for _, s := range c.working {
		target[s] = s.done + rounds
	}
	stop := context.AfterFunc(c.ctx, c.changed.Broadcast)
	defer stop()
	for slices.ContainsFunc(c.working, func(s *session) bool { return s.done < target[s] }) {
		if c.ctx.Err() != nil {
			t.Fatalf("code does not go on: %v", context.Cause(c.ctx))
		}
		c.changed.Wait()
	}
}

// take is a key of a row that no session has, and its values; "" where there is none.
func (c *crowd) take(set string) (string, map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := c.free[set]
	if len(keys) == 0 {
		return "", nil
	}
	i := int(c.next()) % len(keys)
	key := keys[i]
	c.free[set] = slices.Delete(keys, i, i+1)
	return key, c.rows[set][key]
}

// give gives a row back, with what the server has taken of it.
func (c *crowd) give(set, key string, written map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	row := maps.Clone(c.rows[set][key])
	if row == nil && written == nil {
		return // it was never there
	}
	if row == nil {
		row = map[string]string{}
	}
	maps.Copy(row, written)
	if c.rows[set] == nil {
		c.rows[set] = map[string]map[string]string{}
	}
	c.rows[set][key] = row
	c.free[set] = append(c.free[set], key)
}

func (c *crowd) next() int64 { c.serial++; return c.serial }

// row makes values for a key, a new one if there is none.
func (c *crowd) row(s *session, key string) (string, map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.next()
	if key == "" {
		key = fmt.Sprintf("%s-%d-%d", s.build, s.kind, n)
	}
	return key, s.values(key, n, c.over)
}

// reads is what a build's new session sees of its rows, by key and field.
func (c *crowd) reads(t *testing.T, of code) (map[string]map[string]string, error) {
	t.Helper()
	conn := c.connect(t, of)
	defer func() { _ = conn.Close(c.ctx) }()
	known, names := of.columns()
	result := conn.PgConn().ExecParams(c.ctx, "select "+strings.Join(names, ", ")+" from "+of.named(), nil, nil, nil, nil).Read()
	seen := map[string]map[string]string{}
	for _, values := range result.Rows {
		row := map[string]string{}
		for i, field := range known {
			row[field] = shown(values[i])
		}
		seen[row["key"]] = row
	}
	return seen, result.Err
}

// shown is a value for comparing: a time in UTC, or Tokyo, is the same with its zone.
func shown(value []byte) string {
	if value == nil {
		return "NULL"
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(value), "+00"), "+09")
}

// compare holds what builds see to what they were told, and to each other. No
// session may be at work.
func (c *crowd) compare(t *testing.T, builds ...code) (unlike []string) {
	t.Helper()
	told := c.rows
	for _, of := range builds {
		seen, err := c.reads(t, of)
		if err != nil {
			return append(unlike, fmt.Sprintf("build %s reads nothing: %v", of.build, err))
		}
		set := of.set()
		for key, row := range told[set] {
			is := seen[key]
			if is == nil {
				unlike = append(unlike, fmt.Sprintf("build %s: row %s is lost", of.build, key))
				continue
			}
			for field, value := range is {
				if wrote, known := row[field]; known && wrote != value {
					unlike = append(unlike, fmt.Sprintf("build %s: %s of %s is %s, and %s was written", of.build, field, key, value, wrote))
				}
				row[field] = value // what nobody wrote, the next build has to see, too
			}
		}
		for key := range seen {
			if told[set][key] == nil {
				unlike = append(unlike, fmt.Sprintf("build %s: row %s was never acknowledged", of.build, key))
			}
		}
	}
	return unlike
}

// learn takes what a build sees for what there is.
func (c *crowd) learn(t *testing.T, of code) {
	t.Helper()
	seen, err := c.reads(t, of)
	if err != nil {
		t.Fatal(err)
	}
	c.rows[of.set()] = seen
	c.free[of.set()] = slices.Sorted(maps.Keys(seen))
}
