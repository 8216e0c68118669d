package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// takesPlace makes room for what gets the name of a view that stays: the view is dropped if no
// code needs it by now. Another view may take its place even so, as if one statement dropped the
// first and made the second: it is judged when its transaction is about to commit.
func (a *act) takesPlace(ctx context.Context, change ddl.Change) (handled bool, err error) {
	name, column, ok := makes(change)
	if !ok || column != "" || !a.hasDeferred() {
		return false, nil
	}
	views, err := a.keptCalled(ctx, name)
	if err != nil || len(views) == 0 {
		return false, err
	}
	v := views[0]
	on, err := a.keptOn(ctx, v.relation, 0)
	if err != nil {
		return false, err
	}
	needed := ""
	for _, one := range append(on, v) {
		if needed == "" {
			if needed, err = a.mayGo(ctx, one, one.relation == v.relation); err != nil {
				return false, err
			}
		}
	}
	if needed == "" {
		return true, a.dropKept(ctx, append(on, v), "was in the way of a statement")
	}
	create, isView := change.(ddl.CreateView)
	if !isView || len(on) > 0 && !create.Replace {
		return false, nil
	}
	return true, a.replaceKept(ctx, v, create)
}

// keptCalled is the view that stays and has a name, if one does.
func (a *act) keptCalled(ctx context.Context, name ddl.Name) ([]keptView, error) {
	return a.keptViews(ctx, fmt.Sprintf("SELECT relation, 0 AS place FROM %s WHERE relation = pg_catalog.to_regclass(%s)", ledger.KeptViewsFrom, ddl.Literal(name.String())))
}

// replaceKept has the view of a statement take the place of one that stays, which then is the
// migration's own, and is not dropped any more.
func (a *act) replaceKept(ctx context.Context, v keptView, create ddl.CreateView) error {
	found, err := a.lookup(ctx, pg.Names{OID: v.relation, Writable: true})
	if err != nil {
		return err
	}
	was := dropOfView(found)
	if err := errors.Join(a.judgeAtCommit(ctx, was, found), a.rememberView(ctx, was, found)); err != nil {
		return err
	}
	a.inPlace = &v
	a.notes = append(a.notes, fmt.Sprintf("view %s, which %s has dropped and which stays for code that is still running, is replaced", v.sql, v.release))
	const note = "a migration has made it again"
	if create.Replace {
		_, err = a.withLock(ctx, nil, nil, a.instead(ledger.CloseDeferredViewSQL(v.relation, a.releaseID, false, note)))
		return explained(err)
	}
	drop := "DROP VIEW " + v.sql
	a.cleared = append(a.cleared, drop)
	_, err = a.withLock(ctx, nil, nil, a.instead(drop, ledger.CloseDeferredViewSQL(v.relation, a.releaseID, true, note)))
	return explained(err)
}

// notInPlace says of an error of CREATE OR REPLACE VIEW why the columns matter: the author
// may believe that the view is gone.
func (a *act) notInPlace(err error) error {
	var server *guard.ServerError
	if a.inPlace == nil || !errors.As(err, &server) || server.SQLState() != codeInvalidDefinition {
		return err
	}
	server.Response.Detail = fmt.Sprintf("View %s is there still: %s has dropped it (%s), and it stays for code that is still running.", a.inPlace.sql, a.inPlace.release, a.inPlace.since)
	server.Response.Hint = "Give it the columns it had, and others after them; or another name; or make it in a release after the one that drops it." + exceptView(a.inPlace.sql)
	return err
}
