package release_test

import (
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// What stays for old code is not taken for what a DO block makes behind a condition.
func TestHiddenNames(t *testing.T) {
	t.Parallel()
	const condition = "do $$ begin if not exists (select from information_schema.columns where table_name = 'users' and column_name = 'notes') then alter table users add column notes int; end if; end $$"
	for name, tt := range map[string]struct{ first, sql, code string }{
		"dropped column":         {"alter table users drop column notes", "do $$ begin alter table users add column if not exists notes int; end $$", "MG057"},
		"dropped, a condition":   {"alter table users drop column notes", condition, "MG057"},
		"dropped, an exception":  {"alter table users drop column notes", "do $$ begin alter table Users add column Notes int; exception when duplicate_column then null; end $$", "MG057"},
		"dropped table":          {"drop table users", "do $$ begin create table if not exists users (id int); end $$", "MG057"},
		"copy of a renamed":      {"alter table users rename notes to remarks", "do $$ begin alter table users add column if not exists notes int; end $$", "MG057"},
		"renamed table":          {"alter table users rename to people", "do $$ begin create table if not exists users (id int); end $$", "MG052"},
		"another column":         {"alter table users drop column notes", "do $$ begin alter table users add column if not exists note int; end $$", ""},
		"another table's column": {"alter table users drop column notes", "do $$ begin create table pets (id int, notes text); end $$", ""},
		"nothing made":           {"alter table users drop column notes", "do $$ begin update users set name = name || 'notes'; end $$", ""},
		"nothing stays":          {"select 1", condition, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, keepUsers)
				b.run(t, tt.first)
				if tt.code == "" {
					b.run(t, tt.sql)
				} else {
					b.fails(t, tt.code, tt.sql)
				}
			})
		})
	}
}
