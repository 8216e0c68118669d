package cli_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// TestDemo is a short form of "make demo", on the newest server.
func TestDemo(t *testing.T) {
	t.Parallel()
	cache, err := pgtest.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	major := strconv.Itoa(pgtest.New(t).Major)
	demo := call{args: []string{"demo", "--scenario", "rename-table", "--scenario", "rename-column", "--unsteered", "--statements", "2000", "--pg", major, "--format", "json"}}
	// A server of its own runs under another account, which cannot enter a
	// test's folder.
	r := demo.with("TMPDIR="+os.TempDir(), "MIGGUARD_CACHE_DIR="+cache, "MIGGUARD_PG_DIR="+os.Getenv("MIGGUARD_PG_DIR")).run(t)
	r.expect(t, 0, "a stand-in for the Platform API runs on 127.0.0.1", "rename-table, bare", "rename-table, guarded",
		"shimmed  ALTER TABLE users RENAME TO accounts", "sees orders as it was, in mg_old")
	var results []struct {
		Scenario, Mode string
		Old            struct {
			Statements, Failed int64
			Failures           map[string]struct{ Count int64 }
		}
		Lost int64 `json:"lost_writes"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &results); err != nil || len(results) != 6 {
		t.Fatalf("%v:\n%s", err, r.stdout)
	}
	for _, result := range results {
		fails := result.Mode == "bare"
		if result.Mode == "unsteered" && result.Scenario == "rename-column" {
			fails = result.Old.Failures["0A000"].Count == result.Old.Failed
		}
		if result.Old.Statements < 2000 || result.Lost != 0 || fails != (result.Old.Failed > 0) {
			t.Errorf("%+v", result)
		}
	}
}
