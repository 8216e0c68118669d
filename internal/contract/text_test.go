package contract_test

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/migguard/migguard/internal/contract"
)

// TestMergeKeepsTexts: what one part has, both together have, each text once and at its
// first place.
func TestMergeKeepsTexts(t *testing.T) {
	check(t, func(a, b part) bool {
		first := map[string]string{}
		for _, x := range slices.Concat(a.Texts, b.Texts) {
			place := fmt.Sprintf("%s:%d", x.At.File, x.At.Line)
			if known, ok := first[x.SQL]; !ok || place < known {
				first[x.SQL] = place
			}
		}
		got := map[string]string{}
		both := contract.Merge(a.Contract, b.Contract)
		for _, x := range both.Texts {
			got[x.SQL] = fmt.Sprintf("%s:%d", x.At.File, x.At.Line)
		}
		return reflect.DeepEqual(got, first) && len(both.Texts) == len(first)
	})
}

// TestFirstTexts: within the bound all are kept, each once; beyond it the longest go.
func TestFirstTexts(t *testing.T) {
	t.Parallel()
	var texts []contract.Text
	for i := range 300 {
		texts = append(texts, contract.Text{SQL: strings.Repeat("x", 8*i) + fmt.Sprint(i), At: contract.Evidence{File: "a.rb", Line: i}})
	}
	texts = append(texts, texts...)
	rand.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	kept, left := contract.FirstTexts(texts, contract.MaxTexts)
	size := 0
	for i, x := range kept {
		size += len(x.SQL) + len(x.At.File)
		if x.At.Line != i {
			t.Fatalf("the %d-th is of line %d", i, x.At.Line)
		}
	}
	if len(kept)+len(left) != 300 || len(left) == 0 || size > contract.MaxTexts || size < contract.MaxTexts-2500 {
		t.Errorf("%d kept of %d bytes, %d left", len(kept), size, len(left))
	}
	if kept, left := contract.FirstTexts(texts[:9], contract.MaxTexts); left != nil || len(kept) == 0 {
		t.Errorf("of few: %d, %d left", len(kept), len(left))
	}
}

func TestTextsOf(t *testing.T) {
	t.Parallel()
	at := func(line int) contract.Evidence { return contract.Evidence{File: "a.rb", Line: line} }
	users := contract.Name{Name: "users"}
	c := contract.New(contract.Source{Scanner: "scan", Whole: true}, []contract.Relation{
		{Name: users, Uses: []contract.Use{{Origin: contract.SQL, At: at(1), Reads: contract.Named("id")}, {Origin: contract.SQL, At: at(2), Reads: contract.Every()}}},
		{Name: contract.Name{Name: "orders"}, Uses: []contract.Use{{Origin: contract.SQL, At: at(1)}}},
	}, nil).WithTexts([]contract.Text{{SQL: "SELECT id FROM Users", At: at(1)}, {SQL: "select * from users", At: at(2)}, {SQL: "table orders", At: at(1)}})
	for _, tt := range []struct {
		column string
		want   []string
	}{{"", []string{"SELECT id FROM Users", "select * from users"}}, {"id", []string{"SELECT id FROM Users", "select * from users"}}, {"notes", []string{"select * from users"}}} {
		var got []string
		for _, x := range c.TextsOf(users, tt.column) {
			got = append(got, x.SQL)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.column, got, tt.want)
		}
	}
}
