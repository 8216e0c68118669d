package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/pg"
	"github.com/migguard/migguard/internal/task"
)

// The copies that a new partition is tried on.
var (
	copiedParent   = ddl.Name{Schema: "pg_temp", Name: "migguard_parent"}
	copiedDefault  = ddl.Name{Schema: "pg_temp", Name: "migguard_default"}
	copiedAttached = ddl.Name{Schema: "pg_temp", Name: "migguard_attached"}
)

// errUncounted is of a session whose server does not count what is read.
var errUncounted = errors.New("track_counts is off")

// tryPartition has the server attach an empty copy of a new partition to one of
// its parent, where a large table may be read for it, and looks whether it reads
// that or the copy of the DEFAULT partition: it does unless their constraints
// prove that there is no need (PartConstraintImpliedByRelConstraint,
// src/backend/commands/tablecmds.c).
func (a *act) tryPartition(ctx context.Context, change ddl.Change, l *catalog.Lookup) error {
	attach, attaches := change.(ddl.AttachPartition)
	large := attaches && a.policy.Large(*l)
	if l.Parent == nil || !large && !a.policy.Large(catalog.Lookup{Relation: l.DefaultPartition}) {
		return nil
	}
	var attached *catalog.Relation
	if attaches {
		attached = l.Relation
	}
	l.Trial, l.DefaultTrial = &catalog.Trial{}, &catalog.Trial{}
	return a.aside(ctx, func() error {
		err := a.attachCopy(ctx, attached, attach.Default, l)
		var server *guard.ServerError
		switch {
		case errors.As(err, &server) && server.SQLState() != pg.QueryCanceled:
			l.Trial.Failed, l.DefaultTrial.Failed = server.Response.Message, server.Response.Message
		case errors.Is(err, ddl.ErrUnfaithful), errors.Is(err, errUncounted):
			l.Trial.Failed, l.DefaultTrial.Failed = err.Error(), err.Error()
		default:
			return err
		}
		return nil
	})
}

// attachCopy makes the copies and attaches one; attached is nil for a new table.
func (a *act) attachCopy(ctx context.Context, attached *catalog.Relation, asDefault bool, l *catalog.Lookup) error {
	sql, err := ddl.WriteAttach(a.text, copiedParent, copiedAttached)
	if err != nil {
		return err
	}
	var table uint32
	like := *l.Parent
	if attached != nil {
		table, like = attached.OID, *attached
	}
	rows, err := a.conn.Query(ctx, pg.Partitioning(l.Parent.OID, table))
	if err != nil || len(rows) == 0 { // the server says that it has no partitions
		return err
	}
	const key, below, siblings, invalid, unkeyed = 0, 1, 2, 3, 4
	if err := a.conn.Exec(ctx, pg.SetLockTimeout(fmt.Sprint(task.MaxLockTimeout.Milliseconds())),
		copyOf(copiedParent, *l.Parent)+" PARTITION BY "+*rows[0][key]); err != nil {
		return err
	}
	if err := a.copyPartition(ctx, copiedAttached, like); err != nil {
		return err
	}
	if l.DefaultPartition != nil {
		if err := a.copyPartition(ctx, copiedDefault, *l.DefaultPartition); err != nil {
			return err
		}
		if err := a.conn.Exec(ctx, fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s DEFAULT", copiedParent, copiedDefault)); err != nil {
			return err
		}
	}
	tried := map[ddl.Name]*catalog.Trial{copiedAttached: l.Trial}
	if l.DefaultPartition != nil {
		tried[copiedDefault] = l.DefaultTrial
	}
	before, err := a.scans(ctx, tried)
	if err != nil {
		return err
	}
	if err := a.conn.Exec(ctx, sql); err != nil {
		return err
	}
	after, err := a.scans(ctx, tried)
	if err != nil {
		return err
	}
	for copied, t := range tried {
		t.Scans = before[copied] != after[copied]
	}
	// What the copies have not: bounds above, and of the others; an index that
	// is not valid; foreign keys.
	yes := func(column int) bool { return *rows[0][column] == "t" }
	l.Trial.Scans = l.Trial.Scans || yes(below) || asDefault && yes(siblings) || yes(invalid) || yes(unkeyed)
	return nil
}

// copyPartition makes an empty copy with the constraints that prove anything.
func (a *act) copyPartition(ctx context.Context, copied ddl.Name, table catalog.Relation) error {
	without, err := a.unproven(ctx, table, copied)
	if err != nil {
		return err
	}
	return a.conn.Exec(ctx, append([]string{copyOf(copied, table)}, without...)...)
}

// copyOf leaves identity out, which no partition may bring.
func copyOf(copied ddl.Name, table catalog.Relation) string {
	return fmt.Sprintf("CREATE TEMPORARY TABLE %s (LIKE %s INCLUDING ALL EXCLUDING IDENTITY EXCLUDING COMMENTS EXCLUDING STATISTICS)", copied, qualified(table))
}

// scans is how often each copy was read.
func (a *act) scans(ctx context.Context, tried map[ddl.Name]*catalog.Trial) (map[ddl.Name]string, error) {
	read := map[ddl.Name]string{}
	for copied := range tried {
		rows, err := a.conn.Query(ctx, pg.WorkOn(ddl.Literal(copied.String())))
		if err != nil {
			return nil, err
		}
		const scans, counted = 1, 2
		if *rows[0][counted] != "on" {
			return nil, errUncounted
		}
		read[copied] = *rows[0][scans]
	}
	return read, nil
}

// attachedTwice refuses to make a table another one's partition that is a shim's: the
// server takes no second parent.
func (a *act) attachedTwice(ctx context.Context, c ddl.AttachPartition) error {
	found, err := a.lookup(ctx, pg.Names{Relation: ddl.Literal(c.Partition.String())})
	if err != nil || found.Relation == nil {
		return err
	}
	old, _, err := a.parentOf(ctx, *found.Relation)
	if err != nil || old == nil {
		return err
	}
	return a.notUnderParent(*old, *found.Relation, "whose partition it is, and a table is that of one only")
}
