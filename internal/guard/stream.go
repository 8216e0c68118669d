package guard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// bufferSize is what one direction of one session holds. 64 kB is two of
// Linux's loopback segments: larger buffers made COPY no faster here.
const bufferSize = 64 << 10

// headerSize is a message's type byte and its length word.
const headerSize = 5

// maxMessageSize is the server's own bound (PQ_LARGE_MESSAGE_LIMIT,
// src/include/libpq/libpq.h): MaxAllocSize, one byte less than 1 GB.
const maxMessageSize = 1<<30 - 1

var errMessageLength error = protocolError("invalid message length")

// A stream walks over the messages of one direction and passes them on. Bytes
// of passed messages wait in the buffer and leave in one write, at the latest
// before the stream blocks in a read.
//
//	buf: [mark … r … w]   mark..r passed, not yet written; r..w not yet looked at
type stream struct {
	src io.Reader
	dst io.Writer
	// mu is held while messages are written, whole ones each time: others
	// may write to dst, too.
	mu   *sync.Mutex
	size int // of buf, but for a message that was peeked at whole
	buf  []byte
	mark int
	r, w int
	// flushed, when set, is called when all that was passed is written.
	flushed func()
}

func newStream(src io.Reader, dst io.Writer, mu *sync.Mutex, size int) *stream {
	return &stream{src: src, dst: dst, mu: mu, size: size, buf: make([]byte, size)}
}

// header returns the next message's type and its whole size in bytes, type
// byte and length word included.
func (s *stream) header() (typ byte, size int, err error) {
	if err := s.need(headerSize); err != nil {
		return 0, 0, err
	}
	length := binary.BigEndian.Uint32(s.buf[s.r+1:])
	if length < 4 || length > maxMessageSize {
		err := fmt.Errorf("message %q: %w %d", s.buf[s.r], errMessageLength, length)
		return 0, 0, errors.Join(err, s.flush())
	}
	return s.buf[s.r], int(length) + 1, nil
}

// peek returns the first n bytes of the current message, valid until the next
// call. The buffer grows for a message that is longer than it.
func (s *stream) peek(n int) ([]byte, error) {
	if err := s.need(n); err != nil {
		return nil, err
	}
	return s.buf[s.r : s.r+n], nil
}

// pass sends a message of this size on. A short one waits in the buffer until
// it is whole, so that a message cut in two by a read costs no write of its
// own; a longer one streams, as COPY data of 64 kB went in faster so.
func (s *stream) pass(size int) error {
	if size <= s.size/4 {
		if err := s.need(size); err != nil {
			return err
		}
		s.r += size
		return nil
	}
	if size <= s.w-s.r {
		s.r += size
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := size - (s.w - s.r)
	if _, err := s.dst.Write(s.buf[s.mark:s.w]); err != nil {
		return err
	}
	s.mark, s.r, s.w = 0, 0, 0
	if err := s.copyRest(rest, s.dst); err != nil {
		return err
	}
	s.wrote()
	return nil
}

// drop reads a message of this size and forgets it.
func (s *stream) drop(size int) error {
	if err := s.flush(); err != nil {
		return err
	}
	if size <= s.w-s.r {
		s.r += size
		s.mark = s.r
		return nil
	}
	rest := size - (s.w - s.r)
	s.mark, s.r, s.w = 0, 0, 0
	return s.copyRest(rest, io.Discard)
}

func (s *stream) copyRest(n int, dst io.Writer) error {
	for n > 0 {
		m, err := s.src.Read(s.buf[:min(n, len(s.buf))])
		if m > 0 {
			if _, werr := dst.Write(s.buf[:m]); werr != nil {
				return werr
			}
			n -= m
		}
		if err != nil && n > 0 {
			return noEOF(err)
		}
	}
	return nil
}

// flush writes what was passed.
func (s *stream) flush() error {
	if s.mark == s.r {
		return nil
	}
	s.mu.Lock()
	_, err := s.dst.Write(s.buf[s.mark:s.r])
	s.mu.Unlock()
	s.mark = s.r
	if err == nil {
		s.wrote()
	}
	return err
}

func (s *stream) wrote() {
	if s.flushed != nil {
		s.flushed()
	}
}

// need makes at least n bytes of the current message readable. Nothing passed
// is held back while it waits for them.
func (s *stream) need(n int) error {
	if s.w-s.r >= n {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	s.makeRoom(n)
	for s.w-s.r < n {
		m, err := s.src.Read(s.buf[s.w:])
		s.w += m
		if err != nil && s.w-s.r < n {
			if s.w > s.r {
				return noEOF(err)
			}
			return err
		}
	}
	return nil
}

// makeRoom moves the unread bytes to the front of a buffer that can hold n. A
// buffer that had grown for one long message is given up with the next.
func (s *stream) makeRoom(n int) {
	unread := s.buf[s.r:s.w]
	dst := s.buf
	switch {
	case n > len(s.buf):
		dst = make([]byte, n)
	case len(s.buf) > s.size && n <= s.size && len(unread) <= s.size:
		dst = make([]byte, s.size)
	}
	s.w = copy(dst, unread)
	s.buf, s.mark, s.r = dst, 0, 0
}

// poll looks whether the source has ended, without waiting. What it finds to
// read stays in the buffer.
func (s *stream) poll(conn net.Conn) error {
	if s.w == len(s.buf) {
		return nil
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return err
	}
	n, err := conn.Read(s.buf[s.w:])
	s.w += n
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return errors.Join(err, conn.SetReadDeadline(time.Time{}))
}

// noEOF turns an end inside a message into what it is.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
