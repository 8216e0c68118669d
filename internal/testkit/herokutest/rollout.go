package herokutest

import (
	"time"
)

// rollOut makes the dynos those of a release that has just become the current
// one. mu is held.
func (a *App) rollOut(r *Release) {
	a.setFormation(r)
	for _, d := range a.formationDynos("") {
		if a.state.process(d.kind) == nil {
			d.stopLocked()
		}
	}
	for _, p := range a.state.Formation {
		old := a.formationDynos(p.Type)
		switch {
		case len(old) == 0:
			a.scale(p.Type, p.Quantity)
		case a.config.Space != "":
			a.p.work.Go(func() { a.roll(r, p.Type) })
		case p.Type == webType && a.state.Features[Preboot]:
			a.preboot(r, old)
		default:
			for _, d := range old {
				a.replace(d)
			}
		}
	}
}

// preboot starts new web dynos that get no requests yet and takes the old ones
// off the list. After the delay, or [App.EndPreboot], and when the new ones are up
// or have had the time to be, requests go to them and the old ones end. mu is held.
func (a *App) preboot(r *Release, old []*dyno) {
	for _, d := range old {
		a.state.dyno(d.id).Hidden = true
		a.beginFormation(r, webType, d.index, false)
	}
	a.p.work.Go(func() {
		a.p.until(a.p.config.PrebootDelay, func() bool { return a.hurried >= r.Version })
		a.p.until(a.p.config.BootTimeout, func() bool { return a.isUp(r, webType) })
		a.p.mu.Lock()
		defer a.p.mu.Unlock()
		a.switchOver(r)
		a.commit()
	})
}

// EndPreboot ends the delay of preboot for the current release, as if its time
// were over. Nothing happens where there is none.
func (a *App) EndPreboot() {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	a.hurried = a.state.Current().Version
	a.p.broadcast()
}

// switchOver sends requests to the web dynos of a release and ends those of
// the releases before it. mu is held.
func (a *App) switchOver(r *Release) {
	for i := range a.state.Dynos {
		info := &a.state.Dynos[i]
		d := a.dynos[info.ID]
		switch {
		case info.Type != webType || d.oneOff:
		case info.Release == r.Version:
			info.Serving = true
		case info.Release < r.Version:
			d.stopLocked()
		}
	}
}

// isUp says whether all listed dynos of a type that are of a release are up.
// mu is held.
func (a *App) isUp(r *Release, dynoType string) bool {
	for _, info := range a.state.Dynos {
		if info.Type == dynoType && info.Release == r.Version && info.Listed() && info.State != Up {
			return false
		}
	}
	return true
}

// roll replaces the dynos of a type in a Private Space, a quarter at a time.
// It ends early when a newer release does the same.
func (a *App) roll(r *Release, dynoType string) {
	for {
		batch := a.replaceQuarter(r, dynoType)
		if len(batch) == 0 {
			return
		}
		a.p.until(a.p.config.BootTimeout+a.p.config.Drain, func() bool {
			for _, old := range batch {
				if a.dynos[old.id] != nil {
					return false
				}
			}
			return a.isUp(r, dynoType)
		})
	}
}

// replaceQuarter replaces up to a quarter of a type's dynos, at least one, and
// returns the old ones: none when all are of the release or it is not the
// current one any more.
func (a *App) replaceQuarter(r *Release, dynoType string) []*dyno {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	if a.p.isClosing() || a.state.Current().Version != r.Version {
		return nil
	}
	all := a.formationDynos(dynoType)
	var batch []*dyno
	for _, d := range all {
		if d.release != r && len(batch) < max(1, len(all)/4) {
			batch = append(batch, d)
		}
	}
	for _, d := range batch {
		a.replace(d)
	}
	if len(batch) > 0 {
		a.commit()
	}
	return batch
}

// until waits until cond, called with mu held, is true, time is up or the
// platform closes. It says whether cond was true.
func (p *Platform) until(timeout time.Duration, cond func() bool) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		p.mu.Lock()
		ok, changed := cond(), p.changed
		p.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-changed:
		case <-timer.C:
			return false
		case <-p.closing:
			return false
		}
	}
}
