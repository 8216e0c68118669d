package javascript

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/scan/found"
)

// pluralRules are those of the library inflection, 1.13.4, which Sequelize 6 makes
// tables' names with. The first that matches counts; those that stay are plurals
// already.
var pluralRules = []struct {
	pattern, with string
	stays         bool
}{
	{`(?i)^(m|wom)en$`, "", true},
	{`(?i)(pe)ople$`, "", true},
	{`(?i)(child)ren$`, "", true},
	{`(?i)([ti])a$`, "", true},
	{`(?i)((a)naly|(b)a|(d)iagno|(p)arenthe|(p)rogno|(s)ynop|(t)he)ses$`, "", true},
	{`(?i)(database)s$`, "", true},
	{`(?i)(drive)s$`, "", true},
	{`(?i)(hi|ti)ves$`, "", true},
	{`(?i)(curve)s$`, "", true},
	{`(?i)([lr])ves$`, "", true},
	{`(?i)([^fo])ves$`, "", true},
	{`(?i)([^aeiouy]|qu)ies$`, "", true},
	{`(?i)(s)eries$`, "", true},
	{`(?i)(m)ovies$`, "", true},
	{`(?i)(x|ch|ss|sh)es$`, "", true},
	{`(?i)([m|l])ice$`, "", true},
	{`(?i)(bus)es$`, "", true},
	{`(?i)(o)es$`, "", true},
	{`(?i)(shoe)s$`, "", true},
	{`(?i)(cris|ax|test)es$`, "", true},
	{`(?i)(octop|vir)uses$`, "", true},
	{`(?i)(alias|canvas|status|campus)es$`, "", true},
	{`(?i)^(summons|bonus)es$`, "", true},
	{`(?i)^(ox)en`, "", true},
	{`(?i)(matr)ices$`, "", true},
	{`(?i)^feet$`, "", true},
	{`(?i)^teeth$`, "", true},
	{`(?i)^geese$`, "", true},
	{`(?i)(quiz)zes$`, "", true},
	{`(?i)^(whereas)es$`, "", true},
	{`(?i)^(criteri)a$`, "", true},
	{`(?i)^genera$`, "", true},
	{`(?i)^(m|wom)an$`, "${1}en", false},
	{`(?i)(pe)rson$`, "${1}ople", false},
	{`(?i)(child)$`, "${1}ren", false},
	{`(?i)(drive)$`, "${1}s", false},
	{`(?i)^(ox)$`, "${1}en", false},
	{`(?i)(ax|test)is$`, "${1}es", false},
	{`(?i)(octop|vir)us$`, "${1}uses", false},
	{`(?i)(alias|status|canvas|campus)$`, "${1}es", false},
	{`(?i)^(summons|bonus)$`, "${1}es", false},
	{`(?i)(bu)s$`, "${1}ses", false},
	{`(?i)(buffal|tomat|potat)o$`, "${1}oes", false},
	{`(?i)([ti])um$`, "${1}a", false},
	{`(?i)sis$`, "ses", false},
	{`(?i)(?:([^f])fe|([lr])f)$`, "${1}${2}ves", false},
	{`(?i)(hi|ti)ve$`, "${1}ves", false},
	{`(?i)([^aeiouy]|qu)y$`, "${1}ies", false},
	{`(?i)(matr)ix$`, "${1}ices", false},
	{`(?i)(vert|ind)ex$`, "${1}ices", false},
	{`(?i)(x|ch|ss|sh)$`, "${1}es", false},
	{`(?i)([m|l])ouse$`, "${1}ice", false},
	{`(?i)^foot$`, "feet", false},
	{`(?i)^tooth$`, "teeth", false},
	{`(?i)^goose$`, "geese", false},
	{`(?i)(quiz)$`, "${1}zes", false},
	{`(?i)^(whereas)$`, "${1}es", false},
	{`(?i)^(criteri)on$`, "${1}a", false},
	{`(?i)^genus$`, "genera", false},
	{`(?i)s$`, "s", false},
	{`(?i)$`, "s", false},
}

// uncountable are words that have no plural there.
var uncountable = strings.Fields(`accommodation adulthood advertising advice aggression aid air aircraft alcohol anger applause arithmetic assistance athletics bacon baggage beef
	biology blood botany bread butter carbon cardboard cash chalk chaos chess crossroads countryside dancing deer dignity dirt dust economics education
	electricity engineering enjoyment envy equipment ethics evidence evolution fame fiction flour flu food fuel fun furniture gallows garbage garlic
	genetics gold golf gossip gratitude grief guilt gymnastics happiness hardware harm hate hatred health heat help homework honesty honey hospitality
	housework humour hunger hydrogen ice importance inflation information innocence iron irony jam jewelry judo karate knowledge lack laughter lava leather
	leisure lightning linguine linguini linguistics literature litter livestock logic loneliness luck luggage macaroni machinery magic management mankind
	marble mathematics mayonnaise measles methane milk minus money mud music mumps nature news nitrogen nonsense nurture nutrition obedience obesity oxygen
	pasta patience physics poetry pollution poverty pride psychology publicity punctuation quartz racism relaxation reliability research respect revenge
	rice rubbish rum safety scenery seafood seaside series shame sheep shopping sleep smoke smoking snow soap software soil spaghetti species steam stuff
	stupidity sunshine symmetry tennis thirst thunder timber traffic transportation trust underwear unemployment unity validity veal vegetation
	vegetarianism vengeance violence vitality warmth wealth weather welfare wheat wildlife wisdom yoga zinc zoology`)

var pluralPatterns = sync.OnceValue(func() (compiled []*regexp.Regexp) {
	for _, rule := range pluralRules {
		compiled = append(compiled, regexp.MustCompile(rule.pattern))
	}
	return compiled
})

// pluralOf is the plural that Sequelize makes of a model's name.
func pluralOf(name string) string {
	if slices.Contains(uncountable, strings.ToLower(name)) {
		return name
	}
	for i, rule := range pluralRules {
		if pattern := pluralPatterns()[i]; pattern.MatchString(name) {
			if rule.stays {
				return name
			}
			return pattern.ReplaceAllString(name, rule.with)
		}
	}
	return name
}

var capital = found.Expression(`[A-Z]`)

// underscored is a name as that library writes it with underscores: one before
// each capital.
func underscored(name string) string {
	return strings.ToLower(strings.TrimPrefix(capital().ReplaceAllString(name, "_${0}"), "_"))
}
