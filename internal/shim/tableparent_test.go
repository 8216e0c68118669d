package shim

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
)

func TestExpandParent(t *testing.T) {
	t.Parallel()
	v := users()
	p := TableParent{Old: v.Old, New: v.New, Key: []string{"e-mail", "id"}, Release: v.Release}
	p.Old.OID, p.Old.Role, p.Old.DefaultGrants = 7, "deployer", false
	p.Old.Grants = []catalog.Grant{{Grantee: "app", Privilege: "SELECT"}}
	want := []string{
		`CREATE TABLE public."Users" (LIKE public.accounts INCLUDING DEFAULTS INCLUDING GENERATED) PARTITION BY RANGE ("e-mail")`,
		`ALTER TABLE public."Users" ADD CONSTRAINT mg_parent_7_pkey PRIMARY KEY ("e-mail", id)`,
		`ALTER TABLE public."Users" OWNER TO app`,
		`REVOKE ALL ON public."Users" FROM app`,
		`GRANT SELECT ON public."Users" TO app`,
		`ALTER TABLE public."Users" ATTACH PARTITION public.accounts DEFAULT`,
	}
	got := p.Expand()
	comment := got[len(got)-1]
	if !slices.Equal(got[:len(got)-1], want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.HasPrefix(comment, `COMMENT ON TABLE public."Users" IS 'migguard shim: `) || !strings.Contains(comment, "release v42") {
		t.Errorf("comment: %s", comment)
	}
	p.Comment = "as before"
	for _, sql := range append(p.Expand(), DropParent(p.name(), p.New)...) {
		if st := ddl.Parse(sql); len(st) != 1 || st[0].Class != ddl.Schema {
			t.Errorf("%s: %+v", sql, st)
		}
	}
	if got := p.Expand(); !strings.HasSuffix(got[len(got)-1], " IS 'as before'") {
		t.Errorf("comment: %s", got[len(got)-1])
	}
}

func TestCheckParent(t *testing.T) {
	t.Parallel()
	p := TableParent{Old: users().Old, New: users().New}
	if err := p.Check(&catalog.AsPartition{Key: []string{"id"}}); err != nil {
		t.Error(err)
	}
	rows, view := p, p
	rows.Old.RowsIn, view.Old.Kind = "function title(users)", catalog.View
	for want, err := range map[string]error{
		"it is no plain table":      p.Check(nil),
		"it has no key":             p.Check(&catalog.AsPartition{Not: "it has no key"}),
		"function title(users) is ": rows.Check(&catalog.AsPartition{}),
		"is no plain table":         view.Check(&catalog.AsPartition{}),
	} {
		var pre *Precondition
		if !errors.As(err, &pre) || !strings.Contains(pre.Reason, `public."Users" cannot be the partition`) || !strings.Contains(pre.Reason, want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
