package herokutest

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A logger writes lines as "heroku logs" shows them.
type logger struct {
	mu sync.Mutex
	to io.Writer
}

func (l *logger) printf(source, dyno, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.to, "%s %s[%s]: %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000000+00:00"),
		source, dyno, fmt.Sprintf(format, args...))
}
