// Package app is an application on pgx: what it does, in its n-th round.
package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// An Order is a row of the table of that name.
type Order struct {
	ID        int64   `db:"id"`
	AccountID int64   `db:"account_id"`
	State     string  `db:"state"`
	Remark    *string `db:"remark"`
}

func email(n int) string { return fmt.Sprintf("user-%d@example.com", n) }

// SignUp makes an account.
func SignUp(ctx context.Context, db *pgx.Conn, n int) error {
	var team int64
	err := db.QueryRow(ctx, "SELECT id FROM teams WHERE name = $1", "red").Scan(&team)
	if errors.Is(err, pgx.ErrNoRows) {
		err = db.QueryRow(ctx, "INSERT INTO teams (name) VALUES ($1) RETURNING id", "red").Scan(&team)
	}
	if err != nil {
		return err
	}
	var level int32
	return db.QueryRow(ctx, `
		INSERT INTO accounts (email, name, score, bio, team_id) VALUES ($1, NULL, $2, 'bio', $3) RETURNING level`,
		email(n), n, team).Scan(&level)
}

// Change names it, and names it anew.
func Change(ctx context.Context, db *pgx.Conn, n int) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		var score int32
		if err := tx.QueryRow(ctx, "SELECT score FROM accounts WHERE email = $1 FOR UPDATE", email(n)).Scan(&score); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE accounts SET name = $1, score = $2 WHERE email = $3", "user", score+1, email(n))
		return err
	})
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, "UPDATE accounts SET name = $1 WHERE email = $2", nil, email(n)); err != nil {
		return err
	}
	_, err = db.Exec(ctx, "UPDATE accounts SET name = $1 WHERE email = $2", fmt.Sprint("user ", n), email(n))
	return err
}

// FindAll lists the accounts of a team.
func FindAll(ctx context.Context, db *pgx.Conn, n int) error {
	rows, err := db.Query(ctx, `
		SELECT a.id, a.email, a.name, a.score, a.level, a.bio FROM accounts a
		JOIN teams t ON t.id = a.team_id WHERE t.name = $1 ORDER BY a.email`, "red")
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, pgx.RowToMap)
	return err
}

// Nickname reads what nothing writes.
func Nickname(ctx context.Context, db *pgx.Conn, n int) error {
	var name *string
	return db.QueryRow(ctx, "SELECT nickname FROM accounts WHERE email = $1", email(n)).Scan(&name)
}

// Motto writes what nothing reads.
func Motto(ctx context.Context, db *pgx.Conn, n int) error {
	_, err := db.Exec(ctx, "UPDATE teams SET motto = $1 WHERE name = $2", "onwards", "red")
	return err
}

// Pay adds a payment and reads it.
func Pay(ctx context.Context, db *pgx.Conn, n int) error {
	if _, err := db.Exec(ctx, "INSERT INTO payments (type, amount, card) VALUES ('CardPayment', $1, '4242')", 10*n); err != nil {
		return err
	}
	var card string
	return db.QueryRow(ctx, "SELECT card FROM payments ORDER BY id DESC LIMIT 1").Scan(&card)
}

// Plans reads a plan.
func Plans(ctx context.Context, db *pgx.Conn, n int) error {
	var price int32
	return db.QueryRow(ctx, "SELECT price FROM plans WHERE code = $1", "basic").Scan(&price)
}

// PlaceOrder places one, pays it and reads it.
func PlaceOrder(ctx context.Context, db *pgx.Conn, n int) error {
	const insert = "INSERT INTO orders (account_id, total, remark) SELECT id, 12.5, 'soon' FROM accounts WHERE email = $1"
	if _, err := db.Exec(ctx, insert, email(n)); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, "UPDATE orders SET state = $1 WHERE state = 'new'", "paid"); err != nil {
		return err
	}
	rows, err := db.Query(ctx, "SELECT * FROM orders WHERE state = $1", "paid")
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[orderRow])
	return err
}

// An orderRow takes all columns, as Order with what it does not look at.
type orderRow struct {
	Order
	Total    any `db:"total"`
	PlacedAt any `db:"placed_at"`
}

// Tag gives an account a label.
func Tag(ctx context.Context, db *pgx.Conn, n int) error {
	var tag int64
	err := db.QueryRow(ctx, "SELECT id FROM tags WHERE label = $1", "new").Scan(&tag)
	if errors.Is(err, pgx.ErrNoRows) {
		err = db.QueryRow(ctx, "INSERT INTO tags (label) VALUES ($1) RETURNING id", "new").Scan(&tag)
	}
	if err != nil {
		return err
	}
	const link = `INSERT INTO accounts_tags (account_id, tag_id) SELECT id, $2 FROM accounts WHERE email = $1
		ON CONFLICT ON CONSTRAINT accounts_tags_pair DO NOTHING`
	if _, err := db.Exec(ctx, link, email(n), tag); err != nil {
		return err
	}
	var label string
	return db.QueryRow(ctx, "SELECT t.label FROM tags t JOIN accounts_tags j ON j.tag_id = t.id LIMIT 1").Scan(&label)
}

// Count keeps a number.
func Count(ctx context.Context, db *pgx.Conn, n int) error {
	_, err := db.Exec(ctx, "INSERT INTO counters (name, n) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET n = EXCLUDED.n", "hits", n)
	return err
}

// Audit notes something and forgets it.
func Audit(ctx context.Context, db *pgx.Conn, n int) error {
	if _, err := db.Exec(ctx, "INSERT INTO audits (what) VALUES ($1)", "round"); err != nil {
		return err
	}
	_, err := db.Exec(ctx, "DELETE FROM audits WHERE what = $1", "round")
	return err
}

// Visit adds a visit, and reads it through a view.
func Visit(ctx context.Context, db *pgx.Conn, n int) error {
	if _, err := db.Exec(ctx, "INSERT INTO visits (page) VALUES ($1)", "/"); err != nil {
		return err
	}
	var page string
	return db.QueryRow(ctx, "SELECT page FROM recent_visits ORDER BY id DESC LIMIT 1").Scan(&page)
}

// Invoice takes a number.
func Invoice(ctx context.Context, db *pgx.Conn, n int) error {
	var number int64
	return db.QueryRow(ctx, "SELECT nextval('invoice_numbers')").Scan(&number)
}

// Slug has the server make a name of a title.
func Slug(ctx context.Context, db *pgx.Conn, n int) error {
	var name string
	return db.QueryRow(ctx, "SELECT slug($1)", "A b").Scan(&name)
}
