package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestRows: what returns other columns when its table, ts, gets one, and what works
// on no view of it.
func TestRows(t *testing.T) {
	t.Parallel()
	const gorm = "package store\nimport (\n\"gorm.io/gorm\"\n\"gorm.io/driver/postgres\"\n)\ntype T struct { gorm.Model }\nfunc f(db *gorm.DB) {\n"
	const pgx = "package store\nimport (\n\"context\"\n\"github.com/jackc/pgx/v5\"\n)\nfunc f(ctx context.Context, c *pgx.Conn) {\n"
	const model = "from django.db import models\nclass T(models.Model):\n    class Meta:\n        app_label = 'x'\n        db_table = 'ts'\n"
	for name, tt := range map[string]struct {
		file, source   string
		widen, onTable contract.Verdict
	}{
		"Rails":            {"app/models/t.rb", `class T < ApplicationRecord; end`, "yes", "yes"},
		"Rails, ignoring":  {"app/models/t.rb", `class T < ApplicationRecord; self.ignored_columns = ["x"]; end`, "no", "yes"},
		"Rails, naming":    {"config/application.rb", "config.active_record.enumerate_columns_in_select_statements = true\nclass T < ApplicationRecord; end", "no", "yes"},
		"Rails, join":      {"app/models/t.rb", `class A < ApplicationRecord; has_and_belongs_to_many :bs, join_table: "ts"; end`, "yes", "yes"},
		"GORM":             {"a.go", gorm + "db.First(&T{})\n}", "yes", "no"},
		"GORM, naming":     {"a.go", gorm + "gorm.Open(nil, &gorm.Config{QueryFields: true})\ndb.First(&T{})\n}", "no", "no"},
		"GORM at boot":     {"a.go", gorm + "db.AutoMigrate(&T{})\n}", "yes", "yes"},
		"Go":               {"a.go", pgx + `c.Query(ctx, "SELECT * FROM ts"); c.Query(ctx, "INSERT INTO ts (id) VALUES (1) ON CONFLICT DO NOTHING")` + "\n}", "yes", "no"},
		"Go, copy":         {"a.go", pgx + `c.CopyFrom(ctx, pgx.Identifier{"ts"}, []string{"id"}, nil)` + "\n}", "no", "yes"},
		"Go, makes tables": {"a.go", pgx + `c.Exec(ctx, "CREATE TABLE IF NOT EXISTS locks (id int)")` + "\n}", "no", "yes"},
		"Django":           {"x/models.py", model, "no", "yes"},
		"Django, SQL":      {"x/models.py", model + "def f(c):\n    c.execute('SELECT * FROM ts')\n", "yes", "yes"},
		"node":             {"a.js", "client.query({ name: 'q', text: 'SELECT t.* FROM ts AS t' })", "yes", "unknown"},
		"Sequelize":        {"models/t.js", "const { Sequelize, DataTypes } = require('sequelize');\nconst s = new Sequelize('x');\ns.define('t', { n: DataTypes.TEXT }, { tableName: 'ts' });", "unknown", "yes"},
		"TypeORM":          {"t.ts", "import { Entity, PrimaryGeneratedColumn } from 'typeorm';\n@Entity('ts')\nexport class T {\n  @PrimaryGeneratedColumn() id: number;\n}", "unknown", "yes"},
		"node, constraint": {"a.js", "client.query('INSERT INTO ts (id) VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING')", "unknown", "yes"},
	} {
		c := tree(t, map[string]string{tt.file: tt.source})
		name, change := name, contract.Change{Kind: contract.WidenRow, Relation: contract.Name{Schema: "public", Name: "ts"}}
		if a := c.Breaks(change); a.Verdict != tt.widen {
			t.Errorf("%s: %+v, want %s", name, a, tt.widen)
		}
		if a := c.OnTable(change.Relation); a.Verdict != tt.onTable {
			t.Errorf("%s: on a table %+v, want %s", name, a, tt.onTable)
		}
	}
}
