package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestOneInteger: a bigint in the place of a smaller integer breaks no code of languages
// that have one kind of integers, whatever was not understood of it, and may break others.
func TestOneInteger(t *testing.T) {
	t.Parallel()
	const (
		ruby    = "class User < ApplicationRecord; end\nUser.connection.execute(sql)\n"
		python  = "cursor.execute(sql)\n"
		react   = `{"dependencies": {"react-dom": "18"}}`
		express = `{"dependencies": {"express": "4"}}`
		dynamic = "db.query(sql)\n"
		goRows  = "package a\n\nimport \"github.com/jackc/pgx/v5\"\n\nfunc a(db *pgx.Conn) {\nrows, _ := db.Query(nil, \"SELECT n FROM t\")\n"
	)
	for name, c := range map[string]struct {
		want  contract.Verdict
		files map[string]string
	}{
		"Ruby":                      {contract.No, map[string]string{"a.rb": ruby, "a.html.haml": "= x\n"}},
		"a script of Ruby":          {contract.No, map[string]string{"bin/go": "#!/usr/bin/env ruby\nUser.connection.execute(sql)\n"}},
		"Python":                    {contract.No, map[string]string{"a.py": python, "run.sh": "#!/bin/sh\npsql\n", "q.sql": "SELECT n FROM t"}},
		"Go":                        {contract.No, map[string]string{"a.go": "package a\n\nimport \"github.com/jackc/pgx/v5\"\n\nfunc a(db *pgx.Conn, sql string) { db.Query(nil, sql) }\n"}},
		"Go, with types":            {contract.No, map[string]string{"a.go": goRows + "rows.Scan(&n)\n}\n"}},
		"Go, without":               {contract.Yes, map[string]string{"a.go": goRows + "all, err := rows.Values()\n}\n"}},
		"Go, into maps":             {contract.Yes, map[string]string{"a.go": goRows + "pgx.CollectRows(rows, pgx.RowToMap)\n}\n"}},
		"Go, of SQL":                {contract.Unknown, map[string]string{"a.go": "package a\n\nimport \"github.com/jackc/pgx/v5\"\n\nfunc a(db *pgx.Conn, sql string) { rows, _ := db.Query(nil, sql); rows.Values() }\n"}},
		"Go, another's":             {contract.No, map[string]string{"a.go": "package a\n\nimport \"github.com/jackc/pgx/v5\"\n\nfunc a(db *pgx.Conn) { db.Exec(nil, \"UPDATE t SET n = 1\"); h.Values(\"x\") }\n"}},
		"PHP":                       {contract.No, map[string]string{"a.php": "<?php $pdo->query($sql);\n"}},
		"Elixir":                    {contract.No, map[string]string{"a.ex": "defmodule A do\n  Postgrex.query(p, sql, [])\nend\n"}},
		"does not parse":            {contract.No, map[string]string{"a.rb": "class (\n"}},
		"code for browsers":         {contract.No, map[string]string{"a.rb": ruby, "package.json": react, "a.js": "run(1)\n"}},
		"without a package.json":    {contract.No, map[string]string{"a.py": python, "shop/a.js": "class A { b() { alert(1) } }\n"}},
		"a parser":                  {contract.No, map[string]string{"package.json": express, "a.js": "pg.types.setTypeParser(20, Number)\n" + dynamic}},
		"JavaScript":                {contract.Unknown, map[string]string{"package.json": express, "a.js": dynamic}},
		"JavaScript, libraries":     {contract.Unknown, map[string]string{"package.json": express, "a.js": "run(1)\n"}},
		"beside Ruby":               {contract.Unknown, map[string]string{"a.rb": ruby, "package.json": express, "a.js": dynamic}},
		"SQL of JavaScript":         {contract.Yes, map[string]string{"package.json": express, "a.js": "1\n", "q.sql": "SELECT n FROM t"}},
		"no package.json, a driver": {contract.Unknown, map[string]string{"a.py": python, "a.js": "require('pg')\n"}},
		"no package.json, a query":  {contract.Unknown, map[string]string{"a.py": python, "a.js": dynamic}},
		"a URL":                     {contract.Unknown, map[string]string{"a.py": python, "a.ts": "import { x } from 'https://a.example/mod.ts'\n"}},
		"Java":                      {contract.Unknown, map[string]string{"a.rb": ruby, "A.java": "class A {}\n"}},
		"a script":                  {contract.Unknown, map[string]string{"a.rb": ruby, "bin/run": "#!/usr/bin/perl\n"}},
		"a binary file":             {contract.No, map[string]string{"a.rb": ruby, "b.rb": "\x00"}},
		"nothing":                   {contract.Unknown, nil},
	} {
		widened := contract.Change{Kind: contract.WidenColumn, Relation: contract.Name{Schema: "public", Name: "t"}, Column: "n"}
		if got := tree(t, c.files).Breaks(widened); got.Verdict != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
