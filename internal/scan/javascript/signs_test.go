package javascript

import (
	"regexp"
	"testing"
)

// FuzzSigns: a text in which an expression matches has a word of its.
func FuzzSigns(f *testing.F) {
	for _, seed := range []string{"process.env.Database_URL", "POSTGRES", "a pg b", "p\u017fql", "import 'Sequelize'", "DrizzLe", "dataTypes", "typeo\u0130rm"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		signed := signs().In(src)
		if speaking().Match(src) && signed&1 == 0 || ormSigns().Match(src) && signed&2 == 0 {
			t.Errorf("%q: signs %b", src, signed)
		}
	})
}

// FuzzUnderstands: what is seen at brackets and by words is what one expression sees.
func FuzzUnderstands(f *testing.F) {
	understood := regexp.MustCompile(`(?is)\bselect\s[^;]*\sfrom\s|\binsert\s+into\s|\bupdate\s+\S+\s+set\s|\bdelete\s+from\s|` +
		`\b(?:query\w*|execute\w*|raw|unsafe|literal|knex|select|from|into|insert|update|where|table|define|init|EntitySchema|\w*Table|\w*View)\s*(?:<[^()]*>)?\s*[(]|` +
		`(?:\bsql|\$queryRaw|\$executeRaw)\s*(?:<[^()]*>)?\s*\x60|@(?:Entity|Table|Column)|extends\s+Model\b`)
	for _, seed := range []string{
		"", "select 1\nfrom t ", "selectfrom(", "Insert\tInto x", "update a set b", "delete  FROM t", "UPDATE a; set b",
		"db.$queryRawUnsafe<A<B>>  (x", "a.query(", "aquery(", "executeX (", "raw\n(", "draw(", "x.where<T>(", "Array.from(a)", "fromT(", "pgTable(", "tables(", "myView<{}>(",
		"=> (", "<A>(b: C) => (d", "init<(a) => b>(", "knex<x", "define\u00e9(", "\u00e9raw(", "u\u017fer_table(", "where\u212a(", "\u212anex(", "in\u017fert(",
		"sql`x`", "Prisma.sql`", "xsql`", "sql<A>`", "sql < A\n> `", "db.$queryRaw`", "a$executeRaw<x>`", "queryRaw`", "$queryRaw x`", "sql(a)`", "sql<a(b)>`", "`a`sql<x>`",
		"@Entity", "@table", "class A extends\n Model {", "extends Models", "@ Column",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if got, want := understands(src), understood.Match(src); got != want {
			t.Errorf("%q: %t", src, got)
		}
	})
}
