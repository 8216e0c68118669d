package release_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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
		if !whole && d.one(4) || t.columns[0].name != "id" {
			continue
		}
		u := uses{table: t, named: t.name, star: !whole && d.one(3), keyed: t.columns[0].filled}
		if !whole && d.one(12) {
			u.named = "public." + t.name
		}
		var ignored, writes, reads []string
		for _, c := range t.columns {
			needed := c.name == "id" || c.required && !c.filled
			if !needed && d.one(3) {
				ignored = append(ignored, c.name)
				continue
			}
			u.reads, reads = append(u.reads, c), append(reads, c.name)
			if needed || !d.one(5) {
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
			every := contract.Every(ignored...)
			use.Reads, use.Updates, use.Inserts = every, every, every
			u.writes = u.reads
		}
		name := contract.Name{Name: t.name}
		if u.named != t.name {
			name.Schema = "public"
		}
		relations = append(relations, contract.Relation{Name: name, Uses: []contract.Use{use}})
		p.tables = append(p.tables, u)
	}
	p.contract = contract.New(contract.Source{Scanner: "scan", Whole: true, Models: len(relations), Rows: true}, relations, nil)
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
		if c.alone {
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

// A worker is a session of a program.
type worker struct {
	*program
	conn *pgx.Conn
}

// A failure is a statement that did not do what it did before.
type failure struct {
	uses uses
	sql  string
	err  error
}

func (f *failure) Error() string { return f.sql + ": " + explain(f.err) }

func (f *failure) state() (e *pgconn.PgError, ok bool) {
	ok = errors.As(f.err, &e)
	return e, ok
}

// prepare prepares all statements, again if need be.
func (w worker) prepare(ctx context.Context) *failure {
	if !w.prepares {
		return nil
	}
	if _, err := w.conn.PgConn().Exec(ctx, "deallocate all").ReadAll(); err != nil {
		return &failure{sql: "deallocate all", err: err}
	}
	for i, u := range w.tables {
		for j, sql := range u.statements() {
			if _, err := w.conn.PgConn().Prepare(ctx, fmt.Sprintf("s%d_%d", i, j), sql, nil); err != nil {
				return &failure{u, sql, err}
			}
		}
	}
	return nil
}

// work does all there is, for each table in a transaction or not. What it wrote
// it has to find.
func (w worker) work(ctx context.Context, transaction bool) *failure {
	for i, u := range w.tables {
		if transaction {
			if _, err := w.conn.PgConn().Exec(ctx, "begin").ReadAll(); err != nil {
				return &failure{u, "begin", err}
			}
		}
		failed := w.table(ctx, i)
		if transaction {
			end := "commit"
			if failed != nil {
				end = "rollback"
			}
			if _, err := w.conn.PgConn().Exec(ctx, end).ReadAll(); err != nil && failed == nil {
				return &failure{u, end, err}
			}
		}
		if failed != nil {
			return failed
		}
	}
	return nil
}

func (w worker) table(ctx context.Context, i int) *failure {
	u := w.tables[i]
	all := u.statements()
	id := nextPlace()
	for j, sql := range all {
		values, wants := u.values(id), 1
		switch {
		case j == 0 || j == 2:
		case j == 1 || j > 5:
			values = u.values(nextPlace())
			values = values[len(values)-strings.Count(sql, "$"):] // without the id
		case j == 4:
			values = nil
		default:
			values = values[:1]
		}
		if j == 5 || strings.HasSuffix(sql, "do nothing") {
			wants = 0
		}
		rows, names, err := w.send(ctx, fmt.Sprintf("s%d_%d", i, j), sql, values)
		if err == nil && len(rows) != wants {
			err = fmt.Errorf("%d rows", len(rows))
		}
		if err == nil && j < 3 {
			err = u.shows(names, rows[0], values)
		}
		if err != nil {
			return &failure{u, sql, err}
		}
	}
	return nil
}

// shows holds a row to what was written.
func (u uses) shows(names []string, row [][]byte, values []string) error {
	for _, c := range u.reads {
		i := slices.Index(names, c.name)
		if i < 0 {
			return fmt.Errorf("no column %s among %q", c.name, names)
		}
		written := slices.IndexFunc(u.writes, func(w column) bool { return w.name == c.name })
		if written >= 0 && string(row[i]) != values[written] {
			return fmt.Errorf("%s is %q, and %q was written", c.name, row[i], values[written])
		}
	}
	return nil
}

func (w worker) send(ctx context.Context, name, sql string, values []string) (rows [][][]byte, names []string, err error) {
	var args [][]byte
	for _, v := range values {
		args = append(args, []byte(v))
	}
	var reader *pgconn.ResultReader
	if w.prepares {
		reader = w.conn.PgConn().ExecPrepared(ctx, name, args, nil, nil)
	} else {
		reader = w.conn.PgConn().ExecParams(ctx, sql, args, nil, nil, nil)
	}
	result := reader.Read()
	for _, f := range result.FieldDescriptions {
		names = append(names, f.Name)
	}
	return result.Rows, names, result.Err
}
