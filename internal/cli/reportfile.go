package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/migguard/migguard/internal/report"
)

// A reportFile is where --report leads; nil: nowhere. It is begun before the
// run, so that a name that cannot be written is known while nothing is done
// yet, and takes its name when it is complete, so that nobody reads half of it.
type reportFile struct {
	name string // to take in the end; empty: none, f is what was named
	f    *os.File
}

func newReportFile(name string) (*reportFile, error) {
	if name == "" {
		return nil, nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0) // a pipe, a device
		return &reportFile{f: f}, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".migguard-report-")
	return &reportFile{name: name, f: tmp}, err
}

// write completes the file.
func (f *reportFile) write(run report.Run) error {
	if f == nil {
		return nil
	}
	err := report.WriteJSON(f.f, run)
	if err == nil {
		err = f.f.Close()
	}
	if err == nil && f.name != "" {
		err = os.Rename(f.f.Name(), f.name)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// discard removes what was not completed.
func (f *reportFile) discard() {
	if f == nil {
		return
	}
	_ = f.f.Close()
	if f.name != "" {
		_ = os.Remove(f.f.Name())
	}
}
