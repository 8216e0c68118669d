package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/pg"
)

// checkPartitions finds out what a UNIQUE constraint or primary key of a partitioned
// table needs of its partitions. The server takes theirs for its own if they are
// constraints, too; a unique index alone it does not (DefineIndex,
// src/backend/commands/indexcmds.c). What is wrong with the statement has to be said
// now, so it is tried on an empty copy. Of a primary key from PostgreSQL 18 on no order of steps
// leaves the catalog that the statement leaves (TestPrimaryKeyOfPartitionsFirst).
func (a *act) checkPartitions(ctx context.Context, s *stagedChange, name string) error {
	switch {
	case a.apart.Only():
		return a.unwritable(errors.New("ONLY would leave its partitions without"))
	case s.Inline:
		return a.unwritable(errors.New("its column is a new one, which can be no key of a partitioned table"))
	case s.Kind == ddl.PrimaryKey && a.major >= notNullConstraints:
		return a.unwritable(errors.New("from PostgreSQL 18 on a primary key that a partition gets first makes NOT NULL its own, which DROP NOT NULL of the table then leaves"))
	}
	label := "key"
	if s.Kind == ddl.PrimaryKey {
		label = "pkey"
		keyed, err := a.ask(ctx, pg.HasKeyedPartition(s.Table.OID))
		if err != nil {
			return err
		}
		if keyed.Scans {
			return a.unwritable(errors.New("a partition of it has a primary key already"))
		}
	}
	var columns []string
	err := a.aside(ctx, func() error {
		copied, err := a.copyForIndex(ctx, s.Table)
		if err != nil {
			return err
		}
		sql, err := a.apart.Write(ddl.Name{Schema: "pg_temp", Name: s.Table.Name}, append(a.earlier(s.action), s.action)...)
		if err != nil {
			return a.unwritable(err)
		}
		if err := a.conn.Exec(ctx, copied, sql); err != nil {
			var server *guard.ServerError
			if errors.As(err, &server) {
				server.Response.Position = 0 // in another text
			}
			return err
		}
		s.partitions, columns, err = a.readPartitions(ctx, s.Table, name)
		return err
	})
	if err != nil {
		return err
	}
	if s.Kind == ddl.PrimaryKey {
		columns = nil // which are no part of its name
	}
	for _, p := range s.partitions {
		why := p.unfit()
		switch {
		case p.kind == foreign:
			why = fmt.Sprintf("its partition %s is a foreign table", p)
		case p.index != "":
			why = fmt.Sprintf("its partition %s has such an index already", p)
		}
		if why != "" {
			return a.unwritable(errors.New(why))
		}
	}
	clash, err := a.chooseNames(ctx, s.Table, name, s.partitions, columns, label)
	if err == nil && clash != "" {
		err = a.unwritable(errors.New(clash))
	}
	return err
}

// promisePartitions has the partitions' indexes built and made constraints, one by
// one, and then the table's constraint made of them.
func (a *act) promisePartitions(ctx context.Context, s stagedChange, name string) error {
	for _, p := range s.partitions {
		if !p.needs() {
			continue
		}
		table := catalog.Relation{OID: p.oid, Schema: p.schema, Name: p.name}
		if err := a.promiseIndexed(ctx, s, table, p.chosen); err != nil {
			return err
		}
		a.owe(p.chosen)
	}
	if err := a.apart.Name(s.action, name); err != nil {
		return a.unwritable(err)
	}
	sql, err := a.apart.Write(ddl.Name{Schema: s.Table.Schema, Name: s.Table.Name}, s.action)
	if err != nil {
		return a.unwritable(err)
	}
	a.notes = append(a.notes, fmt.Sprintf("constraint %s is made partition by partition, of indexes that are built CONCURRENTLY, when the transaction has committed: %s", ddl.Quote(name), a.findings[0].Detail))
	a.owe(name)
	return a.promise(ctx, s.Table, ledger.ConstrainPartitioned, name, sql)
}
