package maintenance

import (
	"reflect"
	"testing"

	"github.com/migguard/migguard/internal/ledger"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	p := ledger.Period{
		App: "shop", Formation: map[string]int{"web": 2, "worker": 3, "clock": 1}, Stopped: []string{"worker", "clock"},
	}
	plain := ledger.Period{App: "shop"}
	broken := []ledger.Break{
		{Hazard: "renamed-column", Relation: "users", Column: "name"},
		{Hazard: "dropped-table", Relation: "notes"},
		{Hazard: "dropped-table", Relation: "notes"},
	}
	const does = "the running code does not survive what was committed: "
	for name, tt := range map[string]struct {
		period    ledger.Period
		committed bool
		breaks    []ledger.Break
		want      Decision
	}{
		"rolled back, or never started":            {p, false, nil, Decision{Why: "nothing was committed"}},
		"part committed, the running code fits it": {p, true, nil, Decision{Why: "a part was committed, and the running code still fits the schema"}},
		"part committed that breaks it": {p, true, broken, Decision{
			Stay: true, Why: does + "dropped-table notes, renamed-column users.name",
			Commands: []string{
				"migguard maintenance off --app shop",
				"heroku ps:scale clock=1 worker=3 --app shop", "heroku maintenance:off --app shop",
			},
		}},
		"broken by an earlier run": {plain, false, broken[1:], Decision{
			Stay: true, Why: does + "dropped-table notes",
			Commands: []string{"migguard maintenance off --app shop", "heroku maintenance:off --app shop"},
		}},
	} {
		if got := Decide(tt.period, tt.committed, tt.breaks); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}
