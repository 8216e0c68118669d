package herokutest

import "testing"

// StartFor starts an emulator that ends with the test, which fails if a process
// does not end or an answer was not as the API's schema has it.
func StartFor(t testing.TB, config Config) *Platform {
	t.Helper()
	if config.Contract == nil {
		t.Fatal("a test's platform has a contract: apischema.For(t)")
	}
	t.TempDir() // so that builds in it are removed after Close
	p, err := Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}
