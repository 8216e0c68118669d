package release_test

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/release"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// patience bounds every wait for something that ought to happen.
const patience = 2 * time.Minute

// A bundle is a run whose runner is the test: client is its session, through
// the guard. What code has running is old's, straight on the server.
type bundle struct {
	*release.Guarded
	db     *pgtest.DB
	ledger *ledger.Ledger
	id     int64
	client *pgx.Conn
	old    *pgx.Conn
}

type options struct {
	url      string // of the run; the database's owner's unless set
	allow    []string
	lockWait time.Duration
	cancel   time.Duration // queries in the way that run for longer
	// large: every table with a row counts as large.
	large bool
	// code, unless it is nil, is what runs.
	code []judge.Code
	// sees: the run looks at the queries that the database has seen, and warn says
	// only what is wrong with them.
	sees, warn bool
	// waits: constraints wait that old code could violate, as they do unless policy
	// allows them. Most tests are about what a constraint does that is made at once.
	waits bool
	// next, unless it is nil, is what the code needs that is about to run.
	next *contract.Contract
	// policy, unless it is nil, adds to it.
	policy func(*judge.Policy) error
	// out, unless it is nil, gets what the run says.
	out io.Writer
}

// dropsRefused is a policy under which nothing stays that a migration drops, and no
// NOT NULL or default waits.
func dropsRefused(p *judge.Policy) (err error) {
	for _, id := range []string{"dropped-column", "dropped-table", "dropped-view", "required-column", "unfilled-column"} {
		err = errors.Join(err, p.Choose("", id, judge.Choice{Most: judge.Refuse}))
	}
	return err
}

// setup runs SQL on the database, as an earlier release would have, and starts
// a run.
func setup(t testing.TB, db *pgtest.DB, o options, sql ...string) *bundle {
	t.Helper()
	if o.url != "" { // of a role that may not use the superuser's
		db.Exec(t, "drop schema if exists migguard cascade")
	}
	db.Exec(t, sql...)
	b := &bundle{db: db}
	b.start(t, o)
	b.old = db.Connect(t)
	return b
}

