package ddl_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/migguard/migguard/internal/ddl"
)

func TestRemarks(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string][]string{
		"drop table a":                             nil,
		"-- x\ndrop table a":                       {"0 -- x"},
		"/* x */drop/*y*/table a -- z":             {"0 /* x */", "0 /*y*/", "0 -- z"},
		"drop table a -- x\n; -- y":                {"0 -- x", "0 -- y behind"},
		"drop table a; -- x":                       {"0 -- x behind"},
		"drop table a;\n-- x":                      nil,
		"drop table a; -- x\ndrop table b":         {"0 -- x behind"},
		"drop table a;\n-- x\ndrop table b":        {"1 -- x"},
		"drop table a; /* x */ drop table b":       {"1 /* x */"},
		"drop table a; /* x */\ndrop table b":      {"0 /* x */ behind"},
		"drop table a;/*x*/ /*y*/ -- z\n;":         {"0 /*x*/ behind", "0 /*y*/ behind", "0 -- z behind"},
		"drop table a;/*x*/ /*y\n*/drop view v":    {"1 /*x*/", "1 /*y\n*/"},
		"drop table a; /*x\n*/ drop view v":        {"1 /*x\n*/"},
		";; -- x\n;; drop table a":                 {"0 -- x"},
		"drop table a; ;\n; -- x\ndrop view v":     {"0 -- x behind"},
		"-- x":                                     nil,
		"/* a /* b */ c */ drop table a":           {"0 /* a /* b */ c */"},
		"comment on table a is '-- x'":             nil,
		"comment on table a is '\n-- x\n'":         nil,
		"comment on table a is E'\\'-- x'":         nil,
		"comment on table a is $q$\n-- x\n$q$":     nil,
		"do $$ begin /* x */ drop table a; end $$": nil,
		"drop table \"-- x\"":                      nil,
		"drop table \"/* x */\" -- y":              {"0 -- y"},
		"select 1 -/* x */ 2":                      {"0 /* x */"},
		"create rule r as on insert to a do also (delete from b; /* x */ delete from c); -- y\ndrop table d": {"0 /* x */", "0 -- y behind"},
		"create function f() returns int begin atomic select 1; -- x\n end; drop table a":                    {"0 -- x"},
		// Grammar of its own, and one that there is not: split by tokens.
		"/* x */ drop tabel a;\n/* y */ drop table b": {"0 /* x */", "1 /* y */"},
		"drop table 'a -- x":                          nil,
		"-- x\r\ndrop table a":                        {"0 -- x"},
		"-- \u00e9\ndrop table \u00e9 -- \u00fc":      {"0 -- \u00e9", "0 -- \u00fc"},
	} {
		var got []string
		for _, c := range ddl.Remarks(sql, ddl.Parse(sql)) {
			text := fmt.Sprint(c.Statement, " ", c.Text)
			if c.Behind {
				text += " behind"
			}
			got = append(got, text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q has %q, want %q", sql, got, want)
		}
	}
}
