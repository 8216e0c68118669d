package replay

import (
	"slices"

	"github.com/migguard/migguard/internal/contract"
	"github.com/migguard/migguard/internal/judge"
	"github.com/migguard/migguard/internal/seen"
)

// sourceQueries are the texts of the source of code that runs, each once, to be asked
// about by the paths of the builds that have it. They refuse whether a database has
// seen them or not: code that is gone has none here.
func sourceQueries(code []judge.Code, path string) (queries []*Query) {
	paths, known := pathsOf(code, path), map[string]*Query{}
	for _, c := range code {
		if c.Contract == nil {
			continue
		}
		for _, t := range c.Contract.Texts {
			q, ok := known[t.SQL]
			if !ok {
				if q = sourceQuery(t); q != nil {
					q.asked = make([]bool, len(paths))
					queries = append(queries, q)
				}
				known[t.SQL] = q
			}
			if q != nil {
				q.asked[slices.Index(paths, pathOf(c, path))] = true
				q.of = append(q.of, c.Name)
			}
		}
	}
	return queries
}

// sourceQuery is a text as it is to be replayed; nil: there is nothing to ask.
func sourceQuery(t contract.Text) *Query {
	sent, err := seen.QueryOf(t.SQL, contract.Use{Origin: contract.SQL, At: t.At})
	if err != nil {
		return nil
	}
	return queryOf(sent)
}
