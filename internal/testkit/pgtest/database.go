package pgtest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// empty is what an empty database is copied from. Nothing can connect to it: a
// CREATE DATABASE from template1 waits when the autovacuum launcher happens to
// be in it.
const empty = "template0"

// CreateDatabase makes an empty database.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return s.copyDatabase(ctx, name, empty)
}

func (s *Server) copyDatabase(ctx context.Context, name, template string) error {
	sql := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	if s.Major >= 15 {
		// 13 ms; the default since 15 writes every page to the WAL. 14 knows
		// no other way than this one and has no word for it.
		sql += " STRATEGY file_copy"
	}
	if err := s.admin(ctx, sql); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// DropDatabase removes a database and ends the sessions in it.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	sql := "DROP DATABASE " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)"
	if err := s.admin(ctx, sql); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// admin runs one statement outside the databases that are handed out. Sessions for
// that are kept: to begin one costs as much as to make a database.
func (s *Server) admin(ctx context.Context, sql string) error {
	conn := s.idleAdmin(ctx)
	if conn == nil {
		var err error
		if conn, err = pgx.Connect(ctx, s.URL("postgres")); err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, sql)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !conn.IsClosed() {
		s.admins = append(s.admins, conn)
	}
	return err
}

// idleAdmin takes a session that the server has not ended, as it does when one of its
// processes crashes; nil: there is none.
func (s *Server) idleAdmin(ctx context.Context) *pgx.Conn {
	for {
		s.mu.Lock()
		last := len(s.admins) - 1
		if last < 0 {
			s.mu.Unlock()
			return nil
		}
		conn := s.admins[last]
		s.admins = s.admins[:last]
		s.mu.Unlock()
		if conn.Ping(ctx) == nil {
			return conn
		}
		_ = conn.Close(ctx)
	}
}
