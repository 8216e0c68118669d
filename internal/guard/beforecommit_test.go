package guard_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// watchful asks before a commit whether the view is there that a statement has
// dropped, and refuses if it is not.
func watchful(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
	if strings.HasPrefix(st.SQL, "drop view") {
		c.BeforeCommit(func(ctx context.Context, c guard.Conn) error {
			rows, err := c.Query(ctx, "SELECT to_regclass('public.gone')")
			if err == nil && rows[0][0] == nil {
				err = refusal
			}
			return err
		})
	}
	return lookAndRun(ctx, c, st)
}

const (
	insertMark = "insert into mark values (1)"
	dropView   = "drop view gone"
	createView = "create view gone as select 2 as n"
)

// commits are ways to end a transaction: some with the view gone, some with
// another in its place, some that commit nothing.
var commits = map[string]struct {
	messages []pgproto3.FrontendMessage
	ready    int
	want     string // of refused, committed, rolled back
}{
	"alone":                {simple(dropView), 1, "refused"},
	"alone, extended":      {slices.Concat(executes(dropView), synced), 1, "refused"},
	"several":              {simple(insertMark + ";" + dropView + "; select 1"), 1, "refused"},
	"several, ddl first":   {simple(dropView + ";" + insertMark), 1, "refused"},
	"block":                {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple("select 1"), simple("COMMIT")), 5, "refused"},
	"block in one message": {simple("BEGIN;" + insertMark + ";" + dropView + "; COMMIT; select 1"), 1, "refused"},
	"COMMIT without BEGIN": {simple(insertMark + ";" + dropView + "; COMMIT; select 1"), 1, "refused"},
	"END":                  {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple("  end work")), 4, "refused"},
	"AND CHAIN":            {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple("COMMIT AND CHAIN")), 4, "refused"},
	"PREPARE TRANSACTION":  {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple("PREPARE TRANSACTION 'x'")), 4, "refused"},
	"block, extended":      {slices.Concat(executes("BEGIN"), synced, executes(insertMark), synced, executes(dropView), synced, executes("COMMIT"), synced), 4, "refused"},
	"block in a pipeline":  {slices.Concat(executes("BEGIN"), executes(insertMark), executes(dropView), executes("COMMIT"), executes(insertMark), synced), 1, "refused"},
	"prepared before":      {slices.Concat(preparedCommit, simple("BEGIN"), simple(insertMark), simple(dropView), executedCommit), 5, "refused"},
	"EXECUTE":              {slices.Concat(preparedCommit, simple("BEGIN"), simple(insertMark), simple(dropView), simple("EXECUTE c"), simple("ROLLBACK")), 6, "refused"},
	"EXECUTE, extended":    {slices.Concat(preparedCommit, simple("BEGIN"), simple(insertMark), simple(dropView), executes("EXECUTE c"), synced, simple("ROLLBACK")), 6, "refused"},
	"EXECUTE, several":     {slices.Concat(preparedCommit, simple(insertMark+";"+dropView+"; EXECUTE c; select 1")), 2, "refused"},
	"pipeline":             {slices.Concat(executes(insertMark), executes(dropView), executes("select 1"), synced), 1, "refused"},
	"pipeline with Query":  {slices.Concat(executes(dropView), simple(insertMark), synced), 2, "refused"},
	"savepoint":            {slices.Concat(simple("BEGIN; SAVEPOINT s"), simple(insertMark), simple(dropView), simple("RELEASE s"), simple("COMMIT")), 5, "refused"},
	"savepoint after":      {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple("SAVEPOINT s"), simple("select 1/0"), simple("ROLLBACK TO s"), simple("COMMIT")), 7, "refused"},
	"dropped twice":        {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView+";"+createView), simple(dropView), simple("COMMIT")), 5, "refused"},

	"again, several":       {simple(insertMark + ";" + dropView + ";" + createView), 1, "committed"},
	"again, block":         {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple(createView), simple("COMMIT")), 5, "committed"},
	"again, one message":   {simple("BEGIN;" + insertMark + ";" + dropView + ";" + createView + "; COMMIT"), 1, "committed"},
	"again, AND CHAIN":     {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple(createView), simple("COMMIT AND CHAIN"), simple("COMMIT")), 6, "committed"},
	"again, extended":      {slices.Concat(executes("BEGIN"), synced, executes(insertMark), synced, executes(dropView), synced, executes(createView), synced, executes("COMMIT"), synced), 5, "committed"},
	"again, pipeline":      {slices.Concat(executes(insertMark), executes(dropView), executes(createView), synced), 1, "committed"},
	"again, prepared":      {slices.Concat(preparedCommit, simple("BEGIN"), simple(insertMark), simple(dropView), simple(createView), executedCommit), 6, "committed"},
	"again, EXECUTE":       {slices.Concat(preparedCommit, simple("BEGIN"), simple(insertMark), simple(dropView), simple(createView), simple("EXECUTE c")), 6, "committed"},
	"EXECUTE of another":   {slices.Concat(simple("PREPARE i AS "+insertMark), simple("BEGIN"), simple("EXECUTE i"), simple("SAVEPOINT s;"+dropView), simple("ROLLBACK TO s"), simple("COMMIT")), 6, "committed"},
	"taken back":           {slices.Concat(simple("BEGIN"), simple(insertMark), simple("SAVEPOINT s"), simple(dropView), simple("ROLLBACK TO s"), simple("COMMIT")), 6, "committed"},
	"in another that ends": {slices.Concat(simple("BEGIN"), simple(dropView), simple("ROLLBACK"), simple("BEGIN;"+insertMark), simple("COMMIT")), 5, "committed"},

	"rolled back":       {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple("ROLLBACK")), 4, "rolled back"},
	"rolled back, ext.": {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), executes("ABORT"), synced), 4, "rolled back"},
	"failed":            {slices.Concat(simple("BEGIN"), simple(insertMark), simple(dropView), simple("select 1/0"), simple("COMMIT")), 5, "rolled back"},
	"failed, several":   {simple(insertMark + ";" + dropView + "; select 1/0"), 1, "rolled back"},
	"failed, pipeline":  {slices.Concat(executes(insertMark), executes(dropView), executes("select 1/0"), synced), 1, "rolled back"},
	"failed before":     {slices.Concat(simple("BEGIN"), simple("select 1/0"), simple(dropView), simple("COMMIT")), 4, "rolled back"},
}

