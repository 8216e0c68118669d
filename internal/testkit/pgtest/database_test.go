package pgtest

import "testing"

// A session for making databases that the server has ended is not used again.
func TestEndedAdmin(t *testing.T) {
	t.Parallel()
	s := StartFor(t, Options{})
	db := s.NewDB(t)
	const end = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = 'postgres'"
	if n := db.Value(t, end); n != "1" {
		t.Fatalf("%s sessions ended", n)
	}
	s.NewDB(t)
	s.NewDB(t)
	if n := db.Value(t, end); n != "1" {
		t.Errorf("%s sessions for three databases", n)
	}
}
