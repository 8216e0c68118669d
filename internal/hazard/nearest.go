package hazard

import (
	"strings"

	"github.com/xrash/smetrics"
)

// Nearest is the known word that a misspelt one most likely stands for: the one
// with the fewest letters to insert, drop or replace. Empty where more than a
// quarter of the letters would have to be, two at least.
func Nearest(word string, known []string) string {
	nearest, least := "", max(2, len(word)/4)+1
	for _, k := range known {
		if d := smetrics.WagnerFischer(strings.ToLower(word), strings.ToLower(k), 1, 1, 1); d < least {
			nearest, least = k, d
		}
	}
	return nearest
}
