package guard_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// executes are the messages that run one statement in the extended protocol.
func executes(sql string) []pgproto3.FrontendMessage {
	return []pgproto3.FrontendMessage{
		&pgproto3.Parse{Query: sql}, &pgproto3.Bind{}, &pgproto3.Execute{}}
}

var synced = []pgproto3.FrontendMessage{&pgproto3.Sync{}}

func simple(sql string) []pgproto3.FrontendMessage {
	return []pgproto3.FrontendMessage{&pgproto3.Query{String: sql}}
}

// situations are what a refusal may find.
var situations = map[string]struct {
	before []string                   // simple queries
	piped  []pgproto3.FrontendMessage // sent with the statement
	status string                     // after the refusal
}{
	"idle":              {status: "I"},
	"transaction":       {before: []string{"BEGIN", "insert into t values (20)"}, status: "E"},
	"savepoint":         {before: []string{"BEGIN", "insert into t values (20)", "SAVEPOINT s", "insert into t values (21)"}, status: "E"},
	"pipeline":          {piped: executes("insert into t values (22)"), status: "I"},
	"begun in pipe":     {piped: executes("BEGIN"), status: "E"},
	"ended in pipe":     {before: []string{"BEGIN"}, piped: executes("COMMIT"), status: "I"},
	"back to s":         {before: []string{"BEGIN", "SAVEPOINT s", "select 1/0"}, piped: executes("ROLLBACK TO s"), status: "E"},
	"behind a takeover": {piped: executes("create table piped ()"), status: "I"},
}

// shapes are how the refused statement may be sent.
var shapes = map[string][]pgproto3.FrontendMessage{
	"simple":      simple("select 1 /* refuse */"),
	"late":        simple("select 1 /* refuse late */"),
	"several":     simple("insert into t values (30); select 1 /* refuse */; insert into t values (31)"),
	"several ddl": simple("create table many (); insert into t values (30); select 1 /* refuse late */"),
	"extended":    slices.Concat(executes("select 1 /* refuse */"), synced),
	"ext. late":   slices.Concat(executes("select 1 /* refuse late */"), synced),
	"pipelined": slices.Concat(executes("insert into t values (30)"), executes("select 1 /* refuse */"),
		executes("insert into t values (31)"), simple("insert into t values (32)"), synced),
	"pipelined ddl": slices.Concat(executes("create table many ()"), executes("select 1 /* refuse late */"),
		executes("create table never ()"), synced),
	"too long": simple("select 1 /* " + strings.Repeat("x", maxStatement) + " */"),
	"ext. too long": slices.Concat(executes("insert into t values (30)"),
		executes("select 1 /* "+strings.Repeat("x", maxStatement)+" */"), executes("insert into t values (31)"), synced),
}

const maxStatement = 64 << 10

// After a refusal client and server agree: the status the client was told is
// the one the server has, ROLLBACK works, and what belonged to the same
// transaction is gone.
func TestRefusalsLeaveClientAndServerAgreeing(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, fixture)
		r := newRig(t, db, gates["refusing"], withMaxStatement)
		for situation := range situations {
			for shape := range shapes {
				t.Run(situation+"/"+shape, func(t *testing.T) { refuseIn(t, r, situation, shape) })
			}
		}
	})
}

func refuseIn(t *testing.T, r *rig, situation, shape string) {
	in, messages := situations[situation], shapes[shape]
	w := dialWire(t, r.url("disable"))
	for _, sql := range in.before {
		w.query(t, sql)
	}
	w.send(t, slices.Concat(in.piped, messages)...)
	trace := w.until(t, isReady)
	if in.piped != nil && messages[len(messages)-1] != synced[0] {
		w.send(t, synced...) // a Query leaves the pipeline open
		trace = append(trace, w.until(t, isReady)...)
	}
	if n := strings.Count(strings.Join(trace, "\n"), "ErrorResponse ERROR MG0"); n != 1 {
		t.Fatalf("%d refusals: %q", n, trace)
	}
	status := "ReadyForQuery " + in.status
	if last := trace[len(trace)-1]; last != status {
		t.Errorf("told %q, want %q: %q", last, status, trace)
	}
	probe := w.query(t, "select 'probe'")
	failed := strings.Contains(probe[0], "25P02")
	if failed != (in.status == "E") || probe[len(probe)-1] != status {
		t.Errorf("told %q, and the server says %q", status, probe)
	}
	if situation == "savepoint" {
		expect(t, w.query(t, "ROLLBACK TO s"), "CommandComplete ROLLBACK", "ReadyForQuery T")
		expect(t, w.query(t, "select count(*) from t where id >= 20"),
			"RowDescription count:20:0", `DataRow "1"`, "CommandComplete SELECT 1", "ReadyForQuery T")
	}
	if in.status == "E" {
		expect(t, w.query(t, "ROLLBACK"), "CommandComplete ROLLBACK", "ReadyForQuery I")
	}
	expect(t, w.query(t, "create table later (); drop table later"),
		"CommandComplete CREATE TABLE", "CommandComplete DROP TABLE", "ReadyForQuery I")
	if left := r.db.Value(t, `SELECT (SELECT count(*) FROM t WHERE id >= 20) ||
		coalesce(to_regclass('leftover')::text, '') || coalesce(to_regclass('many')::text, '') ||
		coalesce(to_regclass('never')::text, '') || coalesce(to_regclass('piped')::text, '')`); left != "0" {
		t.Errorf("left behind: %s", left)
	}
}

// A COMMIT that is refused ends the transaction, as one that fails does.
func TestRefusedCommitRollsBack(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.Exec(t, fixture)
	r := newRig(t, db, gates["refusing"], nil)
	for name, commit := range map[string][]pgproto3.FrontendMessage{
		"simple":   simple("COMMIT /* refuse */"),
		"extended": slices.Concat(executes("COMMIT /* refuse */"), synced),
		"several":  simple("insert into t values (41); COMMIT /* refuse */; insert into t values (42)"),
		"pipelined": slices.Concat(executes("insert into t values (41)"), executes("COMMIT /* refuse late */"),
			executes("insert into t values (42)"), synced),
	} {
		w := dialWire(t, r.url("disable"))
		w.query(t, "BEGIN; insert into t values (40)")
		w.send(t, commit...)
		trace := w.until(t, isReady)
		if last := trace[len(trace)-1]; last != "ReadyForQuery I" {
			t.Errorf("%s: %q", name, trace)
		}
		expect(t, w.query(t, "select count(*) from t where id >= 40"),
			"RowDescription count:20:0", `DataRow "0"`, "CommandComplete SELECT 1", "ReadyForQuery I")
	}
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
