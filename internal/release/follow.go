package release

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/shim"
)

// follow has the views of shims get, with the statement, what it gives or takes the
// table they show: rights, an owner, a default, row security. Old code counts on the
// table's, and has the view's.
func (a *act) follow(ctx context.Context, change ddl.Change) error {
	var in ddl.Name
	locks := true
	switch c := change.(type) {
	case ddl.Grant:
		if locks = false; c.InSchema && c.Kind == ddl.KindTable {
			in = c.Object
		}
	case ddl.Revoke:
		if locks = false; c.InSchema && c.Kind == ddl.KindTable {
			in = c.Object
		}
	case ddl.SetOwner, ddl.SetDefault, ddl.DropDefault, ddl.SetRowSecurity:
	default:
		return nil
	}
	which := ""
	switch names := change.Relations(); {
	case in.Name != "":
		which = fmt.Sprintf("(SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s)", ddl.Literal(in.Name))
	case len(names) > 0:
		which = fmt.Sprintf("(pg_catalog.to_regclass(%s))", ddl.Literal(names[0].String()))
	default:
		return nil
	}
	views, err := a.viewsOf(ctx, which)
	for _, v := range views {
		sql := shim.Follow(v.oid, v.table, a.major)
		if slices.Contains(a.yields, v.schema) && v.overlay || slices.Contains(a.beside, sql) {
			continue
		}
		a.beside = append(a.beside, sql)
		if lock := shim.LockView(v.name); locks && !slices.Contains(a.yielding, lock) {
			a.yielding = append(a.yielding, lock)
		}
	}
	return errors.Join(err, a.followParents(ctx, change, which))
}

// followParents is follow for shims that are partitioned tables: of the tables that which, an
// item for IN, has.
func (a *act) followParents(ctx context.Context, change ddl.Change, which string) error {
	switch change.(type) {
	case ddl.Grant, ddl.Revoke, ddl.SetOwner:
	default:
		return nil
	}
	parents, err := a.parentsOf(ctx, " WHERE shim.relation IN "+which)
	for _, p := range parents {
		a.beside = append(a.beside, shim.FollowParent(p.name, p.table))
		if _, ok := change.(ddl.SetOwner); ok {
			a.yielding = append(a.yielding, fmt.Sprintf("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", p.name))
		}
	}
	return err
}

// A partedBy is a partitioned table of a shim's, with its partition.
type partedBy struct {
	name  ddl.Name
	table uint32
}

// parentsOf are those that stand.
func (a *act) parentsOf(ctx context.Context, where string) (parents []partedBy, err error) {
	a.mu.Lock()
	parented := a.parented
	a.mu.Unlock()
	if !parented {
		return nil, nil
	}
	rows, err := a.conn.Query(ctx, "SELECT n.nspname, c.relname, shim.relation::pg_catalog.int8 FROM "+ledger.ParentsFrom+
		" JOIN pg_catalog.pg_class c ON c.oid = shim.parent JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"+where)
	for _, row := range rows {
		parents = append(parents, partedBy{ddl.Name{Schema: *row[0], Name: *row[1]}, oid(row[2])})
	}
	return parents, explained(err)
}

// A shownBy is a view of a shim's.
type shownBy struct {
	oid, table   uint32
	name, schema string // as SQL, and as it is
	overlay      bool
}

// viewsOf are those of the tables that which, an item for IN, has; of all where it is
// empty.
func (a *act) viewsOf(ctx context.Context, which string) (views []shownBy, err error) {
	if !a.shims() {
		return nil, nil
	}
	if which != "" {
		which = " WHERE relation IN " + which
	}
	rows, err := a.conn.Query(ctx, "SELECT view::pg_catalog.int8, relation::pg_catalog.int8, view::pg_catalog.regclass::pg_catalog.text, schema, kind = 'overlay' FROM "+ledger.ViewsFrom+which)
	for _, row := range rows {
		views = append(views, shownBy{oid(row[0]), oid(row[1]), *row[2], *row[3], *row[4] == "t"})
	}
	return views, explained(err)
}

// followAll is follow after a statement whose text does not show what it does.
func (a *act) followAll(ctx context.Context) error {
	views, err := a.viewsOf(ctx, "")
	parents, failed := a.parentsOf(ctx, "")
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	var sql []string
	for _, v := range views {
		sql = append(sql, shim.Follow(v.oid, v.table, a.major))
	}
	for _, p := range parents {
		sql = append(sql, shim.FollowParent(p.name, p.table))
	}
	if sql == nil {
		return nil
	}
	return owned(a.conn.Exec(ctx, sql...))
}

// secures refuses that row security is turned on where the view of a shim cannot
// follow: it would go on to show all rows to everybody.
func (a *act) secures(ctx context.Context, change ddl.Change, found catalog.Lookup) error {
	c, ok := change.(ddl.SetRowSecurity)
	if !ok || c.Action != "enable" || found.Relation == nil || found.Relation.RowSecurity {
		return nil
	}
	views, err := a.viewsOf(ctx, fmt.Sprintf("(%d::pg_catalog.oid)", found.Relation.OID))
	if err != nil {
		return err
	}
	table := *found.Relation
	table.RowSecurity = true
	why := (shim.TableView{Old: table, Major: a.major}).Check()
	if why == nil {
		return nil
	}
	for _, v := range views {
		if v.overlay && slices.Contains(a.yields, v.schema) {
			continue
		}
		a.verdict = judge.Refuse
		return &guard.Refusal{Code: hazard.HiddenRows.Code,
			Message: fmt.Sprintf("turning row security on for %s would not reach the code that sees it through the shim %s (%s)", hazard.Display(table), v.name, hazard.HiddenRows.ID),
			Detail:  why.Error() + ".",
			Hint:    laterRelease}
	}
	return nil
}
