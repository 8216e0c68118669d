package relay

import (
	"unicode/utf8"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
)

// MaxParsed is the longest text that a Gate parses, in bytes. PostgreSQL's parse
// tree takes some 40 times its text here: 4 MB is 160 MB of a release dyno's
// 512. Longer texts pass only as plain queries, which are not parsed.
const MaxParsed = 4 << 20

// Split are a text's statements, none of them gated.
func Split(sql string, parsed []ddl.Statement) []guard.Statement {
	out := make([]guard.Statement, len(parsed))
	last, offset := 0, 0
	for i, st := range parsed {
		offset += utf8.RuneCountInString(sql[last:st.Span.Start])
		last = st.Span.Start
		out[i] = guard.Statement{SQL: st.Text, Offset: offset, Unsplit: st.Class == ddl.Unparsed, Block: block(st)}
	}
	return out
}

func block(st ddl.Statement) guard.Block {
	if st.Tag == "EXECUTE" {
		return guard.MayCommit
	}
	switch st.Transaction {
	case ddl.Begin:
		return guard.BeginBlock
	case ddl.Commit, ddl.PrepareTransaction:
		return guard.CommitBlock
	case ddl.Rollback:
		return guard.RollbackBlock
	}
	return guard.NoBlock
}
