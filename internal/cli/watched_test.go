package cli_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// A watched output can be waited on while it grows.
type watched struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed by the next Write
}

func newWatched() *watched { return &watched{changed: make(chan struct{})} }

// Write implements io.Writer.
func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
	return w.text.Write(p)
}

func (w *watched) String() string {
	text, _ := w.now()
	return text
}

func (w *watched) now() (string, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String(), w.changed
}

// await returns when the output holds the text.
func (w *watched) await(t testing.TB, text string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		now, changed := w.now()
		if strings.Contains(now, text) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("after %v there is no %q in:\n%s", patience, text, now)
		}
	}
}
