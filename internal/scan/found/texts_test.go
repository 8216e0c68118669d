package found

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestTextsLetGo: what is let go before all files are read is what there is no room for
// at the end, and counts once.
func TestTextsLetGo(t *testing.T) {
	t.Parallel()
	var all []contract.Text
	for i := range 8000 {
		all = append(all, contract.Text{SQL: strings.Repeat("x", 40+i%3000) + fmt.Sprint(i%6000), At: contract.Evidence{File: "a.sql", Line: i}})
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	want, others := contract.FirstTexts(all, contract.MaxTexts)
	var f Findings
	most := 0
	for _, text := range all {
		f.Text(text)
		most = max(most, f.texts.size)
	}
	if got, left := f.texts.first(); !slices.Equal(got, want) || left != len(others) {
		t.Errorf("%d and %d, want %d and %d", len(got), left, len(want), len(others))
	}
	if size := 8000 * 1540; most > maxKept || size < 2*maxKept {
		t.Errorf("%d of %d bytes were kept", most, size)
	}
}
