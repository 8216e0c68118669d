package guard

import (
	"context"
	"errors"
	"fmt"
)

// errCopyPending ends a session whose client sends something else in the
// middle of COPY data. The server does the same: it has read the message's
// type by then and cannot tell where the next message starts.
var errCopyPending error = protocolError("a message other than COPY data was sent while COPY data was expected")

// errTerminated is the end of a session that the client asked for.
var errTerminated = errors.New("client terminated")

// A protocolError is the client's fault and the end of its session.
type protocolError string

func (e protocolError) Error() string { return string(e) }

// fromClient passes the client's messages to the server, asks the Gate about
// SQL texts, and carries out what the Gate wants.
func (s *session) fromClient(ctx context.Context) error {
	for {
		typ, size, err := s.in.header()
		if err != nil {
			return err
		}
		if s.skipping && typ != 'S' && typ != 'X' {
			err = s.in.drop(size)
		} else {
			err = s.dispatch(ctx, typ, size)
		}
		if err != nil {
			return err
		}
	}
}

func (s *session) dispatch(ctx context.Context, typ byte, size int) error {
	switch typ {
	case 'Q':
		return s.query(ctx, size)
	case 'P':
		return s.parse(size)
	case 'B':
		return s.bind(size)
	case 'E':
		return s.execute(ctx, size)
	case 'C':
		return s.closing(size)
	case 'D':
		return s.expecting(expectDescribe, size)
	case 'S':
		return s.sync(ctx, size)
	case 'F':
		return s.expecting(expectQuery, size)
	case 'd', 'H': // COPY data, Flush
		return s.in.pass(size)
	case 'c', 'f':
		return s.expecting(expectCopyEnd, size)
	case 'X':
		if err := s.in.pass(size); err != nil {
			return err
		}
		return errors.Join(s.in.flush(), errTerminated)
	}
	// The server would say the same and hang up; a message the guard does
	// not know must not reach it unjudged.
	if _, err := s.settle(); err != nil {
		return err
	}
	return protocolError(fmt.Sprintf("invalid frontend message type %d", typ))
}

// expecting passes a message on that the server will answer.
func (s *session) expecting(e expect, size int) error {
	s.pipe.push(e)
	return s.in.pass(size)
}

// tooLong refuses a Query or Parse message that cannot be judged. It reports
// false when the server is ignoring messages anyway.
func (s *session) tooLong(size int) (refused bool, err error) {
	if err := s.in.drop(size); err != nil {
		return false, err
	}
	failed, err := s.settle()
	if err != nil || failed {
		return false, err
	}
	const mb = 1 << 20
	r := &Refusal{Code: "MG054",
		Message: fmt.Sprintf("a statement of %d MB is longer than the %d MB migguard can judge", size/mb, s.g.cfg.MaxStatement/mb),
		Detail:  "It would have to be read whole before the server sees its start.",
		Hint:    "Send the data in smaller statements or by COPY, which has no limit."}
	if s.g.cfg.Refused != nil {
		s.g.cfg.Refused(r)
	}
	return true, s.abandon(Statement{}, r)
}

func (s *session) query(ctx context.Context, size int) error {
	if size > s.g.cfg.MaxStatement {
		if refused, err := s.tooLong(size); err != nil || !refused {
			return err
		}
		return s.replyReady()
	}
	b, err := s.in.peek(size)
	if err != nil {
		return err
	}
	// The server reads up to the first zero byte (pq_getmsgstring).
	sql, _, _ := cutZero(b[headerSize:])
	settings := s.currentSettings()
	settings.Endings = s.awaitsEnd()
	statements := s.g.cfg.Gate.Inspect(sql, settings)
	switch {
	case len(statements) == 1 && statements[0].Gated && !s.unsynced && !s.pipe.isOwn():
		if ended := s.g.cfg.Gate.Pass(statements[0]); ended != nil {
			return s.pass(size, ended)
		}
	case len(statements) > 0:
	case s.pipe.isOwn():
		// A Query in the middle of a pipeline: its error ends the block.
		statements = []Statement{{SQL: sql}}
	default:
		return s.expecting(expectQuery, size)
	}
	if err := s.in.drop(size); err != nil {
		return err
	}
	return s.takeQuery(ctx, statements)
}

// sync ends a pipeline, and with it the block the guard began for it.
func (s *session) sync(ctx context.Context, size int) error {
	s.skipping = false
	if s.pipe.isOwn() {
		failed, err := s.settle()
		if err != nil {
			return err
		}
		if failed {
			if err := s.resync(); err != nil {
				return err
			}
		}
		if err := s.endOwn(ctx); err != nil {
			if err := s.replyError(err); err != nil {
				return err
			}
		}
	}
	s.unsynced = false
	return s.expecting(expectSync, size)
}
