package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// writingWord is code that writes some columns of the table words.
func writingWord(columns ...string) []judge.Code {
	return []judge.Code{{Name: "build one", Contract: contract.New(contract.Source{Scanner: "scan", Whole: true},
		[]contract.Relation{{Name: contract.Name{Name: "words"}, Uses: []contract.Use{{Origin: contract.SQL, At: contract.Evidence{File: "w.go", Line: 7},
			Reads: contract.Every(), Updates: contract.Named(columns...)}}}}, nil)}}
}

// A domain that gets narrower rejects what code writes that is running, and is refused.
func TestDomainRejects(t *testing.T) {
	t.Parallel()
	const (
		given = "create domain word as text; create domain short as word; create table words (id int, w short, n int); insert into words values (1, 'a', 1)"
		long  = "insert into words values (2, 'long', 2)"
		null  = "insert into words (id) values (3)"
	)
	for name, tt := range map[string]struct {
		code    []judge.Code
		sql     []string
		refused bool // the last
		old     string
	}{
		"check":            {nil, []string{"alter domain short add constraint s check (length(value) < 3)"}, true, long},
		"of its base":      {nil, []string{"alter domain word add check (length(value) < 3)"}, true, long},
		"not valid":        {nil, []string{"alter domain short add constraint s check (length(value) < 3) not valid"}, true, long},
		"not null":         {nil, []string{"alter domain short set not null"}, true, null},
		"written":          {writingWord("w"), []string{"alter domain word add check (length(value) < 3)"}, true, long},
		"not written":      {writingWord("n"), []string{"alter domain word add check (length(value) < 3)"}, false, "update words set n = 2"},
		"of a new column":  {nil, []string{"create domain d as int", "alter table words add d d", "alter domain d add check (value > 0)"}, false, null},
		"left out":         {nil, []string{"create domain d as int", "delete from words", "alter table words add d d", "alter domain d set not null"}, true, null},
		"of a new table":   {nil, []string{"create domain d as int", "create table more (d d)", "alter domain d set not null"}, false, null},
		"its default":      {nil, []string{"alter domain short set default 'x'", "alter domain short drop default"}, false, long},
		"less than before": {nil, []string{"alter domain short drop not null"}, false, null},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{waits: true, code: tt.code}, given)
				if !tt.refused {
					b.run(t, tt.sql...)
				} else if e := b.refusedAtLast(t, "MG033", tt.sql); !strings.Contains(e.Message, "may be rejected from now on") || !strings.Contains(e.Hint, "--allow rejected-write:words") {
					t.Error(explain(e))
				}
				b.olds(t, tt.old)
			})
		})
	}
}
