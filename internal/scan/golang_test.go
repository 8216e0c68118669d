package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestGoSQL: SQL in strings, and what is sent from elsewhere. Each is asked for
// t.old, a column that only what is not understood may use.
func TestGoSQL(t *testing.T) {
	t.Parallel()
	const head = "package store\nimport (\n\"context\"\n\"fmt\"\n\"strings\"\n\"database/sql\"\n\"github.com/jackc/pgx/v5\"\n\"github.com/georgysavva/scany/v2/pgxscan\"\n\"example.com/app/internal/queries\"\n)\n" +
		"type T struct { ID int `gorm:\"primaryKey\"`; N string }\nfunc (T) TableName() string { return \"t\" }\n" +
		"func f(ctx context.Context, db *sql.DB, arg string) {\n"
	for name, tt := range map[string]struct {
		source string
		want   contract.Verdict
	}{
		"literal":          {`db.Query("SELECT old FROM t")`, "yes"},
		"raw":              {"db.QueryRowContext(ctx, `SELECT n\nFROM t WHERE id = $1`, 1)", "no"},
		"sum":              {`db.Query("SELECT id, " + "old" + " FROM t")`, "yes"},
		"constant":         {"const cols = \"old\"\ndb.Query(`SELECT ` + cols + ` FROM t`)", "yes"},
		"of package":       {`db.Query(getOld)`, "yes"},
		"of other package": {`db.Query(queries.Old)`, "yes"},
		"set elsewhere":    {`db.Query(changed)`, "unknown"},
		"format":           {`db.Query(fmt.Sprintf("SELECT %s FROM t WHERE n = '%d'", "n", 3))`, "no"},
		"format hole":      {`db.Query(fmt.Sprintf("SELECT %s FROM t", arg))`, "unknown"},
		"format filled":    {`db.Query(fmt.Sprintf("SELECT %s FROM t", "old"))`, "yes"},
		"parameter":        {`db.Exec(arg)`, "unknown"},
		"call":             {`db.Exec(strings.Join([]string{"SELECT", arg}, " "))`, "unknown"},
		"local":            {"q := \"SELECT n FROM t\"\ndb.Query(q)", "no"},
		"two locals":       {"q := \"SELECT n FROM t\"\nif arg == \"\" { q = \"SELECT id FROM t\" }\ndb.Query(q)", "no"},
		"added":            {"q := \"SELECT n FROM t\"\nq += arg\ndb.Query(q)", "unknown"},
		"added, a sum":     {"q := \"SELECT n FROM t WHERE true\"\nq = q + \" AND old = 1\"\ndb.Query(q)", "unknown"},
		"builder":          {"var b strings.Builder\nb.WriteString(\"SELECT old \")\ndb.Query(b.String())", "unknown"},
		"by pointer":       {"q := \"SELECT n FROM t\"\nchange(&q)\ndb.Query(q)", "unknown"},
		"in a closure":     {"g := func(q string) { db.Query(q) }\ng(\"SELECT n FROM t\")", "unknown"},
		"every column":     {`db.Query("SELECT * FROM t")`, "yes"},
		"named":            {`db.NamedExec("UPDATE t SET n = :n WHERE id = :id", nil)`, "no"},
		"named old":        {`db.NamedExec("UPDATE t SET old = :n", nil)`, "yes"},
		"in":               {"q, args, err := sqlx.In(\"SELECT n FROM t WHERE id IN (?)\", 1)\ndb.Query(db.Rebind(q), args, err)", "no"},
		"get":              {"var x T\ndb.Get(&x, arg)", "unknown"},
		"prepared":         {`db.Prepare(ctx, "name", "SELECT old FROM t")`, "yes"},
		"prepared arg":     {`db.Prepare(ctx, "name", arg)`, "unknown"},
		"batch":            {`b.Queue(arg)`, "unknown"},
		"other context":    {`db.Query(arg, "SELECT n FROM t")`, "no"},
		"copy":             {`db.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id", "old"}, nil)`, "yes"},
		"copy computed":    {`db.CopyFrom(ctx, pgx.Identifier{arg}, []string{"id"}, nil)`, "unknown"},
		"copy, others":     {`db.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id"}, nil)`, "no"},
		"embedded":         {`db.Query(embedded)`, "no"},
		"method's value":   {"run := db.Exec\nrun(arg)", "unknown"},
		"into a parameter": {`db.SelectContext(ctx, rows, arg)`, "unknown"},
		"scany":            {`pgxscan.Select(ctx, db, rows, arg)`, "unknown"},
		"scany, text":      {`pgxscan.Select(ctx, db, &rows, "SELECT n FROM t")`, "no"},
		"of gorm, star":    {`db.Select("t.*").Find(nil)`, "unknown"},
		"a circle":         {"a, b := T{}, T{}\na, b = b, a\nvar m, n any\nm = n\nn = m\ndb.Where(&a).Create(b)\ndb.Updates(m)", "unknown"},
		"url":              {`fmt.Println(arg)`, "no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"go.mod":         "module example.com/app\n",
				"store/store.go": head + tt.source + "\n}\n",
				"store/gorm.go":  "package store\nimport \"gorm.io/gorm\"\nvar _ = gorm.Config{QueryFields: true}\n",
				"store/names.go": "package store\nimport _ \"embed\"\nvar changed = \"SELECT n FROM t\"\nfunc init() { changed = other() }\n//go:embed q.sql\nvar embedded string\n",
				"store/q.sql":    "SELECT n FROM t;\n",
				// What is built may be built of it.
				"store/words.go": "package store\nvar word = \"old\"\n",
			}
			switch name {
			case "of package":
				files["store/get.go"] = "package store\nconst getOld = \"SELECT old FROM \" + table\nconst table = \"t\"\n"
			case "of other package":
				files["internal/queries/q.go"] = "package queries\nconst Old = `-- name: Old :one\nSELECT old FROM t`\n"
			}
			c := tree(t, files)
			expect(t, c, map[string]contract.Verdict{"t.old": tt.want, "t.n": "yes", "t": "yes"})
		})
	}
	clean := tree(t, map[string]string{
		"go.mod": "module x\n", "a.go": head + "}\n", "a_test.go": head + "db.Exec(arg)\n}\n", "gorm.go": "package store\nimport \"gorm.io/gorm\"\nvar _ = gorm.Config{QueryFields: true}\n",
		"vendor/x.org/y.go": head + "db.Exec(arg)\n}\n", "migrations/1.go": head + "goose.AddMigration(up, down)\ndb.Exec(arg)\n}\n",
		"sql/0001_first.up.sql": "ALTER TABLE t DROP COLUMN old;\n", "sql/00002_second.sql": "-- +goose Up\nALTER TABLE t DROP COLUMN old;\n",
	})
	expect(t, clean, map[string]contract.Verdict{"t.old": "no", "other": "unknown"})
	for _, library := range []string{"entgo.io/ent/dialect", "github.com/uptrace/bun", "github.com/Masterminds/squirrel"} {
		c := tree(t, map[string]string{"a.go": "package a\nimport \"gorm.io/gorm\"\ntype T struct { gorm.Model }\nvar _ = gorm.Config{QueryFields: true}\n", "b.go": "package a\nimport _ \"" + library + "\"\nvar word = \"old\"\n"})
		expect(t, c, map[string]contract.Verdict{"ts.old": "unknown", "ts.id": "yes"})
	}
}

