package ddl

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var transactionKinds = map[pg.TransactionStmtKind]struct {
	kind TransactionKind
	tag  string
}{
	pg.TransactionStmtKind_TRANS_STMT_BEGIN:             {Begin, "BEGIN"},
	pg.TransactionStmtKind_TRANS_STMT_START:             {Begin, "START TRANSACTION"},
	pg.TransactionStmtKind_TRANS_STMT_COMMIT:            {Commit, "COMMIT"},
	pg.TransactionStmtKind_TRANS_STMT_ROLLBACK:          {Rollback, "ROLLBACK"},
	pg.TransactionStmtKind_TRANS_STMT_SAVEPOINT:         {Savepoint, "SAVEPOINT"},
	pg.TransactionStmtKind_TRANS_STMT_RELEASE:           {Release, "RELEASE"},
	pg.TransactionStmtKind_TRANS_STMT_ROLLBACK_TO:       {RollbackTo, "ROLLBACK"},
	pg.TransactionStmtKind_TRANS_STMT_PREPARE:           {PrepareTransaction, "PREPARE TRANSACTION"},
	pg.TransactionStmtKind_TRANS_STMT_COMMIT_PREPARED:   {CommitPrepared, "COMMIT PREPARED"},
	pg.TransactionStmtKind_TRANS_STMT_ROLLBACK_PREPARED: {RollbackPrepared, "ROLLBACK PREPARED"},
}

func (s *Statement) setTransaction(t *pg.TransactionStmt) {
	s.Transaction = transactionKinds[t.GetKind()].kind
	s.Chain = t.GetChain()
	s.Modes = transactionModes(t.GetOptions())
	s.Savepoint = t.GetSavepointName()
	if t.GetGid() != "" {
		s.Savepoint = t.GetGid()
	}
}

// transactionModes writes BEGIN's options as SET TRANSACTION takes them.
func transactionModes(options []*pg.Node) string {
	var modes []string
	for _, n := range options {
		def := n.GetDefElem()
		value := def.GetArg().GetAConst()
		on := value.GetIval().GetIval() != 0
		switch def.GetDefname() {
		case "transaction_isolation":
			modes = append(modes, "ISOLATION LEVEL "+strings.ToUpper(value.GetSval().GetSval()))
		case "transaction_read_only":
			modes = append(modes, pick(on, "READ ONLY", "READ WRITE"))
		case "transaction_deferrable":
			modes = append(modes, pick(on, "DEFERRABLE", "NOT DEFERRABLE"))
		}
	}
	return strings.Join(modes, ", ")
}

func pick(on bool, yes, no string) string {
	if on {
		return yes
	}
	return no
}
