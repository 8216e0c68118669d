package release_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A session is a connection of a dyno that does one kind of work over and over.
type session struct {
	*crowd
	code
	kind     int
	conn     *pgx.Conn
	prepared bool
	stop     bool           // below mu, as are
	done     int            // units of work, failed ones too
	failed   map[string]int // by SQLSTATE
	first    string         // failure
	longest  time.Duration  // unit of work
	ended    chan struct{}
}

// errLacks is a row without a column that the code reads.
var errLacks = errors.New("column missing")

// pace is how long a session takes for a unit of work and a rest: without one, the
// sessions of a few dynos leave the machine no time for the migration.
const pace = 3 * time.Millisecond

func (s *session) run() {
	defer close(s.ended)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for ; ; <-tick.C {
		began := time.Now()
		err := s.work()
		s.mu.Lock()
		s.done++
		s.longest = max(s.longest, time.Since(began))
		if err != nil {
			s.note(err)
		}
		stop := s.stop || s.ctx.Err() != nil
		s.changed.Broadcast()
		s.mu.Unlock()
		if stop {
			return
		}
	}
}

// note counts a failure, and has what is prepared be prepared anew, as drivers do.
func (s *session) note(err error) {
	state := err.Error()
	var server *pgconn.PgError
	if errors.As(err, &server) {
		state = server.Code
		s.prepared = s.prepared && state != "0A000"
	}
	s.failed[state]++
	if s.first == "" {
		s.first = fmt.Sprintf("build %s, %s: %s", s.build, kindNames[s.kind], explain(err))
	}
}

// work does it once. What the server has said no to has not happened.
func (s *session) work() error {
	if !s.prepared {
		if err := s.prepare(); err != nil {
			return err
		}
		s.prepared = true
	}
	switch s.kind {
	case readingAll:
		return s.changes(func(key string, before map[string]string) (map[string]string, error) {
			return nil, s.finds(0, key, before)
		})
	case inserting:
		return s.adds(func(values map[string]string) error {
			rows, names, err := s.send(0, s.args(values))
			if err == nil {
				err = s.matches(rows, names, values)
			}
			return err
		})
	case transacting:
		return s.transacts()
	case upserting:
		if s.done%2 == 0 {
			return s.adds(func(values map[string]string) error { return s.once(0, s.args(values)) })
		}
	}
	return s.changes(func(key string, _ map[string]string) (map[string]string, error) {
		_, values := s.row(s, key)
		return values, s.once(0, s.args(values))
	})
}

// transacts locks a row, changes it and adds another, in one transaction.
func (s *session) transacts() error {
	return s.changes(func(key string, before map[string]string) (changed map[string]string, err error) {
		err = s.adds(func(added map[string]string) error {
			if err := s.plain("begin"); err != nil {
				return err
			}
			err := s.finds(0, key, before)
			if err == nil {
				_, changed = s.row(s, key)
				err = s.once(1, s.args(changed))
			}
			if err == nil {
				err = s.once(2, s.args(added))
			}
			if err != nil {
				return errors.Join(err, s.plain("rollback"))
			}
			return s.plain("commit")
		})
		return changed, err
	})
}

// changes does something with a row that is there, and keeps what was written of it.
func (s *session) changes(do func(key string, before map[string]string) (map[string]string, error)) error {
	key, before := s.take(s.set())
	if key == "" {
		return nil // others have all
	}
	written, err := do(key, before)
	if err != nil {
		written = nil
	}
	s.give(s.set(), key, written)
	return err
}

// adds does something that makes a row, and keeps it.
func (s *session) adds(do func(values map[string]string) error) error {
	key, values := s.row(s, "")
	err := do(values)
	if err == nil {
		s.give(s.set(), key, values)
	}
	return err
}

// finds reads one row by its key and holds it to what was written.
func (s *session) finds(statement int, key string, before map[string]string) error {
	rows, names, err := s.send(statement, [][]byte{[]byte(key)})
	if err != nil {
		return err
	}
	return s.matches(rows, names, before)
}

// matches holds a row to what was written. One that is another is no failed
// statement, but lost data.
func (s *session) matches(rows [][][]byte, names []string, written map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(rows) != 1 {
		s.unlike = append(s.unlike, fmt.Sprintf("build %s: %d rows of %s", s.build, len(rows), written["key"]))
		return nil
	}
	read := map[string]string{}
	for i, name := range names {
		read[name] = shown(rows[0][i])
	}
	known, columns := s.columns()
	for i, field := range known {
		is, there := read[columns[i]]
		if !there {
			return errLacks
		}
		if wrote, knows := written[field]; knows && wrote != is {
			s.unlike = append(s.unlike, fmt.Sprintf("build %s: reads %s %s of %s, and %s was written", s.build, field, is, written["key"], wrote))
		}
	}
	return nil
}

// once is a write that has to reach one row.
func (s *session) once(statement int, args [][]byte) error {
	result := s.conn.PgConn().ExecPrepared(s.ctx, fmt.Sprint("s", statement), args, nil, nil).Read()
	if n := result.CommandTag.RowsAffected(); result.Err == nil && n != 1 {
		return fmt.Errorf("%d rows written", n)
	}
	return result.Err
}

func (s *session) send(statement int, args [][]byte) (rows [][][]byte, names []string, err error) {
	result := s.conn.PgConn().ExecPrepared(s.ctx, fmt.Sprint("s", statement), args, nil, nil).Read()
	for _, f := range result.FieldDescriptions {
		names = append(names, f.Name)
	}
	return result.Rows, names, result.Err
}

func (s *session) plain(sql string) error {
	_, err := s.conn.PgConn().Exec(s.ctx, sql).ReadAll()
	return err
}

func (s *session) prepare() error {
	if err := s.plain("deallocate all"); err != nil {
		return err
	}
	for i, sql := range s.statements(s.kind) {
		if _, err := s.conn.PgConn().Prepare(s.ctx, fmt.Sprint("s", i), sql, nil); err != nil {
			return err
		}
	}
	return nil
}

// args are a row's values in the order of the code's columns.
func (s *session) args(row map[string]string) (args [][]byte) {
	known, _ := s.columns()
	for _, field := range known {
		if row[field] == "NULL" {
			args = append(args, nil)
		} else {
			args = append(args, []byte(row[field]))
		}
	}
	return args
}
