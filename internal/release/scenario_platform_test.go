package release_test

import (
	"context"
	"fmt"
	"time"

	"github.com/migguard/migguard/internal/fleet"
)

// A formation says which releases have dynos, in the Platform API's place: room
// heroku's tests have the API, and TestColumnRenameUnderOverlay a whole deploy.
type formation struct {
	versions map[string][]int // of a build's releases
	running  []string         // builds with dynos
	last     int
}

// releases counts a release of a build, which is pending.
func (f *formation) releases(build string) (version string) {
	f.last++
	if f.versions == nil {
		f.versions = map[string][]int{}
	}
	f.versions[build] = append(f.versions[build], f.last)
	return fmt.Sprint("v", f.last)
}

func (f *formation) App(context.Context) (fleet.App, error) {
	return fleet.App{ID: "id", Name: "app"}, nil
}

func (f *formation) Survey(context.Context) (fleet.Facts, error) {
	long := time.Now().Add(-time.Hour)
	facts := fleet.Facts{Releases: []fleet.Release{{Version: f.last, Status: fleet.ReleasePending, CreatedAt: long, UpdatedAt: long}}}
	for i, build := range f.running {
		versions := f.versions[build]
		version := versions[len(versions)-1]
		if version == f.last {
			version = versions[len(versions)-2] // it is back
		}
		facts.Dynos = append(facts.Dynos, fleet.Dyno{Name: fmt.Sprintf("web.%d", i+1), Type: "web", State: fleet.DynoUp, Release: version, CreatedAt: long})
		facts.Releases = append(facts.Releases, fleet.Release{Version: version, Status: fleet.ReleaseSucceeded, CreatedAt: long, UpdatedAt: long})
	}
	return facts, nil
}
