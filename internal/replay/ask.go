package replay

import (
	"context"
	"time"

	"github.com/migguard/migguard/internal/ddl"
	"github.com/migguard/migguard/internal/guard"
)

// Know finds out what queries do now, while the schema is as running code knows it:
// before the first statement of a transaction that may change that. What is known it
// does not ask again until that is Stale. conn is the transaction's.
func (p *Replay) Know(ctx context.Context, conn guard.Conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known {
		return nil
	}
	until := time.Now().Add(p.Ahead)
	for i, path := range p.paths {
		var asked []*Query
		for _, q := range p.queries {
			if !q.isAsked(i) || q.fails(i) {
				continue
			}
			q.before[i] = fate{}
			asked = append(asked, q)
		}
		for len(asked) > 0 {
			var again []*Query
			_, err := analyse(ctx, conn, path, asked, until, func(q *Query, returns string, err *guard.ServerError) {
				switch {
				case err == nil:
					q.before[i] = fate{true, true, returns}
				case undecided(err.SQLState()):
				case i == q.first() && q.otherwise(err.SQLState()):
					again = append(again, q)
				default:
					q.before[i].known = true
				}
			})
			if err != nil {
				return err
			}
			asked = again
		}
	}
	p.known = true
	return nil
}

// Affected is what a transaction may have changed for queries.
type Affected struct {
	Relations []ddl.Name
	// All says that it may be any, as functions, types and schemas are in no relation.
	All bool
}

// Again asks about the queries that name what a transaction may have changed, of those
// that passed before it, and tells how they fare. conn is the transaction's, which is
// about to commit.
func (p *Replay) Again(ctx context.Context, conn guard.Conn, affected Affected, allowed Allowed) (f Fared, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := time.Now().Add(p.Budget)
	for i, path := range p.paths {
		var asked []*Query
		for _, q := range p.queries {
			switch before := q.before[i]; {
			case !q.isAsked(i) || !affected.All && !q.touches(affected.Relations):
			case !before.known:
				f.Unsure++
			case before.passes:
				asked = append(asked, q)
			}
		}
		rest, err := analyse(ctx, conn, path, asked, until, func(q *Query, returns string, err *guard.ServerError) {
			f.hear(allowed, q, i, path, returns, err)
		})
		if err != nil {
			return f, err
		}
		f.Unsure += rest
	}
	p.known = p.known && f.asIs()
	return f, nil
}
