package runner

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pg_query "github.com/pganalyze/pg_query_go/v6"
	"github.com/pressly/goose/v3"
)

// Format is how a folder of SQL migrations is written.
type Format int

const (
	// FormatGoose is goose's own: NNN_name.sql with "-- +goose" annotations.
	FormatGoose Format = iota
	// FormatUpSQL is one plain file for each direction: NNN_name.up.sql.
	FormatUpSQL
)

// Migration is one file of a folder.
type Migration struct {
	Version int64
	Name    string // of the file
}

var upName = regexp.MustCompile(`^([0-9]+)_.*\.up\.sql$`)

// version reads the number at the start of a file name; ok is false for a file
// that is no migration of this format.
func (f Format) version(name string) (version int64, ok bool) {
	if f == FormatGoose {
		version, err := goose.NumericComponent(name)
		return version, err == nil && strings.HasSuffix(name, ".sql")
	}
	m := upName.FindStringSubmatch(name)
	if m == nil {
		return 0, false
	}
	version, err := strconv.ParseInt(m[1], 10, 64)
	return version, err == nil
}

// listMigrations lists a folder's migrations by version. Errors are a version
// given twice and, for plain files, version 0, which goose uses for itself.
func listMigrations(files fs.FS, format Format) ([]Migration, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var list []Migration
	for _, e := range entries {
		if version, ok := format.version(e.Name()); ok && !e.IsDir() {
			list = append(list, Migration{version, e.Name()})
		}
	}
	slices.SortFunc(list, func(a, b Migration) int {
		return int(min(max(a.Version-b.Version, -1), 1))
	})
	for i, m := range list {
		if m.Version == 0 {
			return nil, fmt.Errorf("%s: version 0 is reserved by goose; number from 1", m.Name)
		}
		if i > 0 && m.Version == list[i-1].Version {
			return nil, fmt.Errorf("%s and %s have the same version", list[i-1].Name, m.Name)
		}
	}
	return list, nil
}

// gooseMigration makes a plain file a migration of goose: a Go function, since
// goose's parser would take statements apart by lines. The file is sent
// unchanged as one simple query, as golang-migrate does. Here it runs in one
// transaction with the row that records it, so that both are there or neither;
// a file for which that can't be (see needsNoTransaction) runs without, and is
// recorded after it.
func gooseMigration(files fs.FS, m Migration) (*goose.Migration, error) {
	text, err := fs.ReadFile(files, m.Name)
	if err != nil {
		return nil, fmt.Errorf("read migration: %w", err)
	}
	up := &goose.GoFunc{RunTx: execTx(string(text))}
	if needsNoTransaction(string(text)) {
		up = &goose.GoFunc{RunDB: execDB(string(text))}
	}
	return goose.NewGoMigration(m.Version, up, nil), nil
}

// needsNoTransaction reports whether a file controls transactions itself or
// holds a statement that PostgreSQL refuses in a transaction block. Text that
// does not parse is left to the server to complain about.
func needsNoTransaction(text string) bool {
	tree, err := pg_query.Parse(text)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(tree.Stmts, func(s *pg_query.RawStmt) bool {
		return leavesTransaction(s.Stmt)
	})
}

// leavesTransaction knows the callers of PreventInTransactionBlock in
// PostgreSQL 18's utility.c and the commands it calls, as far as a migration
// may hold them, and transaction control but for savepoints.
func leavesTransaction(n *pg_query.Node) bool {
	switch s := n.Node.(type) {
	case *pg_query.Node_TransactionStmt:
		switch s.TransactionStmt.Kind {
		case pg_query.TransactionStmtKind_TRANS_STMT_SAVEPOINT,
			pg_query.TransactionStmtKind_TRANS_STMT_RELEASE,
			pg_query.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:
			return false
		}
		return true
	case *pg_query.Node_IndexStmt:
		return s.IndexStmt.Concurrent
	case *pg_query.Node_DropStmt:
		return s.DropStmt.Concurrent
	case *pg_query.Node_AlterTableStmt:
		return slices.ContainsFunc(s.AlterTableStmt.Cmds, func(c *pg_query.Node) bool {
			p := c.GetAlterTableCmd().GetDef().GetPartitionCmd()
			return p != nil && p.Concurrent
		})
	case *pg_query.Node_VacuumStmt:
		return s.VacuumStmt.IsVacuumcmd
	case *pg_query.Node_ReindexStmt:
		return reindexLeavesTransaction(s.ReindexStmt)
	case *pg_query.Node_ClusterStmt:
		return s.ClusterStmt.Relation == nil
	case *pg_query.Node_AlterSystemStmt, *pg_query.Node_CreatedbStmt,
		*pg_query.Node_DropdbStmt, *pg_query.Node_CreateTableSpaceStmt,
		*pg_query.Node_DropTableSpaceStmt, *pg_query.Node_CreateSubscriptionStmt,
		*pg_query.Node_DropSubscriptionStmt:
		return true
	}
	return false
}

func reindexLeavesTransaction(s *pg_query.ReindexStmt) bool {
	switch s.Kind {
	case pg_query.ReindexObjectType_REINDEX_OBJECT_INDEX,
		pg_query.ReindexObjectType_REINDEX_OBJECT_TABLE:
		return slices.ContainsFunc(s.Params, func(p *pg_query.Node) bool {
			return strings.EqualFold(p.GetDefElem().GetDefname(), "concurrently")
		})
	}
	return true
}
