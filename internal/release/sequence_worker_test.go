package release_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/migguard/migguard/internal/ddl"
)

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
		if j == 5 && w.contract != nil { // without one nobody knows of it
			if err := w.asks(ctx, u, id); err != nil {
				return &failure{u, "what it asks of its table", err}
			}
		}
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

// asks is what of a program a view cannot answer.
func (w worker) asks(ctx context.Context, u uses, id int) error {
	is := func(sql string) error {
		rows := w.conn.PgConn().ExecParams(ctx, sql, [][]byte{[]byte(fmt.Sprint(id))}, nil, nil, nil).Read()
		if rows.Err == nil && len(rows.Rows) != 1 {
			return fmt.Errorf("%s: %d rows", sql, len(rows.Rows))
		}
		return rows.Err
	}
	var err error
	if u.asks {
		err = is(fmt.Sprintf("select from pg_index join pg_attribute on attrelid = indrelid and attnum = any(indkey) where indrelid = %s::regclass and indisprimary and attname = 'id' and $1::int > 0", ddl.Literal(u.named)))
	}
	if u.groups && err == nil {
		err = is(fmt.Sprintf("select %s from %s where id = $1 group by id", u.results, u.named))
	}
	return err
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
