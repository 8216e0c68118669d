package ddl

import (
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func TestLiteralIsReadBack(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"", "users", "it's", `back\slash`, `both \' of them`, "Ünïcode\n"} {
		tree, err := pg.Parse("SELECT " + Literal(want))
		if err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		target := tree.GetStmts()[0].GetStmt().GetSelectStmt().GetTargetList()[0].GetResTarget()
		if got := target.GetVal().GetAConst().GetSval().GetSval(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