// TestGORM: which tables and columns a struct stands for, by GORM's rules.
func TestGORM(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		source, want string
		columns      map[string]contract.Verdict
	}{
		"model":      {"type HTTPUser struct { gorm.Model; UserID uint; APIKey string; Born *time.Time; secret string }", "http_users HTTPUser", map[string]contract.Verdict{"http_users.id": "yes", "http_users.deleted_at": "yes", "http_users.user_id": "yes", "http_users.api_key": "yes", "http_users.born w": "yes", "http_users.secret": "no", "http_users.old": "no", "anything": "unknown"}},
		"tags":       {"type Person struct { ID int `gorm:\"primaryKey\"`; N string `gorm:\"column:name;size:9\"`; X string `gorm:\"-\"`; Y string `gorm:\"-:migration\"` }", "people Person", map[string]contract.Verdict{"people.name": "yes", "people.n": "no", "people.x": "no", "people.y": "yes"}},
		"named":      {"type A struct { ID int }\nfunc (*A) TableName() string { return \"app.things\" }", "app.things A", map[string]contract.Verdict{"things.id": "yes", "things.old": "no"}},
		"computed":   {"type A struct { gorm.Model }\nfunc (a A) TableName() string { return a.name() }", "", map[string]contract.Verdict{"b.old": "unknown"}},
		"relations":  {"type B struct { gorm.Model; AID uint }\ntype A struct { gorm.Model; Bs []B; B *B; Cs []B `gorm:\"many2many:a_cs\"` }", "a_cs many2many_of_A; as A; bs B", map[string]contract.Verdict{"as.bs": "no", "as.b": "no", "as.cs": "no", "bs.a_id": "yes", "a_cs.x": "yes"}},
		"embedded":   {"type Base struct { ID int `gorm:\"primaryKey\"` }\ntype Addr struct { Street string }\ntype A struct { Base; Home Addr `gorm:\"embedded;embeddedPrefix:home_\"` }", "as A", map[string]contract.Verdict{"as.id": "yes", "as.home_street": "yes", "as.home": "no"}},
		"of library": {"type A struct { lib.Base; gorm.Model }", "as A", map[string]contract.Verdict{"as.old": "yes"}},
		"values":     {"type Money struct { X int }\nfunc (m Money) Value() (driver.Value, error) { return nil, nil }\ntype A struct { gorm.Model; Price Money; Kind Kind; At sql.NullTime; Where Geo `gorm:\"type:point\"` }\ntype Kind string", "as A", map[string]contract.Verdict{"as.price": "yes", "as.kind": "yes", "as.at": "yes", "as.where": "yes", "as.x": "no"}},
		"strategy":   {"type A struct { gorm.Model }\nvar c = gorm.Config{QueryFields: true, NamingStrategy: schema.NamingStrategy{TablePrefix: \"t_\", SingularTable: true}}", "t_a A", nil},
		"replacer":   {"type A struct { gorm.Model }\nvar c = gorm.Config{QueryFields: true, NamingStrategy: schema.NamingStrategy{NameReplacer: x}}", "", map[string]contract.Verdict{"as.old": "unknown"}},
		"no model":   {"type Base struct { N string }\ntype Filter struct { Old string }", "", nil},
		"used":       {"type A struct { ID int; N string }\nfunc f(db *gorm.DB) { db.AutoMigrate(&A{}) }", "as A", map[string]contract.Verdict{"as.n": "yes", "as.old": "no"}},
		"where":      {"type A struct { gorm.Model }\nfunc f(db *gorm.DB) { db.Where(\"old = ?\", 1).Order(\"other desc\").Find(&A{}) }", "as A", map[string]contract.Verdict{"as.old": "unknown", "as.other": "unknown", "as.third": "no"}},
		"map":        {"type A struct { gorm.Model }\nfunc f(db *gorm.DB) { db.Model(&A{}).Updates(map[string]any{\"old\": 1}) }", "as A", map[string]contract.Verdict{"as.old": "unknown", "as.third": "no"}},
		"map var":    {"type A struct { gorm.Model }\nfunc f(db *gorm.DB) { m := map[string]any{}\nm[\"old\"] = 1\ndb.Model(&A{}).Updates(m) }", "as A", map[string]contract.Verdict{"as.old": "unknown", "as.third": "no"}},
		"map param":  {"type A struct { gorm.Model }\nfunc f(db *gorm.DB, m map[string]any) { db.Model(&A{}).Updates(m) }", "as A", map[string]contract.Verdict{"as.third": "unknown"}},
		"struct":     {"type A struct { gorm.Model; N string }\nfunc f(db *gorm.DB, a *A) { db.Model(a).Updates(A{N: \"x\"})\ndb.Where(a).First(a, 10) }", "as A", map[string]contract.Verdict{"as.old": "no"}},
		"filter":     {"type A struct { gorm.Model }\ntype Filter struct { Old string }\nfunc f(db *gorm.DB, x *Filter) { db.Model(&A{}).Where(x) }", "as A", map[string]contract.Verdict{"as.old": "unknown", "as.third": "no"}},
		"by name":    {"type A struct { gorm.Model }\nfunc f(db *gorm.DB, s string) { db.Order(s) }", "as A", map[string]contract.Verdict{"as.old": "unknown"}},
		"table":      {"type A struct { gorm.Model }\ntype B struct { gorm.Model }\nfunc f(db *gorm.DB, x any) { db.Table(\"as\").Create(x) }", "as A; bs B", map[string]contract.Verdict{"as.old": "unknown", "bs.old": "no"}},
		"clause":     {"type A struct { gorm.Model }\nfunc f(db *gorm.DB) { db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: \"old\"}}}) }", "as A", map[string]contract.Verdict{"as.old": "unknown", "as.third": "no"}},
		"generic":    {"type A[T any] struct { gorm.Model; X T }", "as A", map[string]contract.Verdict{"as.old": "yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tree(t, map[string]string{"models/a.go": "package models\nimport (\n\"time\"\n\"example.com/lib\"\n\"gorm.io/gorm\"\n\"gorm.io/gorm/clause\"\n\"gorm.io/gorm/schema\"\n)\nvar _ = gorm.Config{QueryFields: true}\n" + tt.source + "\n",
				"words/words.go": "package words\nvar a, b = \"old\", \"third\"\n"}) // what is built may be built of them
			if got := tables(c); got != tt.want {
				t.Errorf("\n%s\nwant\n%s", got, tt.want)
			}
			expect(t, c, tt.columns)
		})
	}
}

