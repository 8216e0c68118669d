package ddl

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
