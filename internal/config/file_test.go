package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFile(t *testing.T) {
	t.Parallel()
	file, err := ParseFile(`
app = "shop"
on-api-failure = "refuse"
contract = "settled"
replay = "warn"
allow = ["dropped-column:users.notes", {hazard = "MG004", object = "users.note", reason = "gone"}]
small-table-rows = 0

[policy]
renamed-column = "maintenance"
blocking-alter = ["rewrite", "maintenance"]

[policy.table."sales.orders"]
blocking-index = "refuse"

[maintenance]
stop = ["worker", "clock"]

[settle]
deadline = "45m"
if-crashing = "lift"
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		DatabaseURL: "postgres://db/shop", App: "shop", OnAPIFailure: RefuseRun,
		Allow:      []string{"dropped-table:old"},
		Exceptions: []Exception{{Hazard: "dropped-column", Object: "users.notes"}, {Hazard: "MG004", Object: "users.note", Reason: "gone"}}, SmallRows: new(int64),
		Policy: Policy{
			Hazards: map[string]Action{"renamed-column": {Words: []string{"maintenance"}}, "blocking-alter": {[]string{"rewrite", "maintenance"}, true}},
			Tables:  map[string]map[string]Action{"sales.orders": {"blocking-index": {Words: []string{"refuse"}}}},
		},
		Stop: []string{"worker", "clock"}, Deadline: 45 * time.Minute, IfCrashing: Lift,
	}
	environ := []string{"DATABASE_URL=postgres://db/shop", "HEROKU_APP_NAME=other"}
	want.ForwardCheck, want.Contract, want.Replay = RefuseRelease, Settled, WarnOnly
	got, err := Load(environ, Flags{File: file, Allow: []string{"dropped-table:old"}})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = Load(append(environ, "MIGGUARD_CONTRACT_POLICY=manual"), Flags{File: file})
	if err != nil || got.Contract != Manual {
		t.Errorf("the environment does not win: %+v, %v", got, err)
	}
	got, err = Load(append(environ, "MIGGUARD_REPLAY=refuse"), Flags{File: file})
	if err != nil || got.Replay != RefuseRelease {
		t.Errorf("the environment does not win: %+v, %v", got, err)
	}
	if _, err = Load(append(environ, "MIGGUARD_CONTRACT_POLICY=settle"), Flags{}); err == nil || !strings.Contains(err.Error(), `did you mean "settled"?`) {
		t.Error(err)
	}
	got, err = Load(environ, Flags{File: file, App: "flag", OnAPIFailure: AssumePrevious, Deadline: time.Minute})
	if err != nil || got.App != "flag" || got.OnAPIFailure != AssumePrevious || got.Deadline != time.Minute {
		t.Errorf("flags do not win: %+v, %v", got, err)
	}
}

func TestFileRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"app = ":                           "line 1: ",
		"\n[polcy]\nx = \"refuse\"":        "polcy is no setting; did you mean policy?",
		"[settle]\ndedline = \"30m\"":      "settle.dedline is no setting; did you mean settle.deadline?",
		"colour = true":                    "colour is no setting; there are app, on-api-failure, ",
		"[settle]\ndeadline = \"soon\"":    "soon",
		"[settle]\ndeadline = \"-1m\"":     `"-1m0s" is negative`,
		"[settle]\nif-crashing = \"cry\"":  `settle.if-crashing "cry" is not known: stay or lift`,
		"contract = \"next\"":              `contract "next" is not known`,
		"replay = \"never\"":               `replay "never" is not known: refuse or warn`,
		"small-table-rows = -1":            "small-table-rows = -1 is negative",
		"small-table-mb = \"ten\"":         "line 1: small-table-mb is a text in quotes; it has to be a whole number",
		"on-api-failure = \"refused\"":     `"refused" is not known; did you mean "refuse"?`,
		"on-api-failure = \"hope\"":        `"hope" is not known: assume-previous or refuse`,
		"[maintenance]\nstop = [\"web\"]":  "need not be stopped",
		"[maintenance]\nstop = [\"\"]":     "an empty name",
		"[maintenance]\nstop = \"worker\"": `line 2: maintenance.stop is a text in quotes; it has to be a list, as in ["worker"]`,
		"allow = [\"dropped-column:users.a\"]\n[[allow]]\nhazard = \"dropped-column\"": "line 2: allow = [...] and [[allow]] do not go together",
		"app = true":                              "line 1: app is true or false; it has to be a text in quotes",
		"policy = 1":                              "policy is no table",
		"[policy]\nrenamed-column = [1]":          `policy.renamed-column is neither a word, as "refuse", nor a list`,
		"[policy.t]\nrenamed-column = \"refuse\"": `policy.t is neither a word, as "refuse", nor a list, as ["rewrite", "maintenance"]; a table's own policy is [policy.table."NAME"]`,
		"[policy]\ntable = \"refuse\"":            `write [policy.table."NAME"]`,
		"[policy.table]\nblocking-index = 1":      `write [policy.table."blocking-index"]`,
		"[policy.table.t]\nblocking-index = 1":    `policy.table."t".blocking-index is neither`,
	} {
		_, err := ParseFile(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What the documentation shows of the file can be read.
func TestDocumented(t *testing.T) {
	t.Parallel()
	var blocks []string
	for _, name := range []string{"../../README.md", "../../docs/policy.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, strings.Split(string(page), "```toml\n")[1:]...)
	}
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "```")
		if _, err := ParseFile(text); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
	if len(blocks) < 3 {
		t.Errorf("%d examples", len(blocks))
	}
}
