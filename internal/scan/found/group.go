package found

import "bytes"

var group = []byte("group")

// annotates is how Django groups.
const annotates = "annotate("

// behindGroup follows the word group in SQL and in what libraries have for GROUP BY:
// group_by and groupBy, Sequelize's option group, and GORM's and Rails' method, of
// which a name is asked for, as routers have one that takes a path.
var behindGroup = Expression("^(?:\\s*by\\b|\\s*:|\\(\\s*[\"'`:][a-z])")

// namesGroup tells whether a text, in small letters without underscores, has words of
// GROUP BY.
func namesGroup(text []byte) bool {
	if bytes.Contains(text, []byte(annotates)) {
		return true
	}
	for at := 0; ; {
		i := bytes.Index(text[at:], group)
		if i < 0 {
			return false
		}
		if at += i + len(group); behindGroup().Match(text[at:min(len(text), at+24)]) {
			return true
		}
	}
}
