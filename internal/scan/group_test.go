package scan_test

import (
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestGroups: whether rows of accounts may be grouped by their primary key, of which a
// view has none.
func TestGroups(t *testing.T) {
	t.Parallel()
	const django = "from django.db import models\nclass Account(models.Model):\n    class Meta:\n        app_label = 'x'\n        db_table = 'accounts'\n"
	const gorm = "package p\nimport \"gorm.io/gorm\"\ntype Account struct { gorm.Model }\nfunc f(db *gorm.DB) { "
	const drizzle = "import { pgTable, bigserial } from 'drizzle-orm/pg-core';\nexport const accounts = pgTable('accounts', { id: bigserial().primaryKey() });\n"
	const sequelize = "const { Sequelize, DataTypes } = require('sequelize');\nconst s = new Sequelize('x');\nconst A = s.define('a', { n: DataTypes.TEXT }, { tableName: 'accounts' });\n"
	for name, tt := range map[string]struct {
		file, source string
		want         contract.Verdict
	}{
		"Django":              {"x/models.py", django, "no"},
		"Django, annotating":  {"x/models.py", django + "Account.objects.annotate(n=models.Count('order'))\n", "unknown"},
		"Django, SQL":         {"x/models.py", django + "def f(c):\n    c.execute('SELECT id, name FROM accounts GROUP BY id')\n", "yes"},
		"Django, other SQL":   {"x/models.py", django + "def f(c):\n    c.execute('SELECT name FROM accounts GROUP BY name')\n", "unknown"},
		"GORM":                {"a.go", gorm + `db.Find(&Account{}) }`, "no"},
		"GORM, grouping":      {"a.go", gorm + `db.Model(&Account{}).Group("accounts.id").Find(&Account{}) }`, "unknown"},
		"GORM, and a router":  {"a.go", gorm + `r.Group("/api"); db.Find(&Account{}) }`, "no"},
		"Drizzle":             {"a.ts", drizzle, "no"},
		"Drizzle, grouping":   {"a.ts", drizzle + "db.select().from(accounts).groupBy(accounts.id);\n", "unknown"},
		"Sequelize":           {"a.js", sequelize, "no"},
		"Sequelize, grouping": {"a.js", sequelize + "A.findAll({ group: ['id'] });\n", "unknown"},
	} {
		c := tree(t, map[string]string{tt.file: tt.source})
		if a := c.Breaks(contract.Change{Kind: contract.HideKey, Relation: contract.Name{Schema: "public", Name: "accounts"}}); a.Verdict != tt.want {
			t.Errorf("%s: %+v, want %s", name, a, tt.want)
		}
	}
}

// TestReflected: SQLAlchemy looks up the primary key of what it has no columns of.
func TestReflected(t *testing.T) {
	t.Parallel()
	const base = "from sqlalchemy import Column, Integer, MetaData, Table\nfrom sqlalchemy.orm import declarative_base\nBase = declarative_base()\nmetadata = MetaData()\n"
	for name, tt := range map[string]struct {
		source string
		want   contract.Verdict
	}{
		"declared":  {base + "class A(Base):\n    __tablename__ = 'accounts'\n    id = Column(Integer, primary_key=True)\n", "no"},
		"autoload":  {base + "class A(Base):\n    __table__ = Table('accounts', metadata, autoload_with=engine)\n", "yes"},
		"arguments": {base + "class A(Base):\n    __tablename__ = 'accounts'\n    __table_args__ = {'autoload_with': engine}\n", "yes"},
		"core":      {base + "accounts = Table('accounts', metadata, autoload_with=engine)\n", "yes"},
		"another":   {base + "others = Table('others', metadata, autoload_with=engine)\n", "no"},
		"reflect":   {base + "metadata.reflect(engine)\n", "yes"},
		"automap":   {"from sqlalchemy.ext.automap import automap_base\nBase = automap_base()\n", "yes"},
		"deferred":  {base + "from sqlalchemy.ext.declarative import DeferredReflection\nclass R(DeferredReflection):\n    __abstract__ = True\nclass A(R, Base):\n    __tablename__ = 'accounts'\n", "yes"},
	} {
		c := tree(t, map[string]string{"x.py": tt.source})
		if a := c.Introspects(contract.Name{Schema: "public", Name: "accounts"}); a.Verdict != tt.want {
			t.Errorf("%s: %+v, want %s", name, a, tt.want)
		}
	}
}
