package herokutest

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// releaseType is the process type of release commands.
const releaseType = "release"

// A Build is the code to make an artifact of.
type Build struct {
	// Dir is what a dyno finds as /app: HOME and working directory of every
	// process. Dynos share it, and it has to outlive the platform: a test
	// calls t.TempDir before it registers Close. Empty for our own working
	// directory.
	Dir string
	// Commit is the full sha. Empty for a random one.
	Commit string
	// Procfile has the commands by process type. Nil for Dir/Procfile.
	Procfile map[string]string
}

// An Artifact is code at rest: a slug, an OCI image (Fir), or an image that the
// API does not tell of (container stack).
type Artifact struct {
	ID        string
	Commit    string
	Dir       string
	Processes map[string]string // commands by process type
	stack     string
	createdAt time.Time
	expired   bool // below p.mu
}

// Build makes an artifact. It makes no release.
func (a *App) Build(b Build) (*Artifact, error) {
	dir, err := filepath.Abs(b.Dir)
	if err != nil {
		return nil, err
	}
	processes := maps.Clone(b.Procfile)
	if processes == nil {
		if processes, err = readProcfile(filepath.Join(dir, "Procfile")); err != nil {
			return nil, err
		}
	}
	built := &Artifact{
		ID: newID(), Commit: cmp.Or(b.Commit, randomCommit()), Dir: dir,
		Processes: processes, stack: a.config.stack(), createdAt: time.Now(),
	}
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	a.artifacts = append(a.artifacts, built)
	return built, nil
}

// Expire destroys an artifact as the platform does with old ones: its slug is
// not found, and its releases, but for the current one, are expired.
func (a *App) Expire(built *Artifact) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	built.expired = true
	for i := range a.state.Releases {
		if r := &a.state.Releases[i]; r.Artifact == built && !r.Current {
			r.Status = Expired
		}
	}
	a.commit()
}

func randomCommit() string {
	return strings.ReplaceAll(newID()+newID(), "-", "")[:40]
}

func readProcfile(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("procfile: %w", err)
	}
	defer file.Close()
	processes := make(map[string]string)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, command, ok := strings.Cut(lines.Text(), ":")
		if ok && !strings.HasPrefix(name, "#") {
			processes[strings.TrimSpace(name)] = strings.TrimSpace(command)
		}
	}
	return processes, lines.Err()
}

// artifact finds one that the app knows. mu is held.
func (a *App) artifact(id string) *Artifact {
	for _, built := range a.artifacts {
		if built.ID == id {
			return built
		}
	}
	return nil
}
