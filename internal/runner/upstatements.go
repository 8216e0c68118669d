package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// RailsFolder is where Rails looks for migrations unless it is told otherwise.
const RailsFolder = "db/migrate"

// ErrSubstituted is returned by Up for a file whose text depends on the
// environment of the run.
var ErrSubstituted = errors.New("it takes variables of the environment in (+goose ENVSUB)")

// Up are the texts that a migration sends when it is applied, in their order: a
// plain file is one, of goose's format each statement.
func (e *Embedded) Up(m Migration) ([]string, error) {
	text, err := fs.ReadFile(e.Files, m.Name)
	if err != nil {
		return nil, fmt.Errorf("read migration: %w", err)
	}
	if e.Format == FormatUpSQL {
		return []string{string(text)}, nil
	}
	return gooseUp(string(text))
}

// gooseUp takes a file apart as goose does (internal/sqlparser of v3): a statement
// ends with the line that ends with a semicolon, or at StatementEnd, and comments
// before it are left out. What goose would refuse is left to goose.
func gooseUp(text string) (statements []string, err error) {
	var b strings.Builder
	up, whole := false, false
	end := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			statements = append(statements, s)
		}
		b.Reset()
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		comment := len(words) > 0 && strings.HasPrefix(words[0], "--")
		if comment && strings.Contains(line, "+goose") {
			_, word, _ := strings.Cut(line, "+goose")
			switch strings.ToLower(strings.Join(strings.Fields(word), " ")) {
			case "up":
				up = true
			case "down":
				return statements, nil
			case "statementbegin":
				whole = true
			case "statementend":
				whole = false
				end()
			case "envsub on":
				return nil, ErrSubstituted
			}
			continue
		}
		if !up || b.Len() == 0 && (comment || len(words) == 0) {
			continue
		}
		b.WriteString(line)
		if !whole && endsStatement(words) {
			end()
		}
	}
	return statements, nil
}

// endsStatement tells whether the last word before a comment ends with a semicolon.
func endsStatement(words []string) bool {
	last := ""
	for _, word := range words {
		if strings.HasPrefix(word, "--") {
			break
		}
		last = word
	}
	return strings.HasSuffix(last, ";")
}

var railsName = regexp.MustCompile(`^([0-9]+)_[_a-z0-9]*(?:\.[_a-z0-9]*)?\.rb$`)

// RailsPending returns the migrations of a folder that Rails has not recorded, by
// version: those whose number is not in schema_migrations.
func RailsPending(ctx context.Context, conn *pgx.Conn, files fs.FS) (pending []Migration, err error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	applied, err := railsApplied(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, e := range entries { // by name, and the versions have one length
		m := railsName.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			continue
		}
		version, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		if !applied[version] {
			pending = append(pending, Migration{version, e.Name()})
		}
	}
	return pending, nil
}

func railsApplied(ctx context.Context, conn *pgx.Conn) (map[int64]bool, error) {
	const table = "schema_migrations"
	applied := map[int64]bool{}
	var there bool
	err := conn.QueryRow(ctx, "SELECT pg_catalog.to_regclass($1) IS NOT NULL", table).Scan(&there)
	if err != nil || !there {
		return applied, err
	}
	rows, err := conn.Query(ctx, "SELECT version FROM "+table)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	for _, v := range versions {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			applied[n] = true
		}
	}
	return applied, nil
}
