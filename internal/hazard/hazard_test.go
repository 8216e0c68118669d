package hazard_test

import (
	"slices"
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
				{Number: 1, Name: "id", Type: "bigint", Definition: &catalog.Definition{NotNull: true}},
				{Number: 2, Name: "notes", Type: "text", Definition: &catalog.Definition{NotNull: true}},
				{Number: 3, Name: "mood"}},
				Arbiters: []catalog.Arbiter{{Index: "users_notes_key", Constraint: "users_notes_key", Keys: []int16{2}}}}
			if h.Kind != hazard.BlocksTraffic {
				users.Size = &catalog.Size{Bytes: 8192}
			}
			view := catalog.Relation{OID: 2, Schema: "public", Name: "active_users", Kind: catalog.View, Columns: users.Columns}
			digest := catalog.Relation{OID: 3, Schema: "public", Name: "digest", Kind: catalog.MaterializedView, Populated: true}
			partition := catalog.Relation{OID: 4, Schema: "public", Name: "people_0", Kind: catalog.Table}
			given := map[string]*catalog.Relation{"users": &users, "active_users": &view, "digest": &digest, "people_0": &partition}
			for _, st := range ddl.Parse(sql) {
				for _, change := range st.Changes {
					pass := &hazard.Pass{Change: change}
					if r := change.Relations(); len(r) > 0 {
						pass.Lookup.Relation = given[r[0].Name]
					}
					switch c := change.(type) {
					case ddl.WriteRows:
						pass.Lookup.Touched = new(1.0)
						if bad {
							pass.Lookup.Touched = new(1e6)
						}
					case ddl.CreateTable:
						given[c.Relation.Name] = nil
					case ddl.AttachPartition:
						pass.Lookup.Relation = given[c.Partition.Name]
					case ddl.DetachPartition:
						pass.Lookup.Relation = given[c.Partition.Name]
					}
					if h.AtCommit && !bad {
						pass.Lookup.Again = pass.Lookup.Relation
					}
					if _, ok := change.(ddl.RenameEnumValue); ok {
						pass.Lookup.Type = &catalog.Type{Schema: "public", Name: "mood", Used: true}
					}
					pass.Lookup.Symbol, pass.Lookup.Symbols = symbol(change, !bad)
					pass.Lookup.Sessions = &catalog.Sessions{Database: "app", LoggedIn: "app", Current: "app", Limit: -1, Roles: []catalog.LoginRole{{Name: "app", Limit: -1}}}
					for _, f := range hazard.Find(pass) {
						if f.Hazard.Passing && f.Hazard != h { // it hinders none
							continue
						}
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
			if h == hazard.BlockingConstraint { // which each constraint is that is checked
				found = slices.DeleteFunc(found, func(id string) bool { return id == hazard.RejectedWrite.ID })
			}
			if got := strings.Join(found, " "); bad && got != h.ID || !bad && got != "" {
				t.Errorf("%s: %q has the hazards %q", h.ID, sql, got)
			}
		}
	}
}

// symbol is what a change takes away, and what there is at the end if it is there
// again.
func symbol(change ddl.Change, again bool) (*catalog.Symbol, []catalog.Symbol) {
	s := catalog.Symbol{Schema: "public"}
	switch c := change.(type) {
	case ddl.DropFunction:
		s.Kind, s.Name = catalog.FunctionSymbol, c.Function.Name
	case ddl.DropSequence:
		s.Kind, s.Name = catalog.SequenceSymbol, c.Relation.Name
	case ddl.DropType:
		s.Kind, s.Name = catalog.TypeSymbol, c.TypeName.Name
	case ddl.DropObject:
		s.Kind, s.Name = catalog.ExtensionSymbol, c.Object.Name
	default:
		return nil, nil
	}
	if again {
		return &s, []catalog.Symbol{s}
	}
	return &s, nil
}

// What is the session's own, new, or has no rows, no code can know.
func TestUnknownToCode(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]catalog.Relation{
		"created":   {Kind: catalog.Table, Created: true},
		"temporary": {Kind: catalog.Table, Temporary: true},
		"index":     {Kind: catalog.Index},
		"sequence":  {Kind: catalog.Sequence, Sequence: &catalog.Numbering{Owned: true}},
	} {
		r.Columns = []catalog.Column{{Number: 1, Name: "n"}}
		for _, change := range []ddl.Change{ddl.RenameTable{To: "x"}, ddl.DropTable{}, ddl.DropColumn{Column: "n"}, ddl.RenameColumn{Column: "n", To: "m"}, ddl.SetSchema{Schema: "s"}} {
			if found := hazard.Find(&hazard.Pass{Change: change, Lookup: catalog.Lookup{Relation: &r}}); len(found) > 0 {
				t.Errorf("%s: %s is a %s", name, change.ChangeType(), found[0].Hazard.ID)
			}
		}
	}
}
