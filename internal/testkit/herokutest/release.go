package herokutest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A Release is one vN, which may still be pending.
type Release struct {
	ID      string
	Version int

	app      *App
	artifact *Artifact         // nil: nothing runs
	env      map[string]string // config vars
	features map[string]bool
	created  time.Time
	command  *dyno // runs the release command, nil without one
	ended    chan struct{}
}

// A draft is a release that is not made yet.
type draft struct {
	artifact    *Artifact
	description string
	addon       bool // caused by an add-on: runs no release command
}

// Deploy releases an artifact of the app, as a push does once it is built.
func (a *App) Deploy(built *Artifact) (*Release, error) {
	return a.release(draft{artifact: built, description: "Deploy " + built.Commit[:8]})
}

// Promote releases an artifact that another app has built.
func (a *App) Promote(built *Artifact, from *App) (*Release, error) {
	a.p.mu.Lock()
	a.artifacts = append(a.artifacts, built)
	a.p.mu.Unlock()
	return a.release(draft{artifact: built, description: "Promote " + from.Name})
}

// SetConfig sets a config var, which makes a release.
func (a *App) SetConfig(name, value string) (*Release, error) {
	return a.changeConfig(map[string]*string{name: &value}, false)
}

// UnsetConfig removes a config var, which makes a release.
func (a *App) UnsetConfig(name string) (*Release, error) {
	return a.changeConfig(map[string]*string{name: nil}, false)
}

// SetAddonConfig sets a config var as an add-on does that, say, rotates a
// password: the release runs no release command, and succeeds.
func (a *App) SetAddonConfig(name, value string) (*Release, error) {
	return a.changeConfig(map[string]*string{name: &value}, true)
}

// changeConfig sets config vars at once: they stay as they are if the release
// fails, but dynos see them only when one succeeds.
func (a *App) changeConfig(vars map[string]*string, addon bool) (*Release, error) {
	verb := "Set"
	a.p.mu.Lock()
	for name, value := range vars {
		if value == nil {
			verb = "Remove"
			delete(a.state.ConfigVars, name)
		} else {
			a.state.ConfigVars[name] = *value
		}
	}
	carried := a.carried()
	a.p.mu.Unlock()
	changed := strings.Join(slices.Sorted(maps.Keys(vars)), ", ")
	return a.release(draft{artifact: carried, description: verb + " " + changed + " config vars", addon: addon})
}

// carried is the artifact of a release that brings no code. mu is held.
func (a *App) carried() *Artifact {
	if a.config.RetryFailed {
		return a.releases[len(a.releases)-1].artifact
	}
	return a.state.Current().Artifact
}

// Rollback makes a release of an older one's artifact and config vars.
func (a *App) Rollback(version int) (*Release, error) {
	a.p.mu.Lock()
	if version < 1 || version > len(a.releases) {
		a.p.mu.Unlock()
		return nil, notFound("release")
	}
	old := a.releases[version-1]
	if old.artifact == nil || old.artifact.expired {
		a.p.mu.Unlock()
		return nil, invalid("Cannot roll back to v%d: it has no code any more.", version)
	}
	a.state.ConfigVars = maps.Clone(old.env)
	a.p.mu.Unlock()
	return a.release(draft{artifact: old.artifact, description: fmt.Sprintf("Rollback to v%d", version)})
}

// release makes a release. It is pending while it has a release command that
// runs, and becomes the current one if that exits with 0.
func (a *App) release(d draft) (*Release, error) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	return a.releaseLocked(d)
}

// releaseLocked is release for who holds mu.
func (a *App) releaseLocked(d draft) (*Release, error) {
	if a.p.isClosing() {
		return nil, errClosed
	}
	if d.artifact != nil && d.artifact.expired {
		return nil, invalid("The slug has expired.")
	}
	r := &Release{
		ID: newID(), Version: len(a.releases) + 1, app: a, artifact: d.artifact,
		env: maps.Clone(a.state.ConfigVars), features: maps.Clone(a.state.Features),
		created: time.Now(), ended: make(chan struct{}),
	}
	command := ""
	if d.artifact != nil && !d.addon {
		command = d.artifact.Processes[releaseType]
	}
	a.releases = append(a.releases, r)
	a.state.Releases = append(a.state.Releases, ReleaseInfo{
		ID: r.ID, Version: r.Version, Status: Pending, Description: d.description,
		Artifact: r.artifact, Command: command != "", CreatedAt: r.created, UpdatedAt: r.created,
	})
	a.p.logs.printf("app", "api", "Release v%d created by user %s", r.Version, a.p.account.email)
	if command == "" {
		a.finish(r, Succeeded)
		return r, nil
	}
	r.command = a.beginOneOff(r, &dyno{kind: releaseType, command: command})
	a.commit()
	a.p.work.Go(r.follow)
	return r, nil
}

// follow ends the release when its command has ended.
func (r *Release) follow() {
	<-r.command.done
	select {
	case <-time.After(r.app.p.config.StatusLag):
	case <-r.app.p.closing:
	}
	status := Succeeded
	if r.command.status != 0 {
		status = Failed
	}
	r.app.p.mu.Lock()
	defer r.app.p.mu.Unlock()
	r.app.finish(r, status)
}

// finish ends a release. One that succeeds becomes the current one, unless a
// newer one has: which of two that overlap wins is not documented. mu is held.
func (a *App) finish(r *Release, status string) {
	info := &a.state.Releases[r.Version-1]
	info.Status, info.UpdatedAt = status, time.Now()
	if status == Succeeded && a.state.Current().Version < r.Version {
		for i := range a.state.Releases {
			a.state.Releases[i].Current = i == r.Version-1
		}
		a.rollOut(r)
	}
	a.commit()
	close(r.ended)
}

// Wait waits until the release is no longer pending and returns its status:
// [Succeeded] or [Failed]. The dynos may still be those of the old one then.
func (r *Release) Wait(ctx context.Context) (status string, err error) {
	select {
	case <-r.ended:
		return r.Status(), nil
	case <-ctx.Done():
		return Pending, fmt.Errorf("release v%d: %w", r.Version, context.Cause(ctx))
	}
}

// Status is the release's status now.
func (r *Release) Status() string {
	r.app.p.mu.Lock()
	defer r.app.p.mu.Unlock()
	return r.app.state.Releases[r.Version-1].Status
}

// Output is what the release command has printed so far.
func (r *Release) Output() string {
	if r.command == nil {
		return ""
	}
	return r.command.printed()
}

// AwaitOutput waits until the release command has printed text.
func (r *Release) AwaitOutput(ctx context.Context, text string) error {
	if r.command == nil {
		return fmt.Errorf("release v%d has no release command", r.Version)
	}
	return r.command.awaitOutput(ctx, text)
}

// Stop stops the release command as "heroku ps:stop" does: SIGTERM to all its
// processes and, when the time for draining is over, SIGKILL.
func (r *Release) Stop() {
	if r.command != nil {
		r.command.stop()
	}
}

// Signal sends a signal to all processes of the release command. It returns
// [os.ErrProcessDone] when there is none.
func (r *Release) Signal(signal syscall.Signal) error { return r.command.signal(signal) }

// ExitStatus is that of the release command, once Wait has returned: 128 and
// the number of the signal that ended it, as a shell says.
func (r *Release) ExitStatus() int {
	if r.command == nil {
		return 0
	}
	return r.command.status
}