// start begins a run: the bundle's first, or its next.
func (b *bundle) start(t testing.TB, o options) {
	t.Helper()
	if o.url == "" {
		o.url = b.db.URL
	}
	if o.lockWait == 0 {
		o.lockWait = patience
	}
	config, err := pg.Parse(o.url)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := judge.ParsePolicy(o.allow)
	if err != nil {
		t.Fatal(err)
	}
	if o.large {
		policy.Small = &catalog.Size{}
	}
	if !o.waits {
		if err := policy.Choose("", "rejected-write", judge.Choice{Most: judge.Allow}); err != nil {
			t.Fatal(err)
		}
	}
	if o.out == nil {
		o.out = io.Discard
	}
	if o.policy != nil {
		if err := o.policy(policy); err != nil {
			t.Fatal(err)
		}
	}
	b.ledger, err = ledger.Open(t.Context(), config.ConnConfig(), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ledger.Lock(t.Context(), patience, nil); err != nil {
		t.Fatal(err)
	}
	b.id, err = b.ledger.Begin(t.Context(), ledger.Release{Build: "b", Migguard: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	run := &release.Run{Database: config, Major: b.db.Major, Catalog: b.db.Connect(t), Ledger: b.ledger, Version: "v42", Contract: o.next,
		LockWait: o.lockWait, CancelBlockers: o.cancel, Policy: policy, WarnReplay: o.warn, Out: report.New(o.out, false, false)}
	if o.code != nil {
		run.Runs(o.code...)
	}
	if o.sees {
		if err := run.Sees(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if b.Guarded, err = run.Guard(t.Context(), b.id); err != nil {
		t.Fatal(err)
	}
	if o.sees {
		b.Within(patience, patience)
	}
	b.client = b.connect(t)
	guarded, l := b.Guarded, b.ledger
	t.Cleanup(func() { stop(t, guarded, l) })
}

func stop(t testing.TB, g *release.Guarded, l *ledger.Ledger) {
	if err := errors.Join(g.Close(context.Background()), l.Close()); err != nil {
		t.Error(err)
	}
	foretold(t, g)
}

// foretold holds what ddl says of the run's statements to the locks they took.
func foretold(t testing.TB, g *release.Guarded) {
	t.Helper()
	if _, unexpected := g.Locks(); unexpected != nil && !strings.HasPrefix(t.Name(), "TestCommitGate") {
		t.Errorf("not foretold: %q", unexpected)
	}
}

// end finishes the run, as a runner's exit would.
func (b *bundle) end(t *testing.T, how ledger.Outcome) {
	t.Helper()
	if err := b.Guarded.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.ledger.Finish(t.Context(), b.id, how, 0, 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.ledger.Close(); err != nil {
		t.Fatal(err)
	}
}

// connect opens another session of the runner's.
func (b *bundle) connect(t testing.TB) *pgx.Conn { return b.connectWith(t, "") }

// connectWith opens one with PGOPTIONS.
func (b *bundle) connectWith(t testing.TB, options string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(b.URL)
	if err != nil {
		t.Fatal(err)
	}
	if options != "" {
		config.RuntimeParams["options"] = options
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// run executes texts in the simple protocol, each a message.
func (b *bundle) run(t *testing.T, sql ...string) {
	t.Helper()
	for _, text := range sql {
		if _, err := b.client.PgConn().Exec(t.Context(), text).ReadAll(); err != nil {
			t.Fatalf("%s: %s", text, explain(err))
		}
	}
}

// fails executes one text, which has to fail with that SQLSTATE.
func (b *bundle) fails(t *testing.T, code, sql string) *pgconn.PgError {
	t.Helper()
	_, err := b.client.PgConn().Exec(t.Context(), sql).ReadAll()
	return failed(t, err, code, sql)
}

// refusedAtLast runs the messages of a migration, of which the last, and only that,
// is refused; no transaction is left open.
func (b *bundle) refusedAtLast(t *testing.T, code string, sql []string) *pgconn.PgError {
	t.Helper()
	last := len(sql) - 1
	b.run(t, sql[:last]...)
	e := b.fails(t, code, sql[last])
	if status := b.client.PgConn().TxStatus(); status != 'I' {
		t.Errorf("transaction status %c", status)
	}
	if _, refused := b.Recorded(); refused != 1 {
		t.Errorf("%d refused", refused)
	}
	return e
}

func failed(t *testing.T, err error, code, sql string) *pgconn.PgError {
	t.Helper()
	var server *pgconn.PgError
	if !errors.As(err, &server) || server.Code != code {
		t.Fatalf("%s: %s, want SQLSTATE %s", sql, explain(err), code)
	}
	return server
}

// explain is an error with what a person would read of it.
func explain(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Error() + "; detail: " + server.Detail + "; hint: " + server.Hint
	}
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// olds executes statements of the old code, which must not fail.
func (b *bundle) olds(t *testing.T, sql ...string) {
	t.Helper()
	for _, text := range sql {
		if _, err := b.old.Exec(t.Context(), text, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("old code: %s: %s", text, explain(err))
		}
	}
}

// kinds tells what relations of schema public there are, as "name kind" in
// order: "a v" is a view a.
func (b *bundle) kinds(t *testing.T) string {
	t.Helper()
	return b.db.Value(t, `select coalesce(string_agg(relname || ' ' || relkind::text, ', ' order by relname), '')
		from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')`)
}

// standing lists the shims the ledger says stand, as "old -> new".
func (b *bundle) standing(t *testing.T) string {
	t.Helper()
	return b.db.Value(t, `select coalesce(string_agg(old_name || ' -> ' || new_name, ', ' order by id), '')
		from migguard.shim where dropped_at is null`)
}

func (b *bundle) wants(t *testing.T, kinds, standing string) {
	t.Helper()
	if got := b.kinds(t); got != kinds {
		t.Errorf("relations %q, want %q", got, kinds)
	}
	if got := b.standing(t); got != standing {
		t.Errorf("shims %q, want %q", got, standing)
	}
}

// role makes a login role that lives as long as the database, and returns its
// name and the database's URL for it.
func role(t *testing.T, db *pgtest.DB, name string) (quoted, address string) {
	t.Helper()
	name += "_" + db.Name
	quoted = pgx.Identifier{name}.Sanitize()
	db.Exec(t, "create role "+quoted+" login password 'pw'")
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "pw")
	return quoted, u.String()
}
