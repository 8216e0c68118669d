package release

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/seen"
)

// A Guarded is a run's guard without a runner: the test is the runner.
type Guarded struct {
	URL   string
	gate  *gate
	guard *guarding
}

// Guard begins a release and starts its guard.
func (r *Run) Guard(ctx context.Context, release int64) (*Guarded, error) {
	if r.keeper == nil {
		r.keeper = &keeper{}
	}
	g, err := r.gate(ctx, release)
	if err != nil {
		return nil, err
	}
	guarding, err := r.listen(ctx, g)
	if err != nil {
		return nil, err
	}
	return &Guarded{URL: guarding.URL(), gate: g, guard: guarding}, nil
}

// Runs says which code runs, instead of what the ledger says.
func (r *Run) Runs(code ...judge.Code) { r.codeRuns, r.learned = code, true }

// Within bounds what replay takes before a commit, and before a transaction's first
// gated statement.
func (g *Guarded) Within(budget, ahead time.Duration) {
	g.gate.replay.Budget, g.gate.replay.Ahead = budget, ahead
}

// Sees has the run look at the queries that the database has seen, as if all had come
// after the last release, and had been counted for long enough.
func (r *Run) Sees(ctx context.Context) error {
	now, err := pg.ReadSeen(ctx, r.Catalog, true)
	all := ledger.SeenQuery{Outside: new(int64), RecordedAt: now.At} // none was left out
	r.counted = seen.New(now, ledger.Seen{Queries: []ledger.SeenQuery{all}, Evictions: now.Evictions}, time.Time{}, time.Nanosecond)
	return err
}

// Code is the code that runs, by what the Platform API and the ledger say.
func (r *Run) Code(ctx context.Context) ([]judge.Code, error) {
	if err := r.identify(ctx); err != nil {
		return nil, err
	}
	return r.code(ctx)
}

// Tasks does what is owed, as a run does before its runner starts and after it
// has ended.
func (g *Guarded) Tasks(ctx context.Context) error {
	if failed := g.gate.tasks.all(ctx, false); failed != nil {
		return failed
	}
	return nil
}

// Copies makes the copies that the runner's statements wanted, as a run does before it
// starts its runner again.
func (g *Guarded) Copies(ctx context.Context) error {
	_, err := g.gate.tasks.run.copyBetween(ctx, g.gate)
	return err
}

// Close ends the guard's sessions.
func (g *Guarded) Close(ctx context.Context) error { return g.guard.close(ctx) }

// Statements are the run's so far.
func (g *Guarded) Statements() []report.Statement { return g.gate.result().statements }

// Recorded are the verdicts so far, and how many statements are on record.
func (g *Guarded) Recorded() (verdicts []string, refused int) {
	did := g.gate.result()
	for _, s := range did.statements {
		verdicts = append(verdicts, s.Verdict)
	}
	return verdicts, did.refused
}

// Locks are those on record so far, as "statement: MODE relation", with "rewritten"
// and "unexpected" where they are.
func (g *Guarded) Locks() (all, unexpected []string) {
	for _, s := range g.gate.result().statements {
		for _, l := range s.Locks {
			text := s.Text + ": " + l.Mode + " " + l.Relation
			if l.Rewritten {
				text += " rewritten"
			}
			if l.Held == 0 {
				text += " of unknown length"
			}
			if l.Unexpected {
				unexpected = append(unexpected, text)
			}
			all = append(all, text)
		}
	}
	return all, unexpected
}

// Lockless tells whether a lock could not be had.
func (g *Guarded) Lockless() bool { return g.gate.result().lockless }

// Passes tells whether the gate lets a text of one statement pass.
func (g *Guarded) Passes(sql string) bool {
	set := guard.Settings{ClientEncoding: "UTF8", Database: g.gate.database}
	st := g.gate.Inspect(sql, set)
	return len(st) == 1 && st[0].Gated && g.gate.Pass(st[0]) != nil
}

// Relays tells whether the gate lets a text be relayed unseen.
func (g *Guarded) Relays(sql string) bool {
	return g.gate.Inspect(sql, guard.Settings{ClientEncoding: "UTF8", Database: g.gate.database}) == nil
}

// Work is what the gate foretells of a statement, in a session that is in a
// transaction.
func (g *Guarded) Work(ctx context.Context, conn *pgx.Conn, sql string) ([]ddl.Work, error) {
	st := ddl.Parse(sql)[0]
	a := &act{gate: g.gate, conn: session{conn: conn}, plan: plan{Statement: st}, text: st.Text}
	var work []ddl.Work
	for i, change := range st.Changes {
		if ddl.WorkOf(change) == nil {
			continue
		}
		found, _, err := a.find(ctx, i)
		if err != nil {
			return nil, err
		}
		work = append(work, hazard.Work(change, found)...)
	}
	return work, nil
}

// Gate is what the COMMIT gate takes of a transaction of one statement, which is
// rolled back: its trace and its check.
func (g *Guarded) Gate(ctx context.Context, conn *pgx.Conn, sql string) (took time.Duration, err error) {
	c := &transaction{session: session{conn: conn}}
	if err := c.Exec(ctx, "BEGIN", sql); err != nil {
		return 0, err
	}
	st := ddl.Parse(sql)[0]
	a := &act{gate: g.gate, conn: c, plan: plan{Statement: st, watched: g.gate.hidesEffects(st)}, text: st.Text, began: time.Now()}
	err = a.trace(ctx)
	for _, check := range c.checks {
		err = errors.Join(err, check(ctx, c))
	}
	took = time.Since(a.began)
	return took, errors.Join(err, c.Exec(ctx, "ROLLBACK"))
}

// A transaction is a session in one.
type transaction struct {
	session
	witness guard.Witness
	checks  []func(context.Context, guard.Conn) error
}

func (*transaction) TxStatus() byte           { return 'T' }
func (c *transaction) Watch(w guard.Witness)  { c.witness = w }
func (c *transaction) Witness() guard.Witness { return c.witness }
func (c *transaction) BeforeCommit(check func(context.Context, guard.Conn) error) {
	c.checks = append(c.checks, check)
}

// A session is a server connection without a client: what the Gate asks for itself.
type session struct {
	guard.Conn
	conn *pgx.Conn
}

func (session) Block(context.Context) error { return nil }

func (s session) Exec(ctx context.Context, sql ...string) error {
	for _, text := range sql {
		if _, err := s.Query(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (s session) Query(ctx context.Context, sql string) (rows [][]*string, err error) {
	results, err := s.conn.PgConn().Exec(ctx, sql).ReadAll()
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return nil, &guard.ServerError{Response: pgproto3.ErrorResponse{Severity: refused.Severity, Code: refused.Code, Message: refused.Message}}
	}
	for _, result := range results {
		for _, values := range result.Rows {
			row := make([]*string, len(values))
			for i, value := range values {
				if value != nil {
					row[i] = new(string(value))
				}
			}
			rows = append(rows, row)
		}
	}
	return rows, err
}

// Prepare ends what earlier runs have left, as a run does before its migrations.
func (r *Run) Prepare(ctx context.Context, release int64) error {
	_, err := r.prepare(ctx, release)
	return err
}
