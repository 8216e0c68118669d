package ddl

import (
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func TestQuote(t *testing.T) {
	t.Parallel()
	for ident, want := range map[string]string{
		"users": "users", "_a1": "_a1", "Users": `"Users"`, "1a": `"1a"`,
		"a b": `"a b"`, `a"b`: `"a""b"`, "é": `"é"`, "": `""`, "a$": `"a$"`,
		"select": `"select"`, "between": `"between"`, "left": `"left"`, "name": "name",
	} {
		if got := Quote(ident); got != want {
			t.Errorf("Quote(%q) = %s, want %s", ident, got, want)
		}
	}
	if got := (Name{"App", "order"}).String(); got != `"App"."order"` {
		t.Errorf("got %s", got)
	}
}

// TestKeywords holds the list to the scanner's own classification.
func TestKeywords(t *testing.T) {
	t.Parallel()
	if len(quotedKeywords) < 150 {
		t.Fatalf("only %d key words", len(quotedKeywords))
	}
	for word := range quotedKeywords {
		switch kind := scanWord(t, word); kind {
		case pg.KeywordKind_NO_KEYWORD, pg.KeywordKind_UNRESERVED_KEYWORD:
			t.Errorf("%q is %v", word, kind)
		}
	}
	for _, word := range []string{"abort", "name", "users", "text", "over", "filter"} {
		switch kind := scanWord(t, word); kind {
		case pg.KeywordKind_NO_KEYWORD, pg.KeywordKind_UNRESERVED_KEYWORD:
		default:
			t.Errorf("%q is %v", word, kind)
		}
	}
}

func scanWord(t *testing.T, word string) pg.KeywordKind {
	t.Helper()
	scanned, err := pg.Scan(word)
	if err != nil || len(scanned.GetTokens()) != 1 {
		t.Fatalf("scan %q: %v", word, err)
	}
	return scanned.GetTokens()[0].GetKeywordKind()
}
