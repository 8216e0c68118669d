package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/oldcode"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// ignores is a model of the Rails application's table that does without a column.
const ignores = "class Account < ActiveRecord::Base\n  self.ignored_columns += %w[notes]\nend\n"

// removes is the migration that drops it.
const removes = "class RemoveNotes < ActiveRecord::Migration[6.1]\n  def change\n    remove_column :accounts, :notes, :text\n  end\nend\n"

// oldRails is a process of the build before: the application itself, with the
// columns that its models have cached.
type oldRails struct {
	in  io.Writer
	out *bufio.Reader
}

// worker makes an account for each line it is given, and changes and reads it.
const worker = `
	STDOUT.sync = true
	Account.first
	puts "ready"
	STDIN.each_line do |line|
		begin
			a = Account.create!(email: line.strip)
			a.update!(level: 7)
			Account.find(a.id)
			Account.where(email: line.strip).to_a
			puts "done"
		rescue => e
			puts e.message.lines.first
		end
	end`

func newOldRails(t *testing.T, dir, url string) *oldRails {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ruby", "bin/rails", "runner", worker)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "DATABASE_URL="+url)
	in, out := oldcode.Speak(t, cmd)
	old := &oldRails{in, out}
	old.says(t, "ready")
	return old
}

func (o *oldRails) says(t *testing.T, want string) {
	t.Helper()
	line, err := o.out.ReadString('\n')
	if err != nil || strings.TrimSpace(line) != want {
		t.Fatalf("old code says %q, %v; want %q", line, err, want)
	}
}

func (o *oldRails) work(t *testing.T, email string) {
	t.Helper()
	fmt.Fprintln(o.in, email)
	o.says(t, "done")
}

// TestContractOfRails drops a column in the release after the one whose code
// ignores it, with nothing said to migguard; and not in that release itself.
func TestContractOfRails(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		dir := newRails(t, "first")
		scanned := func(build string) call {
			name := filepath.Join(t.TempDir(), "contract.json")
			r := call{args: []string{"scan", "--format", "json", dir}}.run(t)
			r.expect(t, 0)
			if err := os.WriteFile(name, []byte(r.stdout), 0o644); err != nil {
				t.Fatal(err)
			}
			return on(db.URL, "run", "--build", build, "--contract", name).in(dir)
		}
		writeFile(t, dir, "app/models/account.rb", strings.Replace(ignores, "ignored", "# ignored", 1))
		scanned("uses").run(t).expect(t, 0, "succeeded")

		writeFile(t, dir, "app/models/account.rb", ignores)
		writeFile(t, dir, "db/migrate/20260301000001_remove_notes.rb", removes)
		writeFile(t, dir, "migguard.toml", dropsRefused)
		scanned("early").run(t).expect(t, 77, "build uses of", "model Account reads and writes every column", "app/models/account.rb:1")
		if err := os.Remove(filepath.Join(dir, "db/migrate/20260301000001_remove_notes.rb")); err != nil {
			t.Fatal(err)
		}
		scanned("ignores").run(t).expect(t, 0, "succeeded")
		scanned("ignores").run(t).expect(t, 0, "succeeded")
		old := newOldRails(t, dir, db.URL)
		old.work(t, "before@x")

		// Nobody says which builds run, so the one before counts, too.
		writeFile(t, dir, "db/migrate/20260301000001_remove_notes.rb", removes)
		scanned("drops").run(t).expect(t, 77, "build uses of")
		db.Exec(t, "update migguard.release set outcome = 'failed' where build = 'uses'")
		scanned("drops").run(t).expect(t, 0, "unused   ALTER TABLE \"accounts\" DROP COLUMN \"notes\"", "build ignores of", "succeeded")
		old.work(t, "after@x")
		if got := db.Value(t, "select string_agg(attname, ' ' order by attnum) from pg_attribute where attrelid = 'accounts'::regclass and attnum > 0 and not attisdropped"); strings.Contains(got, "notes") {
			t.Error(got)
		}
	})
}
