package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/report"
)

// contractFile stands beside the build's file.
const contractFile = "contract.json"

// contract is what this build's code needs, from the file that was named, or the
// one that the buildpack has made. That one may be missing, or no good: the build
// then counts as using all there is.
func (a *app) contract(named string, out *report.Reporter) (*contract.Contract, error) {
	if named != "" {
		c, err := readContract(named)
		if err != nil {
			return nil, usage("--contract: %w", err)
		}
		return c, nil
	}
	for _, build := range buildFiles() {
		if build == "" {
			continue
		}
		name := filepath.Join(filepath.Dir(build), contractFile)
		c, err := readContract(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			out.Line("%s: %v; this build counts as using all that is there", name, err)
		}
		return c, nil
	}
	return nil, nil
}

func readContract(name string) (*contract.Contract, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return contract.Read(file)
}
