package locklab

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// viaQueries say which relations a ddl.Via means: of relation (type, schema,
// statistics object) $1, or of its parts: constraints $2 and columns $3, all if
// both are empty.
var viaQueries = map[string]string{
	"":             "select $1::oid",
	"indexes of":   "select indexrelid from pg_index where indrelid = $1",
	"sequences of": "select objid from pg_depend join pg_class c on c.oid = objid and relkind = 'S' where classid = 'pg_class'::regclass and refobjid = $1 and deptype in ('a', 'i') and (cardinality($3::text[]) = 0 or exists (select from pg_attribute where attrelid = $1 and attnum = refobjsubid and attname = any($3::text[])))",
	"referenced by": `select confrelid from pg_constraint c where contype = 'f' and conrelid = $1 and (cardinality($2::text[] || $3::text[]) = 0
		or conname = any($2::text[]) or exists (select from pg_attribute where attrelid = conrelid and attnum = any(conkey) and attname = any($3::text[])))`,
	"referencing": `select conrelid from pg_constraint c where contype = 'f' and confrelid = $1 and (cardinality($2::text[] || $3::text[]) = 0
		or conindid in (select conindid from pg_constraint k where k.conrelid = $1 and k.contype in ('p', 'u') and conname = any($2::text[]))
		or exists (select from pg_attribute where attrelid = confrelid and attnum = any(confkey) and attname = any($3::text[])))`,
	"default partition of": "select partdefid from pg_partitioned_table where partrelid = $1 and partdefid <> 0",
	"parent of": `select unnest(array[inhparent, nullif(partdefid, 0)]) from pg_inherits
		join pg_class c on c.oid = inhrelid and relispartition left join pg_partitioned_table on partrelid = inhparent where inhrelid = $1`,
	"dependents of": `with recursive d (classid, objid) as (
			select classid, objid from pg_depend where refobjid in (select $1 union select typarray from pg_type where oid = $1)
			and (cardinality($2::text[] || $3::text[]) = 0 or exists (select from pg_attribute where attrelid = $1 and attnum = refobjsubid and attname = any($3::text[])))
		union select x.classid, x.objid from d, lateral (
			select p.classid, p.objid from pg_rewrite r join pg_depend p on p.refobjid = r.ev_class and p.classid = 'pg_rewrite'::regclass
			where d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
			union all select p.classid, p.objid from pg_depend p where d.classid = 'pg_foreign_server'::regclass and p.refclassid = d.classid and p.refobjid = d.objid) x),
		owners (class, object, owner) as (
			select 'pg_rewrite'::regclass, oid, ev_class from pg_rewrite union all select 'pg_attrdef'::regclass, oid, adrelid from pg_attrdef
			union all select 'pg_trigger'::regclass, oid, tgrelid from pg_trigger union all select 'pg_policy'::regclass, oid, polrelid from pg_policy
			union all select 'pg_constraint'::regclass, oid, conrelid from pg_constraint union all select 'pg_class'::regclass, indexrelid, indrelid from pg_index
			union all select 'pg_class'::regclass, oid, oid from pg_class where relkind in ('r', 'p', 'v', 'm', 'f'))
		select owner from d join owners on class = classid and object = objid and owner <> $1 and owner <> 0`,
	"users of": `with recursive used (id) as (select $1::oid
		union select t.oid from used join pg_type t on t.typbasetype = used.id or t.typelem = used.id and t.typcategory = 'A')
		select c.oid from used join pg_attribute a on a.atttypid = used.id and not attisdropped join pg_class c on c.oid = attrelid and relkind in ('r', 'p', 'm', 'f')`,
	"read by": `with recursive q (id) as (select $1::oid union select refobjid from q join pg_rewrite on ev_class = q.id
		join pg_depend on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid and refclassid = 'pg_class'::regclass) select id from q where id <> $1`,
	"marked for CLUSTER in": "select indrelid from pg_index where indisclustered",
	"tables of":             "select oid from pg_class where reloftype = $1",
	"inside":                "select oid from pg_class where (relnamespace = $1 or relowner = $1 and $1 in (select oid from pg_roles where not rolsuper) or $1 in (select oid from pg_database) and relnamespace in ('public'::regnamespace, 'app'::regnamespace)) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')",
}

