package deploysim

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// maxExamples limits how many lost writes are named in a [Result].
const maxExamples = 5

// verify compares what the dynos were told with what the sets' queries find,
// and returns the number of lost writes with some examples. Shared rows are
// checked against a lower bound: a dyno that was killed may have added to them
// too.
func verify(ctx context.Context, conn *pgx.Conn, queries map[string]string, want Written) (int64, []string, error) {
	var lost int64
	var examples []string
	lose := func(n int64, format string, args ...any) {
		lost += n
		if len(examples) < maxExamples {
			examples = append(examples, fmt.Sprintf(format, args...))
		}
	}
	for _, set := range slices.Sorted(maps.Keys(queries)) {
		found, err := read(ctx, conn, queries[set])
		if err != nil {
			return 0, nil, fmt.Errorf("read set %s: %w", set, err)
		}
		for key, n := range want.Rows[set] {
			got, ok := found[key]
			switch {
			case n == gone && ok:
				lose(1, "%s: the deletion of %s", set, key)
			case n != gone && !ok:
				lose(1, "%s: the row %s", set, key)
			case n != gone && got != n:
				lose(1, "%s: value %d of %s, found %d", set, n, key, got)
			}
		}
		for key, n := range want.Added[set] {
			if got := found[key]; got < n {
				lose(n-got, "%s: %d of %d additions to %s", set, n-got, n, key)
			}
		}
	}
	return lost, examples, nil
}

// read returns the rows of a set.
func read(ctx context.Context, conn *pgx.Conn, query string) (rows, error) {
	result, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	found := rows{}
	var key string
	var n int64
	_, err = pgx.ForEachRow(result, []any{&key, &n}, func() error {
		found[key] = n
		return nil
	})
	return found, err
}
