package judge_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/judge"
)

func TestDirectives(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]string{
		"-- migguard:allow dropped-column reason: v41 ignores it":             "dropped-column v41 ignores it",
		"-- migguard: allow dropped-column reason: v41":                       "dropped-column v41",
		"--migguard:allow MG004 reason:v41":                                   "dropped-column v41",
		"--\tMIGGUARD:allow  mg004\treason:\tv41  ignores it ":                "dropped-column v41 ignores it",
		"/* migguard:allow dropped-column:users.notes\n   reason: v41\n */":   "dropped-column:users.notes v41",
		`/*migguard:allow dropped-column:users."No: x" reason: no reason: */`: `dropped-column:users."No: x" no reason:`,
	} {
		d, ok, err := judge.ParseDirective(comment)
		if err != nil || !ok {
			t.Errorf("%s: %t, %v", comment, ok, err)
			continue
		}
		e := d.Exception()
		if got := e.String() + " " + e.Reason; got != want || e.By != judge.ByComment {
			t.Errorf("%s: %s %s, want %s", comment, got, e.By, want)
		}
	}
}

// What does not begin with the mark is somebody else's.
func TestNoDirectives(t *testing.T) {
	t.Parallel()
	for _, comment := range []string{
		"-- allow dropped-column reason: v41",
		"-- migguard",
		"-- migguard:",
		"-- migguard: allowed by Ann, reason: v41",
		"-- see migguard:allow dropped-column reason: v41",
		"---- migguard:allow dropped-column reason: v41",
		"/** migguard:allow dropped-column reason: v41 */",
		"/*+ migguard:allow dropped-column reason: v41 */",
		"/*application:migguard,line:/app/migguard:allow dropped-table reason: x*/",                          // marginalia
		"/*action='index',framework='rails',url='%2Fmigguard:allow dropped-table reason: x'*/",               // sqlcommenter
		"/*controller='migguard%3Aallow%20dropped-table%20reason%3A',traceparent='00-5bd66ef5095369c7-01'*/", // the same
	} {
		if _, ok, err := judge.ParseDirective(comment); ok || err != nil {
			t.Errorf("%s is one, %v", comment, err)
		}
	}
}

func TestDirectivesRefuse(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]string{
		"-- migguard:alow dropped-column reason: v41":                                           "migguard:alow is no directive; did you mean migguard:allow?",
		"-- migguard:ignore":                                                                    "migguard:ignore is no directive; there is migguard:allow",
		"-- migguard:allow droped-column reason: v41":                                           `"droped-column" is no hazard; did you mean dropped-column?`,
		"-- migguard:allow droped-column:users.notes reason: v41":                               `"droped-column" is no hazard; did you mean dropped-column?`,
		"-- migguard:allow dropped-column users.notes reason: v41":                              `"dropped-column users.notes" is no hazard`,
		"-- migguard:allow dropped-column:users reason: v41":                                    "names no column",
		"-- migguard:allow dropped-column: reason: v41":                                         "is not of the form",
		"-- migguard:allow":                                                                     "it names no hazard; write migguard:allow HAZARD reason: WHY",
		"-- migguard:allow reason: v41":                                                         "it names no hazard",
		"-- migguard:allow dropped-column":                                                      "it gives no reason",
		"-- migguard:allow dropped-column reason:":                                              "it gives no reason",
		"-- migguard:allow dropped-column because: v41":                                         "it gives no reason",
		"/* migguard:allow dropped-column reason: a\nmigguard:allow dropped-table reason: b */": "another in its reason",
	} {
		if _, ok, err := judge.ParseDirective(comment); !ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %t, %v, want %q", comment, ok, err, want)
		}
	}
}

// A directive covers its hazard, on its object or all of the statement's, and
// with or without a policy.
func TestDirectivesCover(t *testing.T) {
	t.Parallel()
	for text, covered := range map[string]bool{
		"-- migguard:allow dropped-column reason: v41":                 true,
		"-- migguard:allow dropped-column:orders.n reason: v41":        true,
		"-- migguard:allow dropped-column:public.orders.n reason: v41": true,
		"-- migguard:allow dropped-column:orders.m reason: v41":        false,
		"-- migguard:allow dropped-column:sales.orders.n reason: v41":  false,
		"-- migguard:allow renamed-column reason: v41":                 false,
	} {
		d, _, err := judge.ParseDirective(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []*judge.Policy{nil, policyOf(t)} {
			got := judge.Decide(ddl.DropColumn{Column: "n"}, judge.Facts{Lookup: relation("public", "orders"), Major: 18, Directives: []judge.Directive{d}}, p)
			if is := got.Verdict == judge.Allow && len(got.Allowed) == 1 && got.Allowed[0].By.Reason == "v41"; is != covered {
				t.Errorf("%s: %+v", text, got)
			}
		}
	}
}

func FuzzParseDirective(f *testing.F) {
	f.Add("-- migguard:allow dropped-column:users.notes reason: v41")
	f.Add("/* migguard:allow MG004 reason: a\n*/")
	f.Add("/*migguard:*/")
	f.Fuzz(func(t *testing.T, comment string) {
		d, ok, err := judge.ParseDirective(comment)
		if !ok && err != nil {
			t.Errorf("%q is none, and wrong: %v", comment, err)
		}
		if ok && err == nil && (d.Exception().Reason == "" || d.Exception().Hazard == "") {
			t.Errorf("%q is %+v", comment, d.Exception())
		}
	})
}
