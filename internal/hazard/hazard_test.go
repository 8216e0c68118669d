package hazard_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
)

func TestRegistryIsValid(t *testing.T) {
	t.Parallel()
	if err := hazard.Validate(hazard.All); err != nil {
		t.Error(err)
	}
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*hazard.Hazard){
		"not lower-case words": func(h *hazard.Hazard) { h.ID = "Dropped" },
		"not in order":         func(h *hazard.Hazard) { h.ID = "a-z" },
		"is malformed":         func(h *hazard.Hazard) { h.Code = "42P01" },
		"that of":              func(h *hazard.Hazard) { h.Code = hazard.All[0].Code },
		"not documented":       func(h *hazard.Hazard) { h.Remedy = "" },
		"no examples":          func(h *hazard.Hazard) { h.Good = "" },
		"finds nothing":        func(h *hazard.Hazard) { h.Run = nil },
	} {
		spoilt := *hazard.All[1]
		spoil(&spoilt)
		err := hazard.Validate([]*hazard.Hazard{hazard.All[0], &spoilt})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Each example has just the hazard that it is there for. The server's view of
// them is a test of package release.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, h := range hazard.All {
		for sql, bad := range map[string]bool{h.Bad: true, h.Good: false} {
			var found []string
			users := catalog.Relation{OID: 1, Schema: "public", Name: "users", Kind: catalog.Table, Owner: "app", Role: "app", DefaultGrants: true, Columns: []catalog.Column{
				{Number: 1, Name: "id", Definition: &catalog.Definition{Type: "bigint", NotNull: true}},
				{Number: 2, Name: "notes", Definition: &catalog.Definition{Type: "text", NotNull: true}},
				{Number: 3, Name: "mood"}},
				Arbiters: []catalog.Arbiter{{Index: "users_notes_key", Constraint: "users_notes_key", Keys: []int16{2}}}}
			if h.Kind != hazard.BlocksTraffic {
				users.Size = &catalog.Size{Bytes: 8192}
			}
			view := catalog.Relation{OID: 2, Schema: "public", Name: "active_users", Kind: catalog.View, Columns: users.Columns}
			given := map[string]*catalog.Relation{"users": &users, "active_users": &view}
			for _, st := range ddl.Parse(sql) {
				for _, change := range st.Changes {
					pass := &hazard.Pass{Change: change}
					if r := change.Relations(); len(r) > 0 {
						pass.Lookup.Relation = given[r[0].Name]
					}
					if h.AtCommit && !bad {
						pass.Lookup.Again = pass.Lookup.Relation
					}
					if _, ok := change.(ddl.RenameEnumValue); ok {
						pass.Lookup.Type = &catalog.Type{Schema: "public", Name: "mood", Used: true}
					}
					for _, f := range hazard.Find(pass) {
						found = append(found, f.Hazard.ID)
						if f.Message == "" || f.Detail == "" || f.Hint == "" || pass.Lookup.Relation != nil && f.Relation != "public."+pass.Lookup.Relation.Name {
							t.Errorf("%s: finding without words: %+v", h.ID, f)
						}
					}
					if c, ok := change.(ddl.AddColumn); ok {
						users.Columns = append(users.Columns, catalog.Column{Name: c.Column, Created: true})
					}
				}
			}
			if got := strings.Join(found, " "); bad && got != h.ID || !bad && got != "" {
				t.Errorf("%s: %q has the hazards %q", h.ID, sql, got)
			}
		}
	}
}

// What is the session's own, new, or has no rows, no code can know.
func TestUnknownToCode(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]catalog.Relation{
		"created":   {Kind: catalog.Table, Created: true},
		"temporary": {Kind: catalog.Table, Temporary: true},
		"index":     {Kind: catalog.Index},
		"sequence":  {Kind: catalog.Sequence},
	} {
		r.Columns = []catalog.Column{{Number: 1, Name: "n"}}
		for _, change := range []ddl.Change{ddl.RenameTable{To: "x"}, ddl.DropTable{}, ddl.DropColumn{Column: "n"}, ddl.RenameColumn{Column: "n", To: "m"}, ddl.SetSchema{Schema: "s"}} {
			if found := hazard.Find(&hazard.Pass{Change: change, Lookup: catalog.Lookup{Relation: &r}}); len(found) > 0 {
				t.Errorf("%s: %s is a %s", name, change.ChangeType(), found[0].Hazard.ID)
			}
		}
	}
}