// TestGORMSelectsAll: with GORM's own settings a column that no model has is read
// by SELECT *, which is prepared, and fails once when the column goes. It was
// measured with GORM 1.31 and pgx 5.10 on PostgreSQL 18.
func TestGORMSelectsAll(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]contract.Verdict{
		"":                                       "yes",
		"var _ = gorm.Config{}":                  "yes",
		"var _ = gorm.Config{QueryFields: x}":    "yes",
		"var _ = gorm.Config{QueryFields: true}": "no",
		"var _ = gorm.Config{QueryFields: true}\nvar _ = gorm.Config{}":                                  "yes",
		"var _ = postgres.New(postgres.Config{PreferSimpleProtocol: true})":                              "no",
		"var _ = postgres.New(postgres.Config{PreferSimpleProtocol: true})\nvar _ = postgres.Open(\"\")": "yes",
	} {
		c := tree(t, map[string]string{"a.go": "package a\nimport (\n\"gorm.io/gorm\"\n\"gorm.io/driver/postgres\"\n)\ntype T struct { gorm.Model }\n" + source + "\n"})
		if a := c.Column(contract.Name{Name: "ts"}, "old", contract.AnyWay); a.Verdict != want {
			t.Errorf("%s: %s, want %s", source, a.Verdict, want)
		}
		if a := c.Column(contract.Name{Name: "ts"}, "old", contract.Writing); a.Verdict != contract.No {
			t.Errorf("%s: written: %s", source, a.Verdict)
		}
	}
}
