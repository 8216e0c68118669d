package deploysim

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs the simulator itself gives to failures PostgreSQL did not report.
const (
	// codeConnection: the connection broke, or could not be made.
	codeConnection = "08006"
	// codeNoData: acknowledged, but the number of rows was not the expected.
	codeNoData = "02000"
	// codeRollback: COMMIT was answered with ROLLBACK.
	codeRollback = "40000"
	// codeStalled: answered, but so late that a user would have seen a
	// time-out. It is no SQLSTATE.
	codeStalled = "stalled"
)

// Failure is all failed statements of one SQLSTATE.
type Failure struct {
	Count int64 `json:"count"`
	// First is the message of the first one.
	First string `json:"first"`
}

// Stats is what one connection, one dyno or all dynos of a build went through.
// Every statement sent counts, BEGIN and COMMIT included; the ROLLBACK after a
// failure does not.
type Stats struct {
	Statements int64              `json:"statements"`
	Failures   map[string]Failure `json:"failures,omitempty"`
	Latency    Histogram          `json:"latency"`
	// Stall is the longest time a connection waited for one answer, or for
	// being connected again.
	Stall time.Duration `json:"stall"`
}

// Failed is the number of failed statements.
func (s Stats) Failed() int64 {
	var n int64
	for _, f := range s.Failures {
		n += f.Count
	}
	return n
}

// Merge adds other to s.
func (s *Stats) Merge(other Stats) {
	s.Statements += other.Statements
	s.Latency.Merge(other.Latency)
	s.Stall = max(s.Stall, other.Stall)
	for code, f := range other.Failures {
		s.addFailure(code, f)
	}
}

// record counts one statement that took d, and its failure if fail is not nil.
func (s *Stats) record(d time.Duration, fail *failedError) {
	s.Statements++
	s.Latency.Record(d)
	s.Stall = max(s.Stall, d)
	if fail != nil {
		s.addFailure(fail.code, Failure{Count: 1, First: fail.Error()})
	}
}

func (s *Stats) addFailure(code string, f Failure) {
	if s.Failures == nil {
		s.Failures = map[string]Failure{}
	}
	sum := s.Failures[code]
	if sum.First == "" {
		sum.First = f.First
	}
	sum.Count += f.Count
	s.Failures[code] = sum
}

// failedError is the failure of one statement as the application sees it.
type failedError struct {
	code string
	msg  string
	// unsure: the server may have done what the statement asked.
	unsure bool
}

func (e *failedError) Error() string { return e.msg }

// failure classifies the error of a statement. Only an ERROR leaves no doubt:
// after FATAL, or a broken connection, the outcome is unknown.
func failure(err error) *failedError {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return &failedError{code: codeConnection, msg: err.Error(), unsure: true}
	}
	return &failedError{
		code:   pgErr.Code,
		msg:    pgErr.Message,
		unsure: pgErr.SeverityUnlocalized != "ERROR",
	}
}
