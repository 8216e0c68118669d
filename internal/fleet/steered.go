package fleet

import (
	"fmt"
	"slices"
	"time"
)

// A Boot is a dyno that has said that its processes look into their build's
// overlay schema before all others.
type Boot struct {
	Dyno    string
	DynoID  string // "" unknown
	Version int    // of the release; 0 unknown
	Build   string
	Schema  string
	At      time.Time // by the Platform API's clock
}

// clockError is how much too early a boot may seem to be. The API tells its time,
// and that of a dyno's beginning, in whole seconds, and the first arrives late.
// The other way it lets an announcement count that an earlier dyno of the name and
// build has made in its last 2 s; where the dyno's id is known, not even that.
const clockError = 2 * time.Second

// Unsteered says, in a clause, why it is not proven that every dyno of the code
// looks into the schema first; "" when it is. Boots are those that have announced
// themselves.
func (f Facts) Unsteered(c Code, schema string, boots []Boot) string {
	switch {
	case c.Build == "":
		return "its build id is not known"
	case len(c.Unlisted) > 0:
		return fmt.Sprintf("dynos of %s may run that the Platform API does not list", versionName(c.Unlisted[0]))
	}
	listed := 0
	for _, d := range f.Dynos {
		if d.Type == ReleaseType || !slices.Contains(c.Releases, d.Release) {
			continue
		}
		listed++
		if why := d.unsteered(c.Build, schema, boots); why != "" {
			return why
		}
	}
	if listed == 0 {
		return "none of its dynos is listed"
	}
	return ""
}

func (d Dyno) unsteered(build, schema string, boots []Boot) string {
	switch {
	case d.State == DynoCrashed || d.State == DynoDown:
		return fmt.Sprintf("%s is %s, and its next process has announced nothing yet", d.Name, d.State)
	case d.CreatedAt.IsZero():
		return fmt.Sprintf("the Platform API does not say since when there is %s", d.Name)
	}
	why := fmt.Sprintf("%s has not announced that its sessions look into %s", d.Name, schema)
	for _, b := range boots {
		if b.Dyno != d.Name || b.Build != build || b.Schema != schema || b.Version != 0 && b.Version != d.Release ||
			b.DynoID != "" && b.DynoID != d.ID {
			continue
		}
		if !b.At.Before(d.CreatedAt.Add(-clockError)) {
			return ""
		}
		why = fmt.Sprintf("what %s has announced is of an earlier dyno of the name", d.Name)
	}
	return why
}
