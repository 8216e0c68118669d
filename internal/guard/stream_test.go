package guard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
)

// small is a buffer whose edges a fuzzer finds, in bytes.
const small = 32

// pieces reads and writes in pieces of random lengths.
type pieces struct {
	r   io.Reader
	w   bytes.Buffer
	rng *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	return p.r.Read(b[:min(len(b), 1+p.rng.IntN(2*small))])
}

func (p *pieces) Write(b []byte) (int, error) { return p.w.Write(b) }

// encode makes messages with bodies of these lengths, each filled with its
// number.
func encode(lengths []int) []byte {
	var b []byte
	for i, n := range lengths {
		b = append(b, byte('a'+i%26))
		b = binary.BigEndian.AppendUint32(b, uint32(n+4))
		b = append(b, bytes.Repeat([]byte{byte(i)}, n)...)
	}
	return b
}

// walk does with the messages of in what the choices say, message by message:
// pass, peek at a part or the whole and pass, or drop.
func walk(in []byte, choices []byte, seed uint64) (out []byte, err error) {
	p := &pieces{r: bytes.NewReader(in), rng: rand.New(rand.NewPCG(seed, 0))}
	s := newStream(p, p, &sync.Mutex{}, small)
	written := -1
	s.flushed = func() { written = p.w.Len() }
	for i := 0; ; i++ {
		_, size, err := s.header()
		if err != nil {
			if written >= 0 && written != p.w.Len() {
				return nil, errors.New("written without a word")
			}
			return p.w.Bytes(), err
		}
		switch choice(choices, i) {
		case 1:
			_, err = s.peek(min(size, small))
		case 2:
			var b []byte
			if b, err = s.peek(size); err == nil && len(b) != size {
				return nil, errors.New("peek of another length")
			}
		case 3:
			if err := s.drop(size); err != nil {
				return p.w.Bytes(), err
			}
			continue
		}
		if err != nil {
			return p.w.Bytes(), err
		}
		if err := s.pass(size); err != nil {
			return p.w.Bytes(), err
		}
	}
}

func choice(choices []byte, i int) byte {
	if len(choices) == 0 {
		return 0
	}
	return choices[i%len(choices)] % 4
}

// model is what walk should write: whole messages but for the dropped ones.
func model(in []byte, choices []byte) (out []byte, complete bool) {
	for i := 0; len(in) > 0; i++ {
		if len(in) < headerSize {
			return out, false
		}
		length := binary.BigEndian.Uint32(in[1:])
		if length < 4 || length > maxMessageSize || int(length)+1 > len(in) {
			return out, false
		}
		if choice(choices, i) != 3 {
			out = append(out, in[:length+1]...)
		}
		in = in[length+1:]
	}
	return out, true
}

func checkWalk(t *testing.T, in, choices []byte, seed uint64) {
	t.Helper()
	want, complete := model(in, choices)
	got, err := walk(in, choices, seed)
	switch {
	case complete && !errors.Is(err, io.EOF):
		t.Fatalf("complete messages: %v", err)
	case !complete && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errMessageLength):
		t.Fatalf("cut in a message: %v", err)
	case complete && !bytes.Equal(got, want):
		t.Fatalf("%d bytes written, want %d", len(got), len(want))
	case !bytes.HasPrefix(got, want):
		// A long message may have been written in part.
		t.Fatalf("%d bytes written, which do not start with the %d of whole messages", len(got), len(want))
	}
}

// Messages whose lengths are at the edges of the buffer, alone and together.
func TestStreamEdges(t *testing.T) {
	t.Parallel()
	var edges []int
	for _, n := range []int{0, small - headerSize, small, 2*small - headerSize, 3 * small} {
		for d := -6; d <= 6; d++ {
			if n+d >= 0 {
				edges = append(edges, n+d)
			}
		}
	}
	for i, first := range edges {
		for j, second := range edges {
			in := encode([]int{first, 0, second, 3})
			checkWalk(t, in, []byte{byte(i), byte(j), byte(i + j), byte(i / 4)}, uint64(i*len(edges)+j))
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(encode([]int{0, 5, 100}), []byte{0, 1, 2, 3}, uint64(1))
	f.Add(encode([]int{small, small - headerSize, 1}), []byte{2, 3}, uint64(2))
	f.Add([]byte("Q\x00\x00\x00\x03"), []byte{}, uint64(3))
	f.Add([]byte("Q\x7f\xff\xff\xff"), []byte{}, uint64(4))
	f.Add([]byte("Q\x00\x00\x00\x08ab"), []byte{2}, uint64(5))
	f.Fuzz(func(t *testing.T, in, choices []byte, seed uint64) {
		if len(in) >= headerSize && binary.BigEndian.Uint32(in[1:]) > 64<<20 {
			return // a peek would allocate it
		}
		checkWalk(t, in, choices, seed)
	})
}

// looped reads as the same messages again and again.
type looped struct {
	b    []byte
	at   int
	left int
}

func (l *looped) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, io.EOF
	}
	n := copy(b, l.b[l.at:])
	l.at = (l.at + n) % len(l.b)
	l.left -= n
	return n, nil
}

// BenchmarkStream walks over rows of 100 bytes, without sockets.
func BenchmarkStream(b *testing.B) {
	in := encode([]int{95, 95, 95, 95, 95, 95, 95, 95})
	b.SetBytes(100)
	s := newStream(&looped{b: in, left: b.N * 100}, io.Discard, &sync.Mutex{}, bufferSize)
	b.ResetTimer()
	for range b.N {
		_, size, err := s.header()
		if err == nil {
			err = s.pass(size)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
