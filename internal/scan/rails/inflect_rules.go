package rails

// The rules of ActiveSupport, from active_support/inflections.rb of 6.1, which are
// those of every later version so far: its authors have frozen the list. Rails
// is deliberately "wrong" in places (human, humen), so no other list will do.
var (
	pluralRules = [][2]string{
		{`$`, `s`},
		{`(?i)s$`, `s`},
		{`(?i)^(ax|test)is$`, `${1}es`},
		{`(?i)(octop|vir)us$`, `${1}i`},
		{`(?i)(octop|vir)i$`, `${1}i`},
		{`(?i)(alias|status)$`, `${1}es`},
		{`(?i)(bu)s$`, `${1}ses`},
		{`(?i)(buffal|tomat)o$`, `${1}oes`},
		{`(?i)([ti])um$`, `${1}a`},
		{`(?i)([ti])a$`, `${1}a`},
		{`(?i)sis$`, `ses`},
		{`(?i)(?:([^f])fe|([lr])f)$`, `${1}${2}ves`},
		{`(?i)(hive)$`, `${1}s`},
		{`(?i)([^aeiouy]|qu)y$`, `${1}ies`},
		{`(?i)(x|ch|ss|sh)$`, `${1}es`},
		{`(?i)(matr|vert|ind)(?:ix|ex)$`, `${1}ices`},
		{`(?i)^(m|l)ouse$`, `${1}ice`},
		{`(?i)^(m|l)ice$`, `${1}ice`},
		{`(?i)^(ox)$`, `${1}en`},
		{`(?i)^(oxen)$`, `${1}`},
		{`(?i)(quiz)$`, `${1}zes`},
	}
	singularRules = [][2]string{
		{`(?i)s$`, ``},
		{`(?i)(ss)$`, `${1}`},
		{`(?i)(n)ews$`, `${1}ews`},
		{`(?i)([ti])a$`, `${1}um`},
		{`(?i)((a)naly|(b)a|(d)iagno|(p)arenthe|(p)rogno|(s)ynop|(t)he)(sis|ses)$`, `${1}sis`},
		{`(?i)(^analy)(sis|ses)$`, `${1}sis`},
		{`(?i)([^f])ves$`, `${1}fe`},
		{`(?i)(hive)s$`, `${1}`},
		{`(?i)(tive)s$`, `${1}`},
		{`(?i)([lr])ves$`, `${1}f`},
		{`(?i)([^aeiouy]|qu)ies$`, `${1}y`},
		{`(?i)(s)eries$`, `${1}eries`},
		{`(?i)(m)ovies$`, `${1}ovie`},
		{`(?i)(x|ch|ss|sh)es$`, `${1}`},
		{`(?i)^(m|l)ice$`, `${1}ouse`},
		{`(?i)(bus)(es)?$`, `${1}`},
		{`(?i)(o)es$`, `${1}`},
		{`(?i)(shoe)s$`, `${1}`},
		{`(?i)(cris|test)(is|es)$`, `${1}is`},
		{`(?i)^(a)x[ie]s$`, `${1}xis`},
		{`(?i)(octop|vir)(us|i)$`, `${1}us`},
		{`(?i)(alias|status)(es)?$`, `${1}`},
		{`(?i)^(ox)en`, `${1}`},
		{`(?i)(vert|ind)ices$`, `${1}ex`},
		{`(?i)(matr)ices$`, `${1}ix`},
		{`(?i)(quiz)zes$`, `${1}`},
		{`(?i)(database)s$`, `${1}`},
	}
	irregulars = [][2]string{
		{"person", "people"},
		{"man", "men"},
		{"child", "children"},
		{"sex", "sexes"},
		{"move", "moves"},
		{"zombie", "zombies"},
	}
	uncountables = []string{"equipment", "information", "rice", "money", "species", "series", "fish", "sheep", "jeans", "police"}
)
