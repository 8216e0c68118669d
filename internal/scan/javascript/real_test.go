package javascript_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/scan"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var query = regexp.MustCompile(`(?i)^\s*(?:select|insert|update|delete|with)\b`)

// TestReal runs applications against a server and holds what they send against the
// contract of their source: each column that a statement names is used. Each table has
// a column, too, that the application does not know; where the contract says no to it,
// it is dropped, and the application works as before.
func TestReal(t *testing.T) {
	t.Parallel()
	for orm, models := range map[string]string{
		"sequelize": "People user_addresses labels",
		"typeorm":   "user_account big_team profile content category place",
		"drizzle":   "users app_posts",
		"knex":      "",
	} {
		t.Run(orm, func(t *testing.T) {
			t.Parallel()
			c, err := scan.Dir(t.Context(), filepath.Join("testdata", orm))
			if err != nil {
				t.Fatal(err)
			}
			pgtest.Newest(t, func(t *testing.T, db *pgtest.DB) {
				run(t, db, orm, "setup")
				tables := db.Query(t, "SELECT quote_ident(relname), relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
				for _, table := range tables {
					db.Exec(t, "ALTER TABLE "+table[0]+" ADD COLUMN zz_unknown text")
				}
				sent := run(t, db, orm, "act")
				if len(sent) < 8 {
					t.Fatalf("only %d statements: %q", len(sent), sent)
				}
				for _, text := range sent {
					holds(t, db, c, text)
				}
				var unused []string
				for _, table := range tables {
					if a := c.Column(contract.Name{Name: table[1]}, "zz_unknown", contract.AnyWay); a.Verdict == contract.No {
						unused = append(unused, table[1])
						db.Exec(t, "ALTER TABLE "+table[0]+" DROP COLUMN zz_unknown")
					}
				}
				want := strings.Fields(models)
				slices.Sort(want)
				if slices.Sort(unused); !slices.Equal(unused, want) {
					t.Errorf("zz_unknown is unused in %v, want %v", unused, want)
				}
				run(t, db, orm, "act")
			})
		})
	}
}

// run runs an application, and lists the queries it sends.
func run(t *testing.T, db *pgtest.DB, orm, what string) (sent []string) {
	t.Helper()
	cache, err := pgtest.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "-r", "./testdata/log.js", filepath.Join("testdata", orm, "src", "app.js"), what)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+db.URL, "NODE_PATH="+filepath.Join(cache, "orms", "node_modules"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v; .ci/setup test installs the libraries\n%s", err, out)
	}
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var text string
		if quoted, ok := strings.CutPrefix(lines.Text(), "sent "); ok && json.Unmarshal([]byte(quoted), &text) == nil && query.MatchString(text) {
			sent = append(sent, text)
		}
	}
	return sent
}

// holds checks that the contract has what a statement uses.
func holds(t *testing.T, db *pgtest.DB, c *contract.Contract, text string) {
	t.Helper()
	uses, err := ddl.NeedsOf(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	for _, need := range uses.Needs {
		if db.Value(t, "SELECT count(*) FROM pg_class WHERE relname = $1 AND relnamespace = 'public'::regnamespace", need.Relation.Name) == "0" {
			continue
		}
		name := contract.Name{Name: need.Relation.Name}
		if a := c.Table(name); a.Verdict != contract.Yes {
			t.Errorf("%s: %s, in %s", name, a.Verdict, text)
		}
		for _, column := range slices.Concat(need.Reads.Names, need.Updates.Names, need.Inserts.Names) {
			if db.Value(t, "SELECT count(*) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relname = $1 AND attname = $2 AND relnamespace = 'public'::regnamespace", name.Name, column) == "0" {
				continue // of another relation of the statement
			}
			if a := c.Column(name, column, contract.AnyWay); a.Verdict == contract.No {
				t.Errorf("%s.%s: no, in %s", name, column, text)
			} else if a.Verdict != contract.Yes && !expected[name.Name+"."+column] {
				t.Errorf("%s.%s: %s, in %s", name, column, a.Verdict, text)
			}
		}
	}
}

// expected are columns that the source has no name for, so that they are unknown:
// those that Sequelize makes for associations and versions.
var expected = map[string]bool{"user_addresses.person_id": true, "user_addresses.PersonId": true, "labels.version": true}
