package ddl_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ddl"
)

func TestWithParameters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"select 1": "select 1",
		"select a from t where b = ? and c in (?, ?)":                       "select a from t where b = $1 and c in ($2, $3)",
		"select a from t where b=? and c<?":                                 "select a from t where b=$1 and c<$2",
		"where a = $2 and b = ?":                                            "where a = $2 and b = $3",
		"where a = :x or b = :x or c = :xy":                                 "where a = $1 or b = $1 or c = $2",
		"where a = %(x)s or b = %(x)s and c = %s and d = %s":                "where a = $1 or b = $1 and c = $2 and d = $3",
		"where a = @x and b =@x":                                            "where a = $1 and b =$1",
		"where a like ?||'%'":                                               "where a like $1||'%'",
		"where a %% 2 = %s":                                                 "where a % 2 = $1",
		"where b = %s and a %% 2 = 1 and c%%3 = %(d)s":                      "where b = $1 and a % 2 = 1 and c%3 = $2",
		"where a %% 2 = 1":                                                  "where a %% 2 = 1",
		"where a = '?' -- ? \n and b = /* :x */ ? and \"c?\" = $$?$$":       "where a = '?' -- ? \n and b = /* :x */ $1 and \"c?\" = $$?$$",
		"select a::text, b[1:2], c[x:y], d @> e, f <@g, h @@to_tsquery(:q)": "select a::text, b[1:2], c[x:y], d @> e, f <@g, h @@to_tsquery($1)",
		"where a ?| b and a ?& b and a @? c":                                "where a ?| b and a ?& b and a @? c",
		"where ?::int = a":                                                  "where $1::int = a",
		"values (:a::int, :b)":                                              "values ($1::int, $2)",
		"where a%smth and b?c":                                              "where a%smth and b?c",
		"":                                                                  "",
	} {
		if got := ddl.WithParameters(text); got != want {
			t.Errorf("%s\n%s\nwant\n%s", text, got, want)
		}
	}
}

// FuzzWithParameters: what stands in quotes stays, and no parameter is lost.
func FuzzWithParameters(f *testing.F) {
	f.Add("select ? %% %s :a @b %(c)s $1", "?")
	f.Fuzz(func(t *testing.T, text, quoted string) {
		once := ddl.WithParameters(text)
		if strings.Count(once, "$") < strings.Count(text, "$") {
			t.Errorf("%q lost something of %q", once, text)
		}
		constant := ddl.Literal(quoted)
		if got := ddl.WithParameters("select " + constant); got != "select "+constant {
			t.Errorf("%q became %q", constant, got)
		}
	})
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"select 1": 0, "select $2, $1, '$9', a$7 -- $8": 2, "$$ $5 $$": 0, "select $12345": 12345} {
		if got := ddl.Parameters(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
