package javascript

import "testing"

// FuzzSigns: a text in which an expression matches has a word of its.
func FuzzSigns(f *testing.F) {
	for _, seed := range []string{"process.env.Database_URL", "POSTGRES", "a pg b", "p\u017fql", "import 'Sequelize'", "DrizzLe", "dataTypes", "typeo\u0130rm"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		signed := signs.In(src)
		if speaking.Match(src) && signed&1 == 0 || ormSigns.Match(src) && signed&2 == 0 {
			t.Errorf("%q: signs %b", src, signed)
		}
	})
}
