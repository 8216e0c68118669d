package release_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/migguard/migguard/internal/ledger"
	"github.com/migguard/migguard/internal/testkit/pgtest"
)

// syncedColumns are columns that code of both names writes: definition, the values that
// are written, and what a row has that comes without one; "" is what nobody foresees.
var syncedColumns = map[string]struct {
	definition string
	values     []string // in SQL
	left       string
}{
	"text":             {"text not null default 'x'", []string{"'x'", "'a'", "'A'", "''", "'a b'"}, "'x'"},
	"nullable":         {"int", []string{"NULL", "1", "2", "0"}, "NULL"},
	"nullable, filled": {"varchar(20) default 'n'", []string{"NULL", "'n'", "'a'", "'b'"}, "'n'"},
	"numeric":          {"numeric not null default 0", []string{"0", "0.0", "1.00", "1"}, "0"},
	"another each":     {"timestamptz not null default clock_timestamp()", []string{"'2020-01-01Z'", "'2021-01-01Z'"}, ""},
	"without equality": {"json not null default '{}'", []string{"'{}'", `'{ }'`, `'{"a": 1}'`}, "'{}'"},
	"of the app":       {"mood not null default 'ok'", []string{"'ok'", "'sad'"}, "'ok'"},
	"character":        {"char(5) default 'a'", []string{"'a'", "'b'", "NULL"}, "'a'"},
}

// What code writes, by either name or, as ActiveRecord does when it boots meanwhile, by both,
// all code reads, before, while and after the names change places.
func TestSyncedWrites(t *testing.T) {
	t.Parallel()
	for name, c := range syncedColumns {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pgtest.Each(t, func(t *testing.T, db *pgtest.DB) {
				b := setup(t, db, options{}, "create type mood as enum ('sad', 'ok'); create table rows (key int primary key, n int not null default 0, old "+c.definition+")",
					"insert into rows (key) select -g from generate_series(1, 300) g")
				m := &syncModel{kind: strings.Fields(c.definition)[0], values: c.values, left: c.left, rows: map[int]string{}}
				var writers sync.WaitGroup
				swapped := make(chan struct{})
				write := func(names []string, times int) {
					conn := db.Connect(t)
					seed := rand.Uint64()
					writers.Go(func() {
						dice := rand.New(rand.NewPCG(seed, 1))
						for range times {
							if err := m.write(t, conn, dice, names); err != nil {
								t.Errorf("%v (seed %d): %s", names, seed, explain(err))
								return
							}
						}
					})
				}
				write([]string{"old"}, 400)
				write([]string{"old"}, 400)
				go func() {
					defer close(swapped)
					if _, err := b.client.PgConn().Exec(t.Context(), "alter table rows rename old to new").ReadAll(); err != nil {
						t.Error(explain(err))
					}
				}()
				<-swapped
				if t.Failed() {
					return
				}
				write([]string{"new"}, 200)
				write([]string{"new", "old"}, 200) // new code that knows both
				write([]string{"old", "new"}, 200) // old code that has booted since
				writers.Wait()
				m.check(t, db)
				b.end(t, ledger.Succeeded)
			})
		})
	}
}

// A syncModel is what rows ought to have, by key.
type syncModel struct {
	kind   string // the column's type
	values []string
	left   string
	mu     sync.Mutex
	next   int
	rows   map[int]string // in SQL; "" where the server has chosen
	free   []int
}

// write is one random write by code that knows the column by the first of the names, and
// when it adds a row fills in its default by the others.
func (m *syncModel) write(t *testing.T, conn *pgx.Conn, dice *rand.Rand, names []string) error {
	value := m.values[dice.IntN(len(m.values))]
	m.mu.Lock()
	key, is := 0, ""
	if len(m.free) > 0 && dice.IntN(3) > 0 {
		i := dice.IntN(len(m.free))
		key, m.free = m.free[i], append(m.free[:i:i], m.free[i+1:]...)
		is = m.rows[key]
	}
	adds := key == 0
	if adds {
		m.next++
		key = m.next
	}
	m.mu.Unlock()
	columns, values := names[0], value
	if len(names) > 1 && m.left != "" {
		columns, values = strings.Join(names, ", "), value+", "+m.left
	}
	var sql string
	switch kind := dice.IntN(5); {
	case adds && kind == 0 && len(names) == 1:
		sql, value = fmt.Sprintf("insert into rows (key) values (%d)", key), m.left
	case adds && kind == 1:
		sql = fmt.Sprintf("insert into rows (key, %s) select %d, %s", columns, key, values)
	case adds:
		sql = fmt.Sprintf("insert into rows (key, %s) values (%d, %s)", columns, key, values)
	case kind == 0:
		sql, value = fmt.Sprintf("update rows set n = n + 1 where key = %d", key), is
	case kind == 1:
		sql = fmt.Sprintf("insert into rows (key, %[1]s) values (%d, %s) on conflict (key) do update set %[1]s = excluded.%[1]s", names[0], key, value)
	case kind == 2 && len(names) == 1: // a full row, as ORMs write
		sql = fmt.Sprintf("update rows set key = key, n = n, %s = %s where key = %d", names[0], value, key)
	default:
		sql = fmt.Sprintf("update rows set %s = %s where key = %d", names[0], value, key)
	}
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[key] = value
	m.free = append(m.free, key)
	return nil
}

// check holds all rows to the model, and both columns to each other.
func (m *syncModel) check(t *testing.T, db *pgtest.DB) {
	t.Helper()
	if got := db.Value(t, "select coalesce(string_agg(concat_ws(' ', key, '['||old::text||']', '['||new::text||']'), '; '), '') from rows where row(old)::record *<> row(new)::record"); got != "" {
		t.Errorf("rows differ: %s", got)
	}
	m.agrees(t, db, "%s::"+m.kind)
}

// agrees holds the rows to what was written, of which form makes a value of the column's type.
func (m *syncModel) agrees(t *testing.T, db *pgtest.DB, form string) {
	t.Helper()
	var wrote []string
	for key, value := range m.rows {
		if value != "" {
			wrote = append(wrote, fmt.Sprintf("(%d, "+form+")", key, value))
		}
	}
	if got := db.Value(t, `select coalesce(string_agg(concat_ws(' ', w.key, '['||r.new::text||']', 'wrote', '['||w.value||']'), '; '), '')
		from (values `+strings.Join(wrote, ", ")+`) w (key, value) left join rows r on r.key = w.key where r.key is null or row(r.new)::record *<> row(w.value)::record`); got != "" {
		t.Errorf("rows are not what was written: %s", got)
	}
}
