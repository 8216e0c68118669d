package ddl

import (
	"os"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
)

const (
	benchAlter = `ALTER TABLE "users" ADD COLUMN "nick" character varying`
	benchQuery = `SELECT "users"."id", "users"."name" FROM "users" WHERE "users"."email" = $1 AND "users"."deleted_at" IS NULL ORDER BY "users"."id" LIMIT $2`
)

func BenchmarkPlain(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if !Plain(benchQuery) {
			b.Fatal("not plain")
		}
	}
}

// BenchmarkGrammar is what pg_query alone costs.
func BenchmarkGrammar(b *testing.B) {
	for name, sql := range map[string]string{"alter": benchAlter, "query": benchQuery} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pg.Parse(sql); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for name, sql := range map[string]string{
		"alter": benchAlter, "query": benchQuery,
		"index":   `CREATE INDEX "index_users_on_email" ON "users" ("email")`,
		"default": `ALTER TABLE users ADD COLUMN n int DEFAULT now()`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s := Parse(sql); s[0].Class == Unparsed {
					b.Fatal(s[0].Err)
				}
			}
		})
	}
	b.Run("catalogue", func(b *testing.B) {
		sql, err := os.ReadFile("testdata/golden/a5_tables.sql")
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(sql)))
		for b.Loop() {
			Parse(string(sql))
		}
	})
}
