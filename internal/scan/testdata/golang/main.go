// Command golang sends queries in the ways people write them, again and again
// when it is told to.
package main

import (
	"bufio"
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	columns   = "id, " + nickCol
	nickCol   = "nick"
	findUsers = `-- name: FindUsers :many
SELECT ` + columns + ` FROM users WHERE email LIKE $1 ORDER BY created_at`
)

var inserted = "INSERT INTO users (name, email) VALUES ($1, $2) RETURNING id"

//go:embed report.sql
var report string

type order struct {
	ID    int    `db:"id"`
	Total int    `db:"total"`
	State string `db:"state"`
}

func act(ctx context.Context, conn *pgx.Conn, db *sql.DB) error {
	var id int
	if err := conn.QueryRow(ctx, inserted, "n", "e").Scan(&id); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, findUsers, "%")
	if err != nil {
		return err
	}
	rows.Close()
	if rows.Err() != nil {
		return rows.Err()
	}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"orders"}, []string{"user_id", "total", "state", "coupon"}, pgx.CopyFromRows([][]any{{id, 1, "new", "c"}})); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue("UPDATE orders SET state = $1 WHERE user_id = $2", "paid", id)
	batch.Queue(fmt.Sprintf("SELECT count(*) FROM orders WHERE %s > %d", "total", 0))
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	rows, err = conn.Query(ctx, "SELECT id, total, state FROM orders WHERE user_id = @user", pgx.NamedArgs{"user": id})
	if err != nil {
		return err
	}
	if _, err := pgx.CollectRows(rows, pgx.RowToStructByName[order]); err != nil {
		return err
	}
	var n int
	if err := db.QueryRowContext(ctx, report).Scan(&n); err != nil {
		return err
	}
	query := "SELECT note FROM events"
	if n > 0 {
		query = "SELECT kind FROM events"
	}
	all, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	if err := all.Close(); err != nil {
		return err
	}
	statement, err := db.PrepareContext(ctx, "INSERT INTO events (kind) SELECT $1 WHERE EXISTS (SELECT FROM users u WHERE u.id = $2)")
	if err != nil {
		return err
	}
	defer statement.Close()
	_, err = statement.ExecContext(ctx, "k", id)
	return err
}

func run() error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	db := stdlib.OpenDB(*conn.Config())
	defer db.Close()
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		if err := act(ctx, conn, db); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("done")
	}
	return commands.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
