package release_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/ddl"
)

// A step is one statement of a migration, or none, and what is to be known of it
// where code that a document allows to fail does so.
type step struct {
	sql string
	// table is the oid of the one whose rows look otherwise from then on, which
	// prepared statements notice: with another column, or one of another type.
	table   uint32
	retypes bool
	// requires is the column that must be filled from then on.
	requires string
}

// step is a random one. Many the bare database says no to.
func (d *dice) step(tables []table) step {
	if len(tables) == 0 || d.one(14) {
		return step{sql: d.createTable(pickOne(d, tableNames))}
	}
	t := pickOne(d, tables)
	if d.one(2) {
		return d.kind(t)
	}
	c := d.of(t)
	alter, name := "alter table "+t.name+" ", ddl.Quote(c.name)
	kind := d.IntN(19)
	if t.parted && slices.Contains([]int{5, 6, 7, 8}, kind) {
		kind = 9 // of a partitioned table what is dropped stays, for no contract is asked
	}
	switch kind {
	case 0, 1:
		return step{sql: alter + "rename to " + pickOne(d, tableNames)}
	case 2, 3, 4:
		to := d.sibling(c)
		return step{sql: alter + "rename " + name + " to " + ddl.Quote(to), table: t.oid} // maybe by a copy
	case 5, 6:
		return step{sql: alter + "drop column " + name}
	case 7:
		return step{sql: alter + "drop column " + name + ", add " + d.column(), table: t.oid}
	case 8:
		return step{sql: "drop table " + t.name + pickOne(d, []string{"", "", " cascade"})}
	case 9, 10:
		return step{sql: alter + "add " + d.column(), table: t.oid}
	case 11:
		if d.one(2) {
			return step{sql: alter + "alter " + name + " drop not null"}
		}
		return step{sql: alter + "alter " + name + " set not null", requires: c.name}
	case 12:
		if c.shared || c.refers() || d.one(2) {
			return step{sql: alter + "alter " + name + " drop default"}
		}
		return step{sql: alter + "alter " + name + " set default " + defaultOf(c.kind)}
	case 13:
		wider := map[string]string{"integer": "bigint", "character varying(40)": "character varying(80)", "character varying(80)": "text"}[c.kind]
		if wider == "" {
			wider = c.kind
		}
		return step{sql: alter + "alter " + name + " type " + wider, table: t.oid, retypes: true}
	case 14:
		return step{sql: fmt.Sprintf("create view %s as select id, %s from %s", d.name(), name, t.name)}
	case 15:
		return step{sql: alter + strings.Join([]string{d.action(t), d.action(t), d.action(t)}[d.IntN(2):], ", "), table: t.oid}
	case 16:
		return step{sql: "do $$ begin " + alter + d.action(t) + "; end $$", table: t.oid}
	}
	return step{sql: d.constraint(t)}
}

// action is one of several of an ALTER TABLE, or what a DO block does.
func (d *dice) action(t table) string {
	name := ddl.Quote(d.of(t).name)
	kind := d.IntN(5)
	if t.parted && kind == 4 {
		kind = 0
	}
	switch kind {
	case 0, 1:
		return "add " + d.column()
	case 2:
		return "alter " + name + " drop not null"
	case 3:
		return "alter " + name + " drop default"
	}
	return "drop column " + name
}

// sibling is another name for a column, of its kind.
func (d *dice) sibling(c column) string {
	if c.refers() {
		return pickOne(d, keyNames)
	}
	return pickOne(d, columnNames)
}

// constraint is one that code keeps that writes valueOf: no value twice, none
// that is not positive, and 1 where it refers to a row.
func (d *dice) constraint(t table) string {
	c := d.of(t)
	name, alter := ddl.Quote(c.name), "alter table "+t.name+" "
	switch {
	case c.refers() && d.one(2):
		action := pickOne(d, []string{"", "", " on delete cascade", " on delete set null"})
		return fmt.Sprintf("%sadd constraint %s foreign key (%s) references %s%s", alter, d.name(), name, pickOne(d, tableNames), action)
	case d.one(3):
		return fmt.Sprintf("create index %s on %s (%s)", d.name(), t.name, name)
	case d.one(3):
		return fmt.Sprintf("%sadd constraint %s check (%s::text <> '')", alter, d.name(), name)
	case c.filled || c.repeats():
		return fmt.Sprintf("create index %s on %s (%s, id)", d.name(), t.name, name)
	case d.one(2):
		return fmt.Sprintf("create unique index %s on %s (%s)", d.name(), t.name, name)
	}
	return fmt.Sprintf("%sadd constraint %s unique (%s)", alter, d.name(), name)
}
