package ddl_test

import (
	"testing"

	"github.com/migguard/migguard/internal/ddl"
)

func TestNormal(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"ALTER TABLE Users\n\tDROP  COLUMN notes ;":           "alter table users drop column notes",
		"/* a */ alter table users -- b\ndrop column notes;;": "alter table users drop column notes",
		`ALTER TABLE "Users" DROP COLUMN "No  tes"`:           `alter table "Users" drop column "No  tes"`,
		"SELECT 'A  --b', E'A\\'B', $Q$ C $Q$, U&\"D\"":       `select 'A  --b' , E'A\'B' , $Q$ C $Q$ , U&"D"`,
		"SELECT ÉA":        "select Éa",
		"select(1)":        "select ( 1 )",
		"":                 "",
		"-- nothing\n;":    "",
		"select 'unended":  "",
		"select 1\x00; go": "",
	} {
		if got, ok := ddl.Normal(sql); got != want || ok != (want != "") {
			t.Errorf("%q is %q %t, want %q", sql, got, ok, want)
		}
	}
}
