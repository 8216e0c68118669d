package deploysim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func examples() []Result {
	ms := func(n float64) Millis { return Millis(n * float64(time.Millisecond)) }
	return []Result{
		{
			Scenario: "rename-table", PG: "17.10", Mode: "bare", Outcome: Migrated,
			Old: Summary{
				Statements: 20010, Failed: 7001, P50: ms(0.314), P99: ms(2.5), Stall: ms(48.25),
				Failures: map[string]Failure{"42P01": {7001, `relation "users" does not exist`}},
			},
			New:    Summary{Statements: 1000},
			Window: ms(9250), Lost: 1,
			LostExamples: []string{"users: the row old.1-0-4@example.com"},
			Dead:         []string{"old.2: ended early (signal: killed)"},
		},
		{Scenario: "rename-column", PG: "14.23", Mode: "guarded", Outcome: Refused, Exit: 77, Old: Summary{Statements: 20000}},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	const want = `
scenario       pg  mode     release            statements  failed  p50     p99     longest stall  window  new failed  lost writes
rename-table   17  bare     migrated           20010       7001    0.31ms  2.5ms   48.2ms         9.25s   0           1
rename-column  14  guarded  refused (exit 77)  20000       0       0.00ms  0.00ms  0.00ms         -       -           0
rename-table, pg 17, bare: old code: 42P01 ×7001: relation "users" does not exist
rename-table, pg 17, bare: lost: users: the row old.1-0-4@example.com
rename-table, pg 17, bare: dead dyno: old.2: ended early (signal: killed)
`
	var got strings.Builder
	if err := Table(&got, examples()); err != nil {
		t.Fatal(err)
	}
	if got.String() != want[1:] {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want[1:])
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := JSON(&out, examples()); err != nil {
		t.Fatal(err)
	}
	var docs []struct {
		Outcome string  `json:"outcome"`
		Window  float64 `json:"window_ms"`
		Lost    int     `json:"lost_writes"`
		Old     struct {
			P50      float64            `json:"p50_ms"`
			Failures map[string]Failure `json:"failures"`
		} `json:"old"`
	}
	if err := json.Unmarshal([]byte(out.String()), &docs); err != nil {
		t.Fatal(err)
	}
	first := docs[0]
	if first.Outcome != "migrated" || first.Window != 9250 || first.Lost != 1 || first.Old.P50 != 0.314 || first.Old.Failures["42P01"].Count != 7001 {
		t.Errorf("%+v", first)
	}
}
