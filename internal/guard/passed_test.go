package guard_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A passingGate wants every text of one statement, and lets it pass where it
// can. What it hears and does goes to heard.
type passingGate struct {
	testGate
	heard chan string
}

func newPassingGate() passingGate {
	g := passingGate{heard: make(chan string, 100)}
	g.gated = func(guard.Statement) bool { return true }
	g.act = func(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
		g.hear("taken over: " + st.SQL)
		return c.Forward(ctx)
	}
	g.pass = func(st guard.Statement) func(string, error) {
		return func(tag string, err error) {
			var server *guard.ServerError
			switch {
			case errors.As(err, &server):
				tag = server.SQLState()
			case err != nil:
				tag = err.Error()
			}
			g.hear(st.SQL + ": " + tag)
		}
	}
	return g
}

func (g passingGate) hear(text string) {
	select {
	case g.heard <- text:
	default:
	}
}

// Inspect leaves texts of several statements alone.
func (g passingGate) Inspect(sql string, set guard.Settings) []guard.Statement {
	st := g.testGate.Inspect(sql, set)
	if len(st) != 1 {
		return nil
	}
	return st
}

// wants compares what the gate has heard by now.
func (g passingGate) wants(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range len(g.heard) {
		got = append(got, <-g.heard)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the gate heard %q, want %q", got, want)
	}
}

// The Gate has heard how a statement ended when the client hears it: of each
// that the server ran, once and in order, and of no other.
func TestGateHearsOfWhatItLetPass(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, fixture)
		g := newPassingGate()
		r := newRig(t, db, g, nil)
		for name, c := range map[string]struct {
			messages []pgproto3.FrontendMessage
			ready    int
			heard    []string
		}{
			"success": {simple("create table a ()"), 1, []string{"create table a (): CREATE TABLE"}},
			"rows":    {simple("select 1"), 1, []string{"select 1: SELECT 1"}},
			"error":   {simple("create table t ()"), 1, []string{"create table t (): 42P07"}},
			"notice": {simple("drop table if exists none"), 1,
				[]string{"drop table if exists none: DROP TABLE"}},
			"failed transaction": {slices.Concat(simple("BEGIN; select 1/0"), simple("create table b ()"), simple("ROLLBACK")), 3,
				[]string{"create table b (): 25P02", "ROLLBACK: ROLLBACK"}},
			"at once": {slices.Concat(simple("create table c ()"), simple("create table t ()"), simple("drop table c")), 3,
				[]string{"create table c (): CREATE TABLE", "create table t (): 42P07", "drop table c: DROP TABLE"}},
			"ignored": {slices.Concat([]pgproto3.FrontendMessage{&pgproto3.Parse{Query: "this; is no statement"}},
				simple("create table d ()"), synced, simple("create table e ()")), 2, []string{"create table e (): CREATE TABLE"}},
			"behind an Execute": {slices.Concat(executes("select 2"), simple("create table f ()"), synced), 2,
				[]string{"taken over: select 2", "taken over: create table f ()"}},
		} {
			w := dialWire(t, r.url("disable"))
			w.send(t, c.messages...)
			for range c.ready {
				w.until(t, isReady)
			}
			t.Log(name)
			g.wants(t, c.heard...)
		}
	})
}

// A statement that the session's end cuts short is heard of, too.
func TestGateHearsOfTheEnd(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		for name, c := range map[string]struct {
			end  func(t *testing.T, r *rig, w *wire)
			want []string
		}{
			"server": {func(t *testing.T, r *rig, w *wire) {
				r.db.Exec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", w.pid))
			}, []string{"57P01"}},
			"client": {func(t *testing.T, r *rig, w *wire) {
				_ = w.Close()
				r.db.Exec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", w.pid))
			}, []string{"57P01"}},
			"guard": {func(t *testing.T, r *rig, _ *wire) {
				if err := r.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}, []string{"57014", "use of closed network connection"}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				g := newPassingGate()
				r := newRig(t, db.Server.NewDB(t), g, nil)
				w := dialWire(t, r.url("disable"))
				const sql = "select pg_sleep(3600)"
				w.send(t, simple(sql)...)
				sleeps(t, r, w, nil)
				c.end(t, r, w)
				select {
				case got := <-g.heard:
					if !slices.Contains(c.want, strings.TrimPrefix(got, sql+": ")) {
						t.Errorf("heard %q, want one of %q", got, c.want)
					}
				case <-time.After(patience):
					t.Fatal("nothing heard")
				}
				gone(t, r)
				g.wants(t) // nothing more
			})
		}
	})
}
