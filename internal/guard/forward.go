package guard

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Forward sends the client's statement in the client's protocol. What it
// returns goes to the client, all but its end.
func (l *lent) Forward(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	l.s.pipe.setMode(hold)
	defer l.s.pipe.setMode(capture)
	var buf []byte
	if l.execute == nil {
		buf, _ = (&pgproto3.Query{String: l.st.SQL}).Encode(nil)
	} else {
		if l.lost {
			buf = append(buf, l.portal.bind...)
			l.lost = false
		}
		buf, _ = (&pgproto3.Flush{}).Encode(append(buf, l.execute...))
		l.s.unsynced = true
	}
	if _, err := l.s.up.Conn.Write(buf); err != nil {
		return "", err
	}
	return l.forwarded()
}

// forwarded reads what the server says of the statement's end.
func (l *lent) forwarded() (tag string, err error) {
	for {
		m, readErr := l.s.next()
		if readErr != nil {
			return "", readErr
		}
		switch m.typ {
		case 'Z':
			return tag, err
		case 'C':
			tag = string(trimZero(m.body))
		case 's':
			l.suspended = true
		case 'I': // the empty statement
		case 'E':
			err = l.relocate(serverError(m.body), true)
			if l.execute != nil {
				if syncErr := l.s.resync(); syncErr != nil {
					return "", syncErr
				}
				return "", err
			}
		case 'G':
			if err := l.s.copyIn(m); err != nil {
				return "", err
			}
			continue
		default: // BindComplete of a portal that was bound again
			continue
		}
		if l.execute != nil {
			return tag, err
		}
	}
}

// copyIn passes the client's COPY data on, up to its end, after the server's
// CopyInResponse.
func (s *session) copyIn(start message) error {
	var response pgproto3.CopyInResponse
	if err := response.Decode(start.body); err != nil {
		return err
	}
	if err := s.reply(&response); err != nil {
		return err
	}
	for {
		typ, size, err := s.in.header()
		if err != nil {
			return err
		}
		switch typ {
		case 'd':
			err = s.in.pass(size)
		case 'c', 'f':
			if err := s.in.pass(size); err != nil {
				return err
			}
			// The Flush that followed Execute was ignored.
			flush, _ := (&pgproto3.Flush{}).Encode(nil)
			if err := s.in.flush(); err != nil {
				return err
			}
			_, err := s.up.Conn.Write(flush)
			return err
		case 'H', 'S': // ignored by the server, too: see pipeline.push
			err = s.in.drop(size)
		default:
			return errCopyPending
		}
		if err != nil {
			return err
		}
	}
}

// probePortal asks the server for the client's portal: it may have ended with
// its transaction.
func (l *lent) probePortal() error {
	name, _, _ := cutZero(l.execute[headerSize:])
	buf, _ := (&pgproto3.Describe{ObjectType: 'P', Name: name}).Encode(nil)
	buf, _ = (&pgproto3.Flush{}).Encode(buf)
	if _, err := l.s.up.Conn.Write(buf); err != nil {
		return err
	}
	for {
		m, err := l.s.next()
		if err != nil {
			return err
		}
		switch m.typ {
		case 'T', 'n':
			if l.portal.ran {
				return &ServerError{pgproto3.ErrorResponse{
					Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: objectInUse,
					Message: fmt.Sprintf("portal %q cannot be run", name)}}
			}
			return nil
		case 'E':
			if err := l.s.resync(); err != nil {
				return err
			}
			return serverError(m.body)
		}
	}
}

// resync ends the server's ignoring of messages after an error.
func (s *session) resync() error {
	defer s.capture()()
	buf, _ := (&pgproto3.Sync{}).Encode(nil)
	if _, err := s.up.Conn.Write(buf); err != nil {
		return err
	}
	for {
		m, err := s.next()
		if err != nil {
			return err
		}
		if m.typ == 'Z' {
			s.unsynced = false
			return nil
		}
	}
}
