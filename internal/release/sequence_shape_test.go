package release_test

import (
	"slices"
	"strings"
)

// fullShape is what is compared in the end.
const fullShape = `select string_agg(x, E'\n' order by x) from (
	select format('%s.%s %s %s%s %s', c.relname, a.attname, row_number() over (partition by c.oid order by a.attnum),
		format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' end, pg_get_expr(d.adbin, d.adrelid)) as x
	from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
	where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
	union all
	select format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
	union all
	select pg_get_indexdef(indexrelid) || case when indisvalid then '' else ' invalid' end from pg_index join pg_class on pg_class.oid = indrelid where relnamespace = 'public'::regnamespace
	union all
	select format('%s %s', oid::regclass, relkind) from pg_class where relnamespace = 'public'::regnamespace and relkind not in ('r', 'i')
	union all
	select 'schema ' || nspname from pg_namespace where nspname like 'mg\_%') y`

// sequenceShape is fullShape with partitioned tables, what views show, and kindsShape.
var sequenceShape = "select (" + strings.Replace(fullShape, "c.relkind = 'r'", "c.relkind in ('r', 'p')", 1) +
	`) || coalesce((select string_agg(concat(c.relname, pg_get_viewdef(c.oid)), E'\n' order by c.relname) from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'), '')
	|| coalesce((` + kindsShape + `), '')`

// kindsShape is what else migrations make of tables, columns and types.
const kindsShape = `select E'\n' || string_agg(x, E'\n' order by x) from (
	select format('enum %s', string_agg(enumlabel, ' ' order by enumsortorder)) as x from pg_enum
	union all
	select format('trigger %s %s %s', tgrelid::regclass, tgname, tgenabled) from pg_trigger join pg_class c on c.oid = tgrelid where relnamespace = 'public'::regnamespace and not tgisinternal
	union all
	select format('policy %s %s', polrelid::regclass, polname) from pg_policy
	union all
	select format('table %s %s: %s, %s', relname, relrowsecurity, obj_description(oid, 'pg_class'), relacl) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
	union all
	select format('column %s %s: %s%s, %s, %s, %s', relname, attname, attidentity, attgenerated, col_description(c.oid, attnum), attacl, attstattarget)
		from pg_class c join pg_attribute on attrelid = c.oid and attnum > 0 and not attisdropped where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')) y`

// difference are the lines that only one of two texts has.
func difference(got, want string) string {
	var said []string
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range gots {
		if !slices.Contains(wants, line) {
			said = append(said, "too much: "+line)
		}
	}
	for _, line := range wants {
		if !slices.Contains(gots, line) {
			said = append(said, "missing:  "+line)
		}
	}
	return strings.Join(said, "\n")
}
