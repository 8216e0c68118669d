package runner

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// progress follows an embedded run: as goose's log it prints a line for each
// migration when it is done (goose itself reports only at the end), and as
// pgx's tracer it remembers the text that failed last.
type progress struct {
	dir    string
	out    io.Writer
	names  map[int64]string // file names by version
	sent   string
	failed string
}

func (p *progress) print(format string, args ...any) error {
	if p.out == nil {
		return nil
	}
	_, err := fmt.Fprintf(p.out, format+"\n", args...)
	return err
}

// TraceQueryStart implements [pgx.QueryTracer].
func (p *progress) TraceQueryStart(
	ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData,
) context.Context {
	p.sent = data.SQL
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer]. The rollback that follows a
// failure may fail too, if the connection is gone.
func (p *progress) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if data.Err != nil && p.sent != "rollback" {
		p.failed = p.sent
	}
}

func (p *progress) logger() *slog.Logger {
	p.names = make(map[int64]string)
	return slog.New(gooseLog{p})
}

// gooseLog reads goose's structured log; its keys are stable, its text is not.
type gooseLog struct{ *progress }

func (l gooseLog) Enabled(context.Context, slog.Level) bool { return true }
func (l gooseLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l gooseLog) WithGroup(string) slog.Handler            { return l }

// Handle prints the one record that has a duration and a version.
func (l gooseLog) Handle(_ context.Context, r slog.Record) error {
	var version int64
	took := time.Duration(-1)
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "version":
			version = a.Value.Int64()
		case "duration_seconds":
			took = time.Duration(a.Value.Float64() * float64(time.Second))
		}
		return true
	})
	name, ok := l.names[version]
	if took < 0 || !ok {
		return nil
	}
	return l.print("applied %s/%s (%s)", l.dir, name, took.Round(100*time.Microsecond))
}
