package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// MaxText is how many bytes of one SQL text are kept. The rest is in the
// migration's file; a ledger with a 100 MB statement would be no use.
const MaxText = 32 << 10

// A Statement is what was done to one gated statement of a run.
type Statement struct {
	Text string // as the runner sent it
	Tag  string // command tag it was answered with; empty after an error
	// Changes and Hazards are arrays of whatever the caller marshals; nil
	// is the empty array.
	Changes  json.RawMessage
	Hazards  json.RawMessage
	Verdict  string
	Executed []string // SQL executed in its place
	Duration time.Duration
	Error    string // what the runner was told instead of a result
}

// Record puts statements of a run that goes on in the ledger, behind as many of it that
// are there.
func (l *Ledger) Record(ctx context.Context, release int64, behind int, statements []Statement) error {
	return l.inTx(ctx, "record statements", func(ctx context.Context, tx pgx.Tx) error {
		return insertStatements(ctx, tx, release, behind, statements)
	})
}

func insertStatements(ctx context.Context, tx pgx.Tx, release int64, behind int, statements []Statement) error {
	if len(statements) == 0 {
		return nil
	}
	columns := []string{"release_id", "seq", "text", "tag", "changes", "hazards",
		"verdict", "executed", "duration_ms", "error"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"migguard", "statement"}, columns,
		pgx.CopyFromSlice(len(statements), func(i int) ([]any, error) {
			s := statements[i]
			executed := make([]string, len(s.Executed))
			for j, sql := range s.Executed {
				executed[j] = clean(sql)
			}
			return []any{release, behind + i + 1, clean(s.Text), clean(s.Tag), array(s.Changes), array(s.Hazards),
				clean(s.Verdict), executed, float64(s.Duration) / float64(time.Millisecond), optional(s.Error)}, nil
		}))
	return err
}

// array is raw, or the empty array. jsonb takes every JSON text but \u0000.
func array(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("[]")
	}
	return json.RawMessage(strings.ReplaceAll(string(raw), `\u0000`, `\ufffd`))
}

// clean makes a text that PostgreSQL stores: valid UTF-8 without NUL, and not
// longer than anybody reads.
func clean(s string) string {
	rest := ""
	if len(s) > MaxText {
		rest = fmt.Sprintf(" … (%d bytes in all)", len(s))
		s = s[:MaxText]
	}
	return storable(s) + rest
}

// storable is all of a text, valid UTF-8 without NUL.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	s = clean(s)
	return &s
}
