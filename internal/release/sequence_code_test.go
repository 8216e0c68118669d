package release_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/ddl"
)

// A program is code of one build: what it does with some tables, and some columns
// of those, as they were when it was written.
type program struct {
	overlay  string
	contract *contract.Contract // nil: nobody has read it
	prepares bool
	tables   []uses
}

// uses is how a program uses a table.
type uses struct {
	table
	named   string // as its SQL names it
	star    bool   // it selects and returns all columns, whichever there are
	keyed   bool   // the server makes its ids, too
	plain   bool   // no unique index but that of its ids is counted on
	asks    bool   // it looks up the primary key, as ActiveRecord does
	groups  bool   // it groups by the primary key
	writes  []column
	reads   []column
	results string
}

// program writes one, which knows of each table what the dice say, and at least
// what its rows need.
func (d *dice) program(tables []table, overlay string, whole bool) *program {
	p := &program{overlay: overlay, prepares: whole || !d.one(4)}
	var relations []contract.Relation
	for _, t := range tables {
		if id := t.columns[0]; !whole && d.one(4) || id.name != "id" || !id.alone || id.computed {
			continue
		}
		u := uses{table: t, named: t.name, star: !whole && d.one(3), keyed: t.columns[0].filled, asks: !whole && d.one(5), groups: !whole && d.one(8)}
		if !whole && d.one(12) {
			u.named = "public." + t.name
		}
		var ignored, computed, writes, reads []string
		for _, c := range t.columns {
			needed := c.name == "id" || c.required && !c.filled
			if !needed && d.one(3) {
				ignored = append(ignored, c.name)
				continue
			}
			u.reads, reads = append(u.reads, c), append(reads, c.name)
			if c.computed {
				computed = append(computed, c.name)
			} else if needed || !d.one(5) {
				u.writes, writes = append(u.writes, c), append(writes, c.name)
			}
		}
		use := contract.Use{Origin: contract.Model, By: "Model", At: contract.Evidence{File: "app/model.rb", Line: 1},
			Reads: contract.Named(reads...), Updates: contract.Named(writes...), Adds: true, Inserts: contract.Named(writes...)}
		u.results = list(u.reads)
		switch {
		case u.star:
			use.Reads, use.Star, u.results = contract.Every(), true, "*"
		case !whole && d.one(3): // as an ORM that ignores columns
			written := contract.Every(append(computed, ignored...)...)
			use.Reads, use.Updates, use.Inserts = contract.Every(ignored...), written, written
			u.writes = slices.DeleteFunc(slices.Clone(u.reads), func(c column) bool { return c.computed })
		}
		use.Arbiters, use.Introspects = []contract.Arbiter{{Columns: []string{"id"}}}, u.asks
		if u.unique() != "" {
			use.Arbiters = append(use.Arbiters, contract.Arbiter{Columns: []string{u.unique()}})
		}
		if u.groups {
			use.OnTable = contract.GroupsByKey
		}
		name := contract.Name{Name: t.name}
		if u.named != t.name {
			name.Schema = "public"
		}
		relations = append(relations, contract.Relation{Name: name, Uses: []contract.Use{use}})
		p.tables = append(p.tables, u)
	}
	p.contract = contract.New(contract.Source{Scanner: "scan", Whole: true, Models: len(relations), Rows: true, Upserts: true}, relations, nil)
	return p
}

func list(columns []column) string {
	var names []string
	for _, c := range columns {
		names = append(names, ddl.Quote(c.name))
	}
	return strings.Join(names, ", ")
}

// statements are what the program does with a table, in order. The first two
// write rows with two ids, which the last deletes.
func (u uses) statements() []string {
	var params, excluded, set []string
	for i, c := range u.writes {
		params = append(params, fmt.Sprintf("$%d", i+1))
		excluded = append(excluded, fmt.Sprintf("%s = excluded.%[1]s", ddl.Quote(c.name)))
		set = append(set, fmt.Sprintf("%s = $%d", ddl.Quote(c.name), i+1))
	}
	insert := fmt.Sprintf("insert into %s (%s) values (%s)", u.named, list(u.writes), strings.Join(params, ", "))
	all := []string{
		insert + " returning " + u.results,
		insert + " on conflict (id) do update set " + strings.Join(excluded, ", ") + " returning " + u.results,
		fmt.Sprintf("update %s set %s where id = $1 returning %s", u.named, strings.Join(set, ", "), u.results),
		fmt.Sprintf("select %s from %s where id = $1 for update", u.results, u.named),
		fmt.Sprintf("select %s, count(*) from %s group by 1 order by 2 limit 1", ddl.Quote(u.reads[len(u.reads)-1].name), u.named),
		fmt.Sprintf("delete from %s where id = $1", u.named),
	}
	if rest := u.writes[1:]; u.keyed && len(rest) > 0 {
		all = append(all, fmt.Sprintf("insert into %s (%s) values (%s) returning id", u.named, list(rest), strings.Join(params[:len(rest)], ", ")))
	}
	if u.unique() != "" {
		all = append(all, insert+" on conflict ("+ddl.Quote(u.unique())+") do nothing")
	}
	return all
}

func (u uses) unique() string {
	for _, c := range u.writes[1:] {
		if c.alone && !u.plain {
			return c.name
		}
	}
	return ""
}

// places is where the next row's values are taken from: no two are the same.
var places atomic.Int64

func nextPlace() int { return 1_000_000 + int(places.Add(1)) }

// values are those of a new row with an id.
func (u uses) values(id int) []string {
	values := []string{fmt.Sprint(id)}
	n := nextPlace()
	for _, c := range u.writes[1:] {
		values = append(values, valueOf(c, n))
	}
	return values
}
