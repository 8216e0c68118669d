package herokutest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"
)

// historyLimit bounds what an app remembers of its past.
const historyLimit = 2000

// An App is one application on the platform.
type App struct {
	ID        string
	Name      string
	RouterURL string // where its router listens; its web URL is this and "/"

	p         *Platform
	config    AppConfig
	createdAt time.Time
	router    *http.Server

	// Below p.mu.
	state     State
	history   []State
	dropped   int        // states that history no longer has
	releases  []*Release // by version
	artifacts []*Artifact
	dynos     map[string]*dyno // by id
	oneOffs   int              // number of the last one-off dyno
	hurried   int              // the release whose preboot has to end
	turned    time.Time        // maintenance mode, the last time
}

var appName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z][a-z0-9-]{1,28}[a-z0-9]$`)
})

// CreateApp makes an app as the platform does: with a first release, v1, that
// runs nothing.
func (p *Platform) CreateApp(config AppConfig) (*App, error) {
	if !appName().MatchString(config.Name) {
		return nil, fmt.Errorf("app name %q: want small letters, digits and -", config.Name)
	}
	if config.Fir && config.Space == "" {
		return nil, fmt.Errorf("app %s: the Fir generation is in Private Spaces only", config.Name)
	}
	now := time.Now()
	a := &App{
		ID: newID(), Name: config.Name, p: p, config: config, createdAt: now,
		dynos: make(map[string]*dyno), oneOffs: 1000,
	}
	a.state = State{ConfigVars: maps.Clone(config.ConfigVars), Features: make(map[string]bool), UpdatedAt: now}
	if a.state.ConfigVars == nil {
		a.state.ConfigVars = make(map[string]string)
	}
	for _, name := range config.Features {
		a.state.Features[name] = true
	}
	if err := a.startRouter(); err != nil {
		return nil, err
	}
	if err := p.addApp(a); err != nil {
		a.router.Close()
		return nil, err
	}
	return a, nil
}

func (p *Platform) addApp(a *App) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosing() {
		return errClosed
	}
	if p.app(a.Name) != nil {
		return fmt.Errorf("app name %s is taken", a.Name)
	}
	p.apps = append(p.apps, a)
	_, err := a.releaseLocked(draft{description: "Initial release"})
	return err
}

var errClosed = errors.New("the platform is closed")

// State is the app's state now.
func (a *App) State() State {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	return a.state.clone()
}

// History is every state that the app has been in, the oldest first, as far
// as it is remembered (2000 states).
func (a *App) History() []State {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	return slices.Clone(a.history)
}

// Await returns the first state, from now on, for which cond is true. No state
// is left out, however short it lasts. cond may not call the App.
func (a *App) Await(ctx context.Context, cond func(State) bool) (State, error) {
	a.p.mu.Lock()
	next := a.dropped + len(a.history) - 1 // the present one
	a.p.mu.Unlock()
	for {
		a.p.mu.Lock()
		changed := a.p.changed
		states := slices.Clone(a.history[max(0, next-a.dropped):])
		next = a.dropped + len(a.history)
		a.p.mu.Unlock()
		for _, s := range states {
			if cond(s) {
				return s.clone(), nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return a.State(), fmt.Errorf("app %s: wait for a state: %w", a.Name, context.Cause(ctx))
		}
	}
}

// commit makes what was changed in a.state the present. mu is held.
func (a *App) commit() {
	a.state.At = time.Now()
	if len(a.history) == historyLimit {
		a.history = a.history[1:]
		a.dropped++
	}
	a.history = append(a.history, a.state.clone())
	a.p.broadcast()
}

// asOf is the last state of at or before, the oldest known one if there is
// none. mu is held.
func (a *App) asOf(at time.Time) State {
	past := a.history[0]
	for _, s := range a.history {
		if s.At.After(at) {
			break
		}
		past = s
	}
	return past.clone()
}

// SetMaintenance turns maintenance mode on or off, as PATCH /apps/{app} does.
func (a *App) SetMaintenance(on bool) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	if a.state.Maintenance != on {
		a.turned = time.Now()
	}
	a.state.Maintenance = on
	a.state.UpdatedAt = time.Now()
	a.commit()
}

// SetFeature turns a feature on or off. What it does to dynos' environments
// begins with the next release.
func (a *App) SetFeature(name string, on bool) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	a.state.Features[name] = on
	a.commit()
}

// Scale sets quantities of the formation by process type, starting and
// stopping dynos.
func (a *App) Scale(quantities map[string]int) error {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	for dynoType, quantity := range quantities {
		if err := a.checkScale(dynoType, quantity); err != nil {
			return err
		}
	}
	for dynoType, quantity := range quantities {
		a.scale(dynoType, quantity)
	}
	a.commit()
	return nil
}
