package deploysim

import (
	"strings"
	"testing"
)

func TestShippedScenariosAreValid(t *testing.T) {
	t.Parallel()
	for _, sc := range Scenarios() {
		if err := sc.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*Scenario){
		"no migration":                      func(sc *Scenario) { sc.Migration = nil },
		"no seeds":                          func(sc *Scenario) { sc.Seeds = 0 },
		"committed query":                   func(sc *Scenario) { sc.Committed = "" },
		"no ops":                            func(sc *Scenario) { sc.New.Ops = nil },
		"weight 0":                          func(sc *Scenario) { sc.Old.Ops[0].Weight = 0 },
		`unknown argument "seeed"`:          func(sc *Scenario) { sc.Old.Ops[0].Statements[0].Args[0] = "seeed" },
		`set "users" cannot be verified`:    func(sc *Scenario) { delete(sc.Verify, "users") },
		"on the old schema":                 func(sc *Scenario) { delete(sc.VerifyOld, "users") },
		"2 statements outside":              func(sc *Scenario) { sc.Old.Ops[0].Statements = make([]Statement, 2) },
		`effect "add" on key "mine:users"`:  func(sc *Scenario) { lastEffect(sc).Kind = Add },
		"an effect changes one row, not 12": func(sc *Scenario) { sc.Old.Ops[9].Statements[0].Rows = 12 },
	} {
		sc := RenameTable()
		spoil(&sc)
		if err := sc.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}

// lastEffect is the effect of the op "delete".
func lastEffect(sc *Scenario) *Effect { return sc.Old.Ops[9].Statements[0].Effect }
