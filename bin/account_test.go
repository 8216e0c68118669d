package bin_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// nobody is an account without rights. Root may write to any folder, so a test of
// what cannot be written to runs its build under another account.
const nobody = 65534

// protect takes away the right to write to a folder.
func (s *site) protect(dir string) {
	s.t.Helper()
	if err := os.Chmod(dir, 0o555); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
}

// asAnyone runs cmd under an account that files' modes mean something to, and
// gives it the site's files.
func (s *site) asAnyone(cmd *exec.Cmd) {
	s.t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	err := filepath.WalkDir(s.root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	})
	if err == nil {
		err = os.Chmod(filepath.Dir(s.root), 0o711) // the testing package makes it 0700
	}
	if err != nil {
		s.t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}
