package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// rememberView notes what the view is that the statement is about to drop, and those that
// CASCADE takes along: when they are gone nobody can tell.
func (a *act) rememberView(ctx context.Context, change ddl.Change, found catalog.Lookup) error {
	c, ok := change.(ddl.DropView)
	if !ok || found.Relation == nil || found.Relation.Kind != catalog.View {
		return nil
	}
	return a.aside(ctx, func() error {
		if err := a.conn.Exec(ctx, viewSettings(pg.ViewSettings)); err != nil {
			return err
		}
		views, err := a.viewSources(ctx, fmt.Sprintf("%d::pg_catalog.oid", found.Relation.OID), c.Cascade)
		w := a.witness()
		for _, v := range views {
			w.views[v.OID] = v
		}
		return err
	})
}

func (a *act) viewSources(ctx context.Context, view string, cascade bool) ([]catalog.ViewSource, error) {
	doc, err := a.document(ctx, pg.ViewSource(view, cascade))
	if err != nil {
		return nil, err
	}
	return catalog.DecodeViewSources(doc)
}

// viewSettings is SQL that has settings for the rest of the transaction.
func viewSettings(settings map[string]string) string {
	sql := "SELECT "
	for i, name := range slices.Sorted(maps.Keys(settings)) {
		if i > 0 {
			sql += ", "
		}
		sql += fmt.Sprintf("pg_catalog.set_config(%s, %s, true)", ddl.Literal(name), ddl.Literal(settings[name]))
	}
	return sql
}

// keepView makes a view anew that the transaction has dropped, with those under it, and
// records them as what stays. It returns why it could not, in a clause; then nothing of
// it was done.
func (a *act) keepView(ctx context.Context, r catalog.Relation) (why string, err error) {
	w, _ := a.conn.Witness().(*witness)
	if w == nil || w.views[r.OID].OID == 0 {
		return fmt.Sprintf("what view %s was is not known, because no DROP VIEW of the migration's own names it, or one that it depends on", hazard.Display(r)), nil
	}
	previous, err := a.settings(ctx)
	if err != nil {
		return "", err
	}
	if err := a.conn.Exec(ctx, "SAVEPOINT "+probeSavepoint, viewSettings(pg.ViewSettings)); err != nil {
		return "", err
	}
	var made []string
	var kept []catalog.ViewSource
	for _, v := range w.under(w.views[r.OID]) {
		there, err := a.conn.Query(ctx, "SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass("+ddl.Literal(sourceName(v).String())+")")
		if err != nil {
			return "", err
		}
		if len(there) > 0 {
			continue // again, or still
		}
		sql, failed := a.makeAnew(ctx, v)
		var server *guard.ServerError
		var unlike *shim.Precondition
		switch {
		case errors.As(failed, &server):
			why = server.Response.Message
		case errors.As(failed, &unlike):
			why = unlike.Reason
		case failed != nil:
			return "", failed
		}
		if why != "" {
			why = fmt.Sprintf("view %s cannot be made anew as it was: %s", sourceName(v), why)
			return why, a.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT "+probeSavepoint, "RELEASE SAVEPOINT "+probeSavepoint)
		}
		made, kept = append(made, sql...), append(kept, v)
	}
	if err := a.conn.Exec(ctx, viewSettings(previous), "RELEASE SAVEPOINT "+probeSavepoint); err != nil {
		return "", err
	}
	a.executed = append(a.executed, made...)
	a.mu.Lock()
	a.defers = true
	a.mu.Unlock()
	for _, v := range kept {
		a.stays(shim.Deferred{Table: catalog.Relation{Schema: v.Schema, Name: v.Name, Kind: catalog.View}})
	}
	return "", nil
}

// settings are the session's own.
func (a *act) settings(ctx context.Context) (map[string]string, error) {
	own := map[string]string{}
	for name := range pg.ViewSettings {
		rows, err := a.conn.Query(ctx, "SELECT pg_catalog.current_setting("+ddl.Literal(name)+")")
		if err != nil {
			return nil, err
		}
		own[name] = *rows[0][0]
	}
	return own, nil
}

// makeAnew makes one view, and records it. It fails with a *shim.Precondition where it is not
// as it was.
func (a *act) makeAnew(ctx context.Context, v catalog.ViewSource) (sql []string, err error) {
	if v.Why != "" {
		return nil, &shim.Precondition{Reason: v.Why}
	}
	query := "pg_catalog.to_regclass(" + ddl.Literal(sourceName(v).String()) + ")"
	sql = shim.ViewAnew(v)
	if err := a.conn.Exec(ctx, sql...); err != nil {
		return nil, err
	}
	is, err := a.viewSources(ctx, query, false)
	if err != nil {
		return nil, err
	}
	rights := shim.ViewRights(v, is[0])
	if rights != nil {
		if err := a.conn.Exec(ctx, rights...); err != nil {
			return nil, err
		}
		if is, err = a.viewSources(ctx, query, false); err != nil {
			return nil, err
		}
	}
	if why := v.Unlike(is[0]); why != "" {
		return nil, &shim.Precondition{Reason: why}
	}
	return append(sql, rights...), a.conn.Exec(ctx, ledger.MoveDeferredSQL(v.OID, is[0].OID), ledger.RecordDeferredSQL(ledger.NewDeferred{
		ReleaseID: a.releaseID, Object: ledger.Object{Relation: is[0].OID}, Schema: v.Schema, Table: v.Name, View: true,
	}))
}

func sourceName(v catalog.ViewSource) ddl.Name { return ddl.Name{Schema: v.Schema, Name: v.Name} }

// under are the views that one reads, of those that are remembered, what is read first, and it
// itself last.
func (w *witness) under(v catalog.ViewSource) (all []catalog.ViewSource) {
	for _, id := range v.Views {
		if base, ok := w.views[id]; ok {
			all = append(all, w.under(base)...)
		}
	}
	return append(all, v)
}

// stays says that something does which was dropped.
func (a *act) stays(d shim.Deferred) {
	note := fmt.Sprintf("%s stays until no code that runs needs it, and is dropped by a later release", d.What())
	a.notes = append(a.notes, note)
	a.conn.Notice("migguard: "+note, "", "")
}
