package release

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/pg"
)

// existing are the names of the symbols there are when the run begins. What is not
// among them, or has another name by now, has the name from this run, or from
// somebody else meanwhile: no code knows it.
func (r *Run) existing(ctx context.Context) (map[catalog.SymbolID]ddl.Name, error) {
	rows, err := r.Catalog.Query(ctx, pg.Existing)
	if err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	existed := map[catalog.SymbolID]ddl.Name{}
	var id catalog.SymbolID
	var name ddl.Name
	if _, err = pgx.ForEachRow(rows, []any{&id.Class, &id.OID, &name.Schema, &name.Name}, func() error {
		existed[id] = name
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read the catalogs: %w", err)
	}
	return existed, nil
}

// symbols are those there are now; none if no code runs that could miss one.
func (a *act) symbols(ctx context.Context) ([]catalog.Symbol, error) {
	if a.idle {
		return nil, nil
	}
	doc, err := a.document(ctx, pg.Symbols)
	if err != nil {
		return nil, err
	}
	symbols, err := catalog.DecodeSymbols(doc)
	for i := range symbols {
		symbols[i].Created = a.newName(symbols[i].ID(), symbols[i].Schema, symbols[i].Name)
	}
	return symbols, err
}

// newName tells whether a symbol was not there under a name when the run began.
func (g *gate) newName(id catalog.SymbolID, schema, name string) bool {
	return g.existed[id] != ddl.Name{Schema: schema, Name: name}
}

// judgeSymbols judges what a statement has done to functions, sequences, types and
// extensions. relations are those it has left.
func (a *act) judgeSymbols(ctx context.Context, before []catalog.Symbol, relations catalog.Snapshot) error {
	if len(before) == 0 {
		return nil
	}
	after, err := a.symbols(ctx)
	if err != nil {
		return err
	}
	for _, lost := range catalog.Lost(before, after) {
		if goesWithColumn(lost, relations) {
			continue
		}
		if err := a.judgeEffect(ctx, symbolChange(lost.Before), catalog.Lookup{Symbol: &lost.Before, Found: lost.After}); err != nil {
			return err
		}
	}
	return nil
}

// goesWithColumn tells a column's sequence of which the column is judged: it was
// dropped too, or still has the sequence, under whatever name.
func goesWithColumn(lost catalog.LostSymbol, relations catalog.Snapshot) bool {
	if lost.Before.Owner == 0 || lost.After != nil {
		return lost.Before.Owner != 0
	}
	for _, c := range relations[lost.Before.Owner].Columns {
		if c.Number == lost.Before.OwnerColumn {
			return false
		}
	}
	return true
}

// symbolChange is the change that takes a symbol away.
func symbolChange(s catalog.Symbol) ddl.Change {
	name := ddl.Name{Schema: s.Schema, Name: s.Name}
	switch s.Kind {
	case catalog.SequenceSymbol:
		return ddl.DropSequence{Relation: name}
	case catalog.TypeSymbol, catalog.DomainSymbol:
		return ddl.DropType{TypeName: name, Kind: ddl.Kind(s.Kind)}
	case catalog.ExtensionSymbol:
		return ddl.DropObject{Object: name, Kind: ddl.KindExtension}
	}
	return ddl.DropFunction{Function: name, Kind: ddl.Kind(s.Kind)}
}
