package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/migguard/migguard/internal/testkit/deploysim/platform"
	"github.com/migguard/migguard/internal/testkit/herokutest"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// seedRedmine makes Redmine's schema, without migguard, and a project with a news item and
// a version, and tells the key of the one who may do everything.
const seedRedmine = `
	ActiveRecord::Migration.verbose = false
	ActiveRecord::Base.connection.migration_context.up
	ActiveRecord::Base.descendants.each(&:reset_column_information)
	Redmine::DefaultData::Loader.load("en")
	Setting.rest_api_enabled = "1"
	admin = User.find_by_login("admin")
	admin.update!(must_change_passwd: false)
	project = Project.create!(name: "One", identifier: "one", homepage: "http://one", trackers: Tracker.all, enabled_module_names: %w[issue_tracking news])
	News.create!(project: project, author: admin, title: "t", summary: "s", description: "d")
	Version.create!(project: project, name: "v1")
	print admin.api_key`

// newRedmineSite is a database of a Redmine that has been in use, and its key.
func newRedmineSite(t *testing.T, dir string) (db *pgtest.DB, key string) {
	t.Helper()
	db = pgtest.New(t)
	cmd := redmineCommand(t, dir, db.URL, "runner", seedRedmine)
	cmd.Stderr = t.Output()
	said, err := cmd.Output()
	if err != nil || len(said) != 40 {
		t.Fatalf("%q, %v", said, err)
	}
	return db, string(said)
}

// redmineCode is a build of a folder with Redmine, with Puma for its web dynos.
func redmineCode(t *testing.T, id, dir string) (code platform.Code) {
	t.Helper()
	r := call{args: []string{"scan", "--format", "json", dir}}.run(t)
	r.expect(t, 0)
	code = platform.Code{ID: id, Contract: r.stdout, Policy: settled, Runner: "bin/rails db:migrate",
		Web: "exec puma --quiet --environment production --threads 3:3 --bind tcp://127.0.0.1:$PORT"}
	if err := os.CopyFS(dir, os.DirFS(buildpack().Folder(t, code))); err != nil {
		t.Fatal(err)
	}
	return code
}

// A redmineVisitor does by several hands what users do, and honours 503.
type redmineVisitor struct {
	served, sent int
	failures     []string
	hands        []func(n int) (method, path, body string)
}

// visitRedmine asks until it is told to end.
func visitRedmine(t *testing.T, db *pgtest.DB, url, key string) (v *redmineVisitor, end func()) {
	t.Helper()
	moved := db.Connect(t)
	v = &redmineVisitor{hands: []func(n int) (method, path, body string){
		func(int) (string, string, string) { return "GET", "/login", "" },
		func(int) (string, string, string) { return "GET", "/issues", "" },
		func(int) (string, string, string) { return "GET", "/projects/one.json?include=trackers", "" },
		func(n int) (string, string, string) { // first when its table has another name
			var renamed bool
			if err := moved.QueryRow(t.Context(), "SELECT to_regclass('milestones') IS NOT NULL").Scan(&renamed); err != nil || !renamed {
				return "GET", "/login", ""
			}
			if n%2 == 0 {
				return "GET", "/versions/1.json", ""
			}
			return "POST", "/projects/one/versions.json", fmt.Sprintf(`{"version": {"name": "v1.%d"}}`, n)
		},
		func(n int) (string, string, string) {
			if n%2 == 0 {
				return "GET", "/news.json", ""
			}
			return "POST", "/projects/one/news.json", fmt.Sprintf(`{"news": {"title": "no. %d", "summary": "in short, %[1]d", "description": "d"}}`, n)
		},
		func(n int) (string, string, string) {
			return "POST", "/issues.json", fmt.Sprintf(`{"issue": {"project_id": "one", "tracker_id": 1, "subject": "no. %d"}}`, n)
		},
		func(n int) (string, string, string) {
			return "POST", "/projects.json", fmt.Sprintf(`{"project": {"name": "p%d", "identifier": "p%[1]d", "tracker_ids": [1, 2]}}`, n)
		},
	}}
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var hands sync.WaitGroup
	for _, hand := range v.hands {
		hands.Go(func() {
			n := 0
			for range platform.Ticks(ctx, 100*time.Millisecond) {
				n++
				method, path, body := hand(n)
				status, answer := askRedmine(url, key, method, path, body)
				mu.Lock()
				switch status {
				case http.StatusOK, http.StatusCreated, http.StatusNoContent:
					v.served++
				case http.StatusServiceUnavailable:
					v.sent++
				default:
					v.failures = append(v.failures, fmt.Sprintf("%s %s %s: %d %.300s", method, path, body, status, answer))
				}
				mu.Unlock()
			}
		})
	}
	end = func() { cancel(); hands.Wait() }
	t.Cleanup(end)
	return v, end
}

