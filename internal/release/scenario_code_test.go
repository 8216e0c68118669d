package release_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
)

// A code is one build of the application whose deploys the scenarios are: it works
// on one table, of which it knows some columns. What it calls them is its own
// affair; rows are compared by fields, which are the same to all builds.
type code struct {
	build string
	// knows are fields, each with the column's name where that is another one:
	// "key name=label amount".
	knows string
	table string // its name for it, with a schema perhaps; users unless set
	// rows are whose rows these are; users unless set.
	rows string
	// unsteered is code that looks into no overlay.
	unsteered bool
	// wrong is what it writes into some fields when the migration is over, which
	// the new schema does not take; "NULL" is one.
	wrong map[string]string
	// allow is what its release lets pass, as --allow does.
	allow []string
}

// fields are those that all code knows unless it says otherwise.
const fields = "key name amount email note team at"

func (c code) named() string {
	if c.table == "" {
		return "users"
	}
	return c.table
}

func (c code) set() string {
	if c.rows == "" {
		return "users"
	}
	return c.rows
}

// columns are the fields it knows, and what it calls them, key first.
func (c code) columns() (known, names []string) {
	if c.knows == "" {
		c.knows = fields
	}
	for word := range strings.FieldsSeq(c.knows) {
		field, name, renamed := strings.Cut(word, "=")
		if !renamed {
			name = field
		}
		known, names = append(known, field), append(names, name)
	}
	return known, names
}

func (c code) overlay() string { return "mg_" + c.build }

// judged is what a run knows of it, if it has scanned its source.
func (c code) judged() judge.Code {
	j := judge.Code{Name: "build " + c.build, Overlay: c.overlay(), Contract: c.contract()}
	if c.unsteered {
		j.Overlay, j.Unsteered = "", "web.1 has not announced itself"
	}
	return j
}

// contract names the columns it names; the primary key it leaves to the database.
func (c code) contract() *contract.Contract {
	_, names := c.columns()
	is := contract.Named(names...)
	use := contract.Use{Origin: contract.Model, By: "User", At: contract.Evidence{File: "app/models/user.rb", Line: 1},
		Reads: contract.Named(slices.Concat([]string{"id"}, names)...), Updates: is, Adds: true, Inserts: is}
	if c.build == firstBuild {
		use.Reads, use.Star = contract.Every(), true
	}
	return contract.New(contract.Source{Scanner: "scan", Whole: true, Paths: true, Rows: true, Upserts: true, Models: 1},
		[]contract.Relation{{Name: contractName(c.named()), Uses: []contract.Use{use}}}, nil)
}

// contractName is a name with or without a schema.
func contractName(name string) contract.Name {
	schema, table, found := strings.Cut(name, ".")
	if !found {
		return contract.Name{Name: name}
	}
	return contract.Name{Schema: schema, Name: table}
}

// The kinds of work that code does, each in a session of its own.
const (
	readingAll = iota
	upserting
	inserting
	transacting
	updatingAll
	kindsOfWork
)

// kindNames are the columns of the page.
var kindNames = [kindsOfWork]string{"prepared SELECT *", "upsert", "INSERT RETURNING", "transaction", "full-row UPDATE"}

// statements are what a session of a kind prepares. The first build asks for all
// columns by *, a later one by name: it has to, where a column of the table is one
// that it does not know (docs/shims.md).
func (c code) statements(kind int) []string {
	_, names := c.columns()
	all, table := strings.Join(names, ", "), c.named()
	results := all
	if c.build == firstBuild {
		results = "*"
	}
	var params, set, excluded []string
	for i, name := range names {
		params = append(params, fmt.Sprint("$", i+1))
		if i > 0 {
			set = append(set, fmt.Sprintf("%s = $%d", name, i+1))
			excluded = append(excluded, fmt.Sprintf("%s = excluded.%[1]s", name))
		}
	}
	insert := fmt.Sprintf("insert into %s (%s) values (%s)", table, all, strings.Join(params, ", "))
	switch kind {
	case readingAll:
		return []string{fmt.Sprintf("select %s from %s where %s = $1", results, table, names[0])}
	case upserting:
		return []string{fmt.Sprintf("%s on conflict (%s) do update set %s", insert, names[0], strings.Join(excluded, ", "))}
	case inserting:
		return []string{insert + " returning " + results}
	case transacting:
		return []string{
			fmt.Sprintf("select %s from %s where %s = $1 for update", all, table, names[0]),
			fmt.Sprintf("update %s set %s where %s = $1", table, strings.Join(set, ", "), names[0]),
			insert,
		}
	}
	return []string{fmt.Sprintf("update %s set %s where %s = $1", table, strings.Join(set, ", "), names[0])}
}

// values are those of a row, by field. No two rows have the same.
func (c code) values(key string, n int64, over bool) map[string]string {
	known, _ := c.columns()
	row := map[string]string{}
	for _, field := range known {
		row[field] = map[string]string{
			"key": key, "email": fmt.Sprintf("%d@example.com", n), "amount": fmt.Sprint(n), "rank": fmt.Sprint(n),
			"team": fmt.Sprint(1 + n%2), "at": fmt.Sprintf("2026-01-02 03:%02d:%02d", n/60%60, n%60),
		}[field]
		if row[field] == "" {
			row[field] = fmt.Sprint(field, " ", n)
		}
		if wrong := c.wrong[field]; over && wrong != "" {
			row[field] = wrong
		}
	}
	return row
}
