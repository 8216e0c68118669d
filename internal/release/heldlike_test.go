package release_test

import (
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// A table that is made in the likeness of one has what waits of that, as it would have if
// that were there.
func TestWithheldLike(t *testing.T) {
	t.Parallel()
	const held = "alter table users alter notes set not null; alter table users alter rank drop default; alter table users add constraint short check (length(notes) < 4) not valid, add constraint once unique (notes, name); create unique index lower_notes on users (lower(notes)) include (name) where id > 0; alter table users add constraint boss foreign key (id) references users"
	for name, sql := range map[string]string{
		"all":           "create table copy (like users including all)",
		"none":          "create table copy (n int, like public.users)",
		"defaults":      "create table copy (like users including defaults, n int not null)",
		"indexes":       "create table if not exists copy (like users including indexes)",
		"checks":        "create table copy (like users including all excluding indexes)",
		"renamed":       "alter table users add m int; create table copy (like users including all)",
		"another":       "create table other (notes text); create table copy (like other including all)",
		"there already": "create table copy (n int); create table if not exists copy (like users including all)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				const given = "alter table users add rank int not null default 1"
				bare := db.Server.NewDB(t)
				bare.Exec(t, keepUsers, given, held)
				b := setup(t, db, options{waits: true}, keepUsers, given)
				b.run(t, held)
				if name == "renamed" {
					const rename = "alter table users rename notes to x; alter table users rename name to notes"
					bare.Exec(t, rename)
					b.olds(t, rename)
				}
				b.run(t, sql)
				bare.Exec(t, sql)
				names := "none"
				if name == "renamed" { // the server makes names of what an index's columns were called
					names = `copy_\w+_(key|idx)`
				}
				shape := "select string_agg(one, '; ') from (select one from regexp_split_to_table(regexp_replace((" + enforcedShape + "), '" + names + "', 'key', 'g'), '; ') one where one ~ '^copy|ON public.copy' order by one) x"
				if db.Major >= 18 { // of NOT NULL the name is another
					shape = strings.Replace(shape, "where one ~", "where one !~ ' NOT NULL ' and one ~", 1)
				}
				if got, want := db.Value(t, shape), bare.Value(t, shape); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		})
	}
}
