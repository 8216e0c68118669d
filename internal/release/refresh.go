package release

import (
	"context"
	"fmt"
)

// refresh refreshes a materialized view by another statement than the client's,
// in the same transaction: the lock it takes stops no reader.
func (a *act) refresh(ctx context.Context, sql string) (string, error) {
	tag, err := a.withLock(ctx, nil, nil, a.instead(sql))
	if err != nil {
		return "", err
	}
	a.executed = []string{sql}
	a.notes = append(a.notes, fmt.Sprintf("refreshed CONCURRENTLY: %s", a.findings[0].Detail))
	return tag, nil
}
