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

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/ledger"
)

// An enforcer sends statements through a guard.
type enforcer struct {
	run   *Run
	id    int64
	gate  *gate
	guard *guarding
	conn  *pgx.Conn
}

func (r *Run) enforcer(ctx context.Context, id int64) (*enforcer, error) {
	g, err := r.gate(ctx, id)
	if err != nil {
		return nil, err
	}
	g.path, r.path = nil, nil // where the command looks, its own sessions tell
	e := &enforcer{run: r, id: id, gate: g}
	if e.guard, err = r.listen(ctx, g); err != nil {
		return nil, err
	}
	if e.conn, err = pgx.Connect(ctx, e.guard.URL()); err != nil {
		e.close(ctx)
		return nil, fmt.Errorf("make what has waited: %w", err)
	}
	return e, nil
}

func (e *enforcer) close(ctx context.Context) {
	if e.conn != nil {
		_ = e.conn.Close(context.WithoutCancel(ctx))
	}
	if err := e.guard.close(ctx); err != nil {
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
	if w.Comment != "" && !e.run.work().waitsAgain(w.ID) {
		e.comment(ctx, w)
	}
	return false, "", nil
}

// comment says of what is made now what a migration has said of it: its index may have
// been built when that was committed. If it cannot be said, then to people.
func (e *enforcer) comment(ctx context.Context, w ledger.Withheld) {
	name := w.Object
	if w.Kind == ledger.WithheldNotNull {
		name = notNullOf(w.Statement).Name
	}
	object := fmt.Sprintf("CONSTRAINT %s ON %s", ddl.Quote(name), ddl.Name{Schema: w.NowSchema, Name: w.NowTable})
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
	switch w.Kind {
	case ledger.WithheldNotNull:
		c := notNullOf(w.Statement)
		c.Relation, c.Column = table, w.NowColumn
		return c.Write(table.String()), c, nil
	case ledger.WithheldDefault:
		return dropDefault(table, w.NowColumn), ddl.DropDefault{Relation: table, Column: w.NowColumn}, nil
	}
	if w.Statement, err = ddl.Renamed(w.Statement, renames(w)); err != nil {
		return "", nil, err
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
