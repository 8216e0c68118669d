package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/report"
)

// waitsForCode is what something waits for that is not due.
const waitsForCode = "a build from before it may still run"

// enforce makes, of what migrations have asked for, that of which the code has gone that
// it would have broken. It is sent through a guard of its own, as a migration would send it now, so
// that it blocks nobody; what has been made, and that, are committed together. What
// cannot be made stays, and the run goes on.
func (r *Run) enforce(ctx context.Context, id int64, which func(ledger.Withheld) bool) (made []report.Shim, err error) {
	all, err := r.Ledger.Withheld(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	due, err := r.dueWithheld(ctx)
	if err != nil {
		return nil, err
	}
	isDue := map[int64]bool{}
	for _, w := range due {
		isDue[w.ID] = true
	}
	var sessions *enforcer
	defer func() {
		if sessions != nil {
			sessions.close(ctx)
		}
	}()
	for _, w := range all {
		if !which(w) {
			continue
		}
		if !isDue[w.ID] {
			r.waits(ReportWithheld(w).ID, waitsForCode)
			continue
		}
		if sessions == nil {
			if sessions, err = r.enforcer(ctx, id); err != nil {
				return made, err
			}
		}
		gone, why, err := sessions.make(ctx, w)
		if err != nil {
			return made, err
		}
		if why != "" {
			if err := r.Ledger.NoteWithheld(ctx, w.ID, why, gone); err != nil {
				return made, err
			}
		}
		switch {
		case gone:
		case why != "":
			r.keepsWaiting(w, why)
		case r.work().reopened[w.ID]: // and said so
		default:
			r.Out.Line("made %s, which %s has asked for: the code that it waited for is gone", withheldName(w), releaseName(w.Version, w.ReleaseID))
			made = append(made, ReportWithheld(w))
		}
	}
	return made, nil
}

// keepsWaiting says why something is not made.
func (r *Run) keepsWaiting(w ledger.Withheld, why string) {
	r.waits(ReportWithheld(w).ID, why)
	r.Out.Line("%s, which %s has asked for, waits: %s", withheldName(w), releaseName(w.Version, w.ReleaseID), why)
}

// dueWithheld is what no running build is in the way of, nor the one that is about to
// run.
func (r *Run) dueWithheld(ctx context.Context) ([]ledger.Withheld, error) {
	if !r.ends && r.known.Running.Source != report.FromPlatform {
		return r.Ledger.DueWithheld(ctx, r.App, r.Build)
	}
	builds, all, err := r.mayRun(ctx)
	if err != nil || !all {
		return nil, err
	}
	due, err := r.Ledger.WithheldWithout(ctx, r.App, builds)
	if r.ends {
		return due, err
	}
	return slices.DeleteFunc(due, func(w ledger.Withheld) bool { return w.Build == r.Build }), err
}

// An enforcer sends statements through a guard.
type enforcer struct {
	run   *Run
	id    int64
	gate  *gate
	relay *relay
	conn  *pgx.Conn
}

func (r *Run) enforcer(ctx context.Context, id int64) (*enforcer, error) {
	g, err := r.gate(ctx, id)
	if err != nil {
		return nil, err
	}
	g.path, r.path = nil, nil // where the command looks, its own sessions tell
	e := &enforcer{run: r, id: id, gate: g}
	if e.relay, err = r.listen(ctx, g); err != nil {
		return nil, err
	}
	if e.conn, err = pgx.Connect(ctx, e.relay.redirect.URL()); err != nil {
		e.close(ctx)
		return nil, fmt.Errorf("make what has waited: %w", err)
	}
	return e, nil
}

func (e *enforcer) close(ctx context.Context) {
	if e.conn != nil {
		_ = e.conn.Close(context.WithoutCancel(ctx))
	}
	if err := e.relay.close(ctx); err != nil {
		e.run.Log.WarnContext(ctx, "close the guard", "error", err)
	}
}

// make makes it, or says why not; gone says that there is nothing to make any more.
func (e *enforcer) make(ctx context.Context, w ledger.Withheld) (gone bool, why string, err error) {
	switch {
	case w.NowTable == "":
		return true, "its table, or a column of it, is gone", nil
	case w.Parent != 0 && w.NowParent == "":
		return true, "the table that it refers to is gone", nil
	}
	sql, change, err := nowStatement(w)
	if err != nil {
		return false, "it cannot be written any more: " + err.Error(), nil
	}
	found, err := e.run.find(ctx, w.Relation)
	if err != nil {
		return false, "", err
	}
	if why, err := inTheWay(ctx, e.run.Catalog, w, change, *found.Relation); why != "" || err != nil {
		return false, why, err
	}
	e.gate.making.Store(w.ID)
	asThen := slices.Concat([]string{"BEGIN", "SET LOCAL statement_timeout = 0"}, sessionOf(w))
	if w.Role != "" {
		asThen = append(asThen, "SET LOCAL ROLE "+ddl.Quote(w.Role))
	}
	for _, text := range append(asThen, sql, "RESET ROLE", ledger.CloseWithheldSQL(fmt.Sprint(w.ID), e.id, true, ""), "COMMIT") {
		if _, err = e.conn.PgConn().Exec(ctx, text).ReadAll(); err == nil {
			continue
		}
		var server *pgconn.PgError
		if !errors.As(err, &server) {
			return false, "", fmt.Errorf("make %s: %w", withheldName(w), err)
		}
		_, err = e.conn.PgConn().Exec(ctx, "ROLLBACK").ReadAll()
		return false, strings.TrimSpace(server.Message + ". " + server.Detail), err
	}
	if w.Comment != "" && !e.run.work().reopened[w.ID] {
		e.comment(ctx, w)
	}
	return false, "", nil
}

// comment says of what is made now what a migration has said of it: its index may have
// been built when that was committed. If it cannot be said, then to people.
func (e *enforcer) comment(ctx context.Context, w ledger.Withheld) {
	object := fmt.Sprintf("CONSTRAINT %s ON %s", ddl.Quote(w.Object), ddl.Name{Schema: w.NowSchema, Name: w.NowTable})
	if w.Kind == ledger.WithheldIndex {
		object = "INDEX " + ddl.Name{Schema: w.NowSchema, Name: w.Object}.String()
	}
	sql := fmt.Sprintf("COMMENT ON %s IS %s", object, ddl.Literal(w.Comment))
	role := "RESET ROLE"
	if w.Role != "" {
		role = "SET LOCAL ROLE " + ddl.Quote(w.Role)
	}
	for _, text := range []string{"BEGIN", role, sql, "COMMIT"} {
		if _, err := e.conn.PgConn().Exec(ctx, text).ReadAll(); err != nil {
			e.run.Out.Line("%s could not be said: %v", sql, err)
			_, _ = e.conn.PgConn().Exec(ctx, "ROLLBACK").ReadAll()
			return
		}
	}
}

// sessionOf are the statements that have a statement mean in a transaction what it meant
// in the migration's session.
func sessionOf(w ledger.Withheld) []string {
	settings := maps.Clone(w.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	settings["search_path"], settings["standard_conforming_strings"] = w.SearchPath, "on"
	var sql []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		sql = append(sql, fmt.Sprintf("SELECT pg_catalog.set_config(%s, %s, true)", ddl.Literal(name), ddl.Literal(settings[name])))
	}
	return sql
}

// renames are the names that have changed since the statement.
func renames(w ledger.Withheld) ddl.Renames {
	return ddl.Renames{Table: w.Table, Columns: w.Columns, Parent: ddl.Name{Schema: w.NowParentSchema, Name: w.NowParent}, ParentColumns: w.ParentColumns}
}

// nowStatement is what makes it, by the names that table and column have now.
func nowStatement(w ledger.Withheld) (sql string, change ddl.Change, err error) {
	table := ddl.Name{Schema: w.NowSchema, Name: w.NowTable}
	if w.Statement, err = ddl.Renamed(w.Statement, renames(w)); err != nil {
		return "", nil, err
	}
	switch w.Kind {
	case ledger.WithheldNotNull:
		return setNotNull(table, w.NowColumn), ddl.SetNotNull{Relation: table, Column: w.NowColumn}, nil
	case ledger.WithheldDefault:
		return dropDefault(table, w.NowColumn), ddl.DropDefault{Relation: table, Column: w.NowColumn}, nil
	}
	parsed := ddl.Parse(w.Statement)
	if len(parsed) != 1 || len(parsed[0].Changes) != 1 {
		return "", nil, errors.New("its statement is not one")
	}
	change = parsed[0].Changes[0]
	if w.Kind == ledger.WithheldIndex {
		sql, err = ddl.WriteIndex(w.Statement, ddl.IndexForm{On: table, Index: w.Object})
		return sql, change, err
	}
	alter, err := ddl.TakeApart(w.Statement, parsed[0].Changes)
	if err == nil {
		sql, err = alter.Write(table, 0)
	}
	return sql, change, err
}

// inTheWay says which rows are in the way, that code has written meanwhile. What
// cannot be asked the server says itself.
func inTheWay(ctx context.Context, conn *pgx.Conn, w ledger.Withheld, change ddl.Change, table catalog.Relation) (why string, err error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return "", fmt.Errorf("look for rows in the way: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Conn().PgConn().Exec(ctx, strings.Join(append(sessionOf(w), "SET LOCAL statement_timeout = 0"), "; ")).ReadAll(); err != nil {
		return "", fmt.Errorf("look for rows in the way: %w", err)
	}
	primary, err := keyColumns(ctx, tx, qualified(table))
	if err != nil {
		return "", err
	}
	if c, ok := change.(ddl.AddConstraint); ok && c.Constraint == ddl.ForeignKey && c.ReferencesColumns == nil {
		if c.ReferencesColumns, err = keyColumns(ctx, tx, c.References.String()); err != nil {
			return "", err
		}
		change = c
	}
	if c, ok := change.(ddl.AddConstraint); ok && c.NotValid {
		return "", nil
	}
	from, key := violators(change, table, primary)
	if from == "" {
		return "", nil
	}
	var count int64
	var sample []string
	err = tx.QueryRow(ctx, fmt.Sprintf("SELECT count(*), (array_agg(key))[1:5] FROM (SELECT ROW(%s)::text AS key FROM %s) v", key, from)).Scan(&count, &sample)
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("look for rows in the way: %w", err)
	case count == 0:
		return "", nil
	}
	what := fmt.Sprintf("%d rows violate it, by %s", count, strings.ReplaceAll(key, "r.", ""))
	if strings.Contains(from, " HAVING ") {
		what = fmt.Sprintf("%d values of %s are there more than once", count, key)
	}
	return fmt.Sprintf("%s: %s; mend them, and the next run makes it", what, strings.Join(sample, ", ")), nil
}

// keyColumns are those of a table's primary key.
func keyColumns(ctx context.Context, tx pgx.Tx, table string) ([]string, error) {
	rows, err := tx.Query(ctx, pg.PrimaryKey(ddl.Literal(table)))
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	return names, nil
}

// lookBackAt says why a build from before something that has waited for it to go may
// not come back.
func (r *Run) lookBackAt(ctx context.Context) (reason string, err error) {
	if r.Build == "" {
		return "", nil
	}
	last, found, err := r.Ledger.LastSuccessful(ctx)
	if err != nil || !found || last.Build == r.Build {
		return "", err
	}
	made, err := r.Ledger.Enforced(ctx, r.Build)
	if err != nil || len(made) == 0 {
		return "", err
	}
	said := "this build was released before, and since then what its code may violate has been made:\n" + strings.Join(made, "\n")
	if r.WarnMissing {
		r.Out.Line("%s", said)
		return "", nil
	}
	r.back = true
	return said + "\nrelease a later build, or drop that first, or let it go on: --forward-check warn, or MIGGUARD_FORWARD_CHECK", nil
}
