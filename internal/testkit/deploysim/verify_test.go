package deploysim

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	conn := pgtest.New(t).Connect(t)
	queries := map[string]string{
		"s": `SELECT * FROM (VALUES ('kept', 3::bigint), ('shared', 5)) AS found (key, n)`,
	}
	for want, tc := range map[string]struct {
		rows, added rows
		lost        int64
	}{
		"":                               {rows{"kept": 3, "deleted": gone}, rows{"shared": 4}, 0},
		"s: the row missing":             {rows{"kept": 3, "missing": 1}, nil, 1},
		"s: value 4 of kept, found 3":    {rows{"kept": 4}, nil, 1},
		"s: the deletion of kept":        {rows{"kept": gone}, nil, 1},
		"s: 2 of 7 additions to shared":  {nil, rows{"shared": 7}, 2},
		"s: 9 of 9 additions to unknown": {nil, rows{"unknown": 9}, 9},
	} {
		lost, examples, err := verify(t.Context(), conn, queries, Written{
			Rows:  map[string]rows{"s": tc.rows},
			Added: map[string]rows{"s": tc.added},
		})
		if err != nil {
			t.Fatal(err)
		}
		if lost != tc.lost || (want != "") != (len(examples) == 1) || want != "" && examples[0] != want {
			t.Errorf("want %q: lost %d: %q", want, lost, examples)
		}
	}
}
