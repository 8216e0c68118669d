package guard

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgproto3"
)

// settle waits until the server has answered all that was passed on. It
// reports whether the server ignores messages up to the next Sync.
func (s *session) settle() (failed bool, err error) {
	if err := s.in.flush(); err != nil {
		return false, err
	}
	if s.pipe.owes() {
		flush, _ := (&pgproto3.Flush{}).Encode(nil)
		if _, err := s.up.Conn.Write(flush); err != nil {
			return false, err
		}
	}
	return s.pipe.drained()
}

// takeQuery carries out a Query message statement by statement. Several
// statements are one transaction, as they are when the server splits them
// (manual, "Multiple Statements in a Simple Query").
func (s *session) takeQuery(ctx context.Context, statements []Statement) error {
	failed, err := s.settle()
	if err != nil || failed {
		return err // the server would ignore the message: up to Sync
	}
	defer s.capture()()
	piped := s.queriesPipeline && (s.unsynced || s.pipe.isOwn())
	var last pgproto3.BackendMessage
	for i, st := range statements {
		if i > 0 {
			if err := s.reply(last); err != nil {
				return err
			}
		}
		tag, err := s.carry(ctx, &lent{s: s, st: st}, len(statements) > 1)
		if err != nil {
			if err := s.abandon(st, err); err != nil {
				return err
			}
			return s.replyReady()
		}
		last = completion(tag)
	}
	if !piped {
		if err := s.endOwn(ctx); err != nil {
			if err := s.replyError(err); err != nil {
				return err
			}
			return s.replyReady()
		}
	}
	return s.reply(last, &pgproto3.ReadyForQuery{TxStatus: s.pipe.txStatus()})
}

// carry executes one statement of a Query message. Beside others a block of
// the guard's own stands for the server's implicit one. BEGIN makes that the
// client's, COMMIT and ROLLBACK end it.
func (s *session) carry(ctx context.Context, l *lent, several bool) (tag string, err error) {
	if s.unsynced || several && (l.st.Block == NoBlock || l.st.Block == MayCommit) {
		if err := l.Block(ctx); err != nil {
			return "", err
		}
	}
	own := s.pipe.isOwn()
	if tag, err = s.act(ctx, l); err != nil && own && s.pipe.txStatus() == 'E' {
		// A BEGIN that failed has not made the block the client's.
		s.pipe.setOwn(true)
	}
	return tag, err
}

// act lends the connection to the Gate, or forwards what the Gate does not
// want.
func (s *session) act(ctx context.Context, l *lent) (tag string, err error) {
	switch {
	case l.st.Block.Ends():
		defer func() { s.transactionEnded(ctx, err == nil && tag == "COMMIT") }()
	case l.st.Block == MayCommit:
		defer func() {
			// The tag is that of what was executed.
			if committed := err == nil && tag == "COMMIT"; committed || s.pipe.txStatus() == 'I' {
				s.transactionEnded(ctx, committed)
			}
		}()
	}
	if l.st.Block == CommitBlock || l.st.Block == MayCommit {
		if err := s.beforeCommit(ctx, l); err != nil {
			return "", err
		}
	}
	if !l.st.Gated {
		return l.Forward(ctx)
	}
	acting, stop := s.cancelable(ctx)
	defer stop()
	return s.g.cfg.Gate.Act(acting, l, l.st)
}

// awaitsEnd tells whether the end of the transaction that is open must not go by
// unseen.
func (s *session) awaitsEnd() bool { return s.owed || len(s.checks) > 0 || s.witness != nil }

// beforeCommit has the Gate's checks run on a transaction that is about to be
// committed. One that has failed is rolled back whatever they would say.
func (s *session) beforeCommit(ctx context.Context, l *lent) error {
	if len(s.checks) == 0 && s.witness == nil || s.pipe.txStatus() != 'T' {
		return nil
	}
	ctx, stop := s.cancelable(ctx)
	defer stop()
	for _, check := range s.checks {
		if err := check(ctx, l); err != nil {
			return err
		}
	}
	if s.witness == nil {
		return nil
	}
	return s.witness.Committing(ctx, l)
}

