package contract

import (
	"slices"
	"time"
)

// Version is the schema of the JSON this package writes. It grows when an older
// reader could take a newer contract for less than it says.
const Version = 1

// Contract is what one build needs of the schema. The zero Contract has seen
// nothing, so it answers "unknown" to everything.
//
// Sources, Uses, Gaps, Paths, Upserts, Drivers, Texts and Words are sorted and hold nothing
// twice; New, Merge and Read see to it.
type Contract struct {
	Version int `json:"version"`
	// Sources are the scans whose findings are in here.
	Sources []Source `json:"sources"`
	// Relations are those used, in the order of their names.
	Relations []Relation `json:"relations"`
	Gaps      []Gap      `json:"gaps"`
	// Paths are places that choose a search path. Older readers leave them out,
	// with Source.Paths, and then it is unknown whether there are any.
	Paths []PathPlace `json:"paths,omitempty"`
	// Upserts are places whose INSERT ... ON CONFLICT is of a relation that is not
	// known. Older readers leave them out, with Source.Upserts and Use.Arbiters, and
	// then it is unknown whether there are any.
	Upserts []Upsert `json:"upserts,omitempty"`
	// Drivers are what tells whether the build prepares statements. Older readers leave
	// them out, with Source.Unprepared, and then it is unknown.
	Drivers []Driver `json:"drivers,omitempty"`
	// Texts are queries of the source that a server can be asked about. They are no
	// evidence of their own: what they use is among the relations. Older readers leave
	// them out, and ask about none.
	Texts []Text `json:"texts,omitempty"`
	// Words are what names that the code makes when it runs can be made of: those
	// that stand in the source, "*" where one goes on with what does not. Without
	// any nothing is known of them.
	Words []string `json:"words,omitempty"`
}

// Source is one look at a build.
type Source struct {
	// Scanner names who looked, as "scan" or "pg_stat_statements".
	Scanner string `json:"scanner"`
	// Whole says that all of the build's own source was looked at, or that
	// what was not is among the gaps. Evidence of other kinds, as queries a
	// database has seen, shows use and never non-use.
	Whole bool `json:"whole,omitempty"`
	// Files and Bytes count what was read, Models what was understood as a
	// model of a table.
	Files  int   `json:"files,omitempty"`
	Bytes  int64 `json:"bytes,omitempty"`
	Models int   `json:"models,omitempty"`
	// Paths says that it has looked for places that choose a search path.
	Paths bool `json:"paths,omitempty"`
	// Upserts says that it has looked for INSERT ... ON CONFLICT.
	Upserts bool `json:"upserts,omitempty"`
	// Rows says that it has looked for Star and OnTable.
	Rows bool `json:"rows,omitempty"`
	// TextsLeft counts the texts that there was no room for, the longest.
	TextsLeft int `json:"texts_left,omitempty"`
	// Groups says that it has words of GROUP BY, so that a library may group rows of
	// a model by its primary key.
	Groups bool `json:"groups,omitempty"`
	// Unprepared says that all it has seen which talks to a database is known to leave
	// no prepared statement in a session.
	Unprepared bool `json:"unprepared,omitempty"`
}

// Name is a relation's name. Schema is empty where the source names none; such
// a name may mean a relation of that name in any schema.
type Name struct {
	Schema string `json:"schema,omitempty"`
	Name   string `json:"name"`
}

// String gives the name with a dot, unquoted.
func (n Name) String() string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// may tells whether two names may mean the same relation.
func (n Name) may(other Name) bool {
	return n.Name == other.Name && (n.Schema == "" || other.Schema == "" || n.Schema == other.Schema)
}

// Relation is a table or view and all its uses.
type Relation struct {
	Name
	Uses []Use `json:"uses"`
}

// Origin says what kind of evidence a use is.
type Origin string

// The origins of uses.
const (
	// Model is a class of an ORM that stands for the relation. Only it says
	// anything about columns it does not use: see Columns.Except.
	Model Origin = "model"
	// SQL is a statement in the source.
	SQL Origin = "sql"
	// Table is a relation that an ORM uses without a class, as the table that
	// joins two models.
	Table Origin = "table"
	// Query is a statement that the database has run. Who sent it is not known,
	// so it shows use and never non-use.
	Query Origin = "query"
)

