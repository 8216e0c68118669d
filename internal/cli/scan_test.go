package cli_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// scanFolder is a small application with one thing of each sort.
func scanFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"app/models/user.rb": `class User < ApplicationRecord
  self.ignored_columns += ["notes"]
  has_and_belongs_to_many :teams
end
`,
		"app/models/team.rb": "class Team < ApplicationRecord; end\n",
		"app/models/plan.rb": "class Plan < ApplicationRecord\n  def readonly? = true\nend\n",
		"lib/report.rb": `class Report
  def totals = connection.select_all("SELECT sum(total) FROM orders WHERE state = 'paid'")

  def any(name) = connection.select_all("SELECT #{name} FROM teams")
end
`,
	} {
		writeFile(t, filepath.Join(dir, filepath.Dir(name)), filepath.Base(name), text)
	}
	return dir
}

// TestScan needs no database.
func TestScan(t *testing.T) {
	t.Parallel()
	dir := scanFolder(t)
	whole := call{args: []string{"scan"}}.in(dir).run(t)
	whole.expect(t, 0)
	golden(t, "scan.txt", whole.stdout)
	if named := (call{args: []string{"scan", dir}}).run(t); named.stdout != whole.stdout || whole.stderr != "" {
		t.Errorf("named by its path:\n%s%s", named.stdout, whole.stderr)
	}
	var explained strings.Builder
	for _, subject := range []string{"users.notes", "users.email", "orders.total", "public.orders.note", "teams.name", "plans", "legacy"} {
		r := call{args: []string{"scan", "--explain", subject}}.in(dir).run(t)
		r.expect(t, 0)
		explained.WriteString(r.stdout)
	}
	golden(t, "scan_explain.txt", explained.String())
}

func TestScanJSON(t *testing.T) {
	t.Parallel()
	dir := scanFolder(t)
	r := call{args: []string{"scan", "--format", "json"}}.in(dir).run(t)
	r.expect(t, 0)
	c, err := contract.Read(strings.NewReader(r.stdout))
	if err != nil {
		t.Fatal(err)
	}
	if a := c.Column(contract.Name{Name: "users"}, "notes", contract.AnyWay); a.Verdict != contract.No {
		t.Errorf("%+v", a)
	}
	r = call{args: []string{"scan", "--format", "json", "--explain", "public.users.email"}}.in(dir).run(t)
	r.expect(t, 0)
	var answer struct {
		Relation struct{ Schema, Name string }
		Column   string
		Used     struct {
			Verdict string
			Reasons []struct {
				Text string
				At   struct {
					File string
					Line int
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Relation.Schema != "public" || answer.Column != "email" || answer.Used.Verdict != "yes" || answer.Used.Reasons[0].At.File != "app/models/user.rb" || answer.Used.Reasons[0].At.Line != 1 {
		t.Errorf("%s", r.stdout)
	}
}

func TestScanBadCall(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"scan none":                 "migguard: scanning: stat none: no such file or directory",
		"scan a b":                  `migguard: name one folder at most, as in "migguard scan DIR"; flags stand before it`,
		"scan --explain a.b.c.d":    `migguard: --explain "a.b.c.d": TABLE, TABLE.COLUMN or SCHEMA.TABLE.COLUMN`,
		"scan --explain a..b":       `migguard: --explain "a..b": TABLE, TABLE.COLUMN or SCHEMA.TABLE.COLUMN`,
		"scan --format yaml":        `migguard: --format "yaml" is not known: text or json`,
		"scan . --explain users":    `migguard: name one folder at most, as in "migguard scan DIR"; flags stand before it`,
		"scan --explian users.name": `migguard: --explian is no flag of "migguard scan"; see "migguard scan --help"`,
	} {
		r := call{args: strings.Fields(args)}.run(t)
		if r.code != 64 || r.stdout != "" || r.stderr != want+"\n" {
			t.Errorf("%s: exit status %d, stdout %q, stderr\n%swant\n%s", args, r.code, r.stdout, r.stderr, want)
		}
	}
}
