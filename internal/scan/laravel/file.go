package laravel

import (
	"strings"
	"sync"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/scan/found"
	"github.com/migguard/migguard/internal/scan/sqltext"
	"github.com/migguard/migguard/internal/scan/syntax"
)

// A File is what one source file says. Files are read independently of one
// another and resolved together.
type File struct {
	sqltext.Notes
	namespace string
	// imports are the names a file gives to classes, in full.
	imports map[string]string
	classes []*class
	queries []query
	// given are texts that may be the name of upsert where it is called.
	given []contract.Evidence
	// fragments are parts of statements, with the query they are put into.
	fragments []fragment
	copies    bool // it copies rows of models that are not known
	laravel   bool // it names Laravel's database
}

type fragment struct {
	sqltext.Literal
	of *query
}

var (
	// ours are names of Laravel's database, others' ORMs and query builders that are
	// not understood.
	ours   = found.Expression(`\b(?:Illuminate\\(?:Database|Support\\Facades|Foundation)|Laravel)\\`)
	others = found.Expression(`\b(?:Doctrine\\(?:ORM|DBAL|ODM)|Cake\\(?:ORM|Database)|CodeIgniter\\|yii\\db|Propel\\Runtime|RedBeanPHP\\|Cycle\\(?:ORM|Database)|Phalcon\\Mvc\\Model|Medoo\\|Laminas\\Db|Zend_?\\?Db|Nette\\Database|Opis\\Database|Atlas\\(?:Orm|Mapper|Query)|Spot\\Mapper|Kohana_|Pop\\Db|Aura\\Sql|Latitude\\|Envms\\FluentPDO|think\\|Pixie\\)`)
	// asks are signs of queries in a template, which is not parsed.
	asks = found.Expression(`\bDB::|[Rr]aw\(|->(?:statement|select|table|from|query)\(|\bpg_query`)
)

// signs are words of which one is in each match of ours, of others, of dynamicWhere and
// of accessor.
var signs = sync.OnceValue(func() *found.Sought {
	return found.NewSought("", []string{`illuminate\`, `laravel\`},
		[]string{`doctrine\`, `cake\`, `codeigniter\`, `yii\db`, `propel\runtime`, `redbeanphp\`, `cycle\`, `phalcon\mvc`, `medoo\`, `laminas\db`, "zend", `nette\database`, `opis\database`,
			`atlas\`, `spot\mapper`, "kohana_", `pop\db`, `aura\sql`, `latitude\`, `envms\`, `think\`, `pixie\`},
		[]string{"where"}, []string{"attribute"})
})

// The groups of signs.
const (
	signOurs = 1 << iota
	signOthers
	signWhere
	signAccessor
)

// IsTemplate tells Blade's templates, which are PHP to their compiler only.
func IsTemplate(path string) bool { return strings.HasSuffix(path, ".blade.php") }

// Read reads one file of PHP, or a template.
func Read(path string, src []byte) *File {
	f := &File{Notes: sqltext.Notes{Path: path}, imports: make(map[string]string)}
	if IsTemplate(path) {
		f.Words, f.copies = wordsOf(src, signs().In(src)), strings.Contains(string(src), "replicate")
		if at := asks().FindIndex(src); at != nil {
			line := 1 + strings.Count(string(src[:at[0]]), "\n")
			f.Dynamic = append(f.Dynamic, contract.Evidence{File: path, Line: line, Text: string(src[at[0]:at[1]])})
		}
		return f
	}
	root, whole := f.Parse(syntax.PHP, src)
	code := src
	if whole {
		code = syntax.Without(root, src, "comment")
	}
	signed := signs().In(code)
	f.Words, f.laravel = wordsOf(code, signed), signed&signOurs != 0 && ours().Match(code)
	if signed&signOthers != 0 && others().Match(code) {
		f.Blind("an ORM of PHP that is not understood")
	}
	if root == nil {
		return f
	}
	r := &reader{file: f, src: src, done: make(map[*syntax.Node]bool)}
	r.walk(root)
	return f
}

var (
	// dynamicWhere is a method that names columns: whereNameAndEmail.
	dynamicWhere = found.Expression(`\bwhere([A-Z]\w*)`)
	and          = found.Expression(`(?:And|Or)([A-Z])`)
	accessor     = found.Expression(`\b[gs]et([A-Z]\w*?)Attribute\b`)
)

// wordsOf are the words of a text that has some signs, and the columns that methods'
// names mean.
func wordsOf(src []byte, signed uint64) []string {
	text := string(src)
	words := found.SnakeWordsOf(text)
	if signed&signWhere != 0 {
		for _, m := range dynamicWhere().FindAllStringSubmatch(text, -1) {
			words = append(words, snake(m[1]))
			for part := range strings.FieldsSeq(and().ReplaceAllString(m[1], " ${1}")) {
				words = append(words, snake(part))
			}
		}
	}
	if signed&signAccessor != 0 {
		for _, m := range accessor().FindAllStringSubmatch(text, -1) {
			words = append(words, snake(m[1]))
		}
	}
	return words
}
