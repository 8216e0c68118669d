package shim

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

func users() TableView {
	return TableView{
		Old: catalog.Relation{
			Schema: "public", Name: "Users", Kind: catalog.Table, Owner: "app", Role: "app", DefaultGrants: true,
			Columns: []catalog.Column{{Number: 1, Name: "id"}, {Number: 3, Name: "e-mail"}},
		},
		New: ddl.Name{Schema: "public", Name: "accounts"}, Major: 18, Release: "release v42",
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	v := users()
	v.Old.Role, v.Old.RowSecurity, v.Old.DefaultGrants = "deployer", true, false
	v.Old.NewGrantees = []string{"", "app", "reporting"}
	v.Old.Grants = []catalog.Grant{{Grantee: "app", Privilege: "SELECT"}, {Grantee: "web", Privilege: "INSERT", Grantable: true}}
	v.Old.Columns[1].Grants = []catalog.Grant{{Grantee: "", Privilege: "UPDATE"}}
	want := []string{
		`CREATE VIEW public."Users" (id, "e-mail") WITH (security_invoker = true) AS SELECT id, "e-mail" FROM public.accounts`,
		`ALTER VIEW public."Users" OWNER TO app`,
		`REVOKE ALL ON public."Users" FROM PUBLIC`,
		`REVOKE ALL ON public."Users" FROM reporting`,
		`REVOKE ALL ON public."Users" FROM app`,
		`GRANT SELECT ON public."Users" TO app`,
		`GRANT INSERT ON public."Users" TO web WITH GRANT OPTION`,
		`GRANT UPDATE ("e-mail") ON public."Users" TO PUBLIC`,
	}
	got := v.Expand()
	comment := got[len(got)-1]
	if !slices.Equal(got[:len(got)-1], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.HasPrefix(comment, `COMMENT ON VIEW public."Users" IS '`) || !strings.Contains(comment, "release v42") {
		t.Errorf("comment: %s", comment)
	}
}

// What runs in a session of any kind has to be read as it is meant.
func TestExpandParses(t *testing.T) {
	t.Parallel()
	v := users()
	v.Old.Name, v.Release = `it's "quoted" \ here`, `v'1\`
	for _, sql := range v.Expand() {
		if st := ddl.Parse(sql); len(st) != 1 || st[0].Class != ddl.Schema {
			t.Errorf("%s: %+v", sql, st)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*TableView)
		reason string // empty: it can be made
	}{
		"plain":                  {func(*TableView) {}, ""},
		"row security":           {func(v *TableView) { v.Old.RowSecurity = true }, ""},
		"row security before 15": {func(v *TableView) { v.Old.RowSecurity, v.Major = true, 14 }, "show every row"},
		"owner without its own privilege": {func(v *TableView) {
			v.Old.DefaultGrants, v.Old.Grants = false, []catalog.Grant{{Grantee: "web", Privilege: "SELECT"}}
		}, "rights of its owner"},
		"row security and single columns": {func(v *TableView) {
			v.Old.RowSecurity, v.Old.Columns[0].Grants = true, []catalog.Grant{{Grantee: "web", Privilege: "SELECT"}}
		}, "some columns"},
	} {
		v := users()
		test.change(&v)
		err := v.Check()
		var p *Precondition
		switch {
		case test.reason == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.reason != "" && (!errors.As(err, &p) || !strings.Contains(p.Reason, test.reason) || p.Hint == ""):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLimitsNameMergeBefore17(t *testing.T) {
	t.Parallel()
	for major, want := range map[int]bool{14: true, 16: true, 17: false, 18: false} {
		v := users()
		v.Major = major
		if got := slices.Contains(v.Limits(), "MERGE INTO"); got != want {
			t.Errorf("PostgreSQL %d: %v", major, got)
		}
	}
}
