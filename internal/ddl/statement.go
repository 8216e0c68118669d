package ddl

// Class says how a statement has to be treated.
type Class string

// The classes of statements.
const (
	// Query reads or writes rows: SELECT, INSERT, UPDATE, DELETE, MERGE,
	// VALUES, with WITH or without, cursors, LOCK TABLE, EXPLAIN. It changes no
	// schema, except through the functions it calls.
	Query Class = "query"
	// Schema has, or may have, an effect on the schema, on its objects'
	// storage, rights or statistics: everything with a Change, except LOCK
	// TABLE.
	Schema Class = "schema"
	// Transaction begins, ends or marks a transaction.
	Transaction Class = "transaction"
	// Session touches nothing but the session: SET, RESET, SHOW, DISCARD,
	// LISTEN, NOTIFY, PREPARE, DEALLOCATE, SET CONSTRAINTS, LOAD, CHECKPOINT.
	// (PREPARE accepts only queries, so it cannot hide a schema change.)
	Session Class = "session"
	// Copy is COPY in any direction.
	Copy Class = "copy"
	// Opaque runs code this package does not see: DO, CALL and EXECUTE.
	// EXECUTE belongs here because it also reaches statements that were
	// prepared by a protocol message, and those may be of any kind.
	Opaque Class = "opaque"
	// Unparsed is text the grammar refuses; Statement.Err says why.
	Unparsed Class = "unparsed"
)

// Span is a half-open range of byte offsets in the text given to Parse.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Statement is one statement of a text.
type Statement struct {
	// Text is the statement as written, without the space and comments around
	// it and without the terminating semicolon: input[Span.Start:Span.End].
	Text string `json:"text"`
	Span Span   `json:"span"`

	Class Class `json:"class"`

	// Tag is PostgreSQL's name for the command, e.g. "ALTER TABLE", and what
	// the server answers with on completion, apart from row counts and from
	// two cases: CREATE TABLE AS and SELECT INTO are answered "SELECT n"
	// unless WITH NO DATA is given. It is empty if Unparsed.
	Tag string `json:"tag,omitempty"`

	// Transaction, Chain, Modes and Savepoint describe a statement of class
	// Transaction. Chain is COMMIT AND CHAIN or ROLLBACK AND CHAIN. Modes is
	// the text that SET TRANSACTION takes to do what Begin asked for, e.g.
	// "ISOLATION LEVEL SERIALIZABLE, READ ONLY". Savepoint is the name of a
	// savepoint, or the identifier of a prepared transaction.
	Transaction TransactionKind `json:"transaction,omitempty"`
	Chain       bool            `json:"chain,omitempty"`
	Modes       string          `json:"modes,omitempty"`
	Savepoint   string          `json:"savepoint,omitempty"`

	// Functions are the functions and procedures called by name anywhere in
	// the statement, each once, in order of appearance. The body of CREATE
	// FUNCTION is not looked at. Functions behind operators, casts, defaults,
	// triggers and SQL syntax such as EXTRACT(... FROM ...) are not listed.
	Functions []Name `json:"functions,omitempty"`

	// Changes are the statement's effects, in the order the server works.
	Changes []Change `json:"changes,omitempty"`

	// Locks are the relation locks the statement takes, one for each relation
	// and way to it (Via), the strongest mode on any of PostgreSQL 14 to 18.
	// ACCESS SHARE and the locks of queries are left out.
	Locks []Lock `json:"locks,omitempty"`

	// Alone is set if PostgreSQL refuses to run the statement inside a
	// transaction block, as CREATE INDEX CONCURRENTLY or VACUUM.
	Alone bool `json:"alone,omitempty"`

	// Err is why the text is Unparsed, always a *SyntaxError.
	Err error `json:"-"`
}

// SyntaxError is the grammar's refusal of a statement.
type SyntaxError struct {
	// Message is the grammar's own, e.g. `syntax error at or near "TABEL"`.
	Message string
	// Position is the byte offset in the text given to Parse.
	Position int
}

// Error returns the grammar's message.
func (e *SyntaxError) Error() string { return e.Message }
