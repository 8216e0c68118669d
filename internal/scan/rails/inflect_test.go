package rails

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// inflectWords are names that lists of English plurals get wrong, or that
// applications were seen to have.
const inflectWords = `User Person Man Woman Human Child Quota Octopus Virus Status Alias Campus Bus Quiz Matrix Vertex Index
	Analysis Basis Diagnosis Crisis Axis Testis Datum Medium Hive Move Movie Sex Zombie News Series Species Money Rice Sheep Fish
	Equipment Information Police Jeans Ox Mouse Louse House Knife Leaf Half Shelf Hero Buffalo Tomato Potato Photo Category Key
	Day Query Address Process Box Church Dish Buzz Fez Goose Foot Tooth Criterion Phenomenon UserV2 UserAPIKey APIKey OAuthToken
	HTMLDocument HTMLParser SSLError OAuth2Client S3Object IPv4Address Admin::UserAccount Blog::PostCategory Database CrisisStatus
	BlackSheep MySeries TimeEntry WikiContentVersion Changeset Journal IssueStatus RailsSheep UserInformation Slave Cache Archive
	ErfCurve Staff Belief Roof Wolf Life Wife Safe Cafe Lens Gas Class Pass Glass Boss Mess Media Criteria Data Octopi People Men Boxes`

// inflectRules is what the application of the test adds, in both languages.
const inflectRules = `inflect.acronym "API"; inflect.acronym "OAuth"; inflect.acronym "HTML"; inflect.irregular "foot", "feet"
	inflect.irregular "goose", "geese"; inflect.irregular "cow", "kine"; inflect.uncountable "staff", "data"; inflect.plural(/^(cri)terion$/i, '\1teria')`

// TestInflections asks ActiveSupport itself.
func TestInflections(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]string{"own": "", "added": inflectRules} {
		words := append(strings.Fields(inflectWords), "Cow", "Kine", "MyHTML", "RestfulHTTPController", "HtmlTidy", "PHDRequired", "Feet")
		script := `require "active_support"; require "active_support/inflector"; require "json"
			ActiveSupport::Inflector.inflections(:en) { |inflect| ` + rules + ` }
			i = ActiveSupport::Inflector
			puts JSON.dump(ARGV.map { |w| u = i.underscore(w); [u, i.pluralize(u), i.singularize(u), i.singularize(i.pluralize(u))] })`
		out, err := exec.CommandContext(t.Context(), "ruby", append([]string{"-e", script}, words...)...).Output()
		if err != nil {
			t.Fatalf("asking ActiveSupport: %v", err)
		}
		var want [][4]string
		if err := json.Unmarshal(out, &want); err != nil {
			t.Fatal(err)
		}
		f := newInflector()
		if rules != "" {
			if problems := f.read([]byte("ActiveSupport::Inflector.inflections(:en) do |inflect|\n" + rules + "\nend")); len(problems) > 0 {
				t.Errorf("%v", problems)
			}
		}
		for i, word := range words {
			u := f.underscore(word)
			got := [4]string{u, f.pluralize(u), f.singularize(u), f.singularize(f.pluralize(u))}
			if got != want[i] {
				t.Errorf("%s: %s: %q, ActiveSupport has %q", name, word, got, want[i])
			}
		}
	}
}