// transactionEnded lets the Gate know of a commit that it waits for.
func (s *session) transactionEnded(ctx context.Context, committed bool) {
	was := s.owed
	s.transactionOver()
	if !was || !committed {
		return
	}
	ctx, stop := s.cancelable(ctx)
	defer stop()
	s.setWaiting(true)
	defer s.setWaiting(false)
	s.g.cfg.Gate.Committed(ctx)
}

// transactionOver forgets what the Gate wanted of the transaction, and tells its
// Witness.
func (s *session) transactionOver() {
	w := s.witness
	s.checks, s.owed, s.witness = nil, false, nil
	if w != nil {
		w.Ended()
	}
}

// cancelable is a context that a CancelRequest ends, and the end of that.
func (s *session) cancelable(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	s.setCancel(cancel)
	return ctx, func() { s.setCancel(nil); cancel() }
}

// takeExecute carries out an Execute of a gated portal. Parse and Bind went to
// the server as they came, so what the client learned there is the server's.
func (s *session) takeExecute(ctx context.Context, p *portal, size int) error {
	b, err := s.in.peek(size)
	if err != nil {
		return err
	}
	raw := bytes.Clone(b)
	if err := s.in.drop(size); err != nil {
		return err
	}
	failed, err := s.settle()
	if err != nil || failed {
		return err
	}
	defer s.capture()()
	l := &lent{s: s, st: p.Statement, portal: p, execute: raw}
	tag, err := s.actOnPortal(ctx, l)
	if err != nil {
		s.skipping = true
		return s.abandon(p.Statement, err)
	}
	if l.suspended {
		return s.reply(&pgproto3.PortalSuspended{})
	}
	return s.reply(completion(tag))
}

func (s *session) actOnPortal(ctx context.Context, l *lent) (string, error) {
	if s.unsynced {
		// What the pipeline executed so far belongs to the same
		// transaction as what follows.
		if err := l.Block(ctx); err != nil {
			return "", err
		}
	}
	if err := l.probePortal(); err != nil {
		return "", err
	}
	tag, err := s.act(ctx, l)
	if err == nil && l.st.Block.Ends() {
		s.pipe.setOwn(false)
	}
	return tag, err
}

// abandon answers an error and makes the server's transaction what the client
// now believes it is: failed, or, after COMMIT and outside a block, gone.
func (s *session) abandon(st Statement, cause error) error {
	defer s.capture()()
	l := &lent{s: s}
	status := s.pipe.txStatus()
	var err error
	switch {
	case s.pipe.isOwn(), st.Block.Ends() && status != 'I':
		err = l.rollback()
	case status == 'T', s.unsynced:
		// The shortest statement that fails, changes nothing, and says
		// why in the server's log. After what was executed since the
		// last Sync only the server knows the status.
		err = l.Exec(context.Background(), `ROLLBACK TO SAVEPOINT "failed by migguard"`)
		if server := (*ServerError)(nil); errors.As(err, &server) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return s.replyError(cause)
}

// endOwn ends a block the guard began, if one is open.
func (s *session) endOwn(ctx context.Context) error {
	if !s.pipe.isOwn() {
		return nil
	}
	defer s.capture()()
	l := &lent{s: s}
	if s.pipe.txStatus() == 'E' {
		return l.rollback()
	}
	err := s.beforeCommit(ctx, l)
	if err == nil {
		err = l.Exec(context.Background(), "COMMIT")
	}
	if err != nil && s.pipe.isOwn() { // refused, or canceled before it began
		err = errors.Join(err, l.rollback())
	}
	s.transactionEnded(ctx, err == nil)
	return err
}

// capture takes the server's answers from the client until the function it
// returns is called.
func (s *session) capture() (release func()) {
	was := s.pipe.currentMode()
	s.pipe.setMode(capture)
	return func() { s.pipe.setMode(was) }
}

// completion is how a statement's success is told. The empty statement has no
// tag.
func completion(tag string) pgproto3.BackendMessage {
	if tag == "" {
		return &pgproto3.EmptyQueryResponse{}
	}
	return &pgproto3.CommandComplete{CommandTag: []byte(tag)}
}
