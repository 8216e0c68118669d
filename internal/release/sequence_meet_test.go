package release_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/ledger"
)

// meet has code and migrations meet.
func (s *sequence) meet(t *testing.T) {
	var busy, waiting []worker
	for _, p := range s.old {
		busy, waiting = append(busy, s.session(t, p)), append(waiting, s.session(t, p))
	}
	olds := func(when string, workers ...worker) {
		t.Helper()
		for _, w := range workers {
			for _, transaction := range []bool{false, true} {
				if failed := s.works(t.Context(), w, transaction); failed != nil {
					t.Fatalf("old code, %s: %v", when, failed)
				}
			}
		}
	}
	olds("before", busy...)
	olds("before", waiting...)
	s.lane.tally.add("sequences")
	committed := 0
	refused := false
	for _, steps := range s.transactions {
		if committed > 0 && s.one(6) { // a run that was ended, and starts again
			s.end(t, ledger.Failed)
			s.start(t, s.options)
		}
		if refused = s.migrate(t, steps, busy, waiting); refused {
			break
		}
		committed++
		olds("after "+steps[0].sql, busy...)
	}
	if err := s.Tasks(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.old {
		olds("in a new session", s.session(t, p))
	}
	for table, what := range map[string]string{"shim": "shimmed", "deferred": "deferred", "withheld": "withheld"} {
		if one(t, s.lane.own, "select count(*) from migguard."+table) != "0" {
			s.lane.tally.add(what)
		}
	}
	how := ledger.Succeeded
	if refused {
		how = ledger.Refused
		s.lane.tally.add("refused")
	} else {
		s.lane.tally.add("passed")
	}
	s.end(t, how)
	code := s.program(s.tables[committed], "mg_new", true)
	for i := range code.tables {
		code.tables[i].plain = s.options.waits // so may a unique index do
	}
	newer := s.session(t, code)
	news := func(when string) {
		t.Helper()
		for _, transaction := range []bool{false, true} {
			if failed := newer.work(t.Context(), transaction); failed != nil {
				t.Fatalf("new code, %s: %v", when, failed)
			}
		}
	}
	news("beside old code")
	olds("beside new code", busy...)
	for _, u := range code.tables { // rows that old code has written may be in the way
		one(t, s.lane.own, "delete from "+u.name+" where id > 3")
	}
	s.contracts(t, code)
	if got, want := s.places(one(t, s.lane.own, sequenceShape)), s.places(s.shapes[committed]); got != want {
		t.Fatalf("%s\n", difference(got, want))
	}
	if failed := newer.prepare(t.Context()); failed != nil { // a dropped column is noticed
		t.Fatal(failed)
	}
	news("in the end")
}

// place is that of a column in fullShape.
var place = regexp.MustCompile(`(?m)^(.+?) [0-9]+ `)

// places is a shape without them where a column has got another type, maybe by a copy,
// which is the last column then.
func (s *sequence) places(shape string) string {
	if len(s.retyped) == 0 {
		return shape
	}
	lines := strings.Split(place.ReplaceAllString(shape, "$1 "), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// migrate sends a transaction. Code works meanwhile, as far as nothing is locked,
// and waits for the commit.
func (s *sequence) migrate(t *testing.T, steps []step, busy, waiting []worker) (refused bool) {
	t.Helper()
	again := false
	send := func(sql, requires string) bool {
		t.Helper()
		_, err := s.client.PgConn().Exec(t.Context(), sql).ReadAll()
		var server *pgconn.PgError
		if errors.As(err, &server) && server.Code == "MG061" {
			again = true
			return false
		}
		if errors.As(err, &server) && (strings.HasPrefix(server.Code, "MG") || strings.Contains(server.Hint, "migguard")) {
			s.said = append(s.said, sql+": "+server.Code+" "+server.Message+" "+server.Detail)
			return false
		}
		if server != nil && server.Code == "23502" && requires != "" {
			// Old code has left them: the statement is tried before it waits.
			s.lane.tally.add("with NULLs")
			return false
		}
		if server != nil && server.Code == "23505" && strings.HasPrefix(server.Message, "could not create unique index") {
			// A default that waits to be dropped has given old code's rows one value.
			s.lane.tally.add("with duplicates")
			return false
		}
		if err != nil {
			t.Fatalf("%s: %s", sql, explain(err))
		}
		return true
	}
	if len(steps) > 1 {
		send("begin", "")
		for _, step := range steps {
			s.lane.tally.add("statements")
			if !send(step.sql, step.requires) {
				send("rollback", "")
				return !again || s.again(t, steps, busy, waiting)
			}
			s.glances(t, busy)
		}
		done := s.wait(t.Context(), waiting)
		ok := send("commit", "")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return !ok
	}
	s.lane.tally.add("statements")
	done := s.wait(t.Context(), waiting)
	ok := send(steps[0].sql, steps[0].requires)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if again {
		return s.again(t, steps, busy, waiting)
	}
	return !ok
}

// again sends a transaction when the copies are there that it was given up for.
func (s *sequence) again(t *testing.T, steps []step, busy, waiting []worker) (refused bool) {
	t.Helper()
	s.lane.tally.add("sent again")
	if err := s.Copies(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.migrate(t, steps, busy, waiting)
}

// wait has sessions work, which may wait for a migration's locks.
func (s *sequence) wait(ctx context.Context, workers []worker) chan error {
	done := make(chan error, 1)
	go func() {
		var failures []error
		for _, w := range workers {
			if failed := s.works(ctx, w, false); failed != nil {
				failures = append(failures, fmt.Errorf("old code, meanwhile: %w", failed))
			}
		}
		done <- errors.Join(failures...)
	}()
	return done
}

// glances has sessions do what they need no lock for that somebody has.
func (s *sequence) glances(t *testing.T, workers []worker) {
	t.Helper()
	for _, w := range workers {
		do := func(sql string) {
			if _, err := w.conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
				t.Fatal(err)
			}
		}
		do("set lock_timeout = '2ms'")
		failed := s.works(t.Context(), w, false)
		do("set lock_timeout = 0")
		if failed == nil {
			continue
		}
		if e, ok := failed.state(); !ok || e.Code != "55P03" {
			t.Fatalf("old code, in between: %v", failed)
		}
	}
}

// works is a worker's work, with what code has to bear by the documents: a prepared
// statement is prepared anew when its rows have another column or type, and what
// no contract was read of may leave a column out that is required from now on.
func (s *sequence) works(ctx context.Context, w worker, transaction bool) *failure {
	for tries := 0; ; tries++ {
		failed := w.work(ctx, transaction)
		if failed == nil {
			return nil
		}
		e, ok := failed.state()
		switch {
		case !ok || tries == 3:
			return failed
		case e.Code == "0A000" && e.Message == "cached plan must not change result type" && w.prepares &&
			(failed.uses.star && s.widened[failed.uses.oid] || s.retyped[failed.uses.oid]):
			s.lane.tally.add("prepared anew")
			if failed := w.prepare(ctx); failed != nil {
				return failed
			}
		case e.Code == "26000" && w.prepares: // a glance that prepared anew has waited for a lock in between
			if failed := w.prepare(ctx); failed != nil {
				return failed
			}
		case e.Code == "23502" && w.contract == nil && s.required[e.ColumnName]:
			s.lane.tally.add("not filled")
			return nil
		default:
			return failed
		}
	}
}
