package fleet

import (
	"fmt"
	"slices"
	"time"
)

// A Rollout is how far the dynos of the current release have come.
type Rollout struct {
	Release Release
	// Waiting says what is still to come, a clause each. None: every dyno of
	// the formation is up at this release or a newer one, and no old one is
	// left, listed or not.
	Waiting []string
	// Up is Waiting without what is not listed: the formation's dynos are up.
	Up bool
}

// Done tells that only this release's code runs.
func (r Rollout) Done() bool { return len(r.Waiting) == 0 }

// RolledOut looks at the newest release whose dynos may start. False when there
// is none.
func RolledOut(f Facts) (Rollout, bool) {
	current, found := f.current()
	if !found {
		return Rollout{}, false
	}
	r := Rollout{Release: current}
	for _, p := range f.Formation {
		if p.Type != ReleaseType {
			r.Waiting = append(r.Waiting, waitingFor(p, f.Dynos, current.Version)...)
		}
	}
	for _, d := range f.Dynos {
		old := d.Release < current.Version && d.Type != ReleaseType
		inFormation := slices.ContainsFunc(f.Formation, func(p Process) bool { return p.Type == d.Type })
		if old && inFormation {
			r.Waiting = append(r.Waiting, fmt.Sprintf("%s of %s is still %s", d.Name, versionName(d.Release), d.State))
		}
	}
	r.Up = len(r.Waiting) == 0
	if limit := f.overlap(); f.replaced(current) {
		if age := f.Now.Sub(current.Since()); age < limit {
			r.Waiting = append(r.Waiting, fmt.Sprintf("old dynos may not be listed for %s more", (limit-age).Round(time.Second)))
		}
	}
	return r, true
}

func waitingFor(p Process, dynos []Dyno, version int) (why []string) {
	up := 0
	for _, d := range dynos {
		switch {
		case d.Type != p.Type || d.Release < version:
		case d.State == DynoUp || d.State == DynoIdle: // idle ones were up
			up++
		default:
			why = append(why, fmt.Sprintf("%s of v%d is %s", d.Name, d.Release, d.State))
		}
	}
	if up < p.Quantity {
		why = append(why, fmt.Sprintf("%d of %d %s dynos are up at v%d", up, p.Quantity, p.Type, version))
	}
	return why
}

// replaced tells whether a release took over from other code.
func (f Facts) replaced(current Release) bool {
	return slices.ContainsFunc(f.Releases, func(r Release) bool { return r.Version < current.Version && r.ran() })
}

func (f Facts) overlap() time.Duration {
	if f.Overlap > 0 {
		return f.Overlap
	}
	if f.Preboot {
		return prebootOverlap
	}
	return overlap
}
