package guard

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Settings are the session parameters that change how the server reads a SQL
// text. The server reports both of them (ParameterStatus, manual section
// "Asynchronous Operations" of the protocol chapter).
type Settings struct {
	// BackslashEscapes is true while standard_conforming_strings is off: a
	// backslash then escapes inside plain '…' strings, and a text splits
	// into other statements than PostgreSQL's default grammar would say.
	BackslashEscapes bool
	// ClientEncoding is the server's name for the text's encoding: "UTF8".
	ClientEncoding string
	// Database is the one the client asked for. It does not change.
	Database string
	// Endings says that a text with a statement that ends transactions must
	// not be relayed unseen.
	Endings bool
	// Prepared says that the text is that of a Parse message: what it says
	// may be executed later, and more than once.
	Prepared bool
}

// Block says what a statement does to the transaction block around it.
type Block byte

const (
	// NoBlock is any statement that is not transaction control.
	NoBlock Block = iota
	// BeginBlock is BEGIN or START TRANSACTION.
	BeginBlock
	// CommitBlock is COMMIT, END or PREPARE TRANSACTION.
	CommitBlock
	// RollbackBlock is ROLLBACK or ABORT.
	RollbackBlock
	// MayCommit is EXECUTE: what was prepared by a Parse message may be a
	// COMMIT.
	MayCommit
)

// Ends tells the statements after which the transaction is another one.
func (b Block) Ends() bool { return b == CommitBlock || b == RollbackBlock }

// A Statement is one SQL statement out of a text that Gate.Inspect split.
type Statement struct {
	SQL    string // exact text, without the terminating semicolon
	Offset int    // characters of the client's text before SQL
	Gated  bool   // Gate.Act carries it out; otherwise it is forwarded
	// Unsplit is set for a text that may hold more than one statement. Run
	// then lets the server refuse it if it does.
	Unsplit bool
	Block   Block
	// Data is the Gate's own.
	Data any
}

// A Gate decides about statements. Implementations are used by several
// sessions at once.
type Gate interface {
	// Inspect looks at one SQL text before the server sees it. Nil means:
	// relay it untouched. Otherwise the statements cover the whole text.
	// It must be quick: the runner waits for it. With Settings.Endings it is
	// not nil for a text with a statement that ends transactions, or may.
	Inspect(sql string, set Settings) []Statement

	// Pass is asked about a gated statement that is alone in its Query
	// message, right before it would be taken over. A function means: relay
	// the message instead. It is called once, before the client hears how
	// the statement ended: with its tag, or with a *ServerError, or, when
	// the connection ended first, another error. It is not called for a
	// message that the server ignores, and must be quick.
	Pass(st Statement) (ended func(tag string, err error))

	// Act carries out one gated statement on the session's own server
	// connection. It returns the command tag to answer with. The error is
	// a *Refusal, a *ServerError to pass on, or the context's error when
	// the client asked to cancel; any other ends the session. After an
	// error the transaction has failed, or, if the statement was to end
	// it, has been rolled back.
	Act(ctx context.Context, c Conn, st Statement) (tag string, err error)

	// Committed is called when a transaction has been committed that
	// Conn.AfterCommit was called in, before the client hears of it. The
	// context ends when the client asks to cancel, and when the Guard is
	// closed.
	Committed(ctx context.Context)
}

// Conn is a session's server connection, lent to Gate.Act. It is valid until
// Act returns.
type Conn interface {
	// Block makes sure a transaction block is open: it does nothing inside
	// one, and otherwise begins a block that ends where the client's
	// implicit transaction would have ended.
	Block(ctx context.Context) error
	// TxStatus is the server's own word: 'I' idle, 'T' in a block, 'E' in
	// a failed block.
	TxStatus() byte
	// Exec runs statements of the Gate's own, in one round trip, stopping
	// at the first that fails. Outside a block they are one transaction.
	// The client sees nothing of them. A CancelRequest ends them with the
	// server's error; ctx does so only before they are sent, here and in
	// Query, Run and Forward.
	Exec(ctx context.Context, sql ...string) error
	// Query is Exec of one statement, with its rows in text format; NULL
	// is nil.
	Query(ctx context.Context, sql string) ([][]*string, error)
	// Analyse has the server parse and analyse statements in one round trip, up to
	// the first that it refuses with the error; nothing is executed. It returns for
	// each that it took which columns its rows have, in a form to be compared, ""
	// where it returns none. It is called in a transaction block.
	Analyse(ctx context.Context, questions ...Question) (returns []string, err error)
	// Run executes the client's statement by its text. Its notices reach
	// the client, its rows do not, and it has no parameters and no COPY
	// data. It can be repeated after an error. An empty tag means that
	// there was no statement.
	Run(ctx context.Context) (tag string, err error)
	// RunWith is Run followed by statements of the Gate's own, in the same
	// transaction; these run only when the client's statement succeeded.
	RunWith(ctx context.Context, sql ...string) (tag string, err error)
	// Forward executes the client's statement as the client sent it, rows,
	// COPY data and row limits included. It cannot be repeated.
	Forward(ctx context.Context) (tag string, err error)
	// BeforeCommit has check called when the transaction that is open now is
	// about to be committed or prepared, whichever way, and not when it is
	// rolled back or has failed. The connection is the check's for
	// statements of the Gate's own. Checks are called in the order they came
	// in, up to the first error, which is as Gate.Act's: instead of the
	// commit the client gets it, and the transaction is rolled back. Before
	// EXECUTE they are called too, and then again.
	BeforeCommit(check func(ctx context.Context, c Conn) error)
	// AfterCommit has Gate.Committed called when the transaction that is open
	// now has been committed by this session.
	AfterCommit()
	// Watch makes w the Witness of the transaction that is open now, and Witness
	// is the one it has; nil if it has none.
	Watch(w Witness)
	Witness() Witness
	// Notice sends the client a notice.
	Notice(message, detail, hint string)
	// Wait lets d pass. It returns early, with an error, when the client
	// asked to cancel or is gone.
	Wait(ctx context.Context, d time.Duration) error
}

// A Witness is what the Gate remembers of a transaction.
type Witness interface {
	// Committing is called when the transaction is about to be committed or
	// prepared, after all the checks of Conn.BeforeCommit have said yes, and is one
	// itself.
	Committing(ctx context.Context, c Conn) error
	// Ended is called when the transaction has ended, whichever way, before the
	// client hears of that; or its session has.
	Ended()
}

// A Refusal is what the client gets instead of its statement's result: an
// ErrorResponse of severity ERROR. The server has not run the statement, or
// has rolled it back.
type Refusal struct {
	Code    string // SQLSTATE, class MG
	Message string
	Detail  string
	Hint    string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s (%s)", r.Message, r.Code) }

func (r *Refusal) response() *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{
		Severity: "ERROR", SeverityUnlocalized: "ERROR",
		Code: r.Code, Message: r.Message, Detail: r.Detail, Hint: r.Hint,
	}
}

// A ServerError is an error the server answered with during Gate.Act.
type ServerError struct{ Response pgproto3.ErrorResponse }

func (e *ServerError) Error() string {
	return fmt.Sprintf("%s: %s (SQLSTATE %s)", e.Response.Severity, e.Response.Message, e.Response.Code)
}

// SQLState is the error's five-character code, manual appendix A.
func (e *ServerError) SQLState() string { return e.Response.Code }
