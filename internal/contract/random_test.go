package contract_test

import (
	"math/rand"
	"reflect"
	"testing/quick"

	"github.com/migguard/migguard/internal/contract"
)

// Few names, so that what is generated meets.
var (
	relationNames = []contract.Name{{Name: "users"}, {Name: "orders"}, {Schema: "app", Name: "users"}, {Schema: "old", Name: "users"}}
	columnNames   = []string{"id", "notes", "state"}
	allKinds      = []contract.ChangeKind{contract.DropTable, contract.RenameTable, contract.DropColumn, contract.RenameColumn,
		contract.RetypeColumn, contract.SetNotNull, contract.AddRequired, contract.HideTable, contract.HideKey, contract.WidenColumn,
		contract.WidenRow, contract.WidenResult, contract.RejectWrite}
	arbiterKinds = []contract.ChangeKind{contract.DropArbiter, contract.RenameArbiter}
)

// part is a random contract, for testing/quick.
type part struct{ *contract.Contract }

func (part) Generate(r *rand.Rand, _ int) reflect.Value {
	// Half of them are queries a database has seen, which make no models.
	source := contract.Source{Scanner: "queries"}
	origins := []contract.Origin{contract.SQL}
	if r.Intn(2) == 0 {
		source = contract.Source{Scanner: "scan", Whole: true, Files: r.Intn(2), Paths: r.Intn(2) == 0, Upserts: r.Intn(4) > 0, Groups: r.Intn(2) == 0, Rows: r.Intn(4) > 0, Unprepared: r.Intn(2) == 0}
		origins = append(origins, contract.Model, contract.Model, contract.Table)
	}
	var relations []contract.Relation
	for range r.Intn(4) {
		var uses []contract.Use
		for range r.Intn(3) {
			u := contract.Use{Origin: pick(r, origins), By: pick(r, []string{"A", "B"}), At: someEvidence(r),
				Reads: someColumns(r), Updates: someColumns(r), Adds: r.Intn(2) == 0}
			if u.Adds {
				u.Inserts, u.Arbiters = someColumns(r), someArbiters(r)
			}
			u.Star, u.Prepared, u.Kept, u.Strict = r.Intn(2) == 0, r.Intn(4) == 0, r.Intn(3) == 0, r.Intn(4) == 0
			u.OnTable, u.TextBigint = pick(r, []string{"", "", "COPY", "MERGE", contract.GroupsByKey}), r.Intn(3) == 0
			uses = append(uses, u)
		}
		relations = append(relations, contract.Relation{Name: pick(r, relationNames), Uses: uses})
	}
	var gaps []contract.Gap
	for range r.Intn(3) {
		g := contract.Gap{Reach: pick(r, []contract.Reach{contract.Anything, contract.Unclaimed, contract.Within, contract.Within}), Why: "dynamic", At: someEvidence(r)}
		if g.Reach == contract.Within {
			g.Relation, g.Column = pick(r, relationNames), pick(r, append(columnNames, ""))
		} else {
			g.Spares = someColumns(r).Names
		}
		if g.Reach == contract.Anything {
			g.Column = pick(r, append(columnNames, "", ""))
		}
		g.Worded, g.NoUpsert, g.Introspects, g.OneInteger = r.Intn(2) == 0, r.Intn(2) == 0, r.Intn(3) == 0, r.Intn(3) == 0
		gaps = append(gaps, g)
	}
	c := contract.NewWorded(source, relations, gaps, pick(r, [][]string{nil, {"id"}, {"notes", "sta*"}, {"*tes"}}))
	if r.Intn(2) == 0 {
		c = c.WithPaths([]contract.PathPlace{{Why: "sets it", At: someEvidence(r)}, {Why: "sets it", At: someEvidence(r)}})
	}
	if r.Intn(4) == 0 {
		var upserts []contract.Upsert
		for _, a := range someArbiters(r) {
			upserts = append(upserts, contract.Upsert{Arbiter: a, Why: "upserts", At: someEvidence(r)})
		}
		c = c.WithUpserts(upserts)
	}
	for range r.Intn(3) {
		c = c.WithDrivers([]contract.Driver{{Prepares: pick(r, []contract.Verdict{contract.Yes, contract.No, contract.No, contract.Unknown, "perhaps"}), Why: "drives", At: someEvidence(r)}})
	}
	for range r.Intn(3) {
		c = c.WithTexts([]contract.Text{{SQL: pick(r, []string{"select id from users", "delete from orders", "select notes from old.users"}), At: someEvidence(r)}})
	}
	return reflect.ValueOf(part{c})
}

func someColumns(r *rand.Rand) contract.Columns {
	var names []string
	for _, c := range columnNames {
		if r.Intn(2) == 0 {
			names = append(names, c)
		}
	}
	switch r.Intn(3) {
	case 0:
		return contract.Every(names...)
	case 1:
		return contract.Named(names...)
	}
	return contract.Columns{}
}

// lostArbiters are what changes take away.
var lostArbiters = []contract.Arbiter{{Name: "users_key", Columns: []string{"id"}, Primary: true}, {Name: "x", Columns: []string{"state", "notes"}},
	{Name: "y", Columns: []string{"id"}, Partial: true}, {Name: "z", Expressions: true}}

func someArbiters(r *rand.Rand) (list []contract.Arbiter) {
	for range r.Intn(3) {
		a := pick(r, lostArbiters)
		switch r.Intn(4) {
		case 0:
			a = contract.Arbiter{Any: true}
		case 1:
			a = contract.Arbiter{Name: pick(r, []string{a.Name, contract.AnyName})}
		case 2:
			a = contract.Arbiter{Primary: true}
		default:
			a.Name, a.Primary = "", false
		}
		list = append(list, a)
	}
	return list
}

func someEvidence(r *rand.Rand) contract.Evidence {
	return contract.Evidence{File: pick(r, []string{"a.rb", "b.rb"}), Line: 1 + r.Intn(2)}
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.Intn(len(of))] }

// A question is one that can be asked of any contract.
type question struct {
	name string
	ask  func(*contract.Contract) contract.Answer
}

// questions are all of them about the generated names.
func questions() []question {
	all := []question{{"prepares", (*contract.Contract).Prepares}}
	for _, name := range relationNames {
		all = append(all,
			question{"table " + name.String(), func(c *contract.Contract) contract.Answer { return c.Table(name) }},
			question{"writes " + name.String(), func(c *contract.Contract) contract.Answer { return c.Writes(name) }})
		for _, kind := range arbiterKinds {
			for _, lost := range lostArbiters {
				all = append(all, question{string(kind) + " " + name.String() + " " + lost.String(),
					func(c *contract.Contract) contract.Answer {
						return c.Breaks(contract.Change{Kind: kind, Relation: name, Arbiter: lost})
					}})
			}
		}
		for _, column := range append(columnNames, "none") {
			for _, ways := range []contract.Ways{contract.Reading, contract.Updating, contract.Inserting, contract.AnyWay} {
				all = append(all, question{ways.String() + " " + name.String() + "." + column,
					func(c *contract.Contract) contract.Answer { return c.Column(name, column, ways) }})
			}
			for _, kind := range allKinds {
				for _, filled := range []bool{false, true} {
					all = append(all, question{string(kind) + " " + name.String() + "." + column,
						func(c *contract.Contract) contract.Answer {
							return c.Breaks(contract.Change{Kind: kind, Relation: name, Column: column, Default: filled, Prepared: filled})
						}})
				}
			}
		}
	}
	return all
}

var many = &quick.Config{MaxCount: 1000}
