package release

import (
	"context"
	"fmt"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/shim"
)

// keepOld is SQL that follows the exchange of a column and its copy where the column stays for
// code that runs: the overlays that show it, if one has gone meanwhile, and the record. Those
// that came with the copy have followed the column to its new name.
func (a *act) keepOld(ctx context.Context, s shim.Sync) (sql, shown []string, err error) {
	sql, shown, err = a.overlays(ctx, s.ShownAfter(), s.Table)
	name, conversion := s.KeptAs()
	return append(sql, ledger.RecordKeptSQL(ledger.NewSync{
		ReleaseID: a.releaseID, Relation: s.Table.OID, CopyOf: s.Column.Number, Column: name, Conversion: conversion})), shown, err
}

// keptOld notes that a column stays for code that runs.
func (a *act) keptOld(s shim.Sync, shown []string) {
	a.verdict = a.verdict.Over(judge.Shim)
	name, _ := s.KeptAs()
	a.notes = append(a.notes, seesAsBefore(hazard.Display(s.Table), shown), failOnView(s.Shown[0]),
		fmt.Sprintf("until no code needs it, column %s has the old type, and a trigger keeps it equal to %s: a value that %s does not take is rejected until then (22003), as it was before",
			ddl.Quote(name), ddl.Quote(s.Column.Name), s.Copying.Type))
	if moves := s.Moves(); moves != "" {
		a.notes = append(a.notes, moves)
	}
	a.hold(s.Table.Name, s.Table.OID)
	a.mu.Lock()
	a.defers, a.syncs = true, true
	a.mu.Unlock()
}
