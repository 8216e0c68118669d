package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A SymbolKind is a kind of Symbol, in PostgreSQL's words.
type SymbolKind string

// The kinds that are told apart. Procedures and aggregates have their own words,
// and are judged as functions are.
const (
	FunctionSymbol  SymbolKind = "function"
	ProcedureSymbol SymbolKind = "procedure"
	AggregateSymbol SymbolKind = "aggregate"
	SequenceSymbol  SymbolKind = "sequence"
	TypeSymbol      SymbolKind = "type"
	DomainSymbol    SymbolKind = "domain"
	ExtensionSymbol SymbolKind = "extension"
)

// A Symbol is what statements name beside relations with rows and their columns: a
// function, sequence or type that is no member of an extension, or an extension.
type Symbol struct {
	Kind   SymbolKind `json:"kind"`
	Class  uint32     `json:"class"` // oid of its catalog
	OID    uint32     `json:"oid"`
	Schema string     `json:"schema"`
	Name   string     `json:"name"`
	// Created: it was not there before the run, or not under this name.
	Created bool `json:"-"`

	// Arguments are the oids of a function's input types, Signature their names.
	Arguments []uint32 `json:"arguments"`
	Signature string   `json:"signature"`
	// Optional is how many of the last arguments have a default.
	Optional int `json:"optional"`
	// ArgumentNames are those of all its arguments, and of its result's columns;
	// nil if none has one.
	ArgumentNames []string `json:"argument_names"`
	// Result tells apart what a call gives.
	Result string `json:"result"`
	// Callers are the roles that may execute it; the empty one is PUBLIC.
	Callers []string `json:"callers"`
	// Feeds counts the columns whose default calls the function.
	Feeds int `json:"feeds"`

	// Attributes are a composite type's.
	Attributes []string `json:"attributes"`

	// Owner and OwnerColumn are the table, and the attnum of its column, that a
	// sequence goes with; 0: none.
	Owner       uint32 `json:"owner"`
	OwnerColumn int16  `json:"owner_column"`
}

// A SymbolID is what stays when a symbol is renamed: an oid is one in its catalog
// only.
type SymbolID struct{ Class, OID uint32 }

// ID is the symbol's.
func (s Symbol) ID() SymbolID { return SymbolID{s.Class, s.OID} }

// RelationClass is the oid of pg_class, the catalog of sequences.
const RelationClass = 1259

// DecodeSymbols reads the JSON array of symbols.
func DecodeSymbols(doc []byte) ([]Symbol, error) {
	var s []Symbol
	if err := json.Unmarshal(doc, &s); err != nil {
		return nil, fmt.Errorf("decode catalog symbols: %w", err)
	}
	return s, nil
}

// A LostSymbol is one that code may no longer find, or not with what it had.
type LostSymbol struct {
	Before Symbol
	After  *Symbol // nil: it is gone
}

// Lost lists the symbols of before that are gone, have another name or schema, or
// lack an attribute they had.
func Lost(before, after []Symbol) []LostSymbol {
	now := make(map[SymbolID]*Symbol, len(after))
	for i, s := range after {
		now[s.ID()] = &after[i]
	}
	var lost []LostSymbol
	for _, was := range before {
		is := now[was.ID()]
		if is == nil || is.Schema != was.Schema || is.Name != was.Name || was.MissingAttribute(*is) != "" {
			lost = append(lost, LostSymbol{was, is})
		}
	}
	return lost
}

// MissingAttribute is the first attribute that another type does not have; empty
// if it has all.
func (s Symbol) MissingAttribute(other Symbol) string {
	for _, name := range s.Attributes {
		if !slices.Contains(other.Attributes, name) {
			return name
		}
	}
	return ""
}

// Answers tells whether every call that finds the other function by its name and
// the types of its arguments finds this one: it may take more of them, if these
// have defaults.
func (s Symbol) Answers(other Symbol) bool {
	most, least := len(other.Arguments), len(other.Arguments)-other.Optional
	return s.Kind == other.Kind && s.Schema == other.Schema && s.Name == other.Name &&
		len(s.Arguments) >= most && slices.Equal(s.Arguments[:most], other.Arguments) &&
		len(s.Arguments)-s.Optional <= least
}

// Renames tells whether an argument, or a column of the result, has another name
// than the other function's.
func (s Symbol) Renames(other Symbol) bool {
	for i, name := range other.ArgumentNames {
		if name != "" && (i >= len(s.ArgumentNames) || s.ArgumentNames[i] != name) {
			return true
		}
	}
	return false
}
