package catalog

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// A ViewSource is all that makes a view what it is, in SQL that names no object of the
// application's without its schema.
type ViewSource struct {
	OID        uint32       `json:"oid"`
	Schema     string       `json:"schema"`
	Name       string       `json:"name"`
	Owner      string       `json:"owner"`
	Role       string       `json:"role"` // the session's
	Definition string       `json:"definition"`
	Options    string       `json:"options"` // as WITH has them; empty: none
	Comment    *string      `json:"comment"`
	Columns    []ViewColumn `json:"columns"`
	Grants     []Grant      `json:"grants"` // the owner's are among them
	Parts      []ViewPart   `json:"parts"`
	// Views are the oids of views that it reads, and Reads is what else it needs.
	Views []uint32 `json:"views"`
	Reads []string `json:"reads"`
	// Why is why it could not be made anew as it is, in a clause; empty: it could.
	Why string `json:"why"`
}

// A ViewColumn is one column of it.
type ViewColumn struct {
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Collation uint32  `json:"collation"`
	Default   *string `json:"default"`
	Comment   *string `json:"comment"`
	Grants    []Grant `json:"grants"`
}

// A ViewPart is a trigger or a rule: Kind is the word that COMMENT ON has for it.
type ViewPart struct {
	Kind       string  `json:"kind"`
	Name       string  `json:"name"`
	Definition string  `json:"definition"`
	Enabled    string  `json:"enabled"`
	Comment    *string `json:"comment"`
}

// DecodeViewSources reads the JSON array of views.
func DecodeViewSources(doc []byte) ([]ViewSource, error) {
	var all []ViewSource
	if err := json.Unmarshal(doc, &all); err != nil {
		return nil, fmt.Errorf("decode a view's source: %w", err)
	}
	return all, nil
}

// Unlike says what another view of the name has otherwise, in a clause; empty: nothing.
// Which views the two read is told by these views' names, in the definition.
func (v ViewSource) Unlike(other ViewSource) string {
	for _, part := range []struct {
		what     string
		was, now any
	}{
		{"definition", v.Definition, other.Definition},
		{"columns, or rights on them,", v.Columns, other.Columns},
		{"options", v.Options, other.Options},
		{"owner", v.Owner, other.Owner},
		{"rights", v.Grants, other.Grants},
		{"triggers and rules", v.Parts, other.Parts},
		{"comment", v.Comment, other.Comment},
	} {
		if !reflect.DeepEqual(part.was, part.now) {
			return "its " + part.what + " would not be what they were"
		}
	}
	if !reflect.DeepEqual(v.Reads, other.Reads) {
		return "what it reads would not be what it was"
	}
	return ""
}
