package pg

import "fmt"

// SetLockTimeout is SQL that sets lock_timeout for the transaction, as SET LOCAL does.
func SetLockTimeout(value string) string {
	return fmt.Sprintf("SELECT pg_catalog.set_config('lock_timeout', '%s', true)", value)
}

// LockFailed tells the SQLSTATEs of a try that did not get its lock.
func LockFailed(code string) bool {
	return code == LockNotAvailable || code == DeadlockDetected
}
