package scan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestSearchPaths: one file each, and the line at which it chooses its search
// path; 0: it does not.
func TestSearchPaths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, text string
		line       int
	}{
		{"config/database.yml", "production:\n  url: <%= ENV['DATABASE_URL'] %>\n  schema_search_path: \"a,public\"\n", 3},
		{"config/database.yml", "production:\n  adapter: postgresql\n  #schema_search_path: myapp,sharedapp,public\n", 0},
		{"config/database.yml", "production:\n  variables:\n    SEARCH_PATH: a\n", 3},
		{"app/models/a.rb", "class A\n  def x\n    self.class.connection.schema_search_path = 'a'\n", 3},
		{"lib/a.rb", "execute <<~SQL\n  SET LOCAL\n  search_path TO a\nSQL\n", 2},
		{"lib/a.rb", "execute \"#{x}\"\n#{sql} SET search_path = a\n", 2},
		{"lib/a.rb", "execute(\"select set_config('search_path', $1, false)\")\n", 1},
		{"lib/a.rb", "PG.connect(options: '-c search_path=a')\n", 1},
		{"lib/a.rb", "config[:variables] = {search_path: 'a'}\n", 1},
		{"lib/a.rb", "# set search_path = a\n", 0},
		{"app/views/a.html.erb", "<%= form_tag search_path(q: 1) do %>\n<%= link_to 'x', search_path %>\n", 0},
		{"app/controllers/a.rb", "redirect_to params[:x] ? search_path : root_path\n", 0},
		{"Gemfile", "gem 'rails'\ngem 'ros-apartment', require: 'apartment'\n", 2},
		{"a/settings.py", "DATABASES = {'default': {'OPTIONS': {'options': '-c search_path=a'}}}\n", 1},
		{"a/db.py", "import asyncpg\n", 1},
		{"requirements.txt", "Django\ndjango-tenants==3\n", 2},
		{"db.js", "const knex = require('knex')({\n  searchPath: ['a'],\n})\n", 2},
		{"db.js", "import postgres from 'postgres'\n", 1},
		{"db.js", "import pg from 'pg'\n// searchPath: of the page\n", 0},
		{"package.json", "{\n \"dependencies\": {\"postgres\": \"^3.4.0\"}}\n", 2},
		{"package.json", "{\"dependencies\": {\"pg\": \"^8.0.0\"}, \"keywords\": [\"postgres\"]}\n", 0},
		{"config/database.php", "'search_path' => 'public',\n", 1},
		{"db.go", "db.Exec(`set search_path = a`)\n", 1},
		{"schema/setup.sql", "-- search_path\nselect 1;\nSET SEARCH_PATH = a;\n", 3},
		{"src/main/resources/application.properties", "spring.datasource.url=jdbc:postgresql://h/d?currentSchema=a\n", 1},
		{"Procfile", "web: PGOPTIONS='-c work_mem=4MB' bin/web\n", 1},
		{".env", "A=1\nPGOPTIONS=x\n", 2},
		{"bin/start.sh", "export PGOPTIONS=\n", 1},
		{"config/locales/de.yml", "de:\n  search: Suche\n  postgres: x\n", 0},
	} {
		files := map[string]string{"app/models/mail.rb": someModel, c.file: c.text}
		found := tree(t, files)
		a := found.ChoosesPath()
		line, file := 0, c.file
		if a.Verdict == contract.Yes {
			line, file = a.Reasons[0].At.Line, a.Reasons[0].At.File
		}
		if a.Verdict == contract.Unknown || line != c.line || file != c.file {
			t.Errorf("%s: %s: %+v, want line %d", c.file, c.text, a, c.line)
		}
	}
}

// TestSettingsAreNoCode: such files make no gap, whatever is wrong with them, but
// one that was not read may choose a search path.
func TestSettingsAreNoCode(t *testing.T) {
	t.Parallel()
	c := tree(t, map[string]string{"app/models/mail.rb": someModel, "config/database.yml": "a: 1\n",
		"config/big.yml": strings.Repeat("a: 1\n", 1<<20), "config/x.yml": "url: postgres://u:geheim@h/d?schema_search_path=x\npassword: geheim"})
	if c.Sources[0].Files != 1 {
		t.Errorf("%+v", c.Sources)
	}
	for _, g := range c.Gaps {
		if g.Reach == contract.Anything {
			t.Errorf("%+v", g)
		}
	}
	if all := fmt.Sprint(c.Paths); len(c.Paths) != 2 || !strings.Contains(all, "was not read") || strings.Contains(all, "geheim") {
		t.Errorf("%s", all)
	}
}
