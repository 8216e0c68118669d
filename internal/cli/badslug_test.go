package cli_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A contract in the slug that cannot be read is said to be so, and the code of that
// build then counts as using all there is; the same contract, whole, says that it
// does not use the column.
func TestUnreadableContractOfSlug(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	writeFile(t, source, "mail.rb", "class Mail < ApplicationRecord\n  self.ignored_columns += %w[notes]\nend\n")
	scanned := call{args: []string{"scan", "--format", "json", source}}.run(t)
	scanned.expect(t, 0)
	whole := scanned.stdout
	for name, c := range map[string]struct {
		contract, says string
		code           int
	}{
		"whole":     {whole, "", 0},
		"newer":     {strings.Replace(whole, `"version": 1`, `"version": 99`, 1), "contract is of version 99", 77},
		"truncated": {whole[:len(whole)/2], "contract ends in the middle", 77},
		"junk":      {"\x7fELF\x00\xff", "this build counts as using all that is there", 77},
		"empty":     {"", "this build counts as using all that is there", 77},
		"endless":   {`{"version": 1, "gaps": [` + strings.Repeat(" ", 17<<20), "longer than 16 MB", 77},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, slug := pgtest.New(t), t.TempDir()
			db.Exec(t, "CREATE TABLE mails (id int PRIMARY KEY, notes text)")
			writeFile(t, slug, ".migguard/build.json", `{"build": "one"}`)
			writeFile(t, slug, ".migguard/contract.json", c.contract)
			on(db.URL, "run", "--", "true").in(slug).run(t).expect(t, 0, c.says, "succeeded")
			next := t.TempDir()
			writeFile(t, next, "migguard.toml", dropsRefused)
			on(db.URL, "run", "--build", "two", "--", `psql -Xqc "ALTER TABLE mails DROP COLUMN notes" "$DATABASE_URL"`).in(next).run(t).
				expect(t, c.code)
		})
	}
}
