package guard

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// result is what a round trip of the guard's own statements brought.
type result struct {
	done   int // statements completed
	tags   []string
	rows   [][]*string // of the last statement
	warned map[string]bool
}

// ownName names the guard's own prepared statement and portal, so that the
// client's unnamed ones survive a takeover.
const ownName = "migguard"

// roundTrip runs statements and reads up to the last ReadyForQuery. With
// clients set, the first is the client's statement, and its notices reach the
// client.
func (l *lent) roundTrip(ctx context.Context, sql []string, clients bool) (result, error) {
	r := result{warned: map[string]bool{}}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	messages, ready := ownMessages(sql), 1
	if l.speaksSimple(sql, clients) {
		messages, ready = queryMessages(sql), len(sql)
	}
	if _, err := l.s.up.Conn.Write(messages); err != nil {
		return r, err
	}
	var failure error
	for {
		m, err := l.s.next()
		if err != nil {
			return r, err
		}
		switch m.typ {
		case 'Z':
			if ready--; ready > 0 {
				continue
			}
			l.s.unsynced = false
			l.lost = l.lost || l.TxStatus() == 'I'
			return r, failure
		case 'E':
			if failure == nil {
				failure = serverError(m.body)
			}
		case 'G':
			if err := l.failCopy(); err != nil {
				return r, err
			}
		case 'N':
			l.notice(&r, m.body, clients && r.done == 0)
		default:
			r.add(m, len(sql))
		}
	}
}

// add records what a statement returned, out of so many.
func (r *result) add(m message, statements int) {
	switch m.typ {
	case 'C', 'I':
		r.done++
		r.tags = append(r.tags, string(trimZero(m.body)))
		if r.done < statements {
			r.rows = nil
		}
	case 'D':
		r.rows = append(r.rows, textRow(m.body))
	}
}

// notice records a notice and sends the client its own.
func (l *lent) notice(r *result, body []byte, clients bool) {
	var n pgproto3.NoticeResponse
	if n.Decode(body) != nil {
		return
	}
	r.warned[n.Code] = true
	switch {
	case !clients:
	case n.Code == alreadyInBlock && l.s.pipe.isOwn():
		l.s.pipe.setOwn(false) // see adopted
	default:
		_ = l.s.reply(&n)
	}
}

// failCopy ends a COPY FROM STDIN that has no data. The Sync that followed the
// statement was ignored.
func (l *lent) failCopy() error {
	buf, _ := (&pgproto3.CopyFail{Message: "migguard has no data for COPY FROM STDIN"}).Encode(nil)
	buf, _ = (&pgproto3.Sync{}).Encode(buf)
	_, err := l.s.up.Conn.Write(buf)
	return err
}

// speaksSimple tells whether statements may go as Query messages, which take
// half the messages: nothing of the client's in the extended protocol is there
// to be lost, the server need not be kept from splitting a text, and what
// follows a failure fails too, because there is a block.
func (l *lent) speaksSimple(sql []string, clients bool) bool {
	return l.portal == nil && l.execute == nil && !l.s.unsynced && !(clients && l.st.Unsplit) &&
		(len(sql) == 1 || l.TxStatus() == 'T')
}

func queryMessages(sql []string) []byte {
	var buf []byte
	for _, text := range sql {
		buf, _ = (&pgproto3.Query{String: text}).Encode(buf)
	}
	return buf
}

func ownMessages(sql []string) []byte {
	var buf []byte
	add := func(m pgproto3.FrontendMessage) { buf, _ = m.Encode(buf) }
	for _, text := range sql {
		add(&pgproto3.Close{ObjectType: 'P', Name: ownName})
		add(&pgproto3.Close{ObjectType: 'S', Name: ownName})
		add(&pgproto3.Parse{Name: ownName, Query: text})
		add(&pgproto3.Bind{DestinationPortal: ownName, PreparedStatement: ownName})
		add(&pgproto3.Execute{Portal: ownName})
	}
	add(&pgproto3.Sync{})
	return buf
}

// next is the next message fromServer handed over.
func (s *session) next() (message, error) {
	m, ok := <-s.taken
	if !ok {
		return m, net.ErrClosed
	}
	return m, nil
}

func serverError(body []byte) error {
	e := &ServerError{}
	if err := e.Response.Decode(body); err != nil {
		return err
	}
	return e
}

func trimZero(b []byte) []byte { return bytes.TrimSuffix(b, []byte{0}) }

// cutZero cuts a zero-terminated string off.
func cutZero(b []byte) (head string, rest []byte, ok bool) {
	first, rest, ok := bytes.Cut(b, []byte{0})
	return string(first), rest, ok
}

// textRow decodes a DataRow of text-format values.
func textRow(body []byte) []*string {
	if len(body) < 2 {
		return nil
	}
	row := make([]*string, 0, binary.BigEndian.Uint16(body))
	for body = body[2:]; len(body) >= 4; {
		n := int32(binary.BigEndian.Uint32(body))
		body = body[4:]
		if n < 0 {
			row = append(row, nil)
			continue
		}
		if int(n) > len(body) {
			break
		}
		v := string(body[:n])
		row, body = append(row, &v), body[n:]
	}
	return row
}
