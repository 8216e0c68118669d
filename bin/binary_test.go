package bin_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestVendoredProgramIsChecked gives buildpacks whose dist/ is not what it says.
func TestVendoredProgramIsChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, content, want string }{
		"changed": {fileName, standIn + "#", "is not what dist/SHA256SUMS says"},
		"cut":     {fileName, standIn[:9], "is not what dist/SHA256SUMS says"},
		"unsaid":  {"SHA256SUMS", "", "is not what dist/SHA256SUMS says"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.vendor([]byte(standIn))
			s.write(filepath.Join(s.buildpack, "dist", test.name), test.content)
			s.wantFailure(s.compile(), test.want, "Nothing was installed")
		})
	}
}

// TestProgramOfAnotherMachine gives a file that has the right checksum and does
// not run.
func TestProgramOfAnotherMachine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vendor([]byte("\x7fELF of another machine"))
	s.wantFailure(s.compile(), "does not run on this machine")
}

// TestNoProgramAnywhere: nothing in dist/, nothing pinned, no Go.
func TestNoProgramAnywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.wantFailure(s.compile(), "no migguard program to install", "heroku buildpacks:add --index 1 heroku/go")
}

// TestSpoiltCache changes what the first build kept.
func TestSpoiltCache(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vendor([]byte(standIn))
	s.wantSuccess(s.compile())
	s.write(filepath.Join(s.cache, "migguard/bin/migguard"), "#!/bin/sh\necho migguard spoilt\n")
	s.wantSuccess(s.compile())
	if got := read(t, filepath.Join(s.build, ".migguard/bin/migguard")); got != standIn {
		t.Errorf("installed from a spoilt cache: %s", got)
	}
}

// TestNoCache builds where the cache's folder cannot be made.
func TestNoCache(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.vendor([]byte(standIn))
	s.cache = filepath.Join(s.env, "a file", "cache")
	s.write(filepath.Join(s.env, "a file"), "")
	r := s.compile()
	s.wantSuccess(r)
	if !strings.Contains(r.stdout, "No build cache") {
		t.Errorf("compile is silent about it: %s", r)
	}
}
