package judge

import (
	"errors"
	"fmt"
	"slices"

	"github.com/migguard/migguard/internal/catalog"
	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/shim"
)

// tableParent looks whether a partitioned table can take the place that a view cannot,
// for what the code does that runs; why not, if not.
func (facts Facts) tableParent(view shim.TableView) (*shim.TableParent, string) {
	as := facts.Lookup.AsPartition
	parent := shim.TableParent{Old: view.Old, New: view.New, Release: view.Release}
	var p *shim.Precondition
	if errors.As(parent.Check(as), &p) {
		return nil, p.Reason
	}
	parent.Key = as.Key
	if f := facts.onTable(contract.PartTable, view.Old); f != "" {
		return nil, "a partitioned table in its place does not take all that a table does. " + f
	}
	for _, a := range view.Old.Arbiters {
		if a.Primary {
			continue
		}
		lost := contract.DropArbiter
		if slices.ContainsFunc(view.Old.Arbiters, func(p catalog.Arbiter) bool { return p.Primary && p.Serves(a) }) {
			lost = contract.RenameArbiter // by its columns ON CONFLICT finds the primary key
		}
		if why := facts.countsOn(lost, view.Old, a); why != "" {
			return nil, why
		}
	}
	return &parent, ""
}

// countsOn says why code may need an arbiter that a partitioned table does not have: its
// unique indexes hold the columns that it is partitioned by.
func (facts Facts) countsOn(lost contract.ChangeKind, r catalog.Relation, a catalog.Arbiter) string {
	needs := hazard.ArbiterNeeds(lost, r, a)
	if needs == nil {
		return ""
	}
	if why := facts.may(*needs); why != "" {
		return fmt.Sprintf("a partitioned table in its place has no unique index %s for INSERT ... ON CONFLICT. %s", ddl.Quote(a.Index), why)
	}
	return ""
}
