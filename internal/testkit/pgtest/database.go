package pgtest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CreateDatabase makes an empty database. Its template is template0, which
// nothing can connect to: a CREATE DATABASE from template1 waits when the
// autovacuum launcher happens to be in it.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	return s.copyDatabase(ctx, name, "template0")
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

// admin runs one statement outside the databases that are handed out.
func (s *Server) admin(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}
