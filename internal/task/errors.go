package task

import (
	"errors"
	"fmt"

	"github.com/migguard/migguard/internal/pg"
)

// ErrPostponed says that a task waits for a transaction of the command's, which
// waits for the task.
var ErrPostponed = errors.New("it waits for another transaction of the command's own")

// A NameTakenError says that there is something else under an index's name.
type NameTakenError struct{ name string }

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("relation %s already exists, and is not what was asked for", e.name)
}

// A LeftError says that a build failed and what it has left is still there.
type LeftError struct{ Err error }

// Error tells both.
func (e *LeftError) Error() string { return e.Err.Error() + "; its half index is still there" }

// Unwrap returns why it failed.
func (e *LeftError) Unwrap() error { return e.Err }

// Passing tells what another try may get past: the server is not there, has no
// more room, was told to stop, or somebody else was first.
func Passing(err error) bool {
	var taken *NameTakenError
	code := pg.SQLState(err)
	switch {
	case errors.As(err, &taken):
		return false
	case code == "", code == pg.LockNotAvailable:
		return true
	}
	switch code[:2] {
	case "08", "40", "53", "57": // manual, appendix A
		return true
	}
	return false
}
