package guard

import (
	"bytes"
	"context"
)

// A portal is a bound statement that the Gate has to be asked about, or one
// that ends transactions: the Gate may come to wait for that.
type portal struct {
	Statement
	// bind is the client's Bind message, to bind again when the portal was
	// lost to a transaction of the Gate's; nil when it was too long to keep.
	bind []byte
	// ran is set when the Gate has executed the statement by its text: the
	// server's portal does not know.
	ran bool
}

// maxName is how much of a statement's or portal's name the server looks at,
// in bytes (NAMEDATALEN - 1, the key size of its hash tables).
const maxName = 63

func key(name string) string { return name[:min(len(name), maxName)] }

// parse passes a Parse message on, and remembers a statement the Gate wants or
// that ends transactions.
// It waits for the server's answer first: if that is an error, the name still
// means what it meant before.
func (s *session) parse(size int) error {
	if size > s.g.cfg.MaxStatement {
		refused, err := s.tooLong(size)
		s.skipping = refused
		return err
	}
	b, err := s.in.peek(size)
	if err != nil {
		return err
	}
	name, rest, _ := cutZero(b[headerSize:])
	sql, _, _ := cutZero(rest)
	name = key(name)
	settings := s.currentSettings()
	settings.Endings, settings.Prepared = true, true
	statements := s.g.cfg.Gate.Inspect(sql, settings)
	_, was := s.gated[name]
	if err := s.expecting(expectParse, size); err != nil || len(statements) == 0 && !was {
		return err
	}
	if failed, err := s.settle(); err != nil || failed {
		return err
	}
	delete(s.gated, name)
	if len(statements) > 0 { // one: the server refuses to prepare more
		s.gated[name] = statements[0]
	}
	return nil
}

// bind passes a Bind message on, and remembers a portal of a gated statement.
// Only the two names are looked at: parameters stream.
func (s *session) bind(size int) error {
	if len(s.gated) == 0 && len(s.portals) == 0 {
		return s.expecting(expectBind, size)
	}
	b, err := s.head(size)
	if err != nil {
		return err
	}
	name, rest, ok := cutZero(b)
	statement, _, ok2 := cutZero(rest)
	if !ok || !ok2 {
		return protocolError("invalid Bind message: names without an end")
	}
	name = key(name)
	st, gated := s.gated[key(statement)]
	_, was := s.portals[name]
	bound := &portal{Statement: st}
	if gated && size <= bufferSize {
		if b, err = s.in.peek(size); err != nil {
			return err
		}
		bound.bind = bytes.Clone(b)
	}
	if err := s.expecting(expectBind, size); err != nil || !gated && !was {
		return err
	}
	if failed, err := s.settle(); err != nil || failed {
		return err
	}
	delete(s.portals, name)
	if gated {
		s.portals[name] = bound
	}
	return nil
}

// head is what the buffer can hold of a message's body: enough for names.
func (s *session) head(size int) ([]byte, error) {
	b, err := s.in.peek(min(size, bufferSize))
	if err != nil {
		return nil, err
	}
	return b[headerSize:], nil
}

func (s *session) execute(ctx context.Context, size int) error {
	if len(s.portals) > 0 {
		b, err := s.head(size)
		if err != nil {
			return err
		}
		name, _, _ := cutZero(b)
		if p, ok := s.portals[key(name)]; ok && (p.Gated || s.awaitsEnd()) {
			return s.takeExecute(ctx, p, size)
		}
	}
	s.unsynced = true
	return s.expecting(expectExecute, size)
}

// closing passes a Close message on and forgets what it closes, unless the
// server is ignoring it.
func (s *session) closing(size int) error {
	b, err := s.head(size)
	if err != nil {
		return err
	}
	kind := byte(0)
	if len(b) > 0 {
		kind, b = b[0], b[1:]
	}
	name, _, _ := cutZero(b)
	name = key(name)
	_, statement := s.gated[name]
	_, bound := s.portals[name]
	known := kind == 'S' && statement || kind == 'P' && bound
	if err := s.expecting(expectClose, size); err != nil || !known {
		return err
	}
	if failed, err := s.settle(); err != nil || failed {
		return err
	}
	if kind == 'S' {
		delete(s.gated, name)
	} else {
		delete(s.portals, name)
	}
	return nil
}
