package laravel

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestPlurals: words become tables and pivots as Laravel's own Str has it.
func TestPlurals(t *testing.T) {
	t.Parallel()
	words := strings.Fields(`User BlogPost Person UserData Status OrderStatus Category Box Bus Mouse House Matrix Index Vertex Analysis Crisis Axis Hero Potato Photo
		Wife Leaf Wolf Gulf Hive Criterion Medium SocialMedia Datum Alumnus Virus Octopus Campus Menu Series Species News Equipment Fish Sheep Child Foot Tooth Goose
		Man Woman Human Quiz Ox Tax Taxon Cookie Movie Shoe Address Process Progress Company Day Key Staff Software Hardware Firmware Music Love Travel Talent Art
		Feedback Evidence Knowledge Information Recommended Related Metadata URL API UserAPI A OAuthToken user user_role Role2 Address2 Cafe Demo Echo Gas Lens Valve
		RunnerUp Police Chassis Diabetes Access Glass Alias Atlas Canvas Iris Oasis Move Save Wave Cache Curve Buffalo Cattle Research Weather`)
	for _, rule := range irregulars {
		words = append(words, strings.ToUpper(rule[0][:1])+rule[0][1:], rule[1])
	}
	cmd := exec.CommandContext(t.Context(), "php", "app.php")
	cmd.Dir = "../testdata/laravel"
	cmd.Stdin = strings.NewReader("plural " + strings.Join(words, " ") + "\n")
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, problem.String())
	}
	for i, answer := range strings.Fields(string(out)) {
		if got := tableOf(words[i]) + "/" + pivotOf(words[i]); got != answer {
			t.Errorf("%s: %s, and Laravel says %s", words[i], got, answer)
		}
	}
	if len(strings.Fields(string(out))) != len(words) || !slices.Contains(words, "People") && len(words) < 200 {
		t.Errorf("%d answers to %d words", len(strings.Fields(string(out))), len(words))
	}
}
