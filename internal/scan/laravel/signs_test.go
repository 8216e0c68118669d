package laravel

import "testing"

// FuzzSigns: a text in which an expression matches has a word of its.
func FuzzSigns(f *testing.F) {
	for _, seed := range []string{`use Illuminate\Database\X;`, `use Doctrine\ORM\X; use yii\db\X`, `Zend_Db Zend\Db ZendDb`, "Kohana_ORM", `Envms\FluentPDO`, `Phalcon\Mvc\Model`,
		`Propel\Runtime CodeIgniter\ Cake\ORM Cycle\ORM RedBeanPHP\ Laminas\Db Nette\Database Opis\Database Atlas\Orm Spot\Mapper Pop\Db Aura\Sql Latitude\ think\ Pixie\ Medoo\ `,
		"$q->whereNameAndEmail(1)", "function getNameAttribute()"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		signed := signs().In(src)
		for sign, match := range map[uint64]bool{signOurs: ours().Match(src), signOthers: others().Match(src), signWhere: dynamicWhere().Match(src), signAccessor: accessor().Match(src)} {
			if match && signed&sign == 0 {
				t.Errorf("%q: signs %b, and a match of %b", src, signed, sign)
			}
		}
	})
}