// Use is one piece of evidence that a build uses a relation.
type Use struct {
	Origin Origin `json:"origin"`
	// By is who uses it, as a model's name; empty for SQL.
	By string   `json:"by,omitempty"`
	At Evidence `json:"at"`

	Reads   Columns `json:"reads,omitzero"`
	Updates Columns `json:"updates,omitzero"`
	// Adds says that rows are inserted, and Inserts with which columns.
	Adds    bool    `json:"adds,omitempty"`
	Inserts Columns `json:"inserts,omitzero"`
	// Arbiters are what an INSERT ... ON CONFLICT of it needs; one that does nothing
	// whatever the conflict is needs none.
	Arbiters []Arbiter `json:"arbiters,omitempty"`
	// TextBigint: a bigint that it reads comes as a text, and a smaller integer as a
	// number. So node-postgres has it (pg-types, README). Or as an int64 in the place of an
	// int32, as pgx has it where no type is declared (pgtype, Int4Codec.DecodeValue).
	TextBigint bool `json:"text_bigint,omitempty"`

	// Introspects says that the model asks the catalogs for its primary key and the
	// defaults of its columns, and not before it is first used.
	Introspects bool `json:"introspects,omitempty"`

	// Star says that it asks for every column by *, so that what a prepared statement
	// of it returns changes when the relation gets a column.
	Star bool `json:"star,omitempty"`
	// Prepared says that the statement is one of SQL's own PREPARE.
	Prepared bool `json:"prepared,omitempty"`
	// Kept says that the program prepares the statement itself and goes on with it: once
	// it fails for what it returns it does so until its session ends. Where it is not
	// set that is not known; older readers leave it out.
	Kept bool `json:"kept,omitempty"`
	// Strict says that the program takes the rows that it returns with the columns they have
	// now, so that with one more it fails each time. Where it is not set that is not known;
	// older readers leave it out.
	Strict bool `json:"strict,omitempty"`
	// OnTable is what it does with the relation that works on a table and not on a
	// view which shows it, as "COPY"; empty: nothing. Creates makes a relation, and
	// OverridesKey works on the views that show the key itself.
	OnTable string `json:"on_table,omitempty"`

	// Calls says how often a Query was run since Since, which is zero if that is
	// unknown. Recent says whether it was since the code that runs was released.
	Calls  int64     `json:"calls,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	Recent Verdict   `json:"recent,omitempty"`
}

// Evidence is where something was seen.
type Evidence struct {
	// File is relative to the folder that was scanned, with slashes; Line
	// counts from 1.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Text is what stands there, shortened to MaxText bytes.
	Text string `json:"text,omitempty"`
}

// MaxText is the length to which texts of evidence are cut, in bytes. With it
// the contract of a large application stays at a few hundred kB.
const MaxText = 160

// New makes a contract of what one scan has found.
func New(source Source, relations []Relation, gaps []Gap) *Contract {
	return NewWorded(source, relations, gaps, nil)
}

// NewWorded makes a contract that knows the words of the source, for gaps that are
// Worded.
func NewWorded(source Source, relations []Relation, gaps []Gap, words []string) *Contract {
	c := &Contract{Version: Version, Sources: []Source{source},
		Relations: slices.Clone(relations), Gaps: slices.Clone(gaps), Words: words}
	c.normalize()
	return c
}

// ReadOnly tells whether every model of the relation reads it only and no SQL
// writes it. It does not look at gaps: Column answers that.
func (r Relation) ReadOnly() bool {
	for _, u := range r.Uses {
		if u.Adds || !u.Updates.Empty() {
			return false
		}
	}
	return len(r.Uses) > 0
}

// Models lists the names of the relation's models.
func (r Relation) Models() []string {
	var names []string
	for _, u := range r.Uses {
		if u.Origin == Model && !slices.Contains(names, u.By) {
			names = append(names, u.By)
		}
	}
	return names
}

// whole tells whether some source saw the whole build.
func (c *Contract) whole() bool {
	return slices.ContainsFunc(c.Sources, func(s Source) bool { return s.Whole })
}

// usesOf lists the uses of what may be the relation.
func (c *Contract) usesOf(name Name) []Use {
	var uses []Use
	for _, r := range c.Relations {
		if r.may(name) {
			uses = append(uses, r.Uses...)
		}
	}
	return uses
}
