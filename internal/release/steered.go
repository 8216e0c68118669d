package release

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

// steering says where the code of each build that runs looks first, in the order
// of r.known.Running.Code: proven, or why not.
func (r *Run) steering(ctx context.Context) ([]report.Steering, error) {
	running := r.known.Running
	all := make([]report.Steering, len(running.Code))
	var builds []string
	for i, c := range running.Code {
		all[i].Build = c.Build
		builds = append(builds, c.Build)
	}
	if running.Source != report.FromPlatform {
		for i := range all {
			all[i].Why = "the Platform API did not tell which dynos run"
		}
		return all, nil
	}
	e, err := r.steeringEvidence(ctx, builds)
	if errors.Is(err, ledger.ErrNoLedger) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	for i, c := range running.Code {
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

func (r *Run) steeringEvidence(ctx context.Context, builds []string) (e steeringEvidence, err error) {
	e.facts = r.facts
	boots, err := r.Ledger.Boots(ctx, builds)
	if err != nil {
		return e, err
	}
	if e.paths, err = r.Ledger.RunnerPaths(ctx, builds); err != nil {
		return e, err
	}
	if e.documents, err = r.Ledger.Contracts(ctx, builds); err != nil {
		return e, err
	}
	ahead, give, err := r.Ledger.Ahead(ctx)
	switch {
	case err != nil:
		return e, err
	case r.facts.Ahead == nil:
		e.clock = "the Platform API did not tell its time"
	case 2*give > maxRoundTrip:
		e.clock = fmt.Sprintf("the database took %v to tell its time", (2 * give).Round(time.Millisecond))
	default:
		ahead -= *r.facts.Ahead
	}
	for _, b := range boots {
		if b.App != r.App && b.App != r.known.App.ID {
			continue // it shares the database, and perhaps the build
		}
		e.boots = append(e.boots, fleet.Boot{Dyno: b.Dyno, DynoID: b.DynoID, Version: fleet.VersionNumber(b.Version),
			Build: b.Build, Schema: b.Schema, At: b.At.Add(-ahead)})
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
