package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// railsConsole evaluates lines of Ruby with a model of ActiveRecord, which looks up its
// columns when it is first used.
const railsConsole = `require "active_record"
ActiveRecord::Base.establish_connection(ENV["URL"])
ActiveRecord::Base.partial_writes = ENV["PARTIAL"] == "true"
class Thing < ActiveRecord::Base; end
while line = $stdin.gets
  begin
    answer = eval(line).inspect
  rescue => e
    answer = "#{e.class}: #{e.message.lines.first}"
  end
  $stdout.puts answer
  $stdout.flush
end`

// A console is a process of Rails.
type console struct {
	in  io.Writer
	out *bufio.Reader
}

func openConsole(t *testing.T, db *pgtest.DB, partial bool) *console {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ruby", "-e", railsConsole)
	cmd.Env = append(os.Environ(), "URL="+db.URL, fmt.Sprint("PARTIAL=", partial))
	in, out := oldcode.Speak(t, cmd)
	return &console{in, out}
}

// says evaluates a line, which has to give that.
func (c *console) says(t *testing.T, line, want string) {
	t.Helper()
	fmt.Fprintln(c.in, line)
	got, err := c.out.ReadString('\n')
	if got = strings.TrimSpace(got); err != nil || got != want {
		t.Errorf("%s: %s (%v), want %s", line, got, err, want)
	}
}

// A column of an ActiveRecord model is renamed: processes of old code from before, and ones
// that boot after it and know both names, and those of new code, go on, whether they
// write what has changed or all columns.
func TestSyncOfRails(t *testing.T) {
	t.Parallel()
	for _, partial := range []bool{true, false} {
		t.Run(fmt.Sprint("partial writes ", partial), func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t)
			db.Exec(t, "create table things (id bigserial primary key, name varchar not null default 'none', rank int); create unique index on things (name) where name <> 'none'")
			old := openConsole(t, db, partial)
			old.says(t, `Thing.create!(name: "a").name`, `"a"`)
			old.says(t, `Thing.find_by(name: "a").rank`, "nil")
			r := migrated(t, db, "", "ALTER TABLE things RENAME COLUMN name TO label;\n", "--build", "new")
			if !strings.Contains(r.stderr, "the command is started again") && !strings.Contains(r.stderr, "keeps it equal") {
				t.Errorf("migguard: %s", r.stderr)
			}
			late, newer := openConsole(t, db, partial), openConsole(t, db, partial)
			for i, c := range []*console{old, late} {
				c.says(t, fmt.Sprintf(`Thing.create!(name: "b%d").name`, i), fmt.Sprintf(`"b%d"`, i))
				c.says(t, fmt.Sprintf(`Thing.find_by(name: "b%d").update!(name: "c%[1]d")`, i), "true")
				c.says(t, fmt.Sprintf(`Thing.transaction { Thing.find_by(name: "c%d").update!(rank: 1) }`, i), "true")
				c.says(t, `Thing.create!.reload.name`, `"none"`)
			}
			newer.says(t, `Thing.create!(label: "d").label`, `"d"`)
			newer.says(t, `Thing.find_by(label: "a").update!(label: "e")`, "true")
			newer.says(t, `Thing.find_by(label: "c0").dup.update!(label: "f", rank: 2)`, "true")
			newer.says(t, `Thing.create!.reload.label`, `"none"`)
			newer.says(t, `Thing.insert_all([{label: "g"}]).rows.size`, "1")
			for _, c := range []*console{old, late} {
				c.says(t, `Thing.pluck(:name).sort`, `["c0", "c1", "d", "e", "f", "g", "none", "none", "none"]`)
				c.says(t, `Thing.find_by(name: "f").rank`, "2")
			}
			newer.says(t, `Thing.pluck(:label).sort`, `["c0", "c1", "d", "e", "f", "g", "none", "none", "none"]`)
			if got := db.Value(t, "select count(*) from things where name is distinct from label"); got != "0" {
				t.Errorf("%s rows differ", got)
			}
		})
	}
}
