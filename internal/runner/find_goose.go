package runner

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// gooseDetector finds folders of SQL files in goose's format. The embedded
// runner can't run goose's Go migrations, which exist only inside the
// application's own binary, so a folder that holds some is an error.
var gooseDetector = detector{
	name:  "goose",
	looks: `goose: NNN_name.sql with "-- +goose Up" in ` + strings.Join(folders, ", "),
	find: func(t tree) ([]Command, error) {
		candidates, err := t.migrationFolders()
		if err != nil {
			return nil, err
		}
		var found []Command
		for _, f := range candidates {
			evidence, err := gooseEvidence(f)
			if err != nil {
				return nil, err
			}
			if evidence == "" {
				continue
			}
			found = append(found, Command{
				Name: "goose",
				Dir:  t.dir,
				Embedded: &Embedded{
					Format: FormatGoose,
					Dir:    f.name,
					Table:  t.env.get("GOOSE_TABLE"),
					Files:  f.files,
				},
				Why: fmt.Sprintf(`%s/%s holds "-- +goose Up"`, f.name, evidence),
			})
		}
		return found, nil
	},
}

// gooseEvidence returns the name of the first file in goose's SQL format, or
// "". A numbered Go file that speaks of goose is an error.
func gooseEvidence(f folder) (string, error) {
	evidence := ""
	for _, name := range f.names {
		if _, err := goose.NumericComponent(name); err != nil {
			continue
		}
		isGo := strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
		if !isGo && (evidence != "" || !strings.HasSuffix(name, ".sql")) {
			continue
		}
		text, err := fs.ReadFile(f.files, name)
		if err != nil {
			return "", fmt.Errorf("read %s/%s: %w", f.name, name, err)
		}
		switch {
		case isGo && bytes.Contains(text, []byte("goose")):
			return "", fmt.Errorf("%s/%s is a Go migration of goose, which only the "+
				"application's own binary can run: migguard run -- COMMAND", f.name, name)
		case !isGo && hasGooseUp(text):
			evidence = name
		}
	}
	return evidence, nil
}

// hasGooseUp reports whether the annotation stands where goose wants it: before
// the first line that is neither blank nor a comment.
func hasGooseUp(text []byte) bool {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		words := strings.Fields(strings.TrimLeft(line, "-"))
		switch {
		case line == "":
		case !strings.HasPrefix(line, "--"):
			return false
		case len(words) == 2 && words[0] == "+goose" && strings.EqualFold(words[1], "up"):
			return true
		}
	}
	return false
}
