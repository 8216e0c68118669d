package report_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/hazard"
	"github.com/migguard/migguard/internal/report"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// TestHazardPage keeps docs/hazards.md what the registry says.
func TestHazardPage(t *testing.T) {
	t.Parallel()
	const page = "../../docs/hazards.md"
	var want bytes.Buffer
	if err := report.HazardPage(&want, hazard.All); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/hazards.md is not what the registry says: run \"make generate\"")
	}
}

// TestExplain leaves out nothing that is known of a hazard.
func TestExplain(t *testing.T) {
	t.Parallel()
	for _, h := range hazard.All {
		var b strings.Builder
		if err := report.Explain(&b, h); err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(b.String()), " ")
		for _, part := range []string{h.ID, h.Code, string(h.Kind), h.Title, h.Explanation, h.Verdicts, h.Remedy, h.Bad, h.Good} {
			if part = strings.Join(strings.Fields(part), " "); !strings.Contains(flat, part) {
				t.Errorf("%s: nothing says %q:\n%s", h.ID, part, b.String())
			}
		}
	}
}
