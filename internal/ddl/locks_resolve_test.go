package ddl

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// viaQueries say which relations a Via means: of relation (type, schema,
// statistics object) $1, or of its parts: constraints $2 and columns $3, all if
// both are empty.
var viaQueries = map[Via]string{
	Itself:      "select $1::oid",
	IndexesOf:   "select indexrelid from pg_index where indrelid = $1",
	SequencesOf: "select objid from pg_depend join pg_class c on c.oid = objid and relkind = 'S' where classid = 'pg_class'::regclass and refobjid = $1 and deptype in ('a', 'i') and (cardinality($3::text[]) = 0 or exists (select from pg_attribute where attrelid = $1 and attnum = refobjsubid and attname = any($3::text[])))",
	ReferencedBy: `select confrelid from pg_constraint c where contype = 'f' and conrelid = $1 and (cardinality($2::text[] || $3::text[]) = 0
		or conname = any($2::text[]) or exists (select from pg_attribute where attrelid = conrelid and attnum = any(conkey) and attname = any($3::text[])))`,
	Referencing: `select conrelid from pg_constraint c where contype = 'f' and confrelid = $1 and (cardinality($2::text[] || $3::text[]) = 0
		or conindid in (select conindid from pg_constraint k where k.conrelid = $1 and k.contype in ('p', 'u') and conname = any($2::text[]))
		or exists (select from pg_attribute where attrelid = confrelid and attnum = any(confkey) and attname = any($3::text[])))`,
	DefaultPartition: "select partdefid from pg_partitioned_table where partrelid = $1 and partdefid <> 0",
	ParentOf: `select unnest(array[inhparent, nullif(partdefid, 0)]) from pg_inherits
		join pg_class c on c.oid = inhrelid and relispartition left join pg_partitioned_table on partrelid = inhparent where inhrelid = $1`,
	DependentsOf: `with recursive d (classid, objid) as (
			select classid, objid from pg_depend where refobjid in (select $1 union select typarray from pg_type where oid = $1)
			and (cardinality($2::text[] || $3::text[]) = 0 or exists (select from pg_attribute where attrelid = $1 and attnum = refobjsubid and attname = any($3::text[])))
		union select p.classid, p.objid from d join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
			join pg_depend p on p.refobjid = r.ev_class and p.classid = 'pg_rewrite'::regclass),
		owners (class, object, owner) as (
			select 'pg_rewrite'::regclass, oid, ev_class from pg_rewrite union all select 'pg_attrdef'::regclass, oid, adrelid from pg_attrdef
			union all select 'pg_trigger'::regclass, oid, tgrelid from pg_trigger union all select 'pg_policy'::regclass, oid, polrelid from pg_policy
			union all select 'pg_constraint'::regclass, oid, conrelid from pg_constraint union all select 'pg_class'::regclass, indexrelid, indrelid from pg_index
			union all select 'pg_class'::regclass, oid, oid from pg_class where relkind in ('r', 'p', 'v', 'm', 'f'))
		select owner from d join owners on class = classid and object = objid and owner <> $1 and owner <> 0`,
	UsersOf: `with recursive used (id) as (select $1::oid
		union select t.oid from used join pg_type t on t.typbasetype = used.id or t.typelem = used.id and t.typcategory = 'A')
		select c.oid from used join pg_attribute a on a.atttypid = used.id and not attisdropped join pg_class c on c.oid = attrelid and relkind in ('r', 'p', 'm', 'f')`,
	TablesOf: "select oid from pg_class where reloftype = $1",
	Inside:   "select oid from pg_class where relnamespace = $1 and relkind in ('r', 'p', 'v', 'm', 'f', 'S')",
}

// tableOf has one query for each kind that Via TableOf occurs with.
var tableOf = map[Kind]string{
	KindIndex:      "select indrelid from pg_index where indexrelid = $1",
	KindStatistics: "select stxrelid from pg_statistic_ext where oid = $1",
	KindSequence:   "select refobjid from pg_depend where classid = 'pg_class'::regclass and objid = $1 and deptype in ('a', 'i')",
}

// children adds partitions and inheritance children to the relations of a query.
const children = `with recursive r (id) as (%s union select inhrelid from r join pg_inherits on inhparent = id) select id::int8 from r`

// resolve tells which relations a statement is said to lock, each in the
// strongest mode, as oids.
func resolve(ctx context.Context, conn *pgx.Conn, s Statement) (map[int64]LockMode, error) {
	constraints, columns := []string{}, []string{}
	for _, c := range s.Changes {
		switch c := c.(type) {
		case DropConstraint:
			constraints = append(constraints, c.Name)
		case ValidateConstraint:
			constraints = append(constraints, c.Name)
		case DropColumn:
			columns = append(columns, c.Column)
		case ChangeColumnType:
			columns = append(columns, c.Column)
		case SetIdentity:
			columns = append(columns, c.Column)
		case DropIdentity:
			columns = append(columns, c.Column)
		}
	}
	locks := make(map[int64]LockMode)
	for _, l := range s.Locks {
		query := viaQueries[l.Via]
		if l.Via == TableOf {
			query = tableOf[l.Kind]
		}
		if query == "" {
			return nil, fmt.Errorf("%s %s of %s: no query", l.Via, l.Kind, l.Relation)
		}
		if !l.Recurse {
			query = "with r (id) as (" + query + ") select id::int8 from r"
		} else {
			query = fmt.Sprintf(children, query)
		}
		query += " where id is not null and $1::oid <> 0 and $2::text[] is not null and $3::text[] is not null"
		objects, err := column(ctx, conn, objectsOf(l))
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			relations, err := column(ctx, conn, query, uint32(object), constraints, columns)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", l.Via, l.Relation, err)
			}
			for _, id := range relations {
				if had, ok := locks[id]; !ok || l.Mode.Compare(had) > 0 {
					locks[id] = l.Mode
				}
			}
		}
	}
	return locks, nil
}

func column(ctx context.Context, conn *pgx.Conn, sql string, args ...any) ([]int64, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// objectsOf is the query for the oids of what a lock names: none if it is not
// there, and for a schema all that is in it unless the schema itself is meant.
func objectsOf(l Lock) string {
	name := Literal(l.Relation.String())
	one := "select o::int8 from (select %s::oid) x (o) where o is not null"
	switch l.Kind {
	case KindType, KindDomain:
		return fmt.Sprintf(one, "to_regtype("+name+")")
	case KindFunction, KindProcedure:
		return "select oid::int8 from pg_proc where proname = " + Literal(l.Relation.Name)
	case KindStatistics:
		return "select oid::int8 from pg_statistic_ext where stxname = " + Literal(l.Relation.Name)
	case KindSchema:
		if l.Via == Inside {
			return fmt.Sprintf(one, "to_regnamespace("+name+")")
		}
		in := "to_regnamespace(" + name + ")"
		return "select oid::int8 from pg_class where relnamespace = " + in + " union select oid::int8 from pg_type where typnamespace = " + in +
			" union select oid::int8 from pg_proc where pronamespace = " + in
	}
	return fmt.Sprintf(one, "to_regclass("+name+")")
}