// tableOf has one query for each kind that Via TableOf occurs with.
var tableOf = map[string]string{
	"index":      "select indrelid from pg_index where indexrelid = $1",
	"statistics": "select stxrelid from pg_statistic_ext where oid = $1",
	"sequence":   "select refobjid from pg_depend where classid = 'pg_class'::regclass and objid = $1 and deptype in ('a', 'i')",
}

// catalogs are the queries for the oids of objects by their name.
var catalogs = map[string]string{
	"server":               "select oid::int8 from pg_foreign_server where srvname = ",
	"foreign data wrapper": "select oid::int8 from pg_foreign_data_wrapper where fdwname = ",
	"operator":             "select oid::int8 from pg_operator where oprname = ",
	"operator class":       "select oid::int8 from pg_opclass where opcname = ",
	"collation":            "select oid::int8 from pg_collation where collname = ",
}

// children adds partitions and inheritance children to the relations of a query.
const children = `with recursive r (id) as (%s union select inhrelid from r join pg_inherits on inhparent = id) select id::int8 from r`

// An Object is what a statement names, and a way from it to relations: the fields
// are those of ddl.Lock, in its words.
type Object struct {
	Name, Bare string // with its schema, as in SQL, and without
	Kind, Via  string
	Recurse    bool
	// Constraints and Columns are the parts that are meant.
	Constraints, Columns []string
	// Valid: by way of valid foreign keys only.
	Valid bool
}

// Reach tells which relations are meant, by oid.
func (l *Lab) Reach(t testing.TB, o Object) []int64 {
	t.Helper()
	query := viaQueries[o.Via]
	if o.Via == "table of" {
		query = tableOf[o.Kind]
	}
	if query == "" {
		t.Fatalf("%s %s of %s: no query", o.Via, o.Kind, o.Name)
	}
	if o.Valid {
		query = strings.Replace(query, "contype = 'f'", "contype = 'f' and convalidated", 1)
	}
	if !o.Recurse {
		query = "with r (id) as (" + query + ") select id::int8 from r"
	} else {
		query = fmt.Sprintf(children, query)
	}
	query += " where id is not null and $1::oid <> 0 and $2::text[] is not null and $3::text[] is not null"
	var relations []int64
	for _, object := range l.column(t, o.query()) {
		relations = append(relations, l.column(t, query, uint32(object), append([]string{}, o.Constraints...), append([]string{}, o.Columns...))...)
	}
	return relations
}

func (l *Lab) column(t testing.TB, sql string, args ...any) []int64 {
	t.Helper()
	rows, err := l.Other.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return ids
}

// query is for the oids of what the object names: none if it is not there, and for a
// schema all that is in it unless the schema itself is meant.
func (o Object) query() string {
	literal := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	name, bare := literal(o.Name), literal(o.Bare)
	one := "select o::int8 from (select %s::oid) x (o) where o is not null"
	switch o.Kind {
	case "type", "domain":
		return fmt.Sprintf(one, "to_regtype("+name+")")
	case "function", "procedure":
		return "select oid::int8 from pg_proc where proname = " + bare
	case "statistics":
		return "select oid::int8 from pg_statistic_ext where stxname = " + bare
	case "extension":
		return "select objid::int8 from pg_depend join pg_extension e on e.oid = refobjid where refclassid = 'pg_extension'::regclass and deptype = 'e' and extname = " + bare
	case "server", "foreign data wrapper", "operator", "operator class", "collation":
		return catalogs[o.Kind] + bare
	case "role":
		owner := "(select oid from pg_roles where rolname = " + bare + ")"
		if o.Via == "inside" {
			return fmt.Sprintf(one, owner)
		}
		return "select oid::int8 from pg_class where relowner = " + owner + " union select oid::int8 from pg_type where typowner = " + owner
	case "database":
		return "select oid::int8 from pg_database where datname = current_database()"
	case "schema":
		in := "to_regnamespace(" + name + ")"
		if o.Via == "inside" {
			return fmt.Sprintf(one, in)
		}
		return "select oid::int8 from pg_class where relnamespace = " + in + " union select oid::int8 from pg_type where typnamespace = " + in +
			" union select oid::int8 from pg_proc where pronamespace = " + in
	}
	return fmt.Sprintf(one, "to_regclass("+name+")")
}
