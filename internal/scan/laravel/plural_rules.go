package laravel

import "strings"

// The rules of doctrine/inflector 2.0 for English, which Laravel makes tables' names
// with since 6. The first pattern that matches counts.
var (
	pluralRules = [][2]string{
		{`(s)tatus$`, `${1}tatuses`},
		{`(quiz)$`, `${1}zes`},
		{`^(ox)$`, `${1}en`},
		{`([m|l])ouse$`, `${1}ice`},
		{`(matr|vert|ind)(ix|ex)$`, `${1}ices`},
		{`(x|ch|ss|sh)$`, `${1}es`},
		{`([^aeiouy]|qu)y$`, `${1}ies`},
		{`(hive|gulf)$`, `${1}s`},
		{`(?:([^f])fe|([lr])f)$`, `${1}${2}ves`},
		{`sis$`, `ses`},
		{`([ti])um$`, `${1}a`},
		{`(tax)on$`, `${1}a`},
		{`(c)riterion$`, `${1}riteria`},
		{`(p)erson$`, `${1}eople`},
		{`(m)an$`, `${1}en`},
		{`(c)hild$`, `${1}hildren`},
		{`(f)oot$`, `${1}eet`},
		{`(buffal|her|potat|tomat|volcan)o$`, `${1}oes`},
		{`(alumn|bacill|cact|foc|fung|nucle|radi|stimul|syllab|termin|vir)us$`, `${1}i`},
		{`us$`, `uses`},
		{`(alias)$`, `${1}es`},
		{`(analys|ax|cris|test|thes)is$`, `${1}es`},
		{`s$`, `s`},
		{`$`, `s`},
	}
	singularRules = [][2]string{
		{`(s)tatuses$`, `${1}tatus`},
		{`(s)tatus$`, `${1}tatus`},
		{`(c)ampus$`, `${1}ampus`},
		{`^(.*)(menu)s$`, `${1}${2}`},
		{`(quiz)zes$`, `${1}`},
		{`(matr)ices$`, `${1}ix`},
		{`(vert|ind)ices$`, `${1}ex`},
		{`^(ox)en`, `${1}`},
		{`(alias)(es)*$`, `${1}`},
		{`(buffal|her|potat|tomat|volcan)oes$`, `${1}o`},
		{`(alumn|bacill|cact|foc|fung|nucle|radi|stimul|syllab|termin|viri?)i$`, `${1}us`},
		{`([ftw]ax)es`, `${1}`},
		{`(analys|ax|cris|test|thes)es$`, `${1}is`},
		{`(shoe|slave)s$`, `${1}`},
		{`(o)es$`, `${1}`},
		{`ouses$`, `ouse`},
		{`([^a])uses$`, `${1}us`},
		{`([m|l])ice$`, `${1}ouse`},
		{`(x|ch|ss|sh)es$`, `${1}`},
		{`(m)ovies$`, `${1}ovie`},
		{`(s)eries$`, `${1}eries`},
		{`([^aeiouy]|qu)ies$`, `${1}y`},
		{`([lr])ves$`, `${1}f`},
		{`(tive)s$`, `${1}`},
		{`(hive)s$`, `${1}`},
		{`(drive)s$`, `${1}`},
		{`(dive)s$`, `${1}`},
		{`(olive)s$`, `${1}`},
		{`([^fo])ves$`, `${1}fe`},
		{`(^analy)ses$`, `${1}sis`},
		{`(analy|diagno|^ba|(p)arenthe|(p)rogno|(s)ynop|(t)he)ses$`, `${1}${2}sis`},
		{`(tax)a$`, `${1}on`},
		{`(c)riteria$`, `${1}riterion`},
		{`([ti])a$`, `${1}um`},
		{`(p)eople$`, `${1}erson`},
		{`(m)en$`, `${1}an`},
		{`(c)hildren$`, `${1}hild`},
		{`(f)eet$`, `${1}oot`},
		{`(n)ews$`, `${1}ews`},
		{`eaus$`, `eau`},
		{`^tights$`, `tights`},
		{`^shorts$`, `shorts`},
		{`s$`, ``},
	}
	irregulars = [][2]string{
		{"atlas", "atlases"}, {"axe", "axes"}, {"beef", "beefs"}, {"blouse", "blouses"}, {"brother", "brothers"}, {"cafe", "cafes"},
		{"chateau", "chateaux"}, {"niveau", "niveaux"}, {"child", "children"}, {"canvas", "canvases"}, {"cookie", "cookies"}, {"corpus", "corpuses"},
		{"cow", "cows"}, {"criterion", "criteria"}, {"curriculum", "curricula"}, {"demo", "demos"}, {"domino", "dominoes"}, {"echo", "echoes"},
		{"foot", "feet"}, {"fungus", "fungi"}, {"ganglion", "ganglions"}, {"gas", "gases"}, {"genie", "genies"}, {"genus", "genera"}, {"goose", "geese"},
		{"graffito", "graffiti"}, {"hippopotamus", "hippopotami"}, {"hoof", "hoofs"}, {"human", "humans"}, {"iris", "irises"}, {"larva", "larvae"},
		{"leaf", "leaves"}, {"lens", "lenses"}, {"loaf", "loaves"}, {"man", "men"}, {"medium", "media"}, {"memorandum", "memoranda"}, {"money", "monies"},
		{"mongoose", "mongooses"}, {"motto", "mottoes"}, {"move", "moves"}, {"mythos", "mythoi"}, {"niche", "niches"}, {"nucleus", "nuclei"},
		{"numen", "numina"}, {"occiput", "occiputs"}, {"octopus", "octopuses"}, {"opus", "opuses"}, {"ox", "oxen"}, {"passerby", "passersby"},
		{"penis", "penises"}, {"person", "people"}, {"plateau", "plateaux"}, {"runner-up", "runners-up"}, {"safe", "safes"}, {"sex", "sexes"},
		{"sieve", "sieves"}, {"soliloquy", "soliloquies"}, {"son-in-law", "sons-in-law"}, {"syllabus", "syllabi"}, {"testis", "testes"},
		{"thief", "thieves"}, {"tooth", "teeth"}, {"tornado", "tornadoes"}, {"trilby", "trilbys"}, {"turf", "turfs"}, {"valve", "valves"},
		{"volcano", "volcanoes"}, {"abuse", "abuses"}, {"avalanche", "avalanches"}, {"cache", "caches"}, {"curve", "curves"}, {"emphasis", "emphases"},
		{"foe", "foes"}, {"grave", "graves"}, {"hoax", "hoaxes"}, {"neurosis", "neuroses"}, {"save", "saves"}, {"wave", "waves"}, {"oasis", "oases"},
		{"zombie", "zombies"},
	}
)

