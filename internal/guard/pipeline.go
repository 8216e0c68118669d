package guard

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// expect is one answer the server still owes, by the message that asked.
type expect byte

const (
	expectParse expect = iota
	expectBind
	expectClose
	expectDescribe
	expectExecute
	expectSync
	expectQuery // Query or FunctionCall: ends with ReadyForQuery
	// expectStatement is expectQuery of a gated statement that was passed:
	// the Gate hears how it ended.
	expectStatement
	// expectCopyEnd is CopyDone or CopyFail. It has no answer of its own
	// and is never the first of those owed: it tells which Syncs came
	// while the server was waiting for COPY data.
	expectCopyEnd
)

// mode says what the server's reader does with what it reads.
type mode uint32

const (
	relay   mode = iota // everything goes to the client
	hold                // rows and COPY go to the client, endings to the taker
	capture             // everything goes to the taker
)

// pipeline is what the two directions of a session share: the answers the
// server still owes, its transaction status, and who reads its messages now.
type pipeline struct {
	mu     sync.Mutex
	change sync.Cond

	owed []expect
	// passed has one function for each expectStatement owed; nil when it
	// was called.
	passed []func(tag string, err error)
	// failed is set by an ErrorResponse to an extended-protocol message:
	// the server now ignores everything up to Sync (manual, "Extended
	// Query", error handling).
	failed bool
	// unwritten is set while an answer is counted here but has not
	// reached the client yet.
	unwritten bool
	// copying is set while the server waits for COPY data and the client
	// has not ended it yet.
	copying bool
	// own is set while a block is open that the guard began in place of
	// the client's implicit transaction.
	own    bool
	closed bool
	status byte
	mode   atomic.Uint32
}

func newPipeline(status byte) *pipeline {
	p := &pipeline{status: status}
	p.change.L = &p.mu
	return p
}

// push records a message that is about to be passed to the server.
func (p *pipeline) push(e expect) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e == expectSync && p.copying:
		return // ignored by the server (CopyGetData, src/backend/commands/copyfromparse.c)
	case e == expectCopyEnd && (p.copying || len(p.owed) == 0):
		p.copying = false
		return
	}
	p.owed = append(p.owed, e)
}

// answered records a server message that goes to the client and is part of an
// answer's end. status is ReadyForQuery's.
func (p *pipeline) answered(typ, status byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unwritten = true
	switch typ {
	case 'N':
		return
	case 'G':
		p.beginCopy()
		p.change.Broadcast() // for who waits in drained
		return
	}
	p.copying = false
	switch {
	case typ == 'Z':
		p.ready(status)
	case typ == 'E':
		if len(p.owed) > 0 && !p.owed[0].isQuery() && p.owed[0] != expectSync {
			p.failed = true
		}
	case len(p.owed) > 0 && ends(p.owed[0], typ):
		p.pop(1)
	}
}

// beginCopy drops the Syncs that the server will ignore, because they stand
// between the COPY statement and the end of its data: libpq sends one with
// every Execute, before it knows that the statement is a COPY.
func (p *pipeline) beginCopy() {
	end := slices.Index(p.owed, expectCopyEnd)
	if p.copying = end < 0; p.copying {
		end = len(p.owed)
	}
	kept := p.owed[:0]
	for i, e := range p.owed {
		if i != end && (i > end || e != expectSync) {
			kept = append(kept, e)
		}
	}
	p.owed = kept
}

// pop removes the first n answers.
func (p *pipeline) pop(n int) {
	for n < len(p.owed) && p.owed[n] == expectCopyEnd {
		n++ // it ended no COPY; the server ignores it
	}
	for _, e := range p.owed[:n] {
		if e == expectStatement {
			p.passed = p.passed[1:]
		}
	}
	p.owed = p.owed[n:]
}

// ready records a ReadyForQuery: everything is answered up to the message it
// belongs to, and what an error made the server ignore goes with it. A Query
// after an error is ignored too.
func (p *pipeline) ready(status byte) {
	p.status = status
	if status == 'I' {
		p.own = false
	}
	n := slices.IndexFunc(p.owed, func(e expect) bool {
		return e == expectSync || e.isQuery() && !p.failed
	})
	p.failed = false
	if n < 0 {
		n = len(p.owed) - 1 // the answer to a Sync of the guard's own
	}
	p.pop(n + 1)
}

// owes tells whether any answer is missing.
func (p *pipeline) owes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.owed) > 0
}

func (e expect) isQuery() bool { return e == expectQuery || e == expectStatement }

func ends(e expect, typ byte) bool {
	switch e {
	case expectParse:
		return typ == '1'
	case expectBind:
		return typ == '2'
	case expectClose:
		return typ == '3'
	case expectDescribe:
		return typ == 'T' || typ == 'n'
	case expectExecute:
		return typ == 'C' || typ == 'I' || typ == 's'
	}
	return false
}

// written tells that all counted answers have reached the client.
func (p *pipeline) written() {
	p.mu.Lock()
	p.unwritten = false
	p.change.Broadcast()
	p.mu.Unlock()
}

// drained waits until the server owes nothing and the client has it all. It
// reports whether the server is ignoring messages up to Sync after an error.
func (p *pipeline) drained() (failed bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.closed:
			return false, net.ErrClosed
		case p.copying:
			return false, errCopyPending
		case p.unwritten: // wait
		case p.failed && !slices.Contains(p.owed, expectSync):
			return true, nil
		case len(p.owed) == 0:
			return false, nil
		}
		p.change.Wait()
	}
}

func (p *pipeline) setMode(m mode) { p.mode.Store(uint32(m)) }

func (p *pipeline) currentMode() mode { return mode(p.mode.Load()) }

func (p *pipeline) txStatus() byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

func (p *pipeline) setOwn(own bool) {
	p.mu.Lock()
	p.own = own
	p.mu.Unlock()
}

func (p *pipeline) isOwn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.own
}

// readied is answered for a ReadyForQuery that the taker gets.
func (p *pipeline) readied(status byte) {
	p.mu.Lock()
	p.ready(status)
	p.mu.Unlock()
}

func (p *pipeline) close() {
	p.mu.Lock()
	p.closed = true
	p.change.Broadcast()
	p.mu.Unlock()
	p.orphan()
}