// askRedmine is one request; status 0 is none that was answered.
func askRedmine(url, key, method, path, body string) (status int, answer string) {
	request, err := http.NewRequest(method, url+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	request.Header.Set("X-Redmine-API-Key", key)
	request.Header.Set("Content-Type", "application/json")
	r, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	var text bytes.Buffer
	_, _ = io.Copy(&text, r.Body)
	return r.StatusCode, text.String()
}

// The migrations of the build that comes.
var redmineMigrationsToCome = map[string]string{
	"db/migrate/20270101000001_drop_homepage.rb": `class DropHomepage < ActiveRecord::Migration[6.1]
  def change = remove_column(:projects, :homepage, :string)
end
`,
	"db/migrate/20270101000002_rename_join_table.rb": `class RenameJoinTable < ActiveRecord::Migration[6.1]
  def change = rename_table(:projects_trackers, :offered_trackers)
end
`,
	"db/migrate/20270101000003_rename_column.rb": `class RenameColumn < ActiveRecord::Migration[6.1]
  def change = rename_column(:news, :summary, :lead)
end
`,
	"db/migrate/20270101000004_rename_model.rb": `class RenameModel < ActiveRecord::Migration[6.1]
  def change
    rename_table(:versions, :milestones)
    add_column(:milestones, :motto, :string)
  end
end
`,
}

// redmineRefused is one that nothing can make safe for the code that runs.
const redmineRefused = `class NarrowTitle < ActiveRecord::Migration[6.1]
  def change = change_column(:news, :title, :string, limit: 20)
end
`

// newRedmineCode changes the code so that it knows the schema after the migrations.
func newRedmineCode(t *testing.T, dir string) {
	t.Helper()
	for name, edits := range map[string][]string{
		"app/models/project.rb": {
			"class Project < ActiveRecord::Base\n", "class Project < ActiveRecord::Base\n  self.ignored_columns += %w[homepage]\n  attr_accessor :homepage\n",
			"lambda {order(:position)}\n", "lambda {order(:position)}, :join_table => 'offered_trackers'\n",
			"#{table_name_prefix}projects_trackers#{table_name_suffix}", "offered_trackers",
		},
		"app/models/news.rb": {
			"class News < ActiveRecord::Base\n", "class News < ActiveRecord::Base\n  self.ignored_columns += %w[summary]\n  alias_attribute :summary, :lead\n",
			"['title', 'summary',", "['title', 'lead',",
		},
		"app/models/version.rb": {"class Version < ActiveRecord::Base\n", "class Version < ActiveRecord::Base\n  self.table_name = 'milestones'\n"},
		"app/models/tracker.rb": {
			"has_and_belongs_to_many :projects\n", "has_and_belongs_to_many :projects, :join_table => 'offered_trackers'\n",
		},
	} {
		text := readFile(t, dir, name)
		for i := 0; i < len(edits); i += 2 {
			if !strings.Contains(text, edits[i]) {
				t.Fatalf("%s has no %q", name, edits[i])
			}
			text = strings.Replace(text, edits[i], edits[i+1], 1)
		}
		writeFile(t, dir, name, text)
	}
}

// TestRedmineDeploy releases Redmine, on its real web process, under load: a column
// goes, another is renamed, and so are a join table and the table of a model, which old
// code uses for the first time then, and no request fails, neither of the old code nor of the
// new one. Before that a release makes a column narrower, too: that is refused, and
// what it had committed until then harms nobody.
func TestRedmineDeploy(t *testing.T) {
	t.Parallel()
	old := newRedmine(t)
	db, key := newRedmineSite(t, old)
	log := newWatched()
	app := platform.New(t, platform.Config{Buildpack: buildpack(), DB: db, Log: log, BootTimeout: time.Minute, App: herokutest.AppConfig{
		Formation: map[string]int{"web": 1, "worker": 0}, ConfigVars: map[string]string{"RAILS_ENV": "production", "SECRET_KEY_BASE": "none"}}})
	code := redmineCode(t, "old", old)
	app.Ends(t, app.PushFolder(t, code, old), herokutest.Succeeded)
	app.Becomes(t, "it is rolled out", herokutest.State.RolledOut)

	v, end := visitRedmine(t, db, app.RouterURL, key)
	refused := newRedmine(t)
	newRedmineCode(t, refused)
	for name, text := range redmineMigrationsToCome {
		writeFile(t, refused, name, text)
	}
	writeFile(t, refused, "db/migrate/20270101000005_narrow_title.rb", redmineRefused)
	r := app.PushFolder(t, redmineCode(t, "narrow", refused), refused)
	app.Ends(t, r, herokutest.Failed)
	if !strings.Contains(r.Output(), "(retyped-column)") {
		t.Errorf("the release command does not refuse it:\n%s", r.Output())
	}
	if got := db.Value(t, "SELECT count(*) FROM pg_class WHERE relname = 'projects_trackers' AND relkind = 'v'"); got != "1" {
		t.Errorf("%s views keep the old name of the join table", got)
	}

	dir := newRedmine(t)
	newRedmineCode(t, dir)
	for name, text := range redmineMigrationsToCome {
		writeFile(t, dir, name, text)
	}
	app.Ends(t, app.PushFolder(t, redmineCode(t, "new", dir), dir), herokutest.Succeeded)
	app.Becomes(t, "it is rolled out", herokutest.State.RolledOut)
	platform.Eventually(t, "what stood for the renamed tables is dropped", func() bool {
		return db.Value(t, "SELECT count(*) FROM pg_class WHERE relname IN ('projects_trackers', 'versions')") == "0"
	})
	// The old column stays: Redmine makes SQL of variables, which may name it.
	const differ = "SELECT count(*) FROM news WHERE lead IS DISTINCT FROM summary OR title ~ '^no. ' AND lead IS DISTINCT FROM replace(title, 'no.', 'in short,')"
	if got := db.Value(t, differ); got != "0" {
		t.Errorf("%s news have lost what they were given under either name", got)
	}
	end()
	for _, failure := range v.failures {
		t.Error(failure)
	}
	// A web process that is told to end closes what it has not read yet, and the router
	// says H13. The schema has no part in that.
	if cut := strings.Count(log.String(), "code=H13"); v.sent > cut || cut > len(v.hands) || v.served < 50 {
		t.Errorf("%d served, %d sent away, %d cut off when the old process ended", v.served, v.sent, cut)
	}
	t.Logf("%d requests served, %d cut off", v.served, v.sent)
}