// Words that have one form only, as patterns: of both directions, of plurals, of
// singulars.
const (
	stays = `\w+media advice aircraft amoyese art audio baggage bison borghese bream breeches britches buffalo butter cantus carp cattle chassis clippers clothing
		coal cod coitus compensation congoese contretemps coreopsis corps cotton data debris deer diabetes djinn education eland elk emoji equipment
		evidence faroese feedback fish flounder flour foochowese food furniture gallows genevese genoese gilbertese gold headquarters herpes hijinks
		homework hottentotese impatience information innings jackanapes jeans jedi kin kiplingese knowledge kongoese leather love lucchese luggage mackerel
		Maltese management metadata mews money moose mumps music nankingese news nexus niasese nutrition offspring oil patience pekingese piedmontese
		pincers pistoiese plankton pliers pokemon police polish portuguese proceedings progress rabies rain research rhinoceros rice salmon sand sarawakese
		scissors sea[-\x20]bass series shavese shears sheep siemens silk sms soap social\x20media spam species staff sugar swine talent toothpaste traffic
		travel trousers trout tuna us vermontese vinegar weather wenchowese wheat whiting wildebeest wood wool yengeese`
	pluralStays   = ` people trivia \w+ware$ media`
	singularStays = ` .*ss clothes data fascia fuchsia galleria mafia militia pants petunia sepia trivia utopia`
)

// uncountable are those of Laravel itself. Later versions have fewer, as Doctrine has
// the others.
var uncountable = strings.Fields(`audio bison cattle chassis compensation coreopsis data deer education emoji equipment evidence feedback firmware fish furniture gold hardware
		information jedi kin knowledge love metadata money moose news nutrition offspring plankton pokemon police rain recommended related rice series sheep
		software species swine traffic wheat`)
