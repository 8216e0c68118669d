package herokutest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

const (
	webType  = "web"
	dynoSize = "standard-1X"
	// maxQuantity is how many dynos of one type an app may have.
	maxQuantity = 100
)

// setFormation makes the formation that of a release: quantities and sizes
// stay, new process types come in. mu is held.
func (a *App) setFormation(r *Release) {
	if r.artifact == nil {
		return
	}
	formation := make([]Process, 0, len(r.artifact.Processes))
	for _, name := range slices.Sorted(maps.Keys(r.artifact.Processes)) {
		command := r.artifact.Processes[name]
		if p := a.state.process(name); p != nil {
			p.Command = command
			formation = append(formation, *p)
			continue
		}
		now := time.Now()
		formation = append(formation, Process{
			ID: newID(), Type: name, Command: command, Quantity: a.firstQuantity(name),
			Size: dynoSize, CreatedAt: now, UpdatedAt: now,
		})
	}
	a.state.Formation = formation
}

func (a *App) firstQuantity(dynoType string) int {
	if dynoType == releaseType {
		return 0
	}
	if quantity, ok := a.config.Formation[dynoType]; ok {
		return quantity
	}
	if dynoType == webType {
		return 1
	}
	return 0
}

// checkScale says why a process type cannot have so many dynos. mu is held.
func (a *App) checkScale(dynoType string, quantity int) error {
	switch {
	case a.state.process(dynoType) == nil:
		return notFound("process type")
	case quantity < 0 || quantity > maxQuantity:
		return invalid("Quantity must be between 0 and %d.", maxQuantity)
	case dynoType == releaseType && quantity > 0:
		return invalid("Cannot scale the release process type.")
	}
	return nil
}

// scale sets a quantity, and starts and stops dynos accordingly. A draining
// dyno is no longer counted. With preboot, the old dynos that still serve go
// with the last of the new ones. mu is held.
func (a *App) scale(dynoType string, quantity int) {
	p := a.state.process(dynoType)
	p.Quantity, p.UpdatedAt = quantity, time.Now()
	have := make(map[int]bool)
	for _, d := range a.formationDynos(dynoType) {
		if d.index > quantity {
			d.stopLocked()
		}
		have[d.index] = true
	}
	prebooting := false
	for _, d := range a.hidden() {
		prebooting = prebooting || d.kind == dynoType
		if d.kind == dynoType && quantity == 0 {
			d.stopLocked()
		}
	}
	current := a.state.Current()
	for index := 1; index <= quantity; index++ {
		if !have[index] {
			a.beginFormation(a.releases[current.Version-1], dynoType, index, !prebooting)
		}
	}
}

// formationDynos lists the dynos of the formation that are of one type, or of
// any for "", by index: those that the API lists. mu is held.
func (a *App) formationDynos(dynoType string) []*dyno {
	var found []*dyno
	for _, info := range a.state.Dynos {
		d := a.dynos[info.ID]
		if info.Listed() && !d.oneOff && (dynoType == "" || d.kind == dynoType) {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b *dyno) int { return a.index - b.index })
	return found
}

// hidden lists the dynos that preboot keeps for a while. mu is held.
func (a *App) hidden() []*dyno {
	var found []*dyno
	for _, info := range a.state.Dynos {
		if info.Hidden && !info.Draining {
			found = append(found, a.dynos[info.ID])
		}
	}
	return found
}

// beginFormation starts a dyno of the formation. mu is held.
func (a *App) beginFormation(r *Release, dynoType string, index int, serving bool) *dyno {
	return a.begin(&dyno{
		release: r, kind: dynoType, index: index, name: a.dynoName(dynoType, index),
		command: r.artifact.Processes[dynoType],
	}, serving && dynoType == webType)
}

// replace stops a dyno and starts its successor, of the current release, as
// soon as the signal is sent. mu is held.
func (a *App) replace(d *dyno) *dyno {
	d.stopLocked()
	current := a.releases[a.state.Current().Version-1]
	serving := a.state.dyno(d.id).Serving
	return a.beginFormation(current, d.kind, d.index, serving)
}

// forget drops a dyno without processes. mu is held.
func (a *App) forget(d *dyno) {
	delete(a.dynos, d.id)
	a.state.Dynos = slices.DeleteFunc(a.state.Dynos, func(info DynoInfo) bool { return info.ID == d.id })
	a.commit()
}

// dynoName is web.1, or web-12a34b56d-e78f9 on Fir.
func (a *App) dynoName(dynoType string, index int) string {
	if !a.config.Fir {
		return dynoType + "." + strconv.Itoa(index)
	}
	const letters = "0123456789abcdef"
	name := []byte(dynoType + "-")
	for i := range 15 {
		if i == 9 {
			name = append(name, '-')
			continue
		}
		name = append(name, letters[rand.N(len(letters))])
	}
	return string(name)
}
