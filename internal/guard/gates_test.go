package guard_test

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/migguard/migguard/internal/guard"
)

// A testGate splits texts simply and does act with the statements that it
// gates.
type testGate struct {
	gated func(st guard.Statement) bool
	act   func(ctx context.Context, c guard.Conn, st guard.Statement) (string, error)
	pass  func(st guard.Statement) func(tag string, err error) // may be nil
	// committed may be nil.
	committed func()
}

// gates are those that scripts are played through. None of them may show.
var gates = map[string]guard.Gate{
	"nothing": testGate{gated: func(guard.Statement) bool { return false }},
	// every takes all statements over.
	"every": testGate{
		gated: func(guard.Statement) bool { return true },
		act: func(ctx context.Context, c guard.Conn, _ guard.Statement) (string, error) {
			return c.Forward(ctx)
		}},
	// schema does with schema statements what a judge does, and wants to hear
	// of their commits.
	"schema": testGate{gated: isSchema,
		act: func(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
			c.AfterCommit()
			return lookAndRun(ctx, c, st)
		}},
	// passing only listens to what is alone in a Query message.
	"passing": newPassingGate(),
	// refusing is for scripts of its own.
	"refusing": testGate{
		gated: func(st guard.Statement) bool { return isSchema(st) || strings.Contains(st.SQL, "refuse") },
		act: func(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
			switch {
			case strings.Contains(st.SQL, "refuse late"):
				if err := c.Block(ctx); err != nil {
					return "", err
				}
				if err := c.Exec(ctx, "CREATE TABLE leftover ()"); err != nil {
					return "", err
				}
				return "", refusal
			case strings.Contains(st.SQL, "refuse"):
				return "", refusal
			}
			return lookAndRun(ctx, c, st)
		}},
}

var refusal = &guard.Refusal{Code: "MG001", Message: "refused", Detail: "why", Hint: "instead"}

func isSchema(st guard.Statement) bool {
	switch firstWord(st.SQL) {
	case "CREATE", "ALTER", "DROP":
		return true
	}
	return false
}

// lookAndRun asks the server first, outside a block if there is none, and
// then runs the statement between others of its own.
func lookAndRun(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
	if c.TxStatus() == 'E' {
		return c.Forward(ctx)
	}
	if _, err := c.Query(ctx, "SELECT 1, null"); err != nil {
		return "", err
	}
	if strings.Contains(strings.ToUpper(st.SQL), "CONCURRENTLY") {
		return c.Run(ctx)
	}
	if err := c.Block(ctx); err != nil {
		return "", err
	}
	if err := c.Exec(ctx, "SAVEPOINT own", "SELECT 2"); err != nil {
		return "", err
	}
	return c.RunWith(ctx, "RELEASE SAVEPOINT own")
}

func (g testGate) Inspect(sql string, set guard.Settings) []guard.Statement {
	var out []guard.Statement
	wanted := false
	for _, part := range split(sql) {
		st := guard.Statement{SQL: part.text, Offset: utf8.RuneCountInString(sql[:part.start])}
		st.Block = blockOf(part.text)
		st.Gated = g.gated(st)
		wanted = wanted || st.Gated || set.Endings && (st.Block.Ends() || st.Block == guard.MayCommit)
		out = append(out, st)
	}
	if !wanted {
		return nil
	}
	return out
}

func (g testGate) Act(ctx context.Context, c guard.Conn, st guard.Statement) (string, error) {
	return g.act(ctx, c, st)
}

func (g testGate) Pass(st guard.Statement) func(tag string, err error) {
	if g.pass == nil {
		return nil
	}
	return g.pass(st)
}

func (g testGate) Committed(context.Context) {
	if g.committed != nil {
		g.committed()
	}
}

type piece struct {
	start int
	text  string
}

// split cuts at semicolons outside of '…' and $$…$$.
func split(sql string) []piece {
	var out []piece
	start, quote := 0, ""
	for i := 0; i <= len(sql); i++ {
		switch {
		case i == len(sql) || quote == "" && sql[i] == ';':
			trimmed := strings.TrimLeft(sql[start:i], " \n")
			if trimmed != "" {
				out = append(out, piece{i - len(trimmed), strings.TrimRight(trimmed, " \n")})
			}
			start = i + 1
		case quote != "" && strings.HasPrefix(sql[i:], quote):
			i += len(quote) - 1
			quote = ""
		case quote == "" && sql[i] == '\'':
			quote = "'"
		case quote == "" && strings.HasPrefix(sql[i:], "$$"):
			quote = "$$"
			i++
		}
	}
	return out
}

func firstWord(sql string) string {
	fields := strings.Fields(strings.ToUpper(sql))
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

func blockOf(sql string) guard.Block {
	upper := strings.ToUpper(sql)
	switch firstWord(sql) {
	case "BEGIN", "START":
		return guard.BeginBlock
	case "COMMIT", "END":
		return guard.CommitBlock
	case "EXECUTE":
		return guard.MayCommit
	case "ABORT":
		return guard.RollbackBlock
	case "ROLLBACK":
		if !strings.HasPrefix(upper, "ROLLBACK TO") {
			return guard.RollbackBlock
		}
	case "PREPARE":
		if strings.HasPrefix(upper, "PREPARE TRANSACTION") {
			return guard.CommitBlock
		}
	}
	return guard.NoBlock
}
