package hazard_test

import (
	"testing"

	"github.com/migguard/migguard/internal/hazard"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"dropped-column", "dropped-table", "dropped-type", "MG004"}
	for word, want := range map[string]string{
		"dropped-colum":  "dropped-column",
		"Dropped-Table":  "dropped-table",
		"droped-tabel":   "dropped-table",
		"dropped-types":  "dropped-type",
		"mg004":          "MG004",
		"MG0O4":          "MG004",
		"dropped":        "",
		"renamed-column": "",
		"":               "",
	} {
		if got := hazard.Nearest(word, known); got != want {
			t.Errorf("%q is nearest to %q, want %q", word, got, want)
		}
	}
}
