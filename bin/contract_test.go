package bin_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestContract has the program read an app's source, or fail to.
func TestContract(t *testing.T) {
	t.Parallel()
	t.Run("read", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.vendor([]byte(read(t, program)))
		s.write("app/models/user.rb", "class User < ActiveRecord::Base\n  self.ignored_columns += [:notes]\nend\n")
		r := s.compile()
		s.wantSuccess(r)
		got := read(t, filepath.Join(s.build, ".migguard/contract.json"))
		if !strings.Contains(got, `"users"`) || !strings.Contains(got, `"notes"`) || strings.Contains(r.stderr, "could not be read") {
			t.Errorf("%s\n%s", got, r)
		}
	})
	for name, scan := range map[string]string{
		"fails":       "echo half; echo no grammar >&2; exit 70",
		"says little": ":",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.vendor([]byte(strings.Replace(standIn, "echo {}", scan, 1)))
			s.write(".migguard/contract.json", "of another build")
			r := s.compile()
			if r.status != 0 || !strings.Contains(r.stderr, "takes all that is there for used") || name == "fails" && !strings.Contains(r.stderr, "no grammar") {
				t.Error(r)
			}
			if exists(filepath.Join(s.build, ".migguard/contract.json")) {
				t.Error("there is a contract all the same")
			}
		})
	}
}
