package config

import (
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
allow = ["dropped-column:users.notes"]
small-table-rows = 0

[policy]
renamed-column = "maintenance"

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
		Allow: []string{"dropped-column:users.notes", "dropped-table:old"}, Policy: map[string]string{"renamed-column": "maintenance"}, SmallRows: new(int64),
		Stop: []string{"worker", "clock"}, Deadline: 45 * time.Minute, IfCrashing: Lift,
	}
	environ := []string{"DATABASE_URL=postgres://db/shop", "HEROKU_APP_NAME=other"}
	got, err := Load(environ, Flags{File: file, Allow: []string{"dropped-table:old"}})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = Load(environ, Flags{File: file, App: "flag", OnAPIFailure: AssumePrevious, Deadline: time.Minute})
	if err != nil || got.App != "flag" || got.OnAPIFailure != AssumePrevious || got.Deadline != time.Minute {
		t.Errorf("flags do not win: %+v, %v", got, err)
	}
}

func TestFileRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"app = ":                            "line 1: ",
		"\n[polcy]\nx = \"refuse\"":         "polcy is no setting; there are app",
		"[settle]\ndeadline = \"soon\"":     "soon",
		"[settle]\ndeadline = \"-1m\"":      `"-1m0s" is negative`,
		"[settle]\nif-crashing = \"cry\"":   `settle.if-crashing "cry" is not known: stay or lift`,
		"small-table-rows = -1":             "small-table-rows = -1 is negative",
		"small-table-mb = \"ten\"":          "small-table-mb",
		"on-api-failure = \"hope\"":         `"hope" is not known: assume-previous or refuse`,
		"[maintenance]\nstop = [\"web\"]":   "need not be stopped",
		"[maintenance]\nstop = [\"\"]":      "an empty name",
		"[maintenance]\nstop = \"worker\"":  "stop",
		"[policy]\nrenamed-column = [\"\"]": "policy",
	} {
		_, err := ParseFile(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
