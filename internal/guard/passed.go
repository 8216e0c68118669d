package guard

import (
	"net"
	"slices"
)

// pass relays a Query message whose one statement the Gate lets pass, and has
// the Gate told how it ends.
func (s *session) pass(size int, ended func(tag string, err error)) error {
	s.pipe.pushPassed(ended)
	return s.in.pass(size)
}

// tell looks whether a message that is going to the client ends a statement
// that was passed, and tells the Gate.
func (s *session) tell(typ byte, size int) error {
	switch typ {
	case 'C', 'I', 'E':
	default:
		return nil
	}
	ended := s.pipe.takePassed()
	if ended == nil {
		return nil
	}
	b, err := s.out.peek(size)
	switch {
	case err != nil:
		ended("", err)
	case typ == 'E':
		ended("", serverError(slices.Clone(b[headerSize:])))
	default:
		ended(string(trimZero(b[headerSize:])), nil)
	}
	return err
}

// pushPassed is push of an expectStatement.
func (p *pipeline) pushPassed(ended func(tag string, err error)) {
	p.mu.Lock()
	p.owed = append(p.owed, expectStatement)
	p.passed = append(p.passed, ended)
	closed := p.closed
	p.mu.Unlock()
	if closed {
		p.orphan()
	}
}

// takePassed returns who wants to hear of the end of what the server answers
// now, once.
func (p *pipeline) takePassed() (ended func(tag string, err error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.owed) > 0 && p.owed[0] == expectStatement && !p.failed {
		ended, p.passed[0] = p.passed[0], nil
	}
	return ended
}

// orphan tells of statements whose end nobody will hear.
func (p *pipeline) orphan() {
	p.mu.Lock()
	orphans := slices.Clone(p.passed)
	clear(p.passed)
	p.mu.Unlock()
	for _, ended := range orphans {
		if ended != nil {
			ended("", net.ErrClosed)
		}
	}
}
