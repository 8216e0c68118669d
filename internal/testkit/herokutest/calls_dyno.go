package herokutest

import (
	"cmp"
	"time"
)

func getDynos(r *request) (any, error) {
	list := []object{}
	for _, d := range r.state.Dynos {
		if d.Listed() {
			list = append(list, r.app.dynoDocument(r.state, d))
		}
	}
	return paginate(r, list, "id", "name")
}

func getDyno(r *request) (any, error) {
	d := r.state.listed(r.PathValue("dyno"))
	if d == nil {
		return nil, notFound("dyno")
	}
	return r.app.dynoDocument(r.state, *d), nil
}

func postDyno(r *request) (any, error) {
	var order struct {
		Command    string            `json:"command"`
		Env        map[string]string `json:"env"`
		Type       string            `json:"type"`
		TimeToLive int               `json:"time_to_live"`
	}
	if err := r.decode(&order); err != nil {
		return nil, err
	}
	if order.TimeToLive < 0 || order.TimeToLive > 86400 {
		return nil, invalid("time_to_live must be at most 86400.")
	}
	d, err := r.app.runDyno(&dyno{
		kind: cmp.Or(order.Type, oneOffType), command: order.Command, env: order.Env,
		timeToLive: time.Duration(order.TimeToLive) * time.Second,
	})
	if err != nil {
		return nil, err
	}
	s := r.app.State()
	if info := s.dyno(d.id); info != nil {
		return r.app.dynoDocument(s, *info), nil
	}
	return r.app.dynoDocument(s, d.first), nil // it has ended already
}

// deleteDynos restarts the dynos of the formation.
func deleteDynos(r *request) (any, error) {
	r.app.p.mu.Lock()
	defer r.app.p.mu.Unlock()
	for _, d := range r.app.formationDynos("") {
		r.app.replace(d)
	}
	r.app.commit()
	return object{}, nil
}

// deleteDyno restarts a dyno of the formation, and stops another.
func deleteDyno(r *request) (any, error) {
	r.app.p.mu.Lock()
	defer r.app.p.mu.Unlock()
	info := r.app.state.listed(r.PathValue("dyno"))
	if info == nil {
		return nil, notFound("dyno")
	}
	if d := r.app.dynos[info.ID]; d.oneOff {
		d.stopLocked()
	} else {
		r.app.replace(d)
	}
	r.app.commit()
	return object{}, nil
}

// stopDyno stops a dyno. The platform starts another for one that is of the
// formation, so that this is a restart.
func stopDyno(r *request) (any, error) { return deleteDyno(r) }

func getFormation(r *request) (any, error) {
	list := []object{}
	for _, p := range r.state.Formation {
		list = append(list, r.app.processDocument(p))
	}
	return paginate(r, list, "id", "type")
}

func getProcess(r *request) (any, error) {
	p := r.state.process(r.PathValue("process"))
	if p == nil {
		return nil, notFound("process type")
	}
	return r.app.processDocument(*p), nil
}

// A processUpdate is what a call may change in the formation.
type processUpdate struct {
	Type     string  `json:"type"`
	Quantity *int    `json:"quantity"`
	Size     *string `json:"size"`
}

func patchFormation(r *request) (any, error) {
	var change struct {
		Updates []processUpdate `json:"updates"`
	}
	if err := r.decode(&change); err != nil {
		return nil, err
	}
	changed, err := r.app.updateFormation(change.Updates)
	if err != nil {
		return nil, err
	}
	return changed, nil
}

func patchProcess(r *request) (any, error) {
	var change processUpdate
	if err := r.decode(&change); err != nil {
		return nil, err
	}
	change.Type = r.PathValue("process")
	changed, err := r.app.updateFormation([]processUpdate{change})
	if err != nil {
		return nil, err
	}
	return changed[0], nil
}

// updateFormation applies all updates or none.
func (a *App) updateFormation(updates []processUpdate) ([]object, error) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	for _, u := range updates {
		p := a.state.process(u.Type)
		if p == nil {
			return nil, notFound("process type")
		}
		if u.Quantity != nil {
			if err := a.checkScale(p.Type, *u.Quantity); err != nil {
				return nil, err
			}
		}
	}
	changed := []object{}
	for _, u := range updates {
		p := a.state.process(u.Type)
		if u.Size != nil {
			p.Size = *u.Size
		}
		if u.Quantity != nil {
			a.scale(p.Type, *u.Quantity)
		}
		changed = append(changed, a.processDocument(*p))
	}
	a.commit()
	return changed, nil
}
