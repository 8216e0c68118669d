package locklab

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds the wait for a statement to wait, and to end.
const patience = time.Minute

// Home is the lab that a form runs in: what cannot be rolled back leaves something
// behind, and has a database of its own.
func (l *Lab) Home(t testing.TB, f Form) *Lab {
	t.Helper()
	if f.Behind == "" && f.Alone == "" {
		return l
	}
	if l.apart == nil {
		l.apart = open(t, l.db.Server.NewDB(t), l.schema)
	}
	l.apart.Relations = l.apart.look(t, l.apart.Other, inAll)
	return l.apart
}

// behind runs a statement that may not run in a transaction block, until it waits
// for what another session holds; then it is let go on.
func (l *Lab) behind(t testing.TB, f Form) *Taken {
	t.Helper()
	holder := l.db.Connect(t)
	exec(t, holder, "begin; "+f.Behind)
	taken := &Taken{}
	before := l.look(t, l.Other, inAll)
	ended := l.start(t, f)
	for waits := false; !waits; {
		select {
		case err := <-ended:
			t.Errorf("%s: did not wait: %v", f.SQL, err)
			return nil
		default:
		}
		taken.Modes, waits = l.held(t)
	}
	l.try(t, taken)
	exec(t, holder, "rollback")
	return l.finish(t, f, ended, taken, before)
}

// alone runs a statement that may not run in a transaction block.
func (l *Lab) alone(t testing.TB, f Form) *Taken {
	t.Helper()
	before := l.look(t, l.Other, inAll)
	return l.finish(t, f, l.start(t, f), &Taken{}, before)
}

func (l *Lab) start(t testing.TB, f Form) (ended chan error) {
	ended = make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	go func() {
		defer cancel()
		_, err := l.runner.Exec(ctx, f.SQL, pgx.QueryExecModeSimpleProtocol)
		ended <- err
	}()
	return ended
}

// finish waits for the end, and for what the server has counted.
func (l *Lab) finish(t testing.TB, f Form, ended chan error, taken *Taken, before map[int64]Relation) *Taken {
	t.Helper()
	if refused, ok := f.refused(t, l.db.Major, <-ended); refused != nil || !ok {
		return refused
	}
	l.count(t, l.runner)
	taken.compare(before, l.look(t, l.Other, inAll))
	l.connect(t)
	return taken
}

// count ends a session, and waits until what it has read is counted: it hands that
// over as it ends, to PostgreSQL 14's collector in the order it came, and the last is
// of a table that nothing else reads.
func (l *Lab) count(t testing.TB, session *pgx.Conn) {
	t.Helper()
	counted := func() (n int64) {
		if err := l.Other.QueryRow(t.Context(), "select pg_stat_get_numscans('lab.sentinel'::regclass)").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	had := counted()
	exec(t, session, "select from lab.sentinel")
	if err := session.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); counted() == had; {
		if time.Now().After(deadline) {
			t.Fatalf("what was read was not counted in %s", patience)
		}
	}
}
