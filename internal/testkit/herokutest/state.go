package herokutest

import (
	"maps"
	"slices"
	"time"
)

// The statuses of a release.
const (
	Pending   = "pending"
	Succeeded = "succeeded"
	Failed    = "failed"
	Expired   = "expired"
)

// The states of a dyno.
const (
	Starting = "starting"
	Up       = "up"
	Crashed  = "crashed"
)

// State is all there is to know about an app at one moment, with what the API
// hides. It is a copy.
type State struct {
	At          time.Time
	Maintenance bool
	ConfigVars  map[string]string
	Features    map[string]bool
	Formation   []Process
	Releases    []ReleaseInfo // by version
	Dynos       []DynoInfo    // by start, the oldest first
	UpdatedAt   time.Time     // of the app's own attributes
}

// A Process is one entry of the formation.
type Process struct {
	ID        string
	Type      string
	Command   string
	Quantity  int
	Size      string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// ReleaseInfo is one vN.
type ReleaseInfo struct {
	ID          string
	Version     int
	Status      string
	Current     bool
	Description string
	Artifact    *Artifact // nil before the first build
	Command     bool      // it has a release command
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// DynoInfo is a dyno that has a process, or had one and will have one again.
type DynoInfo struct {
	ID      string
	Name    string // not unique: an old dyno may still drain
	Type    string
	Command string
	Size    string
	State   string
	Release int  // version
	OneOff  bool // not of the formation
	// Serving web dynos get requests once they are up.
	Serving bool
	// Hidden dynos serve, but preboot has taken them off the API's list.
	Hidden bool
	// Draining dynos have been sent SIGTERM. The API does not list them.
	Draining bool
	PID      int // of its first process, 0 while there is none
	Port     int
	// Restarts counts the starts after its crashes.
	Restarts  int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Listed says whether the API lists the dyno.
func (d DynoInfo) Listed() bool { return !d.Hidden && !d.Draining }

// Current is the release that dynos boot with. There always is one: v1 has no
// code and succeeds.
func (s State) Current() ReleaseInfo {
	for _, r := range s.Releases {
		if r.Current {
			return r
		}
	}
	return ReleaseInfo{}
}

// Running counts the dynos of a type and a release whose processes are there:
// listed, hidden and draining ones. Zero stands for every release.
func (s State) Running(dynoType string, release int) int {
	n := 0
	for _, d := range s.Dynos {
		if d.Type == dynoType && (release == 0 || d.Release == release) && d.PID != 0 {
			n++
		}
	}
	return n
}

// RolledOut says whether the formation is as it should be at the current
// release: each dyno of it up, and none left of another release.
func (s State) RolledOut() bool {
	current := s.Current()
	ready := make(map[string]int)
	for _, d := range s.Dynos {
		if d.OneOff {
			continue
		}
		if d.Release != current.Version || d.State != Up || d.Draining {
			return false
		}
		ready[d.Type]++
	}
	return !slices.ContainsFunc(s.Formation, func(p Process) bool { return ready[p.Type] != p.Quantity })
}

func (s State) clone() State {
	s.ConfigVars = maps.Clone(s.ConfigVars)
	s.Features = maps.Clone(s.Features)
	s.Formation = slices.Clone(s.Formation)
	s.Releases = slices.Clone(s.Releases)
	s.Dynos = slices.Clone(s.Dynos)
	return s
}

// process finds an entry of the formation by type or id.
func (s *State) process(identity string) *Process {
	for i := range s.Formation {
		if p := &s.Formation[i]; p.Type == identity || p.ID == identity {
			return p
		}
	}
	return nil
}

// dyno finds a dyno by id.
func (s *State) dyno(id string) *DynoInfo {
	for i := range s.Dynos {
		if s.Dynos[i].ID == id {
			return &s.Dynos[i]
		}
	}
	return nil
}

// listed finds what the API means by the id or name of a dyno.
func (s *State) listed(identity string) *DynoInfo {
	for i := range s.Dynos {
		if d := &s.Dynos[i]; d.Listed() && (d.ID == identity || d.Name == identity) {
			return d
		}
	}
	return nil
}
