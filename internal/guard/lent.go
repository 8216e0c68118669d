package guard

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	alreadyInBlock = "25001" // active_sql_transaction, WARNING of a second BEGIN
	queryCanceled  = "57014"
	objectInUse    = "55000" // object_not_in_prerequisite_state
)

// lent is the Conn of one statement.
type lent struct {
	s  *session
	st Statement
	// portal and execute, the client's Execute message, are set in the
	// extended protocol.
	portal  *portal
	execute []byte
	// lost is set when the client's portal has ended with a transaction.
	lost bool
	// suspended is set when Forward ended at the client's row limit.
	suspended bool
}

func (l *lent) TxStatus() byte { return l.s.pipe.txStatus() }

func (l *lent) Block(ctx context.Context) error {
	s := l.s
	if s.pipe.txStatus() != 'I' && !s.unsynced {
		return nil
	}
	r, err := l.roundTrip(ctx, []string{"BEGIN"}, false)
	if err != nil {
		return err
	}
	// A pipeline may have begun its block, or ended it, without having
	// heard of it yet. If there was one, whose it is has not changed.
	if !r.warned[alreadyInBlock] {
		s.pipe.setOwn(true)
	}
	return nil
}

func (l *lent) Exec(ctx context.Context, sql ...string) error {
	_, err := l.roundTrip(ctx, sql, false)
	return err
}

func (l *lent) Query(ctx context.Context, sql string) ([][]*string, error) {
	r, err := l.roundTrip(ctx, []string{sql}, false)
	return r.rows, err
}

func (l *lent) Run(ctx context.Context) (string, error) { return l.RunWith(ctx) }

func (l *lent) RunWith(ctx context.Context, sql ...string) (string, error) {
	if l.execute != nil && len(sql) > 0 {
		// The client's transaction ends at its Sync, and not with these.
		if err := l.Block(ctx); err != nil {
			return "", err
		}
	}
	r, err := l.roundTrip(ctx, append([]string{l.st.SQL}, sql...), true)
	if err != nil {
		return "", l.relocate(err, r.done == 0)
	}
	if l.portal != nil {
		l.portal.ran = true
	}
	return r.tags[0], nil
}

func (l *lent) BeforeCommit(check func(context.Context, Conn) error) {
	l.s.checks = append(l.s.checks, check)
}

func (l *lent) AfterCommit() { l.s.owed = true }

func (l *lent) Watch(w Witness) { l.s.witness = w }

func (l *lent) Witness() Witness { return l.s.witness }

func (l *lent) Notice(message, detail, hint string) {
	_ = l.s.reply(&pgproto3.NoticeResponse{
		Severity: "NOTICE", SeverityUnlocalized: "NOTICE", Code: "00000",
		Message: message, Detail: detail, Hint: hint})
}

// rollback ends the transaction, also when a CancelRequest that was meant for
// an earlier statement arrives only now.
func (l *lent) rollback() error {
	defer l.s.transactionOver()
	for {
		err := l.Exec(context.Background(), "ROLLBACK")
		var server *ServerError
		if !errors.As(err, &server) || server.SQLState() != queryCanceled {
			return err
		}
	}
}

// relocate turns an error's position in the statement into one in the text
// the client sent.
func (l *lent) relocate(err error, clients bool) error {
	var server *ServerError
	if clients && errors.As(err, &server) && server.Response.Position > 0 {
		server.Response.Position += int32(l.st.Offset)
	}
	return err
}

// waitStep is how often Wait looks whether the client is still there.
const waitStep = 50 * time.Millisecond

func (l *lent) Wait(ctx context.Context, d time.Duration) error {
	l.s.setWaiting(true)
	defer l.s.setWaiting(false)
	timer := time.NewTimer(d)
	defer timer.Stop()
	tick := time.NewTicker(waitStep)
	defer tick.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-l.s.quit:
			return net.ErrClosed
		case <-tick.C:
			if err := l.s.in.poll(l.s.client); err != nil {
				return err
			}
		}
	}
}
