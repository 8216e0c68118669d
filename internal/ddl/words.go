package ddl

import "strings"

// TransactionKind is what a statement of class Transaction does.
type TransactionKind string

// The kinds of transaction statements. SET TRANSACTION is of class Session.
const (
	None               TransactionKind = ""
	Begin              TransactionKind = "begin"
	Commit             TransactionKind = "commit"
	Rollback           TransactionKind = "rollback"
	Savepoint          TransactionKind = "savepoint"
	Release            TransactionKind = "release"
	RollbackTo         TransactionKind = "rollback to"
	PrepareTransaction TransactionKind = "prepare transaction"
	CommitPrepared     TransactionKind = "commit prepared"
	RollbackPrepared   TransactionKind = "rollback prepared"
)

// ConstraintKind is a kind of constraint.
type ConstraintKind string

// The kinds of constraints.
const (
	PrimaryKey ConstraintKind = "primary key"
	Unique     ConstraintKind = "unique"
	Check      ConstraintKind = "check"
	ForeignKey ConstraintKind = "foreign key"
	Exclude    ConstraintKind = "exclude"
	NotNull    ConstraintKind = "not null"
)

// Identity is the kind of an identity column; empty for none.
type Identity string

// The kinds of identity columns.
const (
	IdentityAlways    Identity = "always"
	IdentityByDefault Identity = "by default"
)

// Firing says when a trigger or rule fires.
type Firing string

// When a trigger or rule fires: in ordinary sessions, not at all, or by the
// session's replication role.
const (
	Enabled        Firing = "enabled"
	Disabled       Firing = "disabled"
	EnabledReplica Firing = "replica"
	EnabledAlways  Firing = "always"
)

// plainWords begin the server's own types, as the deparser writes them. All but
// pg_catalog have their name searched for there first.
var plainWords = map[string]bool{
	"bigint": true, "bit": true, "boolean": true, "bool": true, "bpchar": true, "bytea": true, "char": true,
	"character": true, "cidr": true, "date": true, "double": true, "float4": true, "float8": true, "inet": true,
	"int": true, "int2": true, "int4": true, "int8": true, "integer": true, "interval": true, "json": true,
	"jsonb": true, "macaddr": true, "money": true, "numeric": true, "real": true, "smallint": true, "text": true,
	"time": true, "timestamp": true, "timestamptz": true, "timetz": true, "tsvector": true, "uuid": true,
	"varbit": true, "varchar": true, "xml": true,
}

// IsPlainType tells, of a type in SQL, that it is certainly one of the server's
// own, or an array of them, and so no domain.
func IsPlainType(sql string) bool {
	sql = strings.TrimPrefix(sql, "pg_catalog.")
	if end := strings.IndexAny(sql, " (["); end >= 0 {
		sql = sql[:end]
	}
	return plainWords[sql]
}
