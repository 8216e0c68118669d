package pg

import (
	"context"
	"testing"
)

// within bounds a test's waits for a server or pooler, so that one which hangs
// says where.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	return ctx
}
