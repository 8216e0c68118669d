package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/migguard/migguard/internal/hazard"
)

// FileName is the file a command reads from the folder it runs in.
const FileName = "migguard.toml"

// What a run does when the Platform API cannot be asked which code runs.
const (
	// AssumePrevious goes on as without a token: the last release is
	// thought to run, and everything counts as used.
	AssumePrevious = "assume-previous"
	// RefuseRun ends the run before it does anything.
	RefuseRun = "refuse"
)

// What a run does where models of the new code name what is not there, and where a
// query of running code fails after a transaction.
const (
	// RefuseRelease ends the run with a refusal, so that the new code does not
	// start; the migrations stay, but for the transaction after which a query fails.
	RefuseRelease = "refuse"
	// WarnOnly says so and lets the release go on.
	WarnOnly = "warn"
)

// When what migrations have left for older builds is taken away.
const (
	// NextRelease: by the run of a newer build, so that the build before can be
	// rolled back to until then.
	NextRelease = "next-release"
	// Settled: as soon as only newer builds run.
	Settled = "settled"
	// Manual: by "migguard shims drop" alone.
	Manual = "manual"
)

// What settle does with maintenance mode when its deadline has passed and the
// new dynos are not up.
const (
	Stay = "stay"
	Lift = "lift"
)

// DefaultDeadline is how long after a release its dynos may take to come up.
const DefaultDeadline = 30 * time.Minute

// A File is what migguard.toml holds; the zero value is an empty one.
type File struct {
	App          string      `toml:"app"`
	OnAPIFailure string      `toml:"on-api-failure"`
	ForwardCheck string      `toml:"forward-check"`
	Replay       string      `toml:"replay"`
	Contract     string      `toml:"contract"`
	Allow        []Exception `toml:"allow"`
	Policy       Policy      `toml:"policy"`
	SmallRows    *int64      `toml:"small-table-rows"`
	SmallMB      *int64      `toml:"small-table-mb"`
	Maintenance  struct {
		Stop []string `toml:"stop"`
	} `toml:"maintenance"`
	Settle struct {
		Deadline   duration `toml:"deadline"`
		IfCrashing string   `toml:"if-crashing"`
	} `toml:"settle"`
}

type duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler: "30m".
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// ParseFile reads a migguard.toml. Keys it does not know are errors: a misspelt
// policy would be a silent one.
func ParseFile(text string) (File, error) {
	var f File
	meta, err := toml.Decode(text, &f)
	if err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			if strings.Contains(at.Message, "'allow' was already") {
				at.Message = "allow = [...] and [[allow]] do not go together: write each exception as an [[allow]], with hazard, table and reason"
			}
			return f, fmt.Errorf("line %d: %s", at.Position.Line, at.Message)
		}
		return f, inWords(err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return f, noSetting(unknown[0].String(), settings)
	}
	return f, f.validate()
}

// mistyped is what the decoder says of a value of another type than its setting's.
var mistyped = regexp.MustCompile(`line (\d+) \(last key "([^"]+)"\): incompatible types: TOML value has type (\w+); destination has type (\w+)`)

// typeWords are the types of TOML and Go in words that people have for them.
var typeWords = map[string]string{"slice": `a list, as in ["worker"]`, "array": "a list", "string": "a text in quotes", "bool": "true or false", "boolean": "true or false",
	"integer": "a whole number", "int64": "a whole number", "float": "a number", "map": "a table", "struct": "a table"}

// inWords is a decoder's error for people who know TOML but not Go.
func inWords(err error) error {
	m := mistyped.FindStringSubmatch(err.Error())
	if m == nil || typeWords[m[3]] == "" || typeWords[m[4]] == "" {
		return err
	}
	return fmt.Errorf("line %s: %s is %s; it has to be %s", m[1], m[2], typeWords[m[3]], typeWords[m[4]])
}

// settings are the keys there are. Those under policy have an Unmarshaler.
var settings = []string{"app", "on-api-failure", "forward-check", "replay", "contract", "allow", "small-table-rows", "small-table-mb", "policy",
	"maintenance", "maintenance.stop", "settle", "settle.deadline", "settle.if-crashing"}

func noSetting(key string, settings []string) error {
	if near := hazard.Nearest(key, settings); near != "" {
		return fmt.Errorf("%s is no setting; did you mean %s?", key, near)
	}
	return fmt.Errorf("%s is no setting; there are %s", key, strings.Join(settings, ", "))
}

func (f File) validate() error {
	for key, n := range map[string]*int64{"small-table-rows": f.SmallRows, "small-table-mb": f.SmallMB} {
		if n != nil && *n < 0 {
			return fmt.Errorf("%s = %d is negative; 0 makes no table small", key, *n)
		}
	}
	if f.Settle.Deadline < 0 {
		return fmt.Errorf("settle.deadline %q is negative", time.Duration(f.Settle.Deadline))
	}
	if slices.Contains(f.Maintenance.Stop, "web") {
		return errors.New(`maintenance.stop: "web" gets no requests during maintenance and need not be stopped; name the types that work on their own, as "worker"`)
	}
	if slices.Contains(f.Maintenance.Stop, "") {
		return errors.New("maintenance.stop holds an empty name")
	}
	if err := oneOf("settle.if-crashing", f.Settle.IfCrashing, Stay, Lift); err != nil {
		return err
	}
	if err := oneOf("forward-check", f.ForwardCheck, RefuseRelease, WarnOnly); err != nil {
		return err
	}
	if err := oneOf("replay", f.Replay, RefuseRelease, WarnOnly); err != nil {
		return err
	}
	if err := oneOf("contract", f.Contract, NextRelease, Settled, Manual); err != nil {
		return err
	}
	return oneOf("on-api-failure", f.OnAPIFailure, AssumePrevious, RefuseRun)
}

// oneOf accepts an empty value: that is the default.
func oneOf(key, value string, known ...string) error {
	if value == "" || slices.Contains(known, value) {
		return nil
	}
	if near := hazard.Nearest(value, known); near != "" {
		return fmt.Errorf("%s %q is not known; did you mean %q?", key, value, near)
	}
	return fmt.Errorf("%s %q is not known: %s", key, value, strings.Join(known, " or "))
}
