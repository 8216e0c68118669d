package pg

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ options, path, with, without string }{
		{"", "", `-c search_path=mg_a,\ public`, ""},
		{"  ", "", `-c search_path=mg_a,\ public`, ""},
		{"-c statement_timeout=5s", "", `-c statement_timeout=5s -c search_path=mg_a,\ public`, "-c statement_timeout=5s"},
		{`-c search_path="$user",\ x`, `"$user", x`, `-c search_path="$user",\ x -c search_path=mg_a,\ public`, `-c search_path="$user",\ x`},
		{`--search-path=one -cSearch_Path=two\\\ 2`, `two\ 2`, `--search-path=one -cSearch_Path=two\\\ 2 -c search_path=mg_a,\ public`, `--search-path=one -cSearch_Path=two\\\ 2`},
		{`-c search_path=own\ x -c search_path=mg_b,\ own\ x`, `mg_b, own x`, `-c search_path=own\ x -c search_path=mg_a,\ public`, `-c search_path=own\ x`},
		{`-c search_path=mg_b -c work_mem=4MB`, "mg_b", `-c work_mem=4MB -c search_path=mg_a,\ public`, "-c work_mem=4MB"},
		{`-c search_path="mg_b"`, `"mg_b"`, `-c search_path="mg_b" -c search_path=mg_a,\ public`, `-c search_path="mg_b"`},
		{`-c`, "", `-c -c search_path=mg_a,\ public`, "-c"},
	} {
		if path, _ := PathInOptions(c.options); path != c.path {
			t.Errorf("%s: path %s, want %s", c.options, path, c.path)
		}
		if with := WithPath(c.options, "mg_a, public"); with != c.with {
			t.Errorf("%s: with a path %s, want %s", c.options, with, c.with)
		}
		if without := WithoutOverlay(c.options); without != c.without {
			t.Errorf("%s: without %s, want %s", c.options, without, c.without)
		}
	}
}

// TestOptionsAsServersReadThem: what PathInOptions says, a session has, whatever
// role and database say; and RESET leads back to it.
func TestOptionsAsServersReadThem(t *testing.T) {
	t.Parallel()
	pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
		db.Exec(t, `create schema "Odd ""name"" \ 'x'"`, `do $$ begin
			execute format('alter database %I set search_path = pg_catalog', current_database()); end $$`)
		config, err := Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		for _, options := range []string{
			"", `-c search_path=a,\ b`, `--search-path=one -cSearch_Path=two\,2`, `-c search_path=x -c work_mem=4MB`,
			WithPath(`-c search_path="$user",\	public`, `mg_1, "$user", "Odd ""name"" \ 'x'", public`),
			WithPath(WithPath("-c work_mem=4MB", "mg_1, x"), "mg_2, public"),
		} {
			want, found := PathInOptions(options)
			if !found {
				want = "pg_catalog"
			}
			got, err := config.ReadSearchPath(t.Context(), options)
			if err != nil || got.Setting != want || got.Pooled || got.Announced {
				t.Errorf("%s: %+v, %v, want %q", options, got, err, want)
			}
		}
		got, err := config.ReadSearchPath(t.Context(), WithPath("", `mg_1, "Odd ""name"" \ 'x'", public`))
		if err != nil || strings.Join(got.Schemas, "|") != `Odd "name" \ 'x'|public` {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
