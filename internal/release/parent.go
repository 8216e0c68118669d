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
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/shim"
)

// asPartition asks what a table that gets another name would be as a partition.
func (a *act) asPartition(ctx context.Context, change ddl.Change, found *catalog.Lookup) error {
	if _, ok := change.(ddl.RenameTable); !ok || a.idle || found.Relation == nil || found.Relation.Kind != catalog.Table {
		return nil
	}
	as, err := a.partition(ctx, found.Relation.OID)
	found.AsPartition = as
	return err
}

func (a *act) partition(ctx context.Context, table uint32) (*catalog.AsPartition, error) {
	doc, err := a.document(ctx, pg.AsPartition(table))
	if err != nil {
		return nil, err
	}
	return catalog.DecodeAsPartition(doc)
}

// hasReplaced tells a shim that is gone because the run itself has taken it down.
func (g *gate) hasReplaced(shim uint32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.replaced[shim]
}

// parentOf is the shim that a table is the one partition of, and its comment; nil if
// there is none.
func (a *act) parentOf(ctx context.Context, table catalog.Relation) (parent *catalog.Relation, comment string, err error) {
	a.mu.Lock()
	shimmed := a.shimmed[table.OID]
	a.mu.Unlock()
	if !shimmed {
		return nil, "", nil
	}
	rows, err := a.conn.Query(ctx, fmt.Sprintf("SELECT shim.parent::pg_catalog.int8, coalesce(pg_catalog.obj_description(shim.parent, 'pg_class'), '') FROM %s JOIN pg_catalog.pg_inherits h ON h.inhparent = shim.parent"+
		" WHERE shim.relation = %d::pg_catalog.oid AND h.inhrelid = shim.relation", ledger.ParentsFrom, table.OID))
	if err != nil || len(rows) == 0 {
		return nil, "", explained(err)
	}
	found, err := a.lookup(ctx, pg.Names{OID: oid(rows[0][0])})
	return found.Relation, *rows[0][1], err
}

// lockParents has the shims locked first that tables of the statement are partitions of,
// where it keeps others from writing these: who writes through a shim holds that while it
// waits, and what the transaction does to the shim later would wait for them.
func (a *act) lockParents(ctx context.Context) error {
	for _, l := range a.plan.Locks {
		if l.Via != ddl.Itself || !a.isStrong(l) {
			continue
		}
		found, err := a.lookup(ctx, pg.Names{Relation: ddl.Literal(l.Relation.String())})
		if err != nil {
			return err
		}
		if found.Relation == nil {
			continue
		}
		parent, _, err := a.parentOf(ctx, *found.Relation)
		if err != nil {
			return err
		}
		if parent != nil {
			a.yielding = append(a.yielding, fmt.Sprintf("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", qualified(*parent)))
		}
	}
	return nil
}

// stepOut takes down the shims that the statement's tables are partitions of, where the
// server does not do it to a partition, or only to that. They are made anew with the
// statement, in its transaction, of what the tables are then. Meanwhile both are locked.
func (a *act) stepOut(ctx context.Context) error {
	a.mu.Lock()
	parented := a.parented
	a.mu.Unlock()
	if !parented {
		return nil
	}
	done := map[uint32]bool{}
	for _, change := range a.plan.Changes {
		if c, ok := change.(ddl.AttachPartition); ok {
			if err := a.attachedTwice(ctx, c); err != nil {
				return err
			}
		}
		if !ofPartition(change) {
			continue
		}
		found, err := a.lookup(ctx, pg.Names{Relation: ddl.Literal(change.Relations()[0].String())})
		if err != nil {
			return err
		}
		table := found.Relation
		if table == nil || done[table.OID] {
			continue
		}
		done[table.OID] = true
		old, comment, err := a.parentOf(ctx, *table)
		if err != nil {
			return err
		}
		if old == nil {
			continue
		}
		if err := a.replaceParent(ctx, shim.TableParent{Old: *old, Release: a.release, Comment: comment}, *table, found.Encoding); err != nil {
			return err
		}
	}
	return a.lockParents(ctx)
}

