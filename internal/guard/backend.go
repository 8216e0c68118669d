package guard

import (
	"bytes"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// fromServer passes the server's messages to the client and keeps count of
// the answers in them. In hold and capture mode it hands over to the taker
// what that mode keeps from the client.
func (s *session) fromServer() error {
	defer close(s.taken)
	for {
		typ, size, err := s.out.header()
		if err != nil {
			return err
		}
		switch typ {
		case 'D', 'd', 't', 'V', 'c', 'W', 'H': // rows, COPY data and what opens them
			if s.pipe.currentMode() == capture {
				err = s.take(typ, size)
			} else {
				err = s.out.pass(size)
			}
		case 'S':
			err = s.parameterStatus(size)
		case 'A':
			err = s.out.pass(size)
		case 'Z':
			err = s.ready(size)
		default:
			err = s.answer(typ, size)
		}
		if err != nil {
			return err
		}
	}
}

// answer deals with a message that ends an answer, or belongs to its end.
func (s *session) answer(typ byte, size int) error {
	m := s.pipe.currentMode()
	if typ == 'E' && m != relay {
		fatal, err := s.isFatal(size)
		if err != nil {
			return err
		}
		if fatal { // the client has to hear it, whatever the taker does
			return s.out.pass(size)
		}
	}
	if m == capture || m == hold && typ != 'T' && typ != 'N' {
		return s.take(typ, size)
	}
	if (typ == 'N' || typ == 'C') && s.pipe.isOwn() {
		if hide, err := s.adopted(typ, size, m); hide || err != nil {
			return err
		}
	}
	if m == relay {
		if err := s.tell(typ, size); err != nil {
			return err
		}
		s.pipe.answered(typ, 0)
	}
	return s.out.pass(size)
}

// adopted looks whether the client has made the guard's own block its own, by
// BEGIN, or has ended it. The server's warning about such a BEGIN is not the
// client's: without the guard there would be none.
func (s *session) adopted(typ byte, size int, m mode) (hide bool, err error) {
	b, err := s.out.peek(size)
	if err != nil {
		return false, err
	}
	body := b[headerSize:]
	if typ == 'N' {
		var n pgproto3.NoticeResponse
		if n.Decode(body) != nil || n.Code != alreadyInBlock {
			return false, nil
		}
		s.pipe.setOwn(false)
		return true, s.out.drop(size)
	}
	switch tag := string(trimZero(body)); {
	case m != relay: // then the statement's own Block tells
	case tag == "COMMIT", tag == "ROLLBACK", tag == "PREPARE TRANSACTION":
		s.pipe.setOwn(false)
	}
	return false, nil
}

// isFatal tells whether the server ends the session with this ErrorResponse.
func (s *session) isFatal(size int) (bool, error) {
	b, err := s.out.peek(size)
	if err != nil {
		return false, err
	}
	var e pgproto3.ErrorResponse
	if e.Decode(b[headerSize:]) != nil {
		return false, nil
	}
	return e.SeverityUnlocalized == "FATAL" || e.SeverityUnlocalized == "PANIC", nil
}

// take copies a message to the taker.
func (s *session) take(typ byte, size int) error {
	b, err := s.out.peek(size)
	if err != nil {
		return err
	}
	m := message{typ, bytes.Clone(b[headerSize:])}
	if err := s.out.drop(size); err != nil {
		return err
	}
	select {
	case s.taken <- m:
		return nil
	case <-s.quit:
		return net.ErrClosed
	}
}

func (s *session) ready(size int) error {
	b, err := s.out.peek(size)
	if err != nil {
		return err
	}
	status := byte(0)
	if size > headerSize {
		status = b[headerSize]
	}
	if s.pipe.currentMode() != relay {
		s.pipe.readied(status)
		return s.take('Z', size)
	}
	s.pipe.answered('Z', status)
	return s.out.pass(size)
}

// parameterStatus passes a message on in every mode: the client has to know.
func (s *session) parameterStatus(size int) error {
	b, err := s.out.peek(size)
	if err != nil {
		return err
	}
	if name, rest, ok := bytes.Cut(b[headerSize:], []byte{0}); ok {
		s.parameter(string(name), string(bytes.TrimSuffix(rest, []byte{0})))
	}
	return s.out.pass(size)
}
