package cli_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// ledgerSchema is where migguard keeps its records.
const ledgerSchema = "migguard"

// catalogSQL describes everything in a database's schemas by name, a line for
// each object: no oid, no time, and so the same for the same migrations.
const catalogSQL = `
with schema as (
	select oid, nspname, nspacl from pg_namespace
	where nspname !~ '^pg_' and nspname <> 'information_schema'
), class as (
	select c.*, format('%I.%I', nspname, relname) as name
	from pg_class c join schema n on n.oid = relnamespace
), lines (line) as (
	select concat_ws(' ', 'schema', nspname, nspacl) from schema
	union all
	select concat_ws(' ', 'relation', name, relkind, relpersistence, relowner::regrole, relacl, reloptions,
		relrowsecurity, relforcerowsecurity, relreplident, obj_description(oid, 'pg_class'))
	from class
	union all
	select concat_ws(' ', 'column', name, attnum, attname, format_type(atttypid, atttypmod), attnotnull,
		attisdropped, attidentity, attgenerated, attacl, pg_get_expr(adbin, adrelid), col_description(class.oid, attnum))
	from class join pg_attribute on attrelid = class.oid and attnum > 0
	left join pg_attrdef on adrelid = attrelid and adnum = attnum
	union all
	select concat_ws(' ', 'constraint', name, conname, convalidated, pg_get_constraintdef(k.oid))
	from pg_constraint k join class on class.oid = conrelid
	union all
	select concat_ws(' ', 'index', indisvalid, indisready, indisreplident, indisclustered, pg_get_indexdef(indexrelid))
	from pg_index join class on class.oid = indrelid
	union all
	select concat_ws(' ', 'view', name, pg_get_viewdef(oid)) from class where relkind in ('v', 'm')
	union all
	select concat_ws(' ', 'trigger', name, pg_get_triggerdef(t.oid))
	from pg_trigger t join class on class.oid = tgrelid where not tgisinternal
	union all
	select concat_ws(' ', 'function', p.oid::regprocedure, md5(prosrc)) from pg_proc p join schema n on n.oid = pronamespace
	union all
	select concat_ws(' ', 'type', format('%I.%I', nspname, typname), typtype, typcategory, format_type(typbasetype, typtypmod))
	from pg_type t join schema n on n.oid = typnamespace
)
select line from lines order by line collate "C"`

// wholeCatalog is for a database in which nothing at all may have changed.
func wholeCatalog(t testing.TB, db *pgtest.DB) []string {
	t.Helper()
	var lines []string
	for _, row := range db.Query(t, catalogSQL) {
		lines = append(lines, row[0])
	}
	return lines
}

// appCatalog leaves migguard's own schema out.
func appCatalog(t testing.TB, db *pgtest.DB) []string {
	t.Helper()
	return slices.DeleteFunc(wholeCatalog(t, db), func(line string) bool {
		words := strings.Fields(line)
		return slices.ContainsFunc(words, func(w string) bool {
			return w == ledgerSchema || strings.HasPrefix(w, ledgerSchema+".")
		})
	})
}

// sameCatalog fails with the lines that came or went.
func sameCatalog(t testing.TB, before, after []string) {
	t.Helper()
	for _, line := range before {
		if !slices.Contains(after, line) {
			t.Errorf("gone:\n  %s", line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			t.Errorf("new:\n  %s", line)
		}
	}
}