// replaceParent takes one shim down, and has it made anew with the statement.
func (a *act) replaceParent(ctx context.Context, parent shim.TableParent, table catalog.Relation, encoding string) error {
	old := parent.Old
	if err := a.fitsParent(old, table); err != nil {
		return err
	}
	as, err := a.partition(ctx, table.OID)
	if err != nil {
		return err
	}
	parent.New, parent.Key = ddl.Name{Schema: table.Schema, Name: table.Name}, as.Key
	drop := shim.DropParent(ddl.Name{Schema: old.Schema, Name: old.Name}, parent.New)
	anew := slices.Concat([]string{pg.AssertPartition(parent.New.String(), codeNameTaken)}, parent.Expand(),
		[]string{ledger.RecordShimAnewSQL(old.OID, old.Schema, old.Name)})
	if has[ddl.SetOwner](a.plan.Changes) {
		anew = append(anew, shim.FollowParent(ddl.Name{Schema: old.Schema, Name: old.Name}, table.OID))
	}
	if err := a.readable(encoding, append(drop, anew...)); err != nil {
		return err
	}
	if _, err := a.withLock(ctx, nil, nil, a.instead(drop...)); err != nil {
		return explained(err)
	}
	a.replace(old.OID)
	a.ahead, a.beside = append(a.ahead, drop...), append(a.beside, anew...)
	a.notes = append(a.notes, fmt.Sprintf("the shim %s is made anew, so that code which is still running sees %s as it is now", hazard.Display(old), hazard.Display(table)))
	if has[ddl.AddColumn](a.plan.Changes) || has[ddl.DropColumn](a.plan.Changes) || has[ddl.ChangeColumnType](a.plan.Changes) {
		a.notes = append(a.notes, fmt.Sprintf("where a session has prepared SELECT * of %s, that fails once: cached plan must not change result type (0A000)", hazard.Display(old)))
	}
	return nil
}

// fitsParent refuses what code would notice that reaches the table through a shim.
func (a *act) fitsParent(old, table catalog.Relation) error {
	if has[ddl.RenameColumn](a.plan.Changes) {
		return a.renamedUnderParent(old, table)
	}
	if slices.ContainsFunc(a.plan.Changes, addsIdentity) { // maybe after the commit, when no statement is refused
		return a.notUnderParent(old, table, "which would fill no rows of an identity column")
	}
	for _, change := range a.plan.Changes {
		if why := a.facts(catalog.Lookup{Relation: &old}).Stale(through(change, old), a.policy); why != "" {
			return a.notUnderParent(old, table, "where what it has prepared would fail (0A000), and "+why)
		}
	}
	return nil
}

// through is a change of a partition's columns as code meets it through the parent.
func through(change ddl.Change, parent catalog.Relation) ddl.Change {
	name := ddl.Name{Schema: parent.Schema, Name: parent.Name}
	switch c := change.(type) {
	case ddl.AddColumn:
		c.Relation = name
		return c
	case ddl.ChangeColumnType:
		c.Relation = name
		return c
	}
	return change
}

// ofPartition tells what the server does not do to a partition, or what its parent
// would not follow (measured on 14 to 18).
func ofPartition(change ddl.Change) bool {
	switch change.(type) {
	case ddl.AddColumn, ddl.DropColumn, ddl.RenameColumn, ddl.ChangeColumnType, ddl.SetDefault, ddl.DropDefault, ddl.DropNotNull,
		ddl.SetExpression, ddl.DropExpression, ddl.AddIdentity, ddl.DropConstraint, ddl.SetInherit, ddl.SetLogged,
		ddl.CreateTrigger, ddl.CreateRule, ddl.SetRowSecurity, ddl.DropTable:
		return true
	}
	return false
}

func addsIdentity(change ddl.Change) bool {
	c, ok := change.(ddl.AddColumn)
	return ok && c.Identity != ""
}

// renamedUnderParent refuses another name of a column, which code that reaches the table
// through a shim would find there, too.
func (a *act) renamedUnderParent(old, table catalog.Relation) error {
	return a.notUnderParent(old, table, "where its column would have another name, too")
}

func (a *act) notUnderParent(old, table catalog.Relation, why string) error {
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeNameTaken,
		Message: fmt.Sprintf("the code that is still running reaches %s through the shim %s, %s", hazard.Display(table), hazard.Display(old), why),
		Detail:  parentDetail, Hint: laterRelease}
}

// parentDetail is said by a refusal that is about a parent.
const parentDetail = "The shim is a partitioned table, and the table its one partition."

// unparented makes a refusal of the error of a shim that cannot be made anew, since the
// statement.
func (a *act) unparented(err error) error {
	var server *guard.ServerError
	if !errors.As(err, &server) || server.SQLState() != codeNameTaken {
		return err
	}
	a.verdict = judge.Refuse
	return &guard.Refusal{Code: codeNameTaken,
		Message: "the shim through which the code that is still running reaches the table does not outlive this statement: " + server.Response.Message,
		Detail:  parentDetail + " The statement was rolled back.", Hint: laterRelease}
}