var (
	preparedCommit = []pgproto3.FrontendMessage{&pgproto3.Parse{Name: "c", Query: "COMMIT"}, &pgproto3.Sync{}}
	executedCommit = []pgproto3.FrontendMessage{&pgproto3.Bind{PreparedStatement: "c"}, &pgproto3.Execute{}, &pgproto3.Sync{}}
)

// The Gate has the last word before a transaction commits, whichever way it
// ends. A refusal leaves nothing of it, and no transaction.
func TestChecksBeforeCommit(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table mark (n int)")
		r := newRig(t, db, testGate{gated: isSchema, act: watchful}, nil)
		for name, c := range commits {
			t.Run(name, func(t *testing.T) {
				db.Exec(t, "drop view if exists gone; create view gone as select 1 as n; truncate mark")
				w := dialWire(t, r.url("disable"))
				w.send(t, c.messages...)
				var trace []string
				for range c.ready {
					trace = append(trace, w.until(t, isReady)...)
				}
				if refused := strings.Count(strings.Join(trace, "\n"), "ErrorResponse ERROR MG001"); refused == 1 != (c.want == "refused") || refused > 1 {
					t.Errorf("refused %d times: %q", refused, trace)
				}
				if last := trace[len(trace)-1]; last != "ReadyForQuery I" {
					t.Errorf("ends with %q: %q", last, trace)
				}
				left := db.Value(t, "select (select count(*) from mark) || ' ' || (select n from gone)")
				want := "0 1" // the view as it was
				switch {
				case c.want != "committed":
				case strings.Contains(name, "again"):
					want = "1 2"
				default:
					want = "1 1"
				}
				if left != want {
					t.Errorf("left %q, want %q", left, want)
				}
				// Nothing is remembered, and the two sides agree.
				expect(t, w.query(t, insertMark), "CommandComplete INSERT 0 1", "ReadyForQuery I")
				expect(t, w.query(t, "ROLLBACK"), `NoticeResponse WARNING 25P01 "there is no transaction in progress"`, "CommandComplete ROLLBACK", "ReadyForQuery I")
				_ = w.Close()
			})
		}
	})
}

// A check that is canceled is no yes.
func TestCanceledCheckCommitsNothing(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, "create table mark (n int); create view gone as select 1 as n")
		checking := make(chan struct{})
		r := newRig(t, db, testGate{gated: isSchema,
			act: func(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
				c.BeforeCommit(func(ctx context.Context, c guard.Conn) error {
					close(checking)
					return c.Wait(ctx, patience)
				})
				return lookAndRun(ctx, c, st)
			}}, nil)
		w := dialWire(t, r.url("disable"))
		w.query(t, "BEGIN;"+insertMark+";"+dropView)
		w.send(t, simple("COMMIT")...)
		select {
		case <-checking:
		case <-time.After(patience):
			t.Fatal("COMMIT was not checked")
		}
		if err := sendCancel(t.Context(), r.addr, w.pid, w.key); err != nil {
			t.Fatal(err)
		}
		expect(t, w.until(t, isReady), `ErrorResponse ERROR 57014 "canceling statement due to user request"`, "ReadyForQuery I")
		if left := db.Value(t, "select count(*) || coalesce(to_regclass('gone')::text, '') from mark"); left != "0gone" {
			t.Errorf("left %q", left)
		}
	})
}
