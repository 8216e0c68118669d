package deploysim

import (
	"strconv"
	"time"
)

// Outcome is how a release phase ended.
type Outcome string

const (
	// Migrated: exit status 0 and the migration's effect is there.
	Migrated Outcome = "migrated"
	// Unchanged: exit status 0, but the effect is not there.
	Unchanged Outcome = "unchanged"
	// Refused: exit status 77 and the effect is not there.
	Refused Outcome = "refused"
	// Failed: any other status and the effect is not there.
	Failed Outcome = "failed"
	// FailedCommitted: a status other than 0 although the effect is there, the
	// state in which the platform goes on with the old code for good.
	FailedCommitted Outcome = "failed after commit"
)

func outcome(exit int, committed bool) Outcome {
	switch {
	case exit == 0 && committed:
		return Migrated
	case exit == 0:
		return Unchanged
	case committed:
		return FailedCommitted
	case exit == refusedStatus:
		return Refused
	default:
		return Failed
	}
}

// Millis is a duration that is written as milliseconds.
type Millis time.Duration

// MarshalJSON writes a number of milliseconds, exact to the microsecond.
func (m Millis) MarshalJSON() ([]byte, error) {
	ms := float64(time.Duration(m).Microseconds()) / 1000
	return strconv.AppendFloat(nil, ms, 'f', -1, 64), nil
}

// Summary is what the dynos of one build went through.
type Summary struct {
	Statements int64 `json:"statements"`
	Failed     int64 `json:"failed"`
	// Failures is by SQLSTATE. 08006 is a broken connection, 02000 a statement
	// that PostgreSQL reported as done but that changed or returned another
	// number of rows than it must, 40000 a COMMIT answered with ROLLBACK, and
	// "stalled" an answer later than Options.StallLimit.
	Failures map[string]Failure `json:"failures"`
	P50      Millis             `json:"p50_ms"`
	P99      Millis             `json:"p99_ms"`
	// Stall is the longest wait of one connection.
	Stall Millis `json:"longest_stall_ms"`
}

func summarize(s Stats) Summary {
	failures := s.Failures
	if failures == nil {
		failures = map[string]Failure{}
	}
	return Summary{
		Statements: s.Statements,
		Failed:     s.Failed(),
		Failures:   failures,
		P50:        Millis(s.Latency.Quantile(0.50)),
		P99:        Millis(s.Latency.Quantile(0.99)),
		Stall:      Millis(s.Stall),
	}
}

// Result is one deploy as measured.
type Result struct {
	Scenario string  `json:"scenario"`
	PG       string  `json:"pg"` // server version, such as 17.10
	Mode     string  `json:"mode"`
	Outcome  Outcome `json:"outcome"`
	// Exit is the status of the release command, Took how long it ran.
	Exit int     `json:"exit"`
	Took Millis  `json:"release_ms"`
	Old  Summary `json:"old"`
	New  Summary `json:"new"` // zero statements if no new dyno booted
	// Window is the time from the moment the migration's COMMIT was visible
	// until the last old dyno had exited; 0 if nothing was committed.
	Window Millis `json:"window_ms"`
	// AfterRelease is how many of the old dynos' statements came after the end
	// of the release command.
	AfterRelease int64 `json:"old_statements_after_release"`
	// Lost is the number of acknowledged writes that are not in the database,
	// LostExamples some of them.
	Lost         int64    `json:"lost_writes"`
	LostExamples []string `json:"lost_examples"`
	// Unsure is the number of writes whose answer was lost with a connection.
	Unsure int64 `json:"unsure_writes"`
	// Dead are the dynos that ended without draining and why: their writes
	// could not be verified.
	Dead []string `json:"dead_dynos"`
}

// OK is true if no user would have noticed the deploy: no statement failed in
// old or new code, no write was lost and no dyno died.
func (r Result) OK() bool {
	return r.Old.Failed == 0 && r.New.Failed == 0 && r.Lost == 0 && len(r.Dead) == 0
}
