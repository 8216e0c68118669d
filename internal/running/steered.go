package running

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/fleet"
	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/report"
	"github.com/migguard/migguard/internal/shim"
)

// Steering says where the code of each build that Identify has found looks first, in
// the order of Known.Running.Code: proven, or why not.
func (b *Builds) Steering(ctx context.Context) ([]report.Steering, error) {
	found := b.known.Running
	all := make([]report.Steering, len(found.Code))
	var builds []string
	for i, c := range found.Code {
		all[i].Build = c.Build
		builds = append(builds, c.Build)
	}
	if found.Source != report.FromPlatform {
		for i := range all {
			all[i].Why = "the Platform API did not tell which dynos run"
		}
		return all, nil
	}
	e, err := b.steeringEvidence(ctx, builds)
	if errors.Is(err, ledger.ErrNoLedger) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	for i, c := range found.Code {
		if all[i].Why = e.unsteered(c); all[i].Why == "" {
			all[i].Overlay = shim.OverlaySchema(c.Build)
		}
	}
	return all, nil
}

// steeringEvidence is what the ledger has of some builds.
type steeringEvidence struct {
	facts     fleet.Facts
	clock     string // why times cannot be compared
	boots     []fleet.Boot
	paths     map[string]ledger.RunnerPath
	documents map[string][]byte
}

// maxRoundTrip is how long the server may take to tell its time: half of it is
// the error.
const maxRoundTrip = time.Second

func (b *Builds) steeringEvidence(ctx context.Context, builds []string) (e steeringEvidence, err error) {
	e.facts = b.facts
	boots, err := b.Ledger.Boots(ctx, builds)
	if err != nil {
		return e, err
	}
	if e.paths, err = b.Ledger.RunnerPaths(ctx, builds); err != nil {
		return e, err
	}
	if e.documents, err = b.Ledger.Contracts(ctx, builds); err != nil {
		return e, err
	}
	ahead, give, err := b.Ledger.Ahead(ctx)
	switch {
	case err != nil:
		return e, err
	case b.facts.Ahead == nil:
		e.clock = "the Platform API did not tell its time"
	case 2*give > maxRoundTrip:
		e.clock = fmt.Sprintf("the database took %v to tell its time", (2 * give).Round(time.Millisecond))
	default:
		ahead -= *b.facts.Ahead
	}
	for _, boot := range boots {
		if boot.App != b.App && boot.App != b.known.App.ID {
			continue // it shares the database, and perhaps the build
		}
		e.boots = append(e.boots, fleet.Boot{Dyno: boot.Dyno, DynoID: boot.DynoID, Version: fleet.VersionNumber(boot.Version),
			Build: boot.Build, Schema: boot.Schema, At: boot.At.Add(-ahead)})
	}
	return e, nil
}

// unsteered is why it is not proven that all of the code looks into its overlay
// first, in a clause; "" when it is.
func (e steeringEvidence) unsteered(c fleet.Code) string {
	schema := shim.OverlaySchema(c.Build)
	if why := e.facts.Unsteered(c, schema, e.boots); why != "" {
		return why
	}
	path, ran := e.paths[c.Build]
	switch {
	case e.clock != "":
		return e.clock
	case !ran || path.Schema != schema:
		return "no release of it has shown that its database library takes PGOPTIONS: its migration command opened no session through the guard, or is migguard's own"
	case path.Problem != "":
		return "its migration command showed otherwise: " + path.Problem
	}
	document, ok := e.documents[c.Build]
	if !ok {
		return "no contract of it is recorded, so its source may set a search path"
	}
	its, err := contract.Read(bytes.NewReader(document))
	if err != nil {
		return "its contract cannot be used: " + err.Error()
	}
	if a := its.ChoosesPath(); a.Verdict != contract.No {
		why := a.Reasons[0].Text
		if at := a.Reasons[0].At; at.File != "" {
			why += fmt.Sprintf(" (%s:%d)", at.File, at.Line)
		}
		return "its source may choose where to look: " + why
	}
	return ""
}
