package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
)

// renameWithView renames or moves the table and puts a view under its old name, in one
// transaction, which the client knows as the one statement it sent.
func (a *act) renameWithView(ctx context.Context, change ddl.Change, d judge.Decision, found catalog.Lookup) (string, error) {
	view := d.View
	return a.renameWith(ctx, change, found, ledger.TableView, view.New, view.Expand(),
		fmt.Sprintf("a view %s keeps the code that is still running working", hazard.Display(view.Old)),
		"on a view these statements of old code fail: "+strings.Join(view.Limits(), "; "))
}

// renameUnderParent renames the table and makes it the one partition of another table
// with its old name, as renameWithView.
func (a *act) renameUnderParent(ctx context.Context, change ddl.Change, d judge.Decision, found catalog.Lookup) (string, error) {
	parent := d.Parent
	return a.renameWith(ctx, change, found, ledger.TableParent, parent.New, parent.Expand(),
		fmt.Sprintf("a partitioned table %s, with %s as its one partition, keeps the code that is still running working", hazard.Display(parent.Old), parent.New),
		"on it these statements of old code fail: "+strings.Join(parent.Limits(), "; "))
}

// renameWith renames the table, makes what takes its old name, and records that.
func (a *act) renameWith(ctx context.Context, change ddl.Change, found catalog.Lookup, kind string, to ddl.Name, expand []string, notes ...string) (string, error) {
	free, _, err := a.bookkeeping(ctx, change, found)
	if err != nil {
		return "", err
	}
	old := found.Relation
	tag, err := a.renamed(ctx, found, free, append(expand, ledger.RecordShimSQL(ledger.NewShim{
		ReleaseID: a.releaseID, Kind: kind, ViewSchema: old.Schema,
		Schema: to.Schema, From: old.Schema, OldName: old.Name, NewName: to.Name,
	})))
	if err != nil {
		return "", err
	}
	a.notes = append(a.notes, notes...)
	a.hold(old.Name, old.OID)
	a.mu.Lock()
	a.parented = a.parented || kind == ledger.TableParent
	a.mu.Unlock()
	return tag, nil
}

// renamed runs a rename between SQL of migguard's own, with the lock of its
// table. All that is on record as executed.
func (a *act) renamed(ctx context.Context, found catalog.Lookup, before, after []string) (string, error) {
	own := slices.Concat(before, after)
	if err := a.readable(found.Encoding, own); err != nil {
		return "", err
	}
	tag, err := a.withLock(ctx, before, after, a.conn.Run)
	if err == nil {
		a.executed = slices.Concat(before, []string{a.text}, after)
	}
	return tag, err
}

// readable refuses SQL of migguard's own that the session would read in another
// encoding than it is in.
func (a *act) readable(encoding string, sql []string) error {
	if encoding == "UTF8" || !slices.ContainsFunc(sql, func(sql string) bool { return !ascii(sql) }) {
		return nil
	}
	return a.unjudged("client_encoding is "+encoding+" and a name in what keeps the old code working is not plain ASCII",
		"SET client_encoding = 'UTF8' before it.")
}

// owned says of an error that it is not about the client's own statement.
func owned(err error) error {
	var server *guard.ServerError
	if errors.As(err, &server) && !retryable(err) {
		if explained(err); server.Response.Hint == "" {
			server.Response.Detail = strings.TrimSpace(server.Response.Detail +
				" This is about the view or table that migguard puts under the old name, or its record, and not about the rename itself.")
			server.Response.Hint = "The role that migrates must be able to make one that belongs to the table's owner."
		}
	}
	return err
}
