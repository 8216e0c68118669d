package scan_test

import (
	"maps"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestLinked: code of Go uses no tables but those it names where all that it is made of
// is known. What may bring another library along leaves that open.
func TestLinked(t *testing.T) {
	t.Parallel()
	const (
		mod  = "module example.com/shop // it is\n\ngo 1.24\n\nrequire github.com/jackc/pgx/v5 v5.7.0\n"
		main = "package main\n\nimport (\n\t\"context\"\n\t\"database/sql\"\n\n\t\"github.com/jackc/pgx/v5/pgxpool\"\n)\n"
	)
	file := func(imported string) string { return "package store\n\nimport _ \"" + imported + "\"\n" }
	for name, c := range map[string]struct {
		want  contract.Verdict
		files map[string]string
	}{
		"known":                    {contract.No, nil},
		"without a go.mod":         {contract.No, map[string]string{"go.mod": ""}},
		"own package":              {contract.No, map[string]string{"a.go": file("example.com/shop/store"), "store/b.go": "package store\n"}},
		"own programs":             {contract.No, map[string]string{"go.mod": "// +heroku install ./a ./cmd/b\n" + mod}},
		"own, at the top":          {contract.No, map[string]string{"cmd/a.go": file("example.com/shop")}},
		"a test's library":         {contract.No, map[string]string{"a_test.go": file("example.com/other")}},
		"another library":          {contract.Unknown, map[string]string{"a.go": file("example.com/other")}},
		"an ORM":                   {contract.Unknown, map[string]string{"a.go": file("gorm.io/gorm")}},
		"called like a known one":  {contract.Unknown, map[string]string{"a.go": file("github.com/lib/pqueue")}},
		"another major":            {contract.Unknown, map[string]string{"a.go": file("github.com/jackc/pgx/v9")}},
		"not in the tree":          {contract.Unknown, map[string]string{"a.go": file("example.com/shop/lost")}},
		"left out of the scan":     {contract.Unknown, map[string]string{"a.go": file("example.com/shop/static"), "static/b.go": "package static\n"}},
		"tests only":               {contract.Unknown, map[string]string{"a.go": file("example.com/shop/t"), "t/b_test.go": "package t\n"}},
		"own, without a go.mod":    {contract.Unknown, map[string]string{"go.mod": "", "a.go": file("example.com/shop/store"), "store/b.go": "package store\n"}},
		"called like Go's":         {contract.Unknown, map[string]string{"a.go": file("shop/store")}},
		"a plugin":                 {contract.Unknown, map[string]string{"a.go": file("plugin")}},
		"C":                        {contract.Unknown, map[string]string{"a.go": file("C")}},
		"replaced":                 {contract.Unknown, map[string]string{"go.mod": mod + "replace github.com/jackc/pgx/v5 => example.com/pgx v1.0.0\n"}},
		"a program of another":     {contract.Unknown, map[string]string{"go.mod": "// +heroku install ./... example.com/worker\n" + mod}},
		"a workspace":              {contract.Unknown, map[string]string{"go.work": "go 1.24\n\nuse .\n"}},
		"a migration":              {contract.Unknown, map[string]string{"m.go": "package m\n\nfunc init() { goose.AddMigration(a, b) }\n"}},
		"a file that ends":         {contract.Unknown, map[string]string{"a.go": "package a\n\nfunc ("}},
		"another language":         {contract.Unknown, map[string]string{"a.rb": "1\n"}},
		"two of one name, one bad": {contract.Unknown, map[string]string{"a.go": "package a\n\nimport (\n\t\"example.com/yaml\"\n\t\"encoding/yaml\"\n)\n"}},
	} {
		files := map[string]string{"go.mod": mod, "main.go": main}
		maps.Copy(files, c.files)
		if got := tree(t, files).Table(contract.Name{Schema: "public", Name: "t"}); got.Verdict != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
